"""Which files of a tree are worth analysing."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnlint.apis import BUILT_IN, Apis, NormApi
from bnlint.entries import find_entries
from bnlint.interp import api
from bnlint.workspace import Workspace

NORM = "import tensorflow as tf\ny = tf.layers.batch_normalization(x)\n"


def entries(
    root: Path,
    files: dict[str, str],
    *,
    unasked: dict[str, str] | None = None,
    marked: bool = True,
    apis: Apis = BUILT_IN,
) -> str:
    """The entries among ``files``, relative to the root; ``unasked`` exist but are not checked."""
    for name, text in {**files, **(unasked or {})}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if marked:
        (root / "pyproject.toml").touch()
    workspace = Workspace(apis=apis)
    found = find_entries(sorted(str(root / name) for name in files), workspace).groups
    assert workspace.problems == []
    return " ".join(sorted(named(root, path) for group in found for path in group))


def named(root: Path, path: str) -> str:
    return Path(path).relative_to(root).as_posix()


@pytest.mark.parametrize(
    ("statement", "net"),
    [
        ("import net", "net.py"),
        ("import os, net as n", "net.py"),
        ("from net import f", "net.py"),
        ("from net import *", "net.py"),
        ("from . import net", "net.py"),
        ("from .net import f", "net.py"),
        ("def f():\n    import net", "net.py"),
        ("import net", "net/__init__.py"),
        ("import models.net", "models/net.py"),
        ("from models import net", "models/net.py"),
        ("from models import (\n    data,\n    net,\n)", "models/net.py"),
        ("from models.net import f", "models/net.py"),
    ],
)
def test_a_script_that_imports_batch_norm(tmp_path: Path, statement: str, net: str) -> None:
    files = {"train.py": f"{statement}\n", net: NORM, "other.py": "import os\n"}
    assert entries(tmp_path, files) == " ".join(sorted(("train.py", net)))


def test_imports_from_further_down_and_from_beside(tmp_path: Path) -> None:
    files = {
        "project/net.py": NORM,
        "project/scripts/train.py": "from project.net import f\n",
        "project/scripts/evaluate.py": "import net\n",
        "project/scripts/deep/export.py": "from ...net import f\n",
        "elsewhere/convert.py": "import unrelated\n",
    }
    assert entries(tmp_path, files) == (
        "project/net.py project/scripts/deep/export.py "
        "project/scripts/evaluate.py project/scripts/train.py"
    )


def test_any_file_of_that_name_where_no_folder_tells(tmp_path: Path) -> None:
    files = {
        "lib/python/nets/resnet.py": NORM,
        "run/train.py": "import sys\nsys.path.append('../lib/python')\nimport nets.resnet\n",
        "run/other.py": "import resnets\n",
    }
    assert entries(tmp_path, files) == "lib/python/nets/resnet.py run/train.py"


def test_an_import_by_a_computed_name_may_be_any(tmp_path: Path) -> None:
    train = "import importlib\nnet = importlib.import_module('nets.' + name)\n"
    files = {"train.py": train, "main.py": "import train\n", "nets/resnet.py": NORM}
    assert entries(tmp_path, files) == "main.py nets/resnet.py train.py"
    del files["nets/resnet.py"]
    (tmp_path / "nets" / "resnet.py").unlink()
    assert entries(tmp_path, files) == ""


@pytest.mark.parametrize("marked", [True, False])
def test_an_import_by_a_computed_name_of_what_is_not_checked(tmp_path: Path, marked: bool) -> None:
    train = "import importlib\nnet = importlib.import_module('nets.' + name)\n"
    files = {"train.py": train, "other.py": "import os\n"}
    unasked = {"nets/resnet.py": NORM}
    assert entries(tmp_path, files, unasked=unasked, marked=marked) == "train.py"


def test_a_chain_a_cycle_and_files_that_were_not_asked_for(tmp_path: Path) -> None:
    files = {"main.py": "import trainer\n", "alone.py": "import helpers\n"}
    unasked = {
        "trainer.py": "import main, model\n",
        "model.py": "import trainer, net\n",
        "net.py": NORM,
        "helpers.py": "import alone\n",
    }
    assert entries(tmp_path, files, unasked=unasked) == "main.py"


def test_nothing_above_the_root_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(NORM, encoding="utf-8")
    project = tmp_path / "project"
    project.mkdir()
    assert entries(project, {"train.py": "import net\n"}) == ""


FRAMEWORKS = {
    "one/net.py": "import tensorflow as tf\nprint('batch_norm')",
    "one/compat.py": "from .net import tf",
    "one/late.py": "def main():\n    if True:\n        import one.compat",
    "one/chosen.py": """
from importlib import import_module
def main(name):
    return import_module(name).net
