"""Nodes, functions and collections of a serialised graph, by their field numbers.

The numbers are those of TensorFlow's ``graph.proto``, ``node_def.proto``, ``function.proto``,
``meta_graph.proto`` and ``variable.proto``; they have not changed from 1.0 to 2.21.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from sys import intern

from bnlint.graph.attrs import Function, Value, attributes
from bnlint.graph.errors import GraphError
from bnlint.graph.wire import BYTES, VARINT, Buffer, fields, string, strings, text, varint


class Node:
    """One op of a graph. Its attributes stay unread until somebody asks.

    ``inputs`` are names as the file has them. A graph adds the rest: ``sources`` are the nodes that
    run before this one, ``takers`` those that take an output of it or wait for its end, and
    ``place`` is its number.
    """

    __slots__ = ("_buffer", "_end", "_start", "inputs", "name", "op", "place", "sources", "takers")
    sources: list[Node]
    takers: list[Node] | None
    place: int

    def __init__(
        self,
        name: str,
        op: str,
        inputs: list[str],
        buffer: Buffer = b"",
        start: int = 0,
        end: int = 0,
    ) -> None:
        self.name = name
        self.op = op
        self.inputs = inputs
        self.takers = None
        self._buffer = buffer
        self._start = start
        self._end = end

    def copied(self, name: str, inputs: list[str]) -> Node:
        """The same op under another name, as where a function's body is put in place."""
        return Node(name, self.op, inputs, self._buffer, self._start, self._end)

    def __repr__(self) -> str:
        return f"<Node {self.name!r} {self.op}>"

    def attr(self, key: str) -> Value:
        """An attribute's value, or None if there is none of that name."""
        return attributes(self._buffer, self._start, self._end, key).get(key)

    def functions(self) -> dict[str, str]:
        """The names of the graph functions that attributes refer to, by attribute."""
        found = attributes(self._buffer, self._start, self._end)
        return {key: value.name for key, value in found.items() if isinstance(value, Function)}

    def branches(self) -> list[str]:
        """The functions of the ``branches`` attribute of a Case op."""
        value = self.attr("branches")
        if not isinstance(value, list):
            return []
        return [item.name for item in value if isinstance(item, Function)]


@dataclass(slots=True)
class FunctionBody:
    """A function of the graph's library: names of arguments and outputs, nodes, what it returns."""

    name: str
    arguments: list[str]
    outputs: list[str]
    nodes: list[Node]
    returns: dict[str, str]
    control_returns: list[str]


@dataclass(frozen=True, slots=True)
class Variable:
    """An entry of a collection of variables."""

    name: str
    initializer: str
    snapshot: str


@dataclass(slots=True)
class MetaGraph:
    """A graph and what came with it. ``collections`` are those that list node names.

    ``variables`` and ``trainable`` are None where the file does not tell (a bare GraphDef).
    """

    nodes: list[Node] = field(default_factory=list)
    functions: dict[str, FunctionBody] = field(default_factory=dict)
    collections: dict[str, list[str]] = field(default_factory=dict)
    variables: list[Variable] | None = None
    trainable: frozenset[str] | None = None
    tags: list[str] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    version: str = ""
    bare: bool = True


def graph_def(buffer: Buffer, pos: int, end: int, into: MetaGraph) -> None:
    """Read a GraphDef: 1 nodes, 2 the library of functions."""
    for number, kind, start, stop in _beside_nodes(buffer, pos, end, 0x0A, into.nodes):
        if number == 2 and kind == BYTES:
            for inner, inner_kind, first, last in fields(buffer, start, stop):
                if inner == 1 and inner_kind == BYTES:
                    body = _function(buffer, first, last)
                    into.functions[body.name] = body


def _beside_nodes(
    buffer: Buffer, pos: int, end: int, tag: int, into: list[Node]
) -> Iterator[tuple[int, int, int, int]]:
    """The fields of a message, but for its nodes (they begin with ``tag``), which are read."""
    while pos < end:
        if buffer[pos] == tag:
            pos = _nodes(buffer, pos, end, tag, into)
            continue
        number, kind, start, stop = next(fields(buffer, pos, end))
        yield number, kind, start, stop
        pos = stop if kind != VARINT else _skip(buffer, varint(buffer, pos, end)[1], end, VARINT)


# How much of a file is looked at in one go, and how long a node may be that is read straight on.
WINDOW, PLAIN = 1 << 16, 1 << 10
# Behind a window, so that a length beyond its end is read as something and found out later.
_PADDING = bytes(1 << 10)


