"""From a path to graphs: which kind of file it is, told by its content, and what it holds."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bnlint.graph import events, pbtxt
from bnlint.graph.errors import GraphError
from bnlint.graph.proto import MetaGraph, graph_def, meta_graph
from bnlint.graph.slices import is_first_format
from bnlint.graph.wire import BYTES, VARINT, Buffer, fields, load, text
from bnlint.regular import CannotRead, open_regular

Kind = Literal["MetaGraphDef", "GraphDef", "SavedModel", "events"]


@dataclass(slots=True)
class Source:
    """The file that was read and the graphs in it (a SavedModel may hold several)."""

    path: str
    kind: Kind
    graphs: list[MetaGraph]


def read(path: str) -> Source:
    """Read whatever graph a path leads to. Nothing in it is executed."""
    return read_file(locate(path))


def read_file(file: str) -> Source:
    """Read the graph in a file."""
    buffer = load(file)
    try:
        kind, graphs = _parse(buffer)
    except GraphError as error:
        raise GraphError(f"{file}: {error}") from None
    except (RecursionError, ValueError, OverflowError, IndexError) as error:
        raise GraphError(f"{file}: corrupt ({error})") from None
    if not any(graph.nodes for graph in graphs):
        raise GraphError(f"{file}: this {kind} holds no graph")
    return Source(file, kind, graphs)


def locate(path: str) -> str:
    """The file to read for a file, a directory, or the prefix of a checkpoint."""
    if os.path.isdir(path):
        found = _in_directory(path)
        if found is None:
            raise GraphError(
                f"{path}: no graph in this directory (looked for saved_model.pb, *.meta, "
                "events.out.tfevents.* and graph.pbtxt)"
            )
        return found
    if os.path.basename(path) == "checkpoint" and os.path.isfile(path):
        return locate(os.path.dirname(path) or ".")
    prefix = _CHECKPOINT_FILE.sub("", path)
    if prefix == path and os.path.isfile(path) and not is_first_format(path):
        return path
    if os.path.isfile(prefix + ".meta"):
        return prefix + ".meta"
    if os.path.isfile(prefix + ".index"):
        raise GraphError(
            f"{path}: this checkpoint has no {os.path.basename(prefix)}.meta beside it, so there "
            "is no graph to read"
        )
    raise GraphError(f"{path}: no such file or directory")


_CHECKPOINT_FILE = re.compile(r"\.(?:index|data-\d{5}-of-\d{5})$|-\d{5}-of-\d{5}$")
_LATEST = re.compile(r'[ \t]*model_checkpoint_path[ \t]*:[ \t]*"((?:[^"\\]|\\.)*)"')


def latest_checkpoint(directory: str) -> str | None:
    """The prefix that a directory's ``checkpoint`` file names, moved along with the directory.

    Whatever folder the file names, what lies beside it is meant: it may have been written
    elsewhere, or by somebody who wants another file to be read.
    """
    try:
        with open_regular(os.path.join(directory, "checkpoint")) as file:
            lines = file.read(1 << 16).decode("utf-8", "replace").splitlines()
    except (CannotRead, OSError):
        return None
    found = next((match for line in lines if (match := _LATEST.match(line))), None)
    name = re.split(r"[/\\]", found[1])[-1] if found else ""
    return os.path.join(directory, name) if name not in _NO_NAMES else None


_NO_NAMES = ("", os.curdir, os.pardir)


def _in_directory(directory: str) -> str | None:
    try:
        names = sorted(os.listdir(directory))
    except OSError as error:
        raise GraphError(f"{directory}: {error.strerror or error}") from None
    for name in ("saved_model.pb", "saved_model.pbtxt"):
        if name in names:
            return os.path.join(directory, name)
    prefix = latest_checkpoint(directory)
    if prefix is not None and os.path.isfile(prefix + ".meta"):
        return prefix + ".meta"
    metas = [os.path.join(directory, name) for name in names if name.endswith(".meta")]
    if metas:
        return max(metas, key=os.path.getmtime)
    logs = [os.path.join(directory, name) for name in names if ".tfevents." in name]
    for log in sorted(logs, key=os.path.getmtime, reverse=True):
        try:
            if any(events.graphs(load(log))):
                return log
        except GraphError:
            continue
    for name in ("graph.pbtxt", "graph.pb", "frozen_inference_graph.pb"):
        if name in names:
            return os.path.join(directory, name)
    graphs = [name for name in names if name.endswith((".pb", ".pbtxt"))]
    return os.path.join(directory, graphs[0]) if len(graphs) == 1 else None


def _parse(buffer: Buffer) -> tuple[Kind, list[MetaGraph]]:
    size = len(buffer)
    if size == 0:
        raise GraphError("the file is empty")
    if events.is_event_file(buffer):
        return "events", _event_graphs(buffer)
    kind = _text_kind(buffer)
    if kind is not None:
        buffer = pbtxt.encode(str(buffer[:], "utf-8", "surrogateescape"), kind)
        size = len(buffer)
    else:
        kind = binary_kind(buffer)
    if kind == "SavedModel":
        spans = _spans(buffer, 2)
        return kind, [meta_graph(buffer, start, stop) for start, stop in spans]
    if kind == "MetaGraphDef":
        return kind, [meta_graph(buffer, 0, size)]
    graph = MetaGraph()
    graph_def(buffer, 0, size, graph)
    return "GraphDef", [graph]


def _event_graphs(buffer: Buffer) -> list[MetaGraph]:
    """The last graph that was logged, with its collections if they were logged too."""
    found = list(events.graphs(buffer))
    for number in (9, 4):
        spans = [(start, stop) for field, start, stop in found if field == number]
        if not spans:
            continue
        if number == 9:
            return [meta_graph(buffer, *spans[-1])]
        graph = MetaGraph()
        graph_def(buffer, *spans[-1], graph)
        return [graph]
    return []


_TEXT = {
    "SavedModel": ("saved_model_schema_version", "meta_graphs"),
    "MetaGraphDef": ("meta_info_def", "graph_def", "collection_def", "saver_def", "signature_def"),
    "GraphDef": ("node", "library", "versions", "version"),
}
_BEFORE = re.compile(rb"(?:\s|#[^\n]*\n)*")
_FIRST_FIELD = re.compile(rb"([a-z_]{1,40})\s{0,40}(?::[^\n]|:?\s{0,40}[{<])")


def _text_kind(buffer: Buffer) -> Kind | None:
    """The message that a text file holds, or None for a binary file."""
    start = buffer[: 1 << 16]
    before = _BEFORE.match(start)
    found = _FIRST_FIELD.match(start, before.end() if before else 0)
    if found is None:
        return None
    first = found[1].decode()
    kinds: tuple[Kind, ...] = ("SavedModel", "MetaGraphDef", "GraphDef")
    return next((kind for kind in kinds if first in _TEXT[kind]), None)


_NODE_NAME = re.compile(r"[A-Za-z0-9.][\w.\\/>-]*")
_OP = re.compile(r"[A-Z_a-z][\w>.]*")


def binary_kind(buffer: Buffer) -> Kind:
    """Tell the three messages apart by the first field that only one of them can have."""
    size = len(buffer)
    seen = 0
    try:
        for number, kind, start, stop in fields(buffer, 0, size):
            seen += 1
            if number == 1 and kind == VARINT:
                return "SavedModel"
            if number == 1 and kind == BYTES:
                return "GraphDef" if _is_node(buffer, start, stop) else "MetaGraphDef"
            if number == 2 and kind == BYTES:
                inside = _spans(buffer[start : min(stop, start + (1 << 20))], 1, strict=False)
                node = inside and _is_node(buffer, start + inside[0][0], start + inside[0][1])
                return "MetaGraphDef" if node else "GraphDef"
            if number in (4, 5) and kind == BYTES:
                return "MetaGraphDef"
            if seen > 20:
                break
    except GraphError:
        if buffer[:1] == b"\n" and buffer[: 1 << 12].find(b"\x12") > 0:
            raise  # it began well
        raise GraphError("not a graph: neither a protobuf message nor its text format") from None
    raise GraphError("not a graph: the message has none of a graph's fields")


def _is_node(buffer: Buffer, start: int, stop: int) -> bool:
    """Whether a message is a NodeDef: 1 is a node's name and 2 the name of an op."""
    names: dict[int, str] = {}
    try:
        for number, kind, first, last in fields(buffer, start, stop):
            if kind == BYTES and number in (1, 2) and last - first < 1 << 16:
                names[number] = text(buffer, first, last)
    except GraphError:
        return False
    return bool(_NODE_NAME.fullmatch(names.get(1, "")) and _OP.fullmatch(names.get(2, "")))


def _spans(buffer: Buffer, number: int, *, strict: bool = True) -> Sequence[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    try:
        for field, kind, start, stop in fields(buffer, 0, len(buffer)):
            if field == number and kind == BYTES:
                found.append((start, stop))
    except GraphError:
        if strict:
            raise
    return found