""",
    "one/loaded.py": "import sys\nNET = sys.modules['one.net']",
    "one/outside.py": "import elsewhere\nelsewhere.batch_norm(1)",
    "one/outside_user.py": "import one.outside",
    "other/train_user.py": "import other.train",
    "one/guide.py": "y = tf.layers.batch_normalization(x)",
    "other/net.py": "import torch",
    "other/train.py": "from .net import torch\ndef net(x):\n    return torch.batch_norm(x)",
    "other/torch_net.py": "import torch\ndef norm(x):\n    return torch.nn.BatchNorm2d(x)",
    "other/named.py": "import one.net",
    "other/keras.py": "from keras.layers import BatchNormalization",
    "other/learn.py": "import tflearn\ntflearn.batch_normalization(x)",
    "other/hub.py": "import tensorflow_hub as hub\nhub.Module(batch_norm)",
    "other/slim.py": "from nets import resnet_v1",
    "other/flags.py": "from absl import flags",
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("one/net.py", True),
        ("one/compat.py", True),
        ("one/late.py", True),
        ("one/chosen.py", True),
        ("one/loaded.py", True),
        ("one/outside.py", True),
        ("one/outside_user.py", False),
        ("one/guide.py", True),
        ("other/net.py", False),
        ("other/train.py", True),
        ("other/train_user.py", False),
        ("other/torch_net.py", False),
        ("other/named.py", True),
        ("other/keras.py", True),
        ("other/learn.py", True),
        ("other/hub.py", True),
        ("other/slim.py", True),
        ("other/flags.py", False),
    ],
)
def test_which_files_come_to_a_framework(tmp_path: Path, name: str, expected: bool) -> None:
    assert (name in entries(tmp_path, FRAMEWORKS).split()) is expected


def test_each_name_of_tensorflow_leads_to_it(tmp_path: Path) -> None:
    for root in sorted(api._ROOTS - {"absl"}):
        files = {f"{root}_user.py": f"import {root}\nBatchNorm = None\n"}
        assert entries(tmp_path, files) == f"{root}_user.py"


def test_with_rows_of_the_users_any_file_may_be_a_library(tmp_path: Path) -> None:
    own = Apis([NormApi("lib.norm", "layers", "training", False, ("inputs",), "momentum", 0.9)])
    assert entries(tmp_path, {"a.py": "import lib\nlib.norm(x)"}, apis=own) == "a.py"
    assert entries(tmp_path, {"a.py": "import lib\nlib.norm(x)"}) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tf.layers.batch_normalization(x)", True),
        ("tf.nn.moments(x, [0])", True),
        ("from tensorflow.nn import normalize_moments", True),
        ("from tensorflow.python.ops.nn_impl import moments as m", True),
        ("getattr(tf.nn, 'moments')(x)", True),
        ("mean, var = moments(x)", True),
        ("tf.keras.applications.ResNet50()", True),
        ("from keras.applications.resnet50 import ResNet50", True),
        ("from tensorflow.keras import layers, applications", True),
        ("HELP = 'rare moments, many applications'", False),
        ("# for some applications.", False),
        ("tf.get_collection(tf.GraphKeys.UPDATE_OPS)", False),
        ("tf.losses.log_loss(x, y)", False),
    ],
)
def test_which_files_have_what_makes_a_layer(tmp_path: Path, text: str, expected: bool) -> None:
    files = {"net.py": f"import tensorflow as tf\n{text}\n", "train.py": "import net\n"}
    assert entries(tmp_path, files) == ("net.py train.py" if expected else "")


def test_a_computed_name_leads_no_further_than_two_folders_up(tmp_path: Path) -> None:
    chosen = "import tensorflow\nfrom importlib import import_module\nNET = import_module(name)\n"
    files = {
        "net.py": NORM,
        "a/b/near.py": chosen,
        "a/b/user.py": "import tensorflow\nfrom .near import NET\n",
        "a/b/c/far.py": chosen,
    }
    assert entries(tmp_path, files) == "a/b/near.py a/b/user.py net.py"


def test_without_the_framework_a_computed_name_leads_one_folder_up(tmp_path: Path) -> None:
    chosen = "from importlib import import_module\nNET = import_module(name)\n"
    files = {
        "a/net.py": NORM,
        "a/b/near.py": chosen,
        "a/b/user.py": "from .near import NET\n",
        "a/b/c/far.py": chosen,
        "a/b/c/speaks.py": "import tensorflow\n" + chosen,
        "a/b/c/helped.py": "from . import speaks\n" + chosen,
    }
    assert entries(tmp_path, files) == (
        "a/b/c/helped.py a/b/c/speaks.py a/b/near.py a/b/user.py a/net.py"
    )


def test_groups_that_import_nothing_of_each_other(tmp_path: Path) -> None:
    files = {
        "a/net.py": NORM,
        "a/train.py": "from .net import y\n",
        "b/net.py": NORM,
        "b/train.py": "from .net import y\nimport helpers\n",
        "b/helpers.py": "import os\n",
        "c.py": NORM,
        "d/one.py": NORM + "from shared import step\n",
        "d/two.py": NORM + "def main():\n    import shared\n",
        "d/shared.py": "step = 1\n",
        "e/x/a/by_option.py": "import importlib\nimportlib.import_module('net_' + name)\n" + NORM,
        "e/net_a.py": NORM,
        "e/net_b.py": NORM,
    }
    entries(tmp_path, files)
    paths = [str(tmp_path / name) for name in sorted(files)]
    groups = find_entries(paths, Workspace()).groups
    found = [" ".join(named(tmp_path, path) for path in group) for group in groups]
    assert found == [
        "a/net.py a/train.py",
        "b/net.py b/train.py",
        "c.py",
        "d/one.py d/two.py",
        "e/net_a.py e/net_b.py e/x/a/by_option.py",
    ]
