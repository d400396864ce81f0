"""What an editor holds, without the editor."""

from __future__ import annotations

from pathlib import Path

from bnlint.lsp.analysis import Analysis

PROGRAM = """\
import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 4])
h = tf.layers.batch_normalization(x, training=True)
s = 'HALF'; op = tf.train.AdamOptimizer().minimize(h)
"""


def test_half_a_character(tmp_path: Path) -> None:
    """JSON can say it, UTF-8 cannot; places stay what they are."""
    path = str(tmp_path / "train.py")
    analysis = Analysis({path: PROGRAM.replace("HALF", "\ud800")})
    assert (analysis.crashes, analysis.problems) == ([], [])
    (finding,) = analysis.about(path)
    place = finding.location
    assert (finding.rule.code, place.line, place.column) == ("BN201", 4, 15)


def test_a_form_feed_ends_no_line(tmp_path: Path) -> None:
    path = str(tmp_path / "train.py")
    analysis = Analysis({path: "\f\n'\u2028'\r\n" + PROGRAM})
    (finding,) = analysis.about(path)
    lines = analysis.lines(path)
    assert finding.location.line == 6
    assert lines[:2] == ["\f\n", "'\u2028'\r\n"]
    assert lines[5].startswith("s = 'HALF'")
