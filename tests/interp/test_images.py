"""A module that is imported does what it does in the script itself: an image loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

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
