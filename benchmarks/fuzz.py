"""Inputs that are nearly right, for every reader, and what became of them.

    python -m benchmarks.fuzz --inputs 200000
    python -m benchmarks.fuzz --inputs 5000 --reader notebook --seed 7

Child processes do it, with bounds of time and memory, so that a hang or a crash ends one of them
and is counted. Inputs that broke something are kept in ``--keep``. The same seed gives the same
inputs; a run may be cut into slices of different seeds, whose tables ``--table`` adds up.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fuzz.mutate import STEPS, mutated
from fuzz.readers import READERS, Reader

LONGEST = 10  # seconds of work for one input
MOST_MEMORY = 4 << 30
BATCH = 500  # inputs of one child


@dataclass
class Row:
    """What became of one reader's inputs."""

    reader: str
    inputs: int = 0
    seconds: float = 0.0
    crashes: int = 0
    hangs: int = 0
    memory: int = 0  # MB

    def add(self, other: Row) -> None:
        self.inputs += other.inputs
        self.seconds += other.seconds
        self.crashes += other.crashes
        self.hangs += other.hangs
        self.memory = max(self.memory, other.memory)


def _input(reader: Reader, seeds: list[bytes], seed: int, number: int) -> bytes:
    """The input of this number: it depends on nothing else."""
    chance = random.Random(f"{seed} {reader.name} {number}")
    steps = [
        (chance.randrange(len(STEPS)), chance.getrandbits(32), chance.getrandbits(32))
        for _ in range(chance.randint(1, 8))
    ]
    return mutated(chance.choice(seeds), steps)


def _child(
    reader: Reader, seeds: list[bytes], seed: int, numbers: range, pipe: int, folder: Path
) -> None:
    """Read some inputs. A line is written before each, and one with what is wrong after it."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.chdir(folder)
    for number in numbers:
        os.write(pipe, b"%d\n" % number)
        signal.setitimer(signal.ITIMER_PROF, LONGEST)  # whose signal ends the process
        try:
            reader.read(_input(reader, seeds, seed, number), folder)
        except BaseException as error:
            said = " ".join(f"{type(error).__name__}: {error}"[:300].split())
            os.write(pipe, f"!{number} {said}\n".encode("ascii", "backslashreplace"))
    signal.setitimer(signal.ITIMER_PROF, 0)


def _batch(reader: Reader, seeds: list[bytes], seed: int, numbers: range, keep: Path) -> Row:
    row = Row(reader.name)
    while numbers:
        source, sink = os.pipe()
        folder = Path(tempfile.mkdtemp(prefix="bnlint-fuzz-"))
        process = os.fork()
        if not process:
            os.close(source)
            _child(reader, seeds, seed, numbers, sink, folder)
            os._exit(0)
        os.close(sink)
        with os.fdopen(source, "rb") as lines:
            told = lines.read().decode().splitlines()
        _, status, used = os.wait4(process, 0)
        shutil.rmtree(folder, ignore_errors=True)
        begun = [int(line) for line in told if line[0] != "!"]
        row.seconds += used.ru_utime + used.ru_stime
        row.memory = max(row.memory, used.ru_maxrss // 1024)
        row.inputs += len(begun)
        for line in told:
            if line[0] == "!":
                number, _, said = line[1:].partition(" ")
                row.crashes += 1
                _keep(reader, seeds, seed, int(number), said, keep)
        ended = os.waitstatus_to_exitcode(status)
        if ended:
            row.hangs += ended == -signal.SIGPROF
            row.crashes += ended != -signal.SIGPROF
            _keep(reader, seeds, seed, begun[-1], f"ended with {ended}", keep)
        numbers = range(begun[-1] + 1, numbers.stop) if begun else range(0)
    return row


def _keep(
    reader: Reader, seeds: list[bytes], seed: int, number: int, said: str, keep: Path
) -> None:
    keep.mkdir(parents=True, exist_ok=True)
    name = f"{reader.name.replace(' ', '_').strip('.')}-{seed}-{number}"
    (keep / name).write_bytes(_input(reader, seeds, seed, number))
    print(f"{name}: {said}", file=sys.stderr, flush=True)


def table(rows: list[Row]) -> str:
    lines = [
        "| reader | inputs | seconds | crashes | hangs over 10 s | peak memory, MB |",
        "|---|---|---|---|---|---|",
    ]
    total = Row("all")
    for row in rows:
        total.add(row)
    for row in (*rows, total):
        lines.append(
            f"| {row.reader} | {row.inputs:,} | {row.seconds:,.0f} | {row.crashes} | {row.hangs}"
            f" | {row.memory} |"
        )
    return "\n".join(lines)


def _added(files: list[str]) -> list[Row]:
    rows: dict[str, Row] = {}
    for file in files:
        for line in Path(file).read_text("utf-8").splitlines():
            row = Row(**json.loads(line))
            rows.setdefault(row.reader, Row(row.reader)).add(row)
    return [rows[reader.name] for reader in READERS if reader.name in rows]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=20_000, help="how many in all")
    parser.add_argument("--reader", action="append", help="these readers only")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", default="fuzz-failures", help="a folder for what broke something")
    parser.add_argument("--log", help="a file to which the rows are added")
    parser.add_argument("--table", nargs="+", help="only add up these logs")
    options = parser.parse_args()
    if options.table:
        print(table(_added(options.table)))
        return 0
    readers = [r for r in READERS if not options.reader or r.name in options.reader]
    whole = sum(reader.share for reader in readers)
    rows = []
    for reader in readers:
        seeds = list(reader.seeds())
        row = Row(reader.name)
        inputs = options.inputs * reader.share // whole
        began = time.time()
        for first in range(0, inputs, BATCH):
            numbers = range(first, min(first + BATCH, inputs))
            row.add(_batch(reader, seeds, options.seed, numbers, Path(options.keep)))
        rows.append(row)
        print(f"{reader.name}: {time.time() - began:.0f} s", file=sys.stderr, flush=True)
        if options.log:
            with open(options.log, "a", encoding="utf-8") as log:
                log.write(json.dumps(asdict(row)) + "\n")
    print(table(rows))
    return int(any(row.crashes or row.hangs for row in rows))


if __name__ == "__main__":
    raise SystemExit(main())
