"""A graph to walk in: nodes by name, inputs resolved, function bodies put in place.

A call (``If``, ``While``, ``PartitionedCall``…) is expanded: the body's nodes appear under
``<call>/<function>/``, its arguments as ``Identity`` of the caller's inputs, or, in a branch, as
``Switch`` on the predicate. So control flow v2 looks like control flow v1 to everything else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from operator import attrgetter

from bnlint.graph.proto import FunctionBody, MetaGraph, Node, base
from bnlint.graph.reach import Reached, walk

IF = frozenset({"If", "StatelessIf"})
# Where the arguments of the body begin among the inputs of the call.
CALLS = {
    "If": 1,
    "StatelessIf": 1,
    "Case": 1,
    "StatelessCase": 1,
    "While": 0,
    "StatelessWhile": 0,
    "PartitionedCall": 0,
    "StatefulPartitionedCall": 0,
    "RemoteCall": 1,
}
SWITCH = frozenset({"Switch", "RefSwitch"})
MERGE = frozenset({"Merge", "RefMerge"})

# A body that is called from many places is put in place each time: keep that bounded.
MOST_EXPANDED = 500_000
DEEPEST = 24

_PLACE = attrgetter("place")


class Graph:
    """The nodes of one graph and the ways between them."""

    def __init__(self, meta: MetaGraph) -> None:
        self.meta = meta
        self.nodes: dict[str, Node] = {node.name: node for node in meta.nodes}
        # What a call runs beyond its inputs, and what each of its outputs may be.
        self.inside: dict[str, list[str]] = {}
        self.outcomes: dict[str, list[list[str]]] = {}
        self._resolved: dict[str, Node | None] = {}
        self._by_op: dict[str, list[Node]] = {}
        # Inputs that name no node of this graph.
        self.dangling: set[str] = set()
        # Calls whose bodies are not in place, as that would have been too much.
        self.left_out = 0
        self._spent = 0
        if meta.functions:
            for node in meta.nodes:
                if node.op in CALLS or node.op in meta.functions:
                    self._expand(node, ())
        self._connect()

    def _connect(self) -> None:
        """Resolve every input once, as everything after this walks from node to node."""
        known, by_op, inside = self.nodes.get, self._by_op, self.inside
        for place, node in enumerate(self.nodes.values()):
            node.place = place
            alike = by_op.get(node.op)
            if alike is None:
                by_op[node.op] = [node]
            else:
                alike.append(node)
            sources: list[Node] = []
            for tensor in node.inputs:
                source = known(tensor)
                if source is None:
                    # Written out, as it is met hundreds of thousands of times: base(tensor)
                    name = tensor[1:] if tensor[:1] == "^" else tensor.partition(":")[0]
                    source = known(name)
                    if source is None:
                        self.dangling.add(tensor)
                        continue
                sources.append(source)
            if inside and node.name in inside:
                sources += [self.nodes[inner] for inner in inside[node.name]]
            node.sources = sources
            for source in sources:
                takers = source.takers
                if takers is None:
                    source.takers = [node]
                elif takers[-1] is not node:
                    takers.append(node)

    def having(self, ops: Collection[str]) -> list[Node]:
        """The nodes of these ops, in the order of the graph."""
        found = [node for op in ops for node in self._by_op.get(op, ())]
        found.sort(key=_PLACE)
        return found

    def ops(self) -> Collection[str]:
        """All ops that the graph has nodes of."""
        return self._by_op.keys()

    def node(self, tensor: str) -> Node | None:
        """The node behind an input as it is written: ``x``, ``x:1``, ``^x``."""
        found = self.nodes.get(tensor)
        if found is None:
            try:
                return self._resolved[tensor]
            except KeyError:
                found = self.nodes.get(base(tensor))
                self._resolved[tensor] = found
        return found

    def inputs(self, node: Node) -> Iterator[Node]:
        """The nodes of all inputs, data and control; dangling ones are left out."""
        for tensor in node.inputs:
            found = self.node(tensor)
            if found is not None:
                yield found

    def ancestors(self, tensors: Iterable[str], cut: Collection[str] = ()) -> Reached:
        """Everything that runs when these are fetched, by name, the fetched included.

        ``cut`` are tensors (as inputs are written) that are fed, so that nothing behind them runs.
        """
        return self.ancestors_in_two(tensors, cut, ())[0]

    def ancestors_in_two(
        self, tensors: Iterable[str], cut: Collection[str], late: Collection[Node]
    ) -> tuple[Reached, set[str]]:
        """The ancestors, and the names of those that only the ``late`` nodes need, or are."""
        fetched = [node for tensor in tensors if (node := self.node(tensor)) is not None]
        fed = {node for tensor in cut if (node := self.node(tensor)) is not None and node.inputs}

        def not_fed(node: Node) -> list[Node]:
            if fed.isdisjoint(node.sources):
                return node.sources
            sources = [s for t in node.inputs if t not in cut and (s := self.node(t))]
            return sources + [self.nodes[inner] for inner in self.inside.get(node.name, ())]

        return walk(self.nodes, fetched, late, not_fed if fed else None)

    def takers(self, node: Node) -> Sequence[Node]:
        """Who takes an output of a node or waits for its end."""
        return node.takers or ()

    def descendants(self, names: Iterable[str]) -> set[Node]:
        """Everything that these are needed for, and these themselves."""
        pending = [node for name in names if (node := self.nodes.get(name)) is not None]
        seen = set(pending)
        while pending:
            for taker in pending.pop().takers or ():
                if taker not in seen:
                    seen.add(taker)
                    pending.append(taker)
        return seen

    def consumers(self, names: Iterable[str]) -> dict[str, Sequence[Node]]:
        """Who takes an output (or waits for the end) of each of these nodes, if anybody does."""
        found = {name: self.takers(self.nodes[name]) for name in names if name in self.nodes}
        return {name: takers for name, takers in found.items() if takers}

    def _expand(self, call: Node, within: tuple[str, ...]) -> None:
        """Put the bodies of a call's functions beside it."""
        first = CALLS.get(call.op, 0)
        arguments = [tensor for tensor in call.inputs if tensor[:1] != "^"][first:]
        inside: list[str] = []
        bodies = self._bodies(call)
        for role, body in bodies:
            if body.name in within:
                continue  # recursion: the first round has everything that is new
            if len(within) >= DEEPEST or self._spent > MOST_EXPANDED:
                self.left_out += 1
                continue
            prefix = f"{call.name}/{body.name}/"
            branch = call.op in IF
            self._spent += len(body.nodes)
            side = ":1" if role == "then_branch" else ""
            pivot: list[str] = []
            if branch:
                pred = call.inputs[0] if call.inputs else ""
                self._add(Node(f"{prefix}(switch)", "Switch", [pred, pred]))
                self._add(Node(f"{prefix}(pivot)", "Identity", [f"{prefix}(switch){side}"]))
                pivot = [f"^{prefix}(pivot)"]
            ports: dict[str, str] = {}
            for name, tensor in zip(body.arguments, arguments, strict=False):
                if branch:
                    self._add(Node(prefix + name, "Switch", [tensor, call.inputs[0]]))
                    ports[name] = prefix + name + side
                else:
                    self._add(Node(prefix + name, "Identity", [tensor]))
                    ports[name] = prefix + name
            nested = []
            for node in body.nodes:
                inputs = [_inside(tensor, prefix, ports) for tensor in node.inputs]
                copy = node.copied(prefix + node.name, inputs or pivot)
                self._add(copy)
                inside.append(copy.name)
                if node.op in CALLS or node.op in self.meta.functions:
                    nested.append(copy)
            for position, output in enumerate(body.outputs):
                outcomes = self.outcomes.setdefault(call.name, [])
                while len(outcomes) <= position:
                    outcomes.append([])
                returned = body.returns.get(output, "")
                outcomes[position].append(_inside(returned, prefix, ports))
            for copy in nested:
                self._expand(copy, (*within, body.name))
        if inside:
            self.inside[call.name] = inside

    def _add(self, node: Node) -> None:
        self.nodes.setdefault(node.name, node)

    def _bodies(self, call: Node) -> list[tuple[str, FunctionBody]]:
        """The functions that a call runs, with the attribute each comes from; ``else`` first."""
        functions = self.meta.functions
        if call.op in functions:
            return [("f", functions[call.op])]
        named = [
            (role, functions[name])
            for role, name in sorted(call.functions().items())
            if name in functions
        ]
        named += [("branch", functions[name]) for name in call.branches() if name in functions]
        return named


def _inside(tensor: str, prefix: str, ports: dict[str, str]) -> str:
    """An input as a function's body writes it (``^n``, ``argument``, ``n:output:0``), in place."""
    if tensor[:1] == "^":
        return f"^{prefix}{tensor[1:]}"
    name, _, output = tensor.partition(":")
    if name in ports:
        return ports[name]
    port = output.rpartition(":")[2]
    named = output.partition(":")[0]
    if named in ("output_true", "batch_mean"):
        port = "1"
    elif named == "batch_variance":
        port = "2"
    return f"{prefix}{name}:{port}" if port not in ("", "0") else prefix + name
