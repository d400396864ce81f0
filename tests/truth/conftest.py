"""What the truth tests share: the interpreter, and the recordings, which are made two at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from . import environment, recording
from .recording import Recording

Record = Callable[[Path], Recording]

_skipped: list[str] = []


@pytest.fixture(scope="session")
def tensorflow() -> Path:
    """The interpreter with TensorFlow 1.15, or no test."""
    try:
        return environment.interpreter()
    except environment.Unavailable as error:
        if environment.required():
            pytest.fail(f"{environment.REQUIRED} is set, but {error}", pytrace=False)
        _skipped.append(str(error))
        pytest.skip(f"TensorFlow 1.15 cannot be run: {error}")


@pytest.fixture(scope="session")
def record(tensorflow: Path, request: pytest.FixtureRequest) -> Iterator[Record]:
    """Recordings of scripts. All that the selected tests need are begun at once."""
    recording.forget_old()
    wanted = [
        path
        for item in request.session.items
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
        for path in [item.callspec.params.get("script")]
        if isinstance(path, Path)
    ]
    with ThreadPoolExecutor(recording.WORKERS) as pool:
        futures: dict[Path, Future[Recording]] = {
            path: pool.submit(recording.record, path, tensorflow) for path in wanted
        }

        def recorded(script: Path) -> Recording:
            return futures[script].result()

        yield recorded
        pool.shutdown(cancel_futures=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _skipped:
        terminalreporter.section("truth tests")
        terminalreporter.write_line(
            f"NOT RUN: nothing was compared with TensorFlow itself, since there is {_skipped[0]}"
        )
