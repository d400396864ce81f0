"""What the bytes of a file tell without a parse. Rather too much than too little.

``in`` on bytes is an order of magnitude faster than a regular expression that ignores case.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_MAKERS = (
    b"batchnorm",  # tf.nn.batch_normalization's elders, and what libraries call theirs
    b"Batch_Norm",
    b"slim.nets",  # networks that libraries hold ready
    b"nets import",
    b"sonnet",
)
_OTHER = (*_MAKERS, b"UPDATE_OPS", b"update_ops")
# Words that are also of other trades: they count in a file that speaks of TensorFlow.
_COMMON = (b"moments", b"sufficient_statistics", b"applications")
# The same as names of a program's, not in a text.
_COMMON_NAMES = re.compile(
    rb"(?:moments|statistics)[ \t]*\(|[.](?:\w*moments|\w*statistics|applications)\b"
    rb"|['\"](?:moments|applications)['\"]"
    rb"|\bimport\b[^\r\n#]*(?:moments|\bapplications)\b|^[ \t]*(?:moments|applications),",
    re.MULTILINE,
)
_TRADE = (b"tensorflow", b"keras", b"tf.")
# Other frameworks have layers of the same names.
_FOREIGN = re.compile(
    rb"^[ \t]*(?:import|from)[ \t]+(?:torch|mxnet|paddle|jax|flax)\b", re.MULTILINE
)

IMPORTS_BY_VALUE = (
    "import_module",
    "__import__",
    "load_source",
    "load_module",
    "SourceFileLoader",
    "spec_from_file_location",
    "exec",
    "execfile",
    "run_path",
    "run_module",
)
"""Names of what imports or runs a module whose own name need not be there to read."""

_LONG_NAMES = tuple(name.encode() for name in IMPORTS_BY_VALUE if not name.startswith("exec"))
# Python's own, as a function or as the statement of Python 2; not a method, nor a shell's command.
_RUNS_TEXT = re.compile(
    rb"(?<![\w.])(?<!def )exec(?:file)?[ \t]*\(|(?:^|[:;])[ \t\"]*exec[ \t]+[\w'\"]", re.MULTILINE
)

# A statement ends with its line, unless a backslash or brackets continue it. The bounds keep a
# long line that only looks like an import from being tried in every way.
_NAMES = rb"(?:[^\\\r\n;#]|\\(?:\r\n|\r|\n))+"
_BASE = rb"[^\r\n#;'\"()\\]{0,400}?"
_IMPORT = re.compile(
    rb"(?:^(?:\xef\xbb\xbf)?|[;:\r])[ \t\f]*(?:"
    rb"import(?=[ \t\f\\])(" + _NAMES + rb")"
    rb"|from(?=[ \t\f.\\])(" + _BASE + rb"(?:\\\r?\n" + _BASE + rb")?)"
    rb"(?<=[ \t\f.\n])import(?=[ \t\f(*\\])[ \t\f]*(\(|" + _NAMES + rb"))",
    re.MULTILINE,
)
# In a notebook each source line is a JSON string on a line of its own.
_QUOTE = re.compile(rb'^[ \t]*"', re.MULTILINE)
# So many bytes are read of an import whose bracket is never closed.
_UNCLOSED = 2_000
_COMMENT = re.compile(rb"#[^\r\n]*")
_FILLER = re.compile(rb"[\s\\()]+")
_MODULE = re.compile(r"\.*(?:[^\W\d]\w*(?:\.[^\W\d]\w*)*)?")


def may_use_batch_norm(data: bytes, needles: Sequence[bytes]) -> bool:
    """Whether the file may build a batch-norm layer or handle its updates itself.

    ``needles`` are those of the APIs that are known (``Apis.needles``).
    """
    if any(needle in data for needle in (*needles, *_OTHER)):
        return _may_be_for_tensorflow(data)
    return any(word in data for word in _COMMON) and _speaks_of_tensorflow(data)


def may_make_layers(data: bytes, needles: Sequence[bytes]) -> bool:
    """Whether the file may build a batch-norm layer, or keep statistics by hand."""
    if any(needle in data for needle in (*needles, *_MAKERS)):
        return _may_be_for_tensorflow(data)
    if not any(word in data for word in _COMMON) or not _speaks_of_tensorflow(data):
        return False
    return _COMMON_NAMES.search(data) is not None


def _may_be_for_tensorflow(data: bytes) -> bool:
    """Whether words that other frameworks have, too, may be TensorFlow's in a file."""
    return _speaks_of_tensorflow(data) or _FOREIGN.search(data) is None


def _speaks_of_tensorflow(data: bytes) -> bool:
    """Whether the file mentions TensorFlow or Keras, wherever that is."""
    return any(word in data for word in _TRADE)


def may_use_it_in_any(files: Sequence[bytes], needles: Sequence[bytes]) -> bool:
    """The same of several files, which costs less than to ask of each."""
    together = b"\n".join(files)
    if not any(word in together for word in (*needles, *_OTHER, *_COMMON)):
        return False
    return any(may_use_batch_norm(data, needles) for data in files)


def imports_by_value(data: bytes) -> bool:
    """Whether a file may import a module that its import statements do not name."""
    return any(name in data for name in _LONG_NAMES) or _RUNS_TEXT.search(data) is not None


def imported_names(data: bytes) -> list[str]:
    """The dotted names that the file's import statements may mean, in order, without repeats.

    ``import a.b`` gives ``a.b``; ``from a.b import c`` gives ``a.b`` and ``a.b.c``, as ``c`` may be
    a module; leading dots stay. An import in a string or comment may be among them.
    """
    names: dict[str, None] = {}
    position = 0
    while (match := _IMPORT.search(data, position)) is not None:
        plain, module, what = match.groups()
        position = match.end()
        if plain:
            names.update(dict.fromkeys(_split(plain)))
            continue
        if what == b"(":
            what, position = _bracketed(data, position)
        base = _FILLER.sub(b"", module).decode("utf-8", "replace")
        if not base or not _MODULE.fullmatch(base):
            continue
        names[base] = None
        dot = "" if base.endswith(".") else "."
        names.update(dict.fromkeys(f"{base}{dot}{name}" for name in _split(what)))
    return list(names)


def imported_by(path: str, data: bytes) -> list[str]:
    """The names that a file's imports may mean, whether it is a script or a notebook."""
    return imported_names(_QUOTE.sub(b"", data) if path.endswith(".ipynb") else data)


def _bracketed(data: bytes, start: int) -> tuple[bytes, int]:
    """What the bracket opened before ``start`` holds, and the offset after it."""
    end = start
    for _ in range(_UNCLOSED):
        end = data.find(b")", end)
        if end < 0:
            break
        line = max(start, data.rfind(b"\n", start, end))
        if b"#" not in data[line:end]:
            return data[start:end], end + 1
        end = max(end + 1, data.find(b"\n", end))  # a comment's bracket closes nothing
    return data[start : start + _UNCLOSED], min(start + _UNCLOSED, len(data))


def _split(names: bytes) -> list[str]:
    """The names of ``a.b as c, d``, without what they are bound to."""
    out = []
    for item in _FILLER.sub(b" ", _COMMENT.sub(b"", names)).split(b","):
        words = item.split(b" as ", 1)[0].decode("utf-8", "replace").replace(" ", "")
        if words and words[0] != "." and _MODULE.fullmatch(words):
            out.append(words)
    return out
