"""Where the command begins: Ctrl-C ends it without a dump, also before and after its work."""

from __future__ import annotations

import signal

_INTERRUPTED = 130


def main() -> int:
    """The command line; its exit code."""
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # else it is ignored
    if usual:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # imports have nothing to tidy up
    from bnlint.cli import main as run

    try:
        if usual:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        code = run()
        if usual:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
    except KeyboardInterrupt:
        code = _INTERRUPTED
    return code
