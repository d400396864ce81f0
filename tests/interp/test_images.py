"""A module that is imported does what it does in the script itself: an image loses nothing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bnlint.finding import Location
from bnlint.interp.declared import Declared
from bnlint.interp.explored import Seen
from bnlint.interp.images import Image, Images
from bnlint.interp.imports import Modules
from bnlint.interp.interpreter import Interpreter
from bnlint.interp.state import Budget, State
from bnlint.interp.values import Known, ModuleEnv
from bnlint.run import Options, check

FIXTURES = Path(__file__).parents[2] / "fixtures" / "programs"
IMPORT = "import tensorflow as tf\n"


def findings(path: Path) -> list[str]:
    outcome = check(Options([str(path)]))
    assert outcome.crashes == []
    return [f"{finding.rule.code}:{finding.location.line}" for finding in outcome.report.findings]


@pytest.mark.parametrize(
    ("program", "plain", "statement", "expected"),
    [
        # Without it the flag None is never true.
        ("j02_none_for_the_flag", ["BN104:14"], "tf.keras.backend.set_learning_phase(1)", []),
        ("j02_none_for_the_flag", ["BN104:14"], "phase = tf.keras.backend.learning_phase()", []),
        # In version 2 the step may wait for what is inside of a loop.
        ("g04_layer_in_a_loop", ["BN208:22"], "tf.enable_control_flow_v2()", []),
        ("g04_layer_in_a_loop", ["BN208:22"], "class Nothing:\n    pass", ["BN208:22"]),
    ],
)
def test_what_an_imported_module_sets(
    tmp_path: Path, program: str, plain: list[str], statement: str, expected: list[str]
) -> None:
    text = (FIXTURES / f"{program}.py").read_text(encoding="utf-8")
    for name, body in (
        ("plain", "import os\n"),
        ("by_itself", f"{statement}\n"),
        ("imported", "import settings\n"),
        ("far", "from package import parts\n"),
    ):
        (tmp_path / f"{name}.py").write_text(
            text.replace(IMPORT, IMPORT + body, 1), encoding="utf-8"
        )
    (tmp_path / "settings.py").write_text(f"{IMPORT}{statement}\n", encoding="utf-8")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").touch()
    (tmp_path / "package" / "parts.py").write_text("import settings\n", encoding="utf-8")
    assert findings(tmp_path / "plain.py") == plain
    found = {name: findings(tmp_path / f"{name}.py") for name in ("imported", "far")}
    assert found == {"imported": expected, "far": expected}
    assert len(findings(tmp_path / "by_itself.py")) == len(expected)


FOLDERS = sorted(
    path
    for part in ("projects", "scripts")
    for path in (FIXTURES.parent / part).iterdir()
    if path.is_dir()
)


def found(folder: Path) -> list[tuple[str, Location, str, str]]:
    outcome = check(Options((str(folder),), pedantic=True))
    assert outcome.crashes == []
    return [(f.rule.code, f.location, f.confidence, f.message) for f in outcome.report.findings]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_findings_are_those_without_images(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_images = found(folder)
    monkeypatch.setattr(Images, "adopt", lambda self, state, path: None)
    assert found(folder) == with_images


HEAD = "import tensorflow as tf\nx = tf.placeholder(tf.float32, [None, 4])\n"
TRAIN = "tf.train.AdamOptimizer().minimize(tf.reduce_mean(y))\n"
LAYERS = {
    "kinds.py": "KNOWN = {}\ndef kind(f):\n    KNOWN[f.__name__] = f\n    return f\nLIST = []\n",
    "norms.py": (
        "import tensorflow as tf\nfrom kinds import kind, LIST\n"
        "@kind\ndef norm(x):\n    return tf.layers.batch_normalization(x, training=True)\n"
        "LIST.append(norm)\n"
    ),
    "others.py": (
        "from kinds import kind, LIST\n@kind\ndef nothing(x):\n    return x\nLIST.append(nothing)\n"
    ),
    "all_of_them.py": "import others\nimport norms\n",
}


def project(folder: Path, **scripts: str) -> dict[str, list[str]]:
    """The findings of each script, in one run over all of them."""
    for name, text in LAYERS.items():
        (folder / name).write_text(text, encoding="utf-8")
    for name, text in scripts.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    out: dict[str, list[str]] = {name: [] for name in scripts}
    for code, place, confidence, _ in found(folder):
        name = Path(place.path).stem
        if name in out:
            out[name].append(f"{code}:{place.line}:{confidence}")
    return out


def test_what_a_module_adds_to_another_is_there_for_who_imports_it(tmp_path: Path) -> None:
    use = "from kinds import KNOWN, LIST\n" + HEAD + "y = {}\n" + TRAIN
    assert project(
        tmp_path,
        by_name="import norms\n" + use.format("KNOWN['norm'](x)"),
        behind="import all_of_them\n" + use.format("KNOWN['norm'](x)"),
        first="import norms\nimport others\n" + use.format("LIST[0](x)"),
        second="import all_of_them\n" + use.format("LIST[1](x)"),
        other="import all_of_them\n" + use.format("LIST[0](x)"),
        without="import others\n" + use.format("KNOWN.get('norm', KNOWN['nothing'])(x)"),
    ) == {
        "by_name": ["BN201:6:definite"],
        "behind": ["BN201:6:definite"],
        "first": ["BN201:7:definite"],
        "second": ["BN201:6:definite"],
        "other": [],
        "without": [],
    }


def test_what_a_program_writes_is_undone(tmp_path: Path) -> None:
    use = HEAD + "y = kinds.KNOWN['norm'](x)\n" + TRAIN
    text = "import norms, kinds\n"
    assert project(
        tmp_path,
        a_entry=text + "kinds.KNOWN['norm'] = lambda x: x\n" + use,
        b_entry=text + use,
        c_all=text + "kinds.KNOWN.clear()\nkinds.KNOWN['norm'] = lambda x: x\n" + use,
        d_all=text + use,
    ) == {
        "a_entry": [],
        "b_entry": ["BN201:5:definite"],
        "c_all": [],
        "d_all": ["BN201:5:definite"],
    }


def test_an_option_of_a_module_is_the_same_condition_everywhere(tmp_path: Path) -> None:
    """Both modules ask for it when they are imported: never is one on and the other off."""
    (tmp_path / "settings.py").write_text("import os\nON = os.environ.get('NORM') == 'on'\n")
    (tmp_path / "net.py").write_text(
        "import tensorflow as tf\nimport settings\nif settings.ON:\n"
        "    def net(x):\n        return tf.layers.batch_normalization(x, training=True)\n"
        "else:\n    def net(x):\n        return x\n"
    )
    (tmp_path / "steps.py").write_text(
        "import tensorflow as tf\nimport settings\ndef plain(y):\n"
        "    return tf.train.AdamOptimizer().minimize(tf.reduce_mean(y))\ndef careful(y):\n"
        "    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):\n"
        "        return plain(y)\n"
        "step = careful if settings.ON else plain\nwrong = plain if settings.ON else careful\n"
    )
    use = "import net, steps\n" + HEAD + "steps.{}(net.net(x))\n"
    for name in ("step", "wrong"):
        (tmp_path / f"{name}.py").write_text(use.format(name))
    for script in ("a", "b"):  # which begins with the conditions of the programs before
        (tmp_path / f"{script}.py").write_text(use.format("plain"))
    assert [(Path(p.path).stem, p.line, code) for code, p, *_ in found(tmp_path)] == [
        ("steps", 4, "BN201")
    ]
    assert found(tmp_path / "step.py") == []
    assert [code for code, *_ in found(tmp_path / "wrong.py")] == ["BN201"]


def test_a_body_is_run_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies: Counter[str] = Counter()
    execute = Modules._execute

    def counted(self: Modules, machine: Interpreter, path: str, main: bool) -> ModuleEnv:
        bodies[Path(path).stem] += not main
        return execute(self, machine, path, main)

    monkeypatch.setattr(Modules, "_execute", counted)
    use = "import all_of_them\nfrom kinds import KNOWN\n" + HEAD + "y = KNOWN['norm'](x)\n" + TRAIN
    project(tmp_path, a=use, b=use, c=use)
    assert +bodies == dict.fromkeys(["kinds", "norms", "others", "all_of_them"], 1)


def test_modules_that_import_each_other(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("import two\ndef norm(x):\n    return two.norm(x)\n")
    (tmp_path / "two.py").write_text(
        "import tensorflow as tf\nimport one\nCOUNT = []\ndef norm(x):\n    COUNT.append(one)\n"
        "    return tf.layers.batch_normalization(x, training=bool(len(COUNT)))\n"
    )
    use = HEAD + "y = {}.norm(x)\n" + TRAIN
    scripts = {
        "a": "import one\n" + use.format("one"),
        "b": "import two\n" + use.format("two"),
        "c": "import two, one\n" + use.format("one"),
    }
    assert project(tmp_path, **scripts) == {key: ["BN201:5:definite"] for key in "abc"}


def test_a_folder_without_an_init_file_is_a_package(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "net.py").write_text(
        LAYERS["norms.py"].replace("from kinds", "from .kinds")
    )
    (tmp_path / "model" / "kinds.py").write_text(LAYERS["kinds.py"])
    for name, line in (("a", "from model import net"), ("b", "import model.net as net")):
        (tmp_path / f"{name}.py").write_text(f"{line}\n{HEAD}y = net.norm(x)\n{TRAIN}")
    report = check(Options((str(tmp_path),))).report
    assert [
        (f.rule.code, Path(f.location.path).name, f.location.line) for f in report.findings
    ] == [
        ("BN201", "a.py", 5),
        ("BN201", "b.py", 5),
    ]
    assert report.problems == []


def test_what_a_program_writes_through_another_image_is_undone() -> None:
    images = Images()
    registry: dict[str, Known] = {}
    parts = ModuleEnv("parts.py", "parts", 0)
    part = Image({"parts.py": parts}, [("parts.py", None)], Declared(), Seen())
    part.kept[id(registry)] = registry, {}
    needs = [("parts.py", part), ("user.py", None)]
    user = Image({"user.py": ModuleEnv("user.py", "user", 0)}, needs, Declared(), Seen())
    images._images["user.py", ()] = user
    state = State(images.keys, Budget(), images.conditions.clone())
    state.modules["parts.py"] = ModuleEnv("parts.py", "parts", 0)  # which the program ran itself
    assert images.adopt(state, "user.py") is user
    registry["written"] = Known(1)
    images.restore()
    assert registry == {}
