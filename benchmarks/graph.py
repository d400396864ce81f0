"""``bnlint graph`` on a large graph against TensorFlow itself, both in one run.

    python benchmarks/graph.py --tensorflow PYTHON [--towers N] [--runs N]
    python benchmarks/graph.py --tensorflow PYTHON --meta FILE --train-op NAME

PYTHON is an interpreter that has TensorFlow (1 or 2; 1 to build the graph). Rounds alternate
between the two, each in fresh processes, so that both meet the same machine; what is printed is the
median of the rounds. ``extract_sub_graph`` is timed alone: without starting, importing or reading.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

# Runs under the other interpreter, whatever its version.
THEIRS = """
import json, os, sys, time
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
clock, told = time.time, {}
def lap(name, since):
    told[name] = clock() - since
since = clock()
import tensorflow as tf
lap("import tensorflow", since)
tf = getattr(getattr(tf, "compat", tf), "v1", tf)
since = clock()
with open(sys.argv[1], "rb") as file:
    meta = tf.MetaGraphDef.FromString(file.read())
lap("parse with its protobuf", since)
since = clock()
kept = tf.graph_util.extract_sub_graph(meta.graph_def, [sys.argv[2]])
lap("extract_sub_graph alone", since)
told["nodes"] = [len(meta.graph_def.node), len(kept.node)]
print(json.dumps(told))
"""
OURS, ALONE = "bnlint graph, all of it", "extract_sub_graph alone"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--tensorflow", default=os.environ.get("BNLINT_TF1_PYTHON"))
    parser.add_argument("--towers", type=int, default=1)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--meta")
    parser.add_argument("--train-op", default="train")
    options = parser.parse_args()
    if not options.tensorflow:
        parser.error("--tensorflow names the interpreter to compare with")
    with tempfile.TemporaryDirectory() as folder:
        meta = options.meta
        if meta is None:
            meta = os.path.join(folder, "resnet.meta")
            builder = str(Path(__file__).with_name("resnet.py"))
            build = [options.tensorflow, "-W", "ignore", builder, str(options.towers), meta]
            done = subprocess.run(build, stderr=subprocess.PIPE, check=False)
            if done.returncode:
                raise SystemExit(done.stderr.decode())
        compare(options.tensorflow, meta, options.train_op, options.runs)


def compare(python: str, meta: str, train_op: str, runs: int) -> None:
    times: dict[str, list[float]] = {}
    nodes = [0, 0]
    for _ in range(runs):
        times.setdefault(OURS, []).append(ours(meta, train_op))
        told = theirs(python, meta, train_op)
        nodes = told.pop("nodes")
        for name, seconds in told.items():
            times.setdefault(name, []).append(seconds)
    print(f"{nodes[0]:,} nodes ({nodes[1]:,} before the train op), {os.path.getsize(meta):,} bytes")
    middle = statistics.median(times[OURS])
    for name, seconds in times.items():
        median = statistics.median(seconds)
        span = f"{min(seconds):.3f} to {max(seconds):.3f}"
        print(f"{name:<26} {median:7.3f} s  ({span}, {runs} runs)  {median / middle:5.2f} x")
    pairs = zip(times[OURS], times[ALONE], strict=True)
    ratio = statistics.median(theirs / ours for ours, theirs in pairs)
    print(f"x: how many times as long as bnlint, reading and starting included; {ALONE}")
    print(f"against bnlint within one round, the median of the rounds: {ratio:.2f} x")


def ours(meta: str, train_op: str) -> float:
    """A fresh process: starting Python, reading, judging and printing are all in it."""
    command = [sys.executable, "-m", "bnlint", "graph", meta, "--train-op", train_op]
    since = time.perf_counter()
    done = subprocess.run([*command, "--format", "json"], capture_output=True, check=False)
    seconds = time.perf_counter() - since
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr.decode())
    return seconds


def theirs(python: str, meta: str, train_op: str) -> dict[str, Any]:
    done = subprocess.run(
        [python, "-W", "ignore", "-c", THEIRS, meta, train_op],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


if __name__ == "__main__":
    main()
