"""Which ops hold a variable, pass one on, write it or train it.

Observed in graphs of TensorFlow 1.0 to 2.21.
"""

from __future__ import annotations

import re

VARIABLES = frozenset({"Variable", "VariableV2", "VarHandleOp", "AutoReloadVariable"})

# Ops whose first input is the same variable, or the same value.
PASSES = frozenset(
    {
        "Identity",
        "RefIdentity",
        "Switch",
        "RefSwitch",
        "Enter",
        "RefEnter",
        "Merge",
        "RefMerge",
        "NextIteration",
        "RefNextIteration",
    }
)
READS = frozenset({"Identity", "ReadVariableOp", "Cast", "StopGradient"})

ADDS = frozenset({"AssignAdd", "AssignSub", "AssignAddVariableOp", "AssignSubVariableOp"})
SETS = frozenset({"Assign", "AssignVariableOp"})
SCATTERS = frozenset(
    {
        "ScatterUpdate",
        "ScatterAdd",
        "ScatterSub",
        "ScatterNdUpdate",
        "ScatterNdAdd",
        "ScatterNdSub",
        "ResourceScatterUpdate",
        "ResourceScatterAdd",
        "ResourceScatterSub",
    }
)
WRITES = ADDS | SETS | SCATTERS

RESTORES = frozenset({"Restore", "RestoreSlice", "RestoreV2"})
SAVES = frozenset({"Save", "SaveSlices", "SaveV2", "MergeV2Checkpoints", "ShardedFilename"})

FUSED = frozenset({"FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"})
BATCH_NORM = FUSED | {"BatchNormWithGlobalNormalization"}

_APPLY = re.compile(r"(?:Resource)?(?:Sparse)?Apply[A-Z]\w*")


def applies(op: str) -> bool:
    """Whether an op is an optimizer's kernel, such as ResourceApplyAdam."""
    return _APPLY.fullmatch(op) is not None
