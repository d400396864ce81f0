"""The walk of CONTRIBUTING.md: a new rule is a page and a check, and two lines in a list."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent

PROGRAM = """\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
learn = tf.placeholder(tf.bool, [])
h = tf.layers.dense(x, 8)
h = tf.layers.batch_normalization(h, momentum={momentum}, training=learn){mark}
loss = tf.reduce_mean(tf.square(h))
with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
    step = tf.train.AdamOptimizer().minimize(loss)
"""

PAGE = f"""\
---
code: BN399
name: momentum-of-a-half
severity: warning
since: 0.1.0
fix: none
---
# A momentum of a half

## What it finds

A momentum of exactly 0.5.

## Why it is a bug

Half of the moving statistics come from the last batch.

## Bad

```python
{PROGRAM.format(momentum=0.5, mark="  # BN399")}```

## Good

```python
{PROGRAM.format(momentum=0.9, mark="")}```

## Fix safety

There is no fix.

## Known limits

None.

## In a graph

Not looked for.

## References

None.
"""

CHECK = '''\
"""BN399: a momentum of a half."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, Verdict, per_state
from bnlint.finding import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.model import GraphModel

RULE = Rule("BN399", "momentum-of-a-half", "warning")


def judge(model: GraphModel) -> Iterator[Verdict]:
    for layer in model.layers:
        if layer.momentum != 0.5:
            yield Verdict(layer.location, None)
            continue
        yield Verdict(layer.location, Finding(RULE, layer.location, "a momentum of a half"))


CHECK = Check(RULE, per_state(RULE, judge, local=True))
'''


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, and the walk made in it."""
    root = tmp_path_factory.mktemp("walk")
    for part in ("bnlint", "rules", "tests", "fixtures", "docs"):
        ignored = shutil.ignore_patterns("__pycache__", "truth")
        shutil.copytree(CHECKOUT / part, root / part, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md"):
        shutil.copy(CHECKOUT / name, root / name)
    (root / "rules" / "BN399-momentum-of-a-half.md").write_text(PAGE, encoding="utf-8")
    (root / "bnlint" / "checks" / "bn399_momentum_of_a_half.py").write_text(CHECK, encoding="utf-8")
    checks = root / "bnlint" / "checks" / "__init__.py"
    text = checks.read_text(encoding="utf-8")
    text = text.replace("\n)\nfrom bnlint", "\n    bn399_momentum_of_a_half,\n)\nfrom bnlint", 1)
    text = text.replace('\n)\n"""Every', '\n    bn399_momentum_of_a_half.CHECK,\n)\n"""Every', 1)
    checks.write_text(text, encoding="utf-8")
    return root


def run(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
    )


def test_the_new_rule_speaks(checkout: Path) -> None:
    (checkout / "bad.py").write_text(PROGRAM.format(momentum=0.5, mark=""), encoding="utf-8")
    done = run(checkout, "-m", "bnlint", "check", "--format", "concise", "bad.py")
    assert (done.returncode, done.stderr) == (1, "")
    assert "bad.py:6:5: BN399" in done.stdout
    assert "a momentum of a half" in done.stdout


def test_its_page_is_executed_and_shown(checkout: Path) -> None:
    done = run(checkout, "-m", "pytest", "-q", "-k", "BN399", "tests/test_pages.py")
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout
    assert "A momentum of a half" in run(checkout, "-m", "bnlint", "rule", "BN399").stdout


def test_its_page_can_fail(checkout: Path) -> None:
    page = checkout / "rules" / "BN399-momentum-of-a-half.md"
    page.write_text(PAGE.replace("momentum=0.9", "momentum=0.5"), encoding="utf-8")
    done = run(checkout, "-m", "pytest", "-q", "-k", "BN399", "tests/test_pages.py")
    page.write_text(PAGE, encoding="utf-8")
    assert done.returncode == 1, done.stdout
