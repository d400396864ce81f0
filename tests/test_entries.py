"""Which files of a tree are worth analysing."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnlint.entries import find_entries
from bnlint.workspace import Workspace

NORM = "import tensorflow as tf\ny = tf.layers.batch_normalization(x)\n"


def entries(
    root: Path,
    files: dict[str, str],
    *,
    unasked: dict[str, str] | None = None,
    marked: bool = True,
) -> str:
    """The entries among ``files``, relative to the root; ``unasked`` exist but are not checked."""
    for name, text in {**files, **(unasked or {})}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if marked:
        (root / "pyproject.toml").touch()
    workspace = Workspace()
    found = find_entries(sorted(str(root / name) for name in files), workspace)
    assert workspace.problems == []
    return " ".join(Path(path).relative_to(root).as_posix() for path in found)


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
