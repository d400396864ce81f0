"""Correct programs of the corpus, each with one mistake: is it found?

    python -m benchmarks.mutation.run --from FOLDER [--folder NAME]... [--write docs/accuracy.md]

Run it at the root of the checkout. FOLDER holds the checkouts, in folders named as in
benchmarks/corpus/checkouts*.csv. Without --folder, all of them are taken.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.corpus.labels import labels, snapshots
from benchmarks.corpus.tables import rewrite
from benchmarks.mutation import tables
from benchmarks.mutation.judge import judge

WORKERS = 2


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--from", dest="given", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--folder", action="append", metavar="NAME", help="only this checkout")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="renew the tables of the page")
    parser.add_argument("--found", action="store_true", help="list what was found, too")
    arguments = parser.parse_args()
    root: Path = arguments.given
    folders = sorted({snapshot.folder for snapshot in snapshots()})
    folders = [name for name in folders if not arguments.folder or name in arguments.folder]
    if missing := [name for name in folders if not (root / name).is_dir()]:
        print(f"not in {root}: {', '.join(missing)}", file=sys.stderr)
        return 2
    known = labels()
    with ThreadPoolExecutor(WORKERS) as pool:
        outcomes = [
            outcome
            for some in pool.map(lambda name: judge(root / name, known), folders)
            for outcome in some
        ]
    sections = {"mutations": tables.shares(outcomes), "missed mutants": tables.missed(outcomes)}
    print(*sections.values(), sep="\n\n")
    if arguments.found:
        print(*(f"found: {o.mutation}: {o.place}" for o in outcomes if o.found), sep="\n")
    if arguments.write:
        rewrite(arguments.write, sections)
    return 0


if __name__ == "__main__":
    sys.exit(main())