def _nodes(buffer: Buffer, pos: int, end: int, tag: int, into: list[Node]) -> int:
    """Read the nodes that follow each other from ``pos`` on, and say where they end.

    This is where the time goes in a large graph. Nearly all nodes are plain: name, op, inputs,
    device and attributes in this order, as every protobuf library writes them, and no string longer
    than 127 bytes. They are read straight on, and whatever is not plain is left to ``_node``.
    """
    runs: _Runs = []
    append = into.append
    base, at, last = pos, 0, 0  # where the window begins; where in it we are; its length
    raw, letters = b"", ""
    while base + at < end:
        if at + PLAIN + 4 > last and base + last < end:
            base, at = base + at, 0
            raw = buffer[base : min(base + WINDOW, end)]
            letters, last = raw.decode("latin-1"), len(raw)
            raw += _PADDING
        field = at
        if raw[at] != tag:
            break
        size = raw[at + 1]
        at += 2
        if size >= 0x80:
            size += (raw[at] << 7) - 0x80
            at += 1
        stop = at + size
        if size <= PLAIN and stop <= last:
            first = at + 2 + raw[at + 1]
            here = first + 2 + raw[first + 1]
            if raw[at] == 0x0A and raw[first] == 0x12 and here <= stop:
                op = letters[first + 2 : here]
                inputs: list[str] = []
                while here < stop and raw[here] == 0x1A:
                    begin = here + 2
                    here = begin + raw[here + 1]
                    inputs.append(letters[begin:here])
                if here < stop and raw[here] == 0x22:
                    here += 2 + raw[here + 1]
                attrs = here
                while here < stop and raw[here] == 0x2A:
                    length = raw[here + 1]
                    here += 2 + length
                    if length >= 0x80:
                        here += (raw[here - length] << 7) - 0x7F
                # A length of two bytes is no ASCII either.
                if here == stop and letters[at:attrs].isascii():
                    name = letters[at + 2 : first]
                    append(Node(name, intern(op), inputs, buffer, base + attrs, base + stop))
                    at = stop
                    continue
        size, start = varint(buffer, base + field + 1, end)
        if start + size > end:
            wanted = start + size - end
            raise GraphError(f"truncated: a field at byte {start} wants {wanted} bytes more")
        append(_node(buffer, start, start + size, runs))
        at = start + size - base
    return base + at


# Runs of control inputs, as bytes and as names. Everything that minimize makes inside the usual
# guard waits for all update ops: in a deep network thousands of ops repeat the same hundreds.
_Runs = list[tuple[bytes, list[str]]]
LONG, KEPT, TRIES = 8, 4, 4


def _node(buffer: Buffer, start: int, end: int, runs: _Runs) -> Node:
    """A NodeDef: 1 name, 2 op, 3 inputs, 5 attributes (left for later).

    A graph with weights, or whose ops wait for many others, is full of nodes that come here, hence
    one flat loop with the common case first.
    """
    name = op = ""
    inputs: list[str] = []
    pos = start
    attrs = end
    run_start = run_end = run_first = -1
    tries = TRIES  # an op may wait for others too, and they are sorted by name
    while pos < end:
        begin = pos
        tag = buffer[pos]
        if tag & 7 != BYTES or tag >= 0x80:
            # Nothing TensorFlow writes, yet legal: an unknown field.
            key, pos = varint(buffer, pos, end)
            pos = _skip(buffer, pos, end, key & 7)
            continue
        pos += 1
        if pos >= end:
            raise GraphError(f"truncated: it ends inside a node at byte {end}")
        size = buffer[pos]
        pos += 1
        if size >= 0x80:
            size, pos = varint(buffer, pos - 1, end)
        stop = pos + size
        if stop > end:
            raise GraphError(f"truncated: a node at byte {start} wants {stop - end} bytes more")
        if tag == 0x2A:
            if attrs == end:
                attrs = begin
            # Attributes come last and are many: step over them without further questions.
            pos = stop
            while pos + 1 < end and buffer[pos] == 0x2A and buffer[pos + 1] < 0x80:
                pos += 2 + buffer[pos + 1]
            if pos > end:
                raise GraphError(f"truncated: a node at byte {start} wants {pos - end} bytes more")
            continue
        if tag == 0x1A:
            if tries and size and buffer[pos] == _CARET:
                known = _known_run(buffer, begin, end, runs)
                if known is not None:
                    inputs += known[1]
                    pos = begin + len(known[0])
                    tries, run_first = 0, -1
                    continue
                tries -= 1
                if run_first < 0:
                    run_start, run_first = begin, len(inputs)
            run_end = stop
            inputs.append(_text(buffer[pos:stop]))
        elif tag == 0x0A:
            name = _text(buffer[pos:stop])
        elif tag == 0x12:
            op = _text(buffer[pos:stop])
        pos = stop
    if 0 <= run_first <= len(inputs) - LONG and run_end > run_start:
        runs.insert(0, (bytes(buffer[run_start:run_end]), inputs[run_first:]))
        del runs[KEPT:]
    return Node(name, intern(op), inputs, buffer, attrs, end)


