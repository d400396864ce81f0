"""Protobuf's text format, turned into the wire format that everything else here reads.

Only the fields in ``_SCHEMA`` are kept; all others are skipped, known or not.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field

from bnlint.graph.errors import GraphError

# Field name -> (number, kind). The kinds: text, int, float, double, a type's name, or a message.
_SCHEMA: dict[str, dict[str, tuple[int, str]]] = {
    "SavedModel": {"meta_graphs": (2, "MetaGraphDef")},
    "MetaGraphDef": {
        "meta_info_def": (1, "MetaInfoDef"),
        "graph_def": (2, "GraphDef"),
        "collection_def": (4, "CollectionEntry"),
        "signature_def": (5, "Key"),
    },
    "MetaInfoDef": {"tags": (4, "text"), "tensorflow_version": (5, "text")},
    "Key": {"key": (1, "text")},
    "CollectionEntry": {"key": (1, "text"), "value": (2, "CollectionDef")},
    "CollectionDef": {"node_list": (1, "Texts"), "bytes_list": (2, "Texts")},
    "Texts": {"value": (1, "text")},
    "GraphDef": {"node": (1, "NodeDef"), "library": (2, "FunctionDefLibrary")},
    "FunctionDefLibrary": {"function": (1, "FunctionDef")},
    "FunctionDef": {
        "signature": (1, "OpDef"),
        "node_def": (3, "NodeDef"),
        "ret": (4, "TextEntry"),
        "control_ret": (6, "TextEntry"),
    },
    "TextEntry": {"key": (1, "text"), "value": (2, "text")},
    "OpDef": {"name": (1, "text"), "input_arg": (2, "ArgDef"), "output_arg": (3, "ArgDef")},
    "ArgDef": {"name": (1, "text")},
    "NodeDef": {
        "name": (1, "text"),
        "op": (2, "text"),
        "input": (3, "text"),
        "attr": (5, "AttrEntry"),
    },
    "AttrEntry": {"key": (1, "text"), "value": (2, "AttrValue")},
    "AttrValue": {
        "list": (1, "ListValue"),
        "s": (2, "text"),
        "i": (3, "int"),
        "f": (4, "float"),
        "b": (5, "int"),
        "type": (6, "type"),
        "tensor": (8, "TensorProto"),
        "func": (10, "NameAttrList"),
    },
    "ListValue": {"s": (2, "text"), "func": (9, "NameAttrList")},
    "NameAttrList": {"name": (1, "text")},
    "TensorProto": {
        "dtype": (1, "type"),
        "tensor_shape": (2, "TensorShapeProto"),
        "tensor_content": (4, "text"),
        "float_val": (5, "float"),
        "double_val": (6, "double"),
        "int_val": (7, "int"),
        "string_val": (8, "text"),
        "int64_val": (10, "int"),
        "bool_val": (11, "int"),
        "half_val": (13, "int"),
    },
    "TensorShapeProto": {"dim": (2, "Dim"), "unknown_rank": (3, "int")},
    "Dim": {"size": (1, "int")},
}

# The types that a flag, a decay or a list of names can have; all others become DT_INVALID.
_TYPES = {
    "DT_FLOAT": 1,
    "DT_DOUBLE": 2,
    "DT_INT32": 3,
    "DT_STRING": 7,
    "DT_INT64": 9,
    "DT_BOOL": 10,
    "DT_HALF": 19,
    "DT_RESOURCE": 20,
}

_TOKEN = re.compile(
    r"""(?:[\s,;]|\#[^\n]*(?:\n|\Z))*
    (?:(?P<name>[A-Za-z_][\w.]*|\[[^\]\s]+\])[ \t]*(?P<colon>:)?
      |(?P<close>[}>])|(?P<end>\Z)|(?P<bad>[^\s\#]))""",
    re.VERBOSE,
)
_VALUE = re.compile(
    r"""(?:\s|\#[^\n]*(?:\n|\Z))*
    (?:(?P<open>[{<])
      |(?P<strings>(?:(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')\s*)+)
      |(?P<list>\[[^\[\]]*\])
      |(?P<word>(?!\#)[^\s{}<>,;"']+))""",
    re.VERBOSE,
)
_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"|\'((?:[^\'\\\n]|\\.)*)\'')
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|[xX][0-9a-fA-F]{1,2}|.)")
_SIMPLE = {
    b"n": b"\n",
    b"t": b"\t",
    b"r": b"\r",
    b"a": b"\a",
    b"b": b"\b",
    b"f": b"\f",
    b"v": b"\v",
}

