"""A process that lowers files for another one, which has written itself to its standard input.

It is run by its path in isolated mode, so that nothing of the working directory is imported. What
it is sent is the import path, then pairs of a path and bytes; for each pair it answers what
``parallel`` expects.
"""

import os
import pickle
import signal
import sys
from typing import Any


def main() -> None:
    """Answer until the input ends, or nobody waits for the answers."""
    sink = sys.stdout.buffer
    sys.stdout = sys.stderr
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other process decides when it is over
    path = _next()
    if path is None:
        return
    sys.path[:] = path
    from bnlint.source.parallel import answer

    while (sent := _next()) is not None:
        answered = answer(*sent)
        try:
            pickle.dump(answered, sink)
            sink.flush()
        except OSError:
            os._exit(0)  # the other process is gone; Python itself would try again, and say so


def _next() -> Any:
    """What is sent next; None where it ends, maybe in its midst."""
    try:
        return pickle.load(sys.stdin.buffer)
    except (EOFError, pickle.UnpicklingError):
        return None


if __name__ == "__main__":
    main()
