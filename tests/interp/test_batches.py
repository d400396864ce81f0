"""What comes of a program does not depend on the others of its batch, nor on when it is run."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from bnlint.interp import analyse
from bnlint.interp.explored import Work
from bnlint.model import Project
from bnlint.workspace import Workspace

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
FOLDERS = sorted(path for path in (FIXTURES / "projects").iterdir() if path.is_dir())


def last_first(count: int, work: Work) -> Work:
    """All at once, the last one first."""
    found = {number: work(number) for number in reversed(range(count))}
    return found.__getitem__


def told(project: Project) -> object:
    """What there is to be told of a project, without numbers that only tell things apart."""
    programs = [
        (
            p.root,
            p.path,
            p.open,
            [
                (
                    [(layer.location, repr(layer.flag), layer.mode) for layer in state.layers],
                    [(op.location, len(op.trains), len(op.reaches)) for op in state.train_ops],
                    len(state.runs),
                    state.complete,
                )
                for state in p.states
            ],
        )
        for p in project.programs
    ]
    return programs, project.notes, project.incomplete, project.crashes


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_the_order_makes_no_difference(folder: Path) -> None:
    paths = [str(path) for path in sorted(folder.rglob("*.py"))]
    in_turn = analyse(paths, Workspace())
    other = analyse(paths, Workspace(), share=last_first)
    assert told(other) == told(in_turn)


ENTERED = {
    "net.py": """
        import tensorflow as tf

        def one(x):
            return tf.layers.batch_normalization(x)

        def other(x):
            return tf.layers.batch_normalization(x)

        KINDS = {"one": globals()["one"]}
        """,
    "use.py": """
        import net
        import tensorflow as tf

        def by_name(x):
            return net.KINDS["one"](tf.layers.batch_normalization(x))
        """,
}
HALF = {
    "net.py": """
        import tensorflow as tf

        class Net:
            def build(self, x):
                return tf.layers.batch_normalization(x)

            def other(self, x):
                return tf.layers.batch_normalization(x)

        NETS = {"a": globals()["Net"]()}
        """,
    "use.py": """
        import net
        import tensorflow as tf

        def by_name(x):
            return net.NETS["a"].build(tf.layers.batch_normalization(x))
        """,
}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (ENTERED, ["by_name", "other"]),
        (HALF, ["by_name", "Net"]),
    ],
)
@pytest.mark.parametrize("share", [None, last_first])
def test_what_another_of_the_batch_entered_is_not_run(
    files: dict[str, str],
    expected: list[str],
    share: object,
    tmp_path: Path,
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(dedent(text))
    paths = [str(tmp_path / name) for name in ("use.py", "net.py")]
    project = analyse(paths, Workspace(), **({"share": share} if share else {}))  # type: ignore[arg-type]
    assert [p.root for p in project.programs if p.open] == expected
    places = [layer.location for p in project.programs for s in p.states for layer in s.layers]
    assert len(places) == len(set(places)) == 3
