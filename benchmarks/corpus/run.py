"""Precision and recall of bnlint on real code that was read and labelled by hand.

    python -m benchmarks.corpus.run [--from FOLDER] [--write docs/accuracy.md]

Run it at the root of the checkout. Without --from, the repositories are fetched from GitHub.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.corpus import checkouts, tables
from benchmarks.corpus.analyse import analyse
from benchmarks.corpus.labels import labels, snapshots
from benchmarks.corpus.score import score


def main() -> int:
    arguments = _arguments()
    known, wanted = labels(), snapshots()
    root: Path = arguments.given or arguments.cache
    complaints = [] if arguments.given else checkouts.clone(wanted, known, root)
    folders = sorted({snapshot.folder for snapshot in wanted})
    missing = [folder for folder in folders if not (root / folder).is_dir()]
    complaints += [f"{folder}: not in {root}" for folder in missing if arguments.given]
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    if complaints:
        print("without these there are no figures to speak of", file=sys.stderr)
        return 2

    results = analyse(root.resolve(), folders)
    figures = score(known, results)
    sections = {
        "rules": tables.by_rule(figures, 1),
        "rules of the second part": tables.by_rule(figures, 2),
        "repositories": tables.by_repository(figures),
        "wrong": tables.wrong(figures),
        "health": tables.health(results),
    }
    print(*sections.values(), tables.times(results), sep="\n\n")
    if arguments.write:
        tables.rewrite(arguments.write, sections)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--from",
        dest="given",
        type=Path,
        metavar="FOLDER",
        help="where the checkouts already are, in folders named as in checkouts*.csv",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=checkouts.cache(),
        metavar="FOLDER",
        help="where to keep what is fetched (default: %(default)s)",
    )
    parser.add_argument(
        "--write", type=Path, metavar="PAGE", help="renew the tables between the page's markers"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
