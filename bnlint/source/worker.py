"""A process that lowers files for another one, which has written itself to its standard input.

It is run by its path in isolated mode, so that nothing of the working directory is imported. What
it is sent is the import path, then pairs of a path and bytes; for each pair it answers what
``parallel`` expects.
"""

import pickle
import signal
import sys


def main() -> None:
    """Answer until the input ends."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other process decides when it is over
    sys.path[:] = pickle.load(source)
    from bnlint.source.parallel import answer

    while True:
        try:
            path, data = pickle.load(source)
        except EOFError:
            return
        pickle.dump(answer(path, data), sink)
        sink.flush()


if __name__ == "__main__":
    main()
