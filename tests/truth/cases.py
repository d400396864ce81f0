"""Which fixtures are run: what TensorFlow 1.15 can run of the scripts, projects and programs."""

from __future__ import annotations

from pathlib import Path

FIXTURES = Path(__file__).parents[2] / "fixtures"
SCRIPTS = FIXTURES / "scripts"
PROJECTS = FIXTURES / "projects"
PROGRAMS = FIXTURES / "programs"
PROOFS = FIXTURES / "proofs"
STUBS = PROOFS / "site-packages"
"""Stands for packages that the programs of ``PROOFS`` import."""

_CHECKPOINT = "restores a checkpoint that it does not make"
_NEWER = "is for Python 3.10"
_HUB = "needs tensorflow_hub"
_NETS = "needs a copy of the research models"
_SONNET = "needs Sonnet 1"
_TENSORLAYER = "needs TensorLayer 1"
_TFLEARN = "needs TFLearn"
_ELSEWHERE = "needs a package that does not exist"
_IDLE = "is read by others, and runs no session itself"

LEFT_OUT = {
    "arg_scope/base_before_its_network.py": _IDLE,
    "arg_scope/base_of_a_base.py": _IDLE,
    "arg_scope/block_for_scopes_of_others.py": _IDLE,
    "arg_scope/block_that_no_scope_is_for.py": _IDLE,
    "arg_scope/blocks_in_a_table_of_the_caller.py": _IDLE,
    "arg_scope/library_of_blocks.py": _IDLE,
    "arg_scope/ops_in_a_table.py": _IDLE,
    "classes/made_by_nothing_and_evaluated_by_eval.py": _IDLE,
    "classes/made_by_nothing_and_fed_by_mode.py": _IDLE,
    "classes/made_by_nothing_and_fed_true.py": _IDLE,
    "conditionals/norm_behind_a_helper_without.py": _CHECKPOINT,
    "defaults/library_function.py": _IDLE,
    "dynamic/unknown_function_gets_updates.py": _ELSEWHERE,
    "frozen/model_function_for_callers_elsewhere.py": _IDLE,
    "frozen/slim_not_trainable.py": _IDLE,
    "frozen/step_for_callers_elsewhere.py": _IDLE,
    "frozen/step_run_in_its_function.py": _IDLE,
    "guides/key_of_a_missing_import.py": "has a name that is not there",
    "layouts/channels_first_and_last.py": _IDLE,
    "layouts/keras_convolutions.py": _IDLE,
    "layouts/layout_by_option.py": _IDLE,
    "layouts/slim_scope.py": _IDLE,
    "library_networks/application_pretrained.py": "brings its weights from the net",
    "library_networks/hub_as_features.py": _HUB,
    "library_networks/hub_bound_to_the_loss.py": _HUB,
    "library_networks/hub_trained_without_updates.py": _HUB,
    "library_networks/hub_with_updates.py": _HUB,
    "library_networks/slim_network_of_another_package.py": _NETS,
    "library_networks/slim_scope_without_batch_norm.py": _NETS,
    "library_networks/sonnet_in_place.py": _SONNET,
    "library_networks/sonnet_with_updates.py": _SONNET,
    "library_networks/sonnet_without_updates.py": _SONNET,
    "modes/normalizer_by_an_option.py": _IDLE,
    "modes/normalizer_of_a_scope_by_the_mode.py": _IDLE,
    "modes/normalizer_of_either_mode.py": _IDLE,
    "modes/normalizer_that_training_sets.py": _IDLE,
    "modes/regularizer_by_the_mode.py": _IDLE,
    "optimizers/distributed_wrapper.py": "needs horovod",
    "optimizers/distributed_wrapper_without_updates.py": "needs horovod",
    "optimizers/replicas.py": "waits for the other workers of a cluster",
    "other_libraries/tensorlayer_by_star.py": _TENSORLAYER,
    "other_libraries/tensorlayer_tested_with_true.py": _TENSORLAYER,
    "other_libraries/tensorlayer_two_towers.py": _TENSORLAYER,
    "other_libraries/tflearn_layers_in_a_loop_of_ones_own.py": _TFLEARN,
    "other_libraries/tflearn_saved_without_statistics.py": _TFLEARN,
    "paths/constant_to_be_filled_in.py": "ends at once until a constant is filled in",
    "projects/loaded_by_path/train.py": "needs PyYAML",
    "right/eager_mode.py": "runs eagerly: there is no graph",
    "right/evaluation_only.py": _CHECKPOINT,
    "right/frozen_batch_norm.py": _CHECKPOINT,
    "right/head_only_fine_tuning.py": _CHECKPOINT,
    "right/other_frameworks.py": "needs PyTorch",
    "right/session_from_outside.py": _IDLE,
    "right/standalone_keras.py": "needs Keras as a package of its own",
    "right/tensorflow_two_loop.py": "is for TensorFlow 2",
    "right/tensorpack_trainer.py": "needs tensorpack",
    "right/tflearn_trainer.py": "needs tflearn",
    "right/update_given_to_a_library.py": "needs a package that does not exist",
    "sessions/accuracy_averaged_elsewhere.py": _ELSEWHERE,
    "sessions/picture_made_elsewhere.py": _ELSEWHERE,
    "sessions/step_among_results_from_elsewhere.py": _ELSEWHERE,
    "sessions/step_made_elsewhere.py": _ELSEWHERE,
    "sessions/step_of_an_object_made_elsewhere.py": _ELSEWHERE,
    "syntax/match_statement.py": _NEWER,
    "syntax/match_without_updates.py": _NEWER,
    "wrong/exercise_with_gaps.py": "is an exercise, of which a part is missing",
    "wrong/prediction_path_with_true.py": "is wrong on a path that an argument leads to",
    "wrong/teacher_and_student.py": _CHECKPOINT,
    "wrong/uncalled_network.py": _IDLE,
    "wrong/uncalled_training_function.py": _IDLE,
}
"""Scripts that cannot be run here, and why."""

STARTED = ("train.py", "run.py")
"""What is run of a project."""


def name_of(script: Path) -> str:
    """A script as it is called in tables: below its folder of fixtures."""
    base = SCRIPTS if SCRIPTS in script.parents else FIXTURES
    return script.relative_to(base).as_posix()


def root_of(script: Path) -> Path:
    """What belongs to a script: its project, or nothing but itself."""
    if PROJECTS in script.parents:
        return PROJECTS / script.relative_to(PROJECTS).parts[0]
    return script


def scripts() -> list[Path]:
    found = sorted(SCRIPTS.rglob("*.py"))
    found += sorted(p for p in PROJECTS.rglob("*.py") if p.name in STARTED)
    return [script for script in found if name_of(script) not in LEFT_OUT]


def proofs() -> list[Path]:
    """Programs that ``trace`` and ``confirm`` are held against."""
    return sorted(PROOFS.glob("*.py"))


def programs() -> list[Path]:
    """One for each way of being right or wrong; ``observed.csv`` tells what becomes of them."""
    return sorted(PROGRAMS.glob("*.py"))
