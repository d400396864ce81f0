"""What positions cost: libcst's own provider against the walk that lowers the tree.

    python benchmarks/positions.py FOLDER

Times are CPU seconds, for each file the best of some runs, and in units of one parse.
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
    print(f"{len(texts)} files, {size / 1e6:.2f} MB, {sum(map(len, encoded.values())) / size:.1f}x")

    parse = _time(texts, libcst.parse_module)
    print(f"parse                   {parse:7.2f} s   1.00   {size / parse / 1e6:.2f} MB/s")
    steps: list[tuple[str, Callable[[str], object]]] = [
        ("tokens", tokenize),
        ("parse + lower", lambda text: lower(text, "")),
        ("parse + PositionProvider", _provide),
        ("IR from JSON", lambda text: codec.decode(encoded[text])),
    ]
    for name, step in steps:
        seconds = _time(texts, step)
        print(f"{name:24}{seconds:7.2f} s   {seconds / parse:.2f}")


def _provide(text: str) -> object:
    wrapper = MetadataWrapper(libcst.parse_module(text), unsafe_skip_copy=True)
    return wrapper.resolve(PositionProvider)


def _time(texts: list[str], step: Callable[[str], object]) -> float:
    total = 0.0
    for text in texts:
        best = float("inf")
        for _ in range(RUNS):
            start = time.process_time()
            step(text)
            best = min(best, time.process_time() - start)
        total += best
    return total


if __name__ == "__main__":
    main()
