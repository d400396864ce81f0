"""What positions cost: libcst's own provider against the walk that lowers the tree.

    python benchmarks/positions.py FOLDER

Times are CPU seconds, summed over the files, for each the best of some runs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import libcst
from libcst.metadata import MetadataWrapper, PositionProvider

from bnlint.source import codec
from bnlint.source.errors import SourceError
from bnlint.source.lexer import tokenize
from bnlint.source.lower import lower
from bnlint.source.read import decode, read_bytes

RUNS = 3


def main() -> None:
    folder = Path(sys.argv[1])
    texts = []
    encoded = {}
    for path in sorted(folder.rglob("*.py")):
        try:
            text = decode(read_bytes(str(path)), str(path))
            encoded[text] = codec.encode(lower(text, str(path)))
        except (SourceError, OSError):
            continue
        texts.append(text)
    size = sum(map(len, texts))
    stored = sum(map(len, encoded.values()))
    print(f"{len(texts)} files, {size / 1e6:.2f} MB; their IR as JSON {stored / 1e6:.2f} MB")
    steps: dict[str, Callable[[str], object]] = {
        "parse": libcst.parse_module,
        "tokens": tokenize,
        "parse + lower": lambda text: lower(text, ""),
        "parse + PositionProvider": _provide,
        "IR from JSON": lambda text: codec.decode(encoded[text]),
    }
    totals = dict.fromkeys(steps, 0.0)
    for text in texts:
        best = dict.fromkeys(steps, float("inf"))
        # Step by step in each run, so that what else the machine does hits all of them alike.
        for _ in range(RUNS):
            for name, step in steps.items():
                best[name] = min(best[name], _time(step, text))
        for name, seconds in best.items():
            totals[name] += seconds
    for name, seconds in totals.items():
        print(f"{name:24} {seconds:7.2f} s  {seconds / totals['parse']:5.2f} parses")


def _provide(text: str) -> object:
    wrapper = MetadataWrapper(libcst.parse_module(text), unsafe_skip_copy=True)
    return wrapper.resolve(PositionProvider)


def _time(step: Callable[[str], object], text: str) -> float:
    start = time.process_time()
    step(text)
    return time.process_time() - start


if __name__ == "__main__":
    main()
