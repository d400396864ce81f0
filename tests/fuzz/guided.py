"""One reader, with inputs that are led by which code of bnlint they reach (atheris, libFuzzer).

    python tests/fuzz/guided.py notebook --seconds 60
    python tests/fuzz/guided.py all --seconds 60

A crash, ten seconds for one input or 2 GB of memory end the run with a code other than 0; the
input is then kept in ``--keep``. Where there is no atheris, ``python -m benchmarks.fuzz`` changes
the same seeds by chance.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:1] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

LONGEST, MOST_MEMORY = 10, 2_000  # seconds, MB


def fuzz(name: str, options: argparse.Namespace, work: Path) -> None:
    """Fuzz one reader until libFuzzer ends the process."""
    import atheris

    from fuzz.mutate import TOKENS

    with atheris.instrument_imports(include=["bnlint"], enable_loader_override=False):
        from fuzz.readers import READERS

        reader = next(reader for reader in READERS if reader.name == name)
        folder, seeds = work / "folder", work / "seeds"
        folder.mkdir()
        seeds.mkdir()
        os.chdir(folder)
        for number, seed in enumerate(reader.seeds()):
            (seeds / str(number)).write_bytes(seed)
            reader.read(seed, folder)  # so that what is imported late is instrumented, too
    words = work / "words"
    words.write_text("".join(f'"{_escaped(token)}"\n' for token in TOKENS if len(token) <= 60))
    flags = [
        f"-max_total_time={options.seconds}",
        f"-runs={options.runs}",
        f"-timeout={LONGEST}",
        f"-rss_limit_mb={MOST_MEMORY}",
        f"-artifact_prefix={options.keep}/{name.replace(' ', '_')}-",
        f"-dict={words}",
        "-max_len=20000",
        "-print_final_stats=1",
        str(seeds),
    ]
    atheris.Setup([sys.argv[0], *flags], lambda data: reader.read(data, folder))
    atheris.Fuzz()


def _escaped(token: bytes) -> str:
    """A word as libFuzzer's dictionaries spell it; it takes none of more than 64 bytes."""
    return "".join(f"\\x{byte:02x}" for byte in token)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reader", help="the name of a reader, or all")
    parser.add_argument("--seconds", type=int, default=60, help="for each reader")
    parser.add_argument("--runs", type=int, default=-1, help="inputs for each reader")
    parser.add_argument("--keep", default="fuzz-failures", help="a folder for what broke something")
    options = parser.parse_args()
    options.keep = os.path.abspath(options.keep)
    os.makedirs(options.keep, exist_ok=True)
    if options.reader != "all":
        with tempfile.TemporaryDirectory(prefix="bnlint-fuzz-") as work:
            fuzz(options.reader, options, Path(work))
        return 0
    from fuzz.readers import READERS

    broken = 0
    for reader in READERS:
        print(f"== {reader.name}", flush=True)
        broken |= subprocess.call([sys.executable, __file__, reader.name, *sys.argv[2:]])
    return int(broken != 0)


if __name__ == "__main__":
    raise SystemExit(main())
