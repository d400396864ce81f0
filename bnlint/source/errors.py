"""The one error a file can cause: it could not be read or parsed."""

from __future__ import annotations


class SourceError(Exception):
    """A file that cannot be analysed.

    ``line`` is 1-based (1 when the problem has no place in the file); ``message`` is one line that
    says what is wrong and, where something helps, what to do.
    """

    def __init__(self, path: str, line: int, message: str) -> None:
        super().__init__(path, line, message)
        self.path = path
        self.line = line
        self.message = message

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"
