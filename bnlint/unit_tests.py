"""Files of unit tests, and of nothing else.

What a unit test builds is small, is thrown away and is nobody's model: no rule speaks of it. So a
file that only holds such tests need not be analysed, unless it is asked for by name. That is seen
in Python's own syntax tree, which is made ten times as fast as the one that is analysed.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Iterator

# At the start of a line, as most tests are: whatever else is in the file is looked at afterwards.
_TEST = re.compile(rb"^class[ \t]+\w+[ \t]*\([^)]*TestCase\b[^)]*\)[ \t]*:", re.MULTILINE)
# What is called as a module is imported builds no network that anything could evaluate.
_LIBRARIES = sys.stdlib_module_names | {"absl", "numpy", "six", "tensorflow"}
_BLOCKS = (ast.If, ast.Try, ast.With)


def holds_only_tests(data: bytes) -> bool:
    """Whether a file defines classes of unit tests, and by itself does nothing but run them.

    False where that cannot be told, as in a file of Python 2.
    """
    if not _TEST.search(data):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on a backslash in a string, say
            tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    statements = list(_at_once(tree.body))
    known = {name for stmt in statements for name in _from_libraries(stmt)}
    return all(_does_nothing(stmt, known) for stmt in statements)


def _at_once(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run as a file does, without those that hold others."""
    for stmt in body:
        if isinstance(stmt, _BLOCKS):
            for part in ast.iter_child_nodes(stmt):
                if isinstance(part, ast.stmt):
                    yield from _at_once([part])
                elif isinstance(part, ast.ExceptHandler):
                    yield from _at_once(part.body)
        else:
            yield stmt


def _from_libraries(stmt: ast.stmt) -> Iterator[str]:
    """The names under which a statement imports modules of libraries, or what is in them."""
    if isinstance(stmt, ast.ImportFrom):
        if not stmt.level and _top(stmt.module or "") in _LIBRARIES:
            yield from (alias.asname or alias.name for alias in stmt.names)
    elif isinstance(stmt, ast.Import):
        of_libraries = (alias for alias in stmt.names if _top(alias.name) in _LIBRARIES)
        yield from (alias.asname or _top(alias.name) for alias in of_libraries)


def _top(dotted: str) -> str:
    return dotted.partition(".")[0]


def _does_nothing(stmt: ast.stmt, known: set[str]) -> bool:
    """Whether a statement only imports or defines things, or calls what is in a library."""
    if isinstance(stmt, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return True
    if isinstance(stmt, (ast.Import, ast.ImportFrom, ast.Pass)):
        return True
    if not isinstance(stmt, (ast.Expr, ast.Assign, ast.AnnAssign)):
        return False
    calls = [node.func for node in ast.walk(stmt) if isinstance(node, ast.Call)]
    return all(_root(func) in known for func in calls)


def _root(func: ast.expr) -> str | None:
    """The name that a dotted one begins with."""
    while isinstance(func, ast.Attribute):
        func = func.value
    return func.id if isinstance(func, ast.Name) else None