_CARET = ord("^")


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("utf-8", "backslashreplace")


def _known_run(buffer: Buffer, pos: int, end: int, runs: _Runs) -> tuple[bytes, list[str]] | None:
    """The run of control inputs that begins here, if a recent node had the same."""
    for run in runs:
        stop = pos + len(run[0])
        if stop <= end and buffer[pos:stop] == run[0]:
            return run
    return None


def _skip(buffer: Buffer, pos: int, end: int, kind: int) -> int:
    if kind == VARINT:
        return varint(buffer, pos, end)[1]
    if kind == BYTES:
        size, pos = varint(buffer, pos, end)
        return pos + size
    if kind in (1, 5):
        return pos + (8 if kind == 1 else 4)
    raise GraphError(f"not a protobuf message (wire type {kind} at byte {pos})")


def _function(buffer: Buffer, pos: int, end: int) -> FunctionBody:
    """A FunctionDef: 1 signature, 3 nodes, 4 and 6 maps of what it returns."""
    body = FunctionBody("", [], [], [], {}, [])
    for number, kind, start, stop in _beside_nodes(buffer, pos, end, 0x1A, body.nodes):
        if kind != BYTES:
            continue
        if number == 1:
            for inner, inner_kind, first, last in fields(buffer, start, stop):
                if inner == 1 and inner_kind == BYTES:
                    body.name = text(buffer, first, last)
                elif inner == 2 and inner_kind == BYTES:
                    body.arguments.append(string(buffer, first, last, 1))
                elif inner == 3 and inner_kind == BYTES:
                    body.outputs.append(string(buffer, first, last, 1))
        elif number == 4:
            body.returns[string(buffer, start, stop, 1)] = string(buffer, start, stop, 2)
        elif number == 6:
            body.control_returns.append(string(buffer, start, stop, 2))
    return body


def meta_graph(buffer: Buffer, pos: int, end: int) -> MetaGraph:
    """Read a MetaGraphDef: 1 meta information, 2 graph, 4 collections, 5 signatures."""
    into = MetaGraph(bare=False, variables=[], trainable=frozenset())
    for number, kind, start, stop in fields(buffer, pos, end):
        if kind != BYTES:
            continue
        if number == 1:
            into.tags = strings(buffer, start, stop, 4)
            into.version = string(buffer, start, stop, 5)
        elif number == 2:
            graph_def(buffer, start, stop, into)
        elif number == 4:
            _collection(buffer, start, stop, into)
        elif number == 5:
            into.signatures.append(string(buffer, start, stop, 1))
    if not into.variables and not into.trainable:
        # Stripped on export: then the absence of a variable tells nothing.
        into.variables = into.trainable = None
    return into


_VARIABLES = ("variables", "trainable_variables", "model_variables", "local_variables")


def _collection(buffer: Buffer, pos: int, end: int, into: MetaGraph) -> None:
    """One entry of the map from key to CollectionDef: 1 node_list, 2 bytes_list."""
    key = string(buffer, pos, end, 1)
    for number, kind, start, stop in fields(buffer, pos, end):
        if number != 2 or kind != BYTES:
            continue
        for inner, inner_kind, first, last in fields(buffer, start, stop):
            if inner_kind != BYTES:
                continue
            if inner == 1:
                into.collections[key] = strings(buffer, first, last, 1)
            elif inner == 2 and key in _VARIABLES:
                _variables(buffer, first, last, key, into)


def _variables(buffer: Buffer, pos: int, end: int, key: str, into: MetaGraph) -> None:
    """VariableDef: 1 variable_name, 2 initializer_name, 3 snapshot_name."""
    found = [
        Variable(
            base(string(buffer, start, stop, 1)),
            base(string(buffer, start, stop, 2)),
            base(string(buffer, start, stop, 3)),
        )
        for number, kind, start, stop in fields(buffer, pos, end)
        if number == 1 and kind == BYTES
    ]
    assert into.variables is not None
    into.variables += found
    if key == "trainable_variables":
        into.trainable = frozenset(variable.name for variable in found)


def base(tensor: str) -> str:
    """The node that a tensor, control input or function-body output comes from."""
    if tensor[:1] == "^":
        return tensor[1:]
    return tensor.partition(":")[0]
