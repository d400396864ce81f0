"""Files of unit tests, and of nothing else.

What a unit test builds is small, is thrown away and is nobody's model: no rule speaks of it. So a
file that only holds such tests need not be analysed, unless it is asked for by name. That is seen
in Python's own syntax tree, which is made ten times as fast as the one that is analysed.
"""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterator, Sequence

from bnlint.source.prefilter import may_make_layers

# Python 3.10 does not bound how deep a tree gets: so many bytes are no more than its stack holds.
_MOST_BYTES = 1 << 17
_LIBRARIES = sys.stdlib_module_names | {"absl", "numpy", "six", "tensorflow"}
_BLOCKS = (ast.If, ast.Try, ast.With)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_IMPORTS = (ast.Import, ast.ImportFrom)


def holds_only_tests(data: bytes, needles: Sequence[bytes]) -> bool:
    """Whether a file defines classes of unit tests, and by itself does nothing but run them.

    ``needles`` are what tells that a layer is made (``Apis.needles``). False where it cannot be
    told, as in a file of Python 2 or a very long one.
    """
    if b"TestCase" not in data or len(data) > _MOST_BYTES:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on a backslash in a string, say
            tree = ast.parse(data)
        return _holds_only_tests(tree, needles)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _holds_only_tests(tree: ast.Module, needles: Sequence[bytes]) -> bool:
    statements = list(_at_once(tree.body))
    if not any(map(_is_test, statements)):
        return False
    libraries = {name for stmt in statements for name in _imported(stmt, of_libraries=True)}
    own = {stmt.name for stmt in statements if isinstance(stmt, _DEFINITIONS)}
    own.update(name for stmt in statements for name in _imported(stmt, of_libraries=False))
    return all(
        _does_nothing(stmt, libraries - own, own, needles)
        for stmt in statements
        if not isinstance(stmt, (*_DEFINITIONS, *_IMPORTS, ast.Pass))
    )


def _at_once(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run as a file does: those of classes too, and of what holds others what
    it asks or enters."""
    todo = list(reversed(body))
    while todo:
        stmt = todo.pop()
        if isinstance(stmt, ast.ClassDef):
            yield stmt
        elif not isinstance(stmt, _BLOCKS):
            yield stmt
            continue
        for part in ast.iter_child_nodes(stmt):
            if isinstance(part, ast.stmt):
                todo.append(part)
            elif isinstance(part, ast.ExceptHandler):
                todo.extend(part.body)
            elif isinstance(part, ast.withitem):
                todo.append(ast.Expr(part.context_expr))
            elif isinstance(part, ast.expr) and isinstance(stmt, ast.If):
                todo.append(ast.Expr(part))


def _is_test(stmt: ast.stmt) -> bool:
    return isinstance(stmt, ast.ClassDef) and any(
        _dotted(base).endswith("TestCase") for base in stmt.bases
    )


def _imported(stmt: ast.stmt, *, of_libraries: bool) -> Iterator[str]:
    """The names under which a statement imports modules, or what is in them: those of libraries,
    or those of others."""
    if isinstance(stmt, ast.ImportFrom):
        known = not stmt.level and _top(stmt.module or "") in _LIBRARIES
        if known is of_libraries:
            yield from (alias.asname or alias.name for alias in stmt.names)
    elif isinstance(stmt, ast.Import):
        for alias in stmt.names:
            if (_top(alias.name) in _LIBRARIES) is of_libraries:
                yield alias.asname or _top(alias.name)


def _does_nothing(
    stmt: ast.stmt, libraries: set[str], own: set[str], needles: Sequence[bytes]
) -> bool:
    """Whether a statement makes no layer and calls nothing but what is in a library, which is not
    handed what could make one."""
    if not isinstance(stmt, (ast.Expr, ast.Assign, ast.AnnAssign)):
        return False
    calls = [_dotted(node.func) for node in ast.walk(stmt) if isinstance(node, ast.Call)]
    if not calls:
        return True
    if any(_top(name) not in libraries or _runs_main(name) for name in calls):
        return False
    if any(isinstance(node, ast.Name) and node.id in own for node in ast.walk(stmt)):
        return False
    return not may_make_layers(ast.unparse(stmt).encode(errors="replace"), needles)


def _runs_main(name: str) -> bool:
    """Whether a function may be ``tf.app.run``, which calls the ``main`` of a script unasked."""
    return name.rpartition(".")[2] == "run"


def _dotted(node: ast.expr) -> str:
    """A dotted name, empty where it begins with something else."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def _top(dotted: str) -> str:
    return dotted.partition(".")[0]
