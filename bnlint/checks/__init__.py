"""The rules: one file each, one explicit list, no discovery."""

from __future__ import annotations

from bnlint.checks import (
    bn101_missing_training_flag,
    bn102_hard_coded_training_flag,
    bn103_unused_training_flag,
    bn104_flag_never_true,
    bn105_evaluated_in_training_mode,
    bn106_both_variants_built_outside_cond,
    bn107_batch_norm_in_training_only,
    bn108_mode_not_mapped_to_the_flag,
    bn109_flag_on_another_parameter,
    bn110_flag_is_a_string,
    bn201_train_op_without_update_ops,
    bn202_update_ops_bound_to_the_loss,
    bn203_control_dependencies_without_effect,
    bn204_update_ops_collected_too_early,
    bn205_wrong_update_collection,
    bn206_keras_updates_not_in_collection,
    bn207_phase_without_updates,
    bn208_updates_inside_a_loop,
    bn301_batch_statistics_only,
    bn302_averages_moved_in_evaluation,
    bn303_momentum_too_near_one,
    bn304_momentum_of_the_other_convention,
    bn305_axis_of_the_other_layout,
    bn306_weights_beside_the_layer,
    bn307_frozen_layer_that_updates,
    bn401_statistics_not_saved,
    bn402_saver_built_before_the_layers,
    bn403_training_graph_exported,
)
from bnlint.checks.base import Check

CHECKS: tuple[Check, ...] = (
    bn101_missing_training_flag.CHECK,
    bn102_hard_coded_training_flag.CHECK,
    bn103_unused_training_flag.CHECK,
    bn104_flag_never_true.CHECK,
    bn105_evaluated_in_training_mode.CHECK,
    bn106_both_variants_built_outside_cond.CHECK,
    bn107_batch_norm_in_training_only.CHECK,
    bn108_mode_not_mapped_to_the_flag.CHECK,
    bn109_flag_on_another_parameter.CHECK,
    bn110_flag_is_a_string.CHECK,
    bn201_train_op_without_update_ops.CHECK,
    bn202_update_ops_bound_to_the_loss.CHECK,
    bn203_control_dependencies_without_effect.CHECK,
    bn204_update_ops_collected_too_early.CHECK,
    bn205_wrong_update_collection.CHECK,
    bn206_keras_updates_not_in_collection.CHECK,
    bn207_phase_without_updates.CHECK,
    bn208_updates_inside_a_loop.CHECK,
    bn301_batch_statistics_only.CHECK,
    bn302_averages_moved_in_evaluation.CHECK,
    bn303_momentum_too_near_one.CHECK,
    bn304_momentum_of_the_other_convention.CHECK,
    bn305_axis_of_the_other_layout.CHECK,
    bn306_weights_beside_the_layer.CHECK,
    bn307_frozen_layer_that_updates.CHECK,
    bn401_statistics_not_saved.CHECK,
    bn402_saver_built_before_the_layers.CHECK,
    bn403_training_graph_exported.CHECK,
)
"""Every rule, in the order of their codes."""

__all__ = ["CHECKS", "Check"]