DEEPEST = 200


@dataclass(slots=True)
class _Open:
    """A message that is being read: its schema, its field number, and its wire format so far."""

    schema: dict[str, tuple[int, str]] | None
    number: int
    out: bytearray = field(default_factory=bytearray)


def encode(source: str, message: str) -> bytes:
    """The wire format of a message in text format."""
    stack = [_Open(_SCHEMA[message], 0)]
    pos, end = 0, len(source)
    token, value = _TOKEN.match, _VALUE.match
    while True:
        found = token(source, pos)
        if found is None or found["end"] is not None:
            break
        pos = found.end()
        here = stack[-1]
        name = found["name"]
        if name is None:
            if found["close"] is None or len(stack) == 1:
                raise GraphError(_where(source, pos, f"unexpected {found[found.lastgroup or 0]!r}"))
            stack.pop()
            if here.number:
                _bytes(stack[-1].out, here.number, here.out)
            continue
        known = here.schema.get(name) if here.schema is not None else None
        content = value(source, pos)
        if content is None:
            raise GraphError(_where(source, min(pos, end), f"no value for {name!r}"))
        pos = content.end()
        if content["open"] is not None:
            schema = _SCHEMA.get(known[1]) if known else None
            stack.append(_Open(schema, known[0] if known and schema else 0))
            if len(stack) > DEEPEST:
                raise GraphError(_where(source, pos, "messages are nested too deeply"))
        elif known is not None:
            if content["list"] is not None:
                words = [word for word in re.split(r"[\s,]+", content["list"][1:-1]) if word]
            else:
                words = [content["word"] if content["strings"] is None else content["strings"]]
            for word in words:
                try:
                    _scalar(here.out, known[0], known[1], word)
                except (ValueError, OverflowError, struct.error):
                    where = _where(source, pos, f"{word[:40]!r} is no value for {name!r}")
                    raise GraphError(where) from None
    if len(stack) > 1:
        raise GraphError(_where(source, end, "truncated: a message is not closed"))
    return bytes(stack[0].out)


def _where(source: str, pos: int, what: str) -> str:
    return f"{what} on line {source.count(chr(10), 0, pos) + 1}"


def _scalar(out: bytearray, number: int, kind: str, word: str) -> None:
    if kind == "text":
        if word[:1] not in "\"'":
            raise ValueError
        _bytes(out, number, _unquoted(word))
    elif kind == "float":
        out += bytes([number << 3 | 5]) + struct.pack("<f", _float(word))
    elif kind == "double":
        out += bytes([number << 3 | 1]) + struct.pack("<d", _float(word))
    elif kind == "type":
        _tag(out, number << 3)
        _tag(out, _TYPES.get(word.removesuffix("_REF"), 0) if word[0] == "D" else int(word))
    elif kind == "int":
        named = {"true": 1, "false": 0, "t": 1, "f": 0}.get(word.lower())
        _tag(out, number << 3)
        _tag(out, (int(word, 0) if named is None else named) & (1 << 64) - 1)
    else:
        raise ValueError


def _float(word: str) -> float:
    return float(word.removesuffix("f") if word[-2:] not in ("nf", "inf") else word)


def _unquoted(word: str) -> bytes:
    parts = [found[1] if found[1] is not None else found[2] for found in _STRING.finditer(word)]
    raw = "".join(parts).encode("utf-8", "surrogateescape")
    return _ESCAPE.sub(_escaped, raw) if b"\\" in raw else raw


def _escaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    if code[:1].isdigit():
        return bytes([int(code, 8) & 0xFF])
    if len(code) > 1:
        return bytes([int(code[1:], 16)])
    return _SIMPLE.get(code, code)


def _bytes(out: bytearray, number: int, content: bytes | bytearray) -> None:
    _tag(out, number << 3 | 2)
    _tag(out, len(content))
    out += content


def _tag(out: bytearray, value: int) -> None:
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
