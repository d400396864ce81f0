"""A graph to walk in: nodes by name, inputs resolved, function bodies put in place.

A call (``If``, ``While``, ``PartitionedCall``…) is expanded: the body's nodes appear under
``<call>/<function>/``, its arguments as ``Identity`` of the caller's inputs, or, in a branch, as
``Switch`` on the predicate. So control flow v2 looks like control flow v1 to everything else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from bnlint.graph.proto import FunctionBody, MetaGraph, Node, base

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


class Graph:
    """The nodes of one graph and the ways between them."""

    def __init__(self, meta: MetaGraph) -> None:
        self.meta = meta
        self.nodes: dict[str, Node] = {node.name: node for node in meta.nodes}
        # What a call runs beyond its inputs, and what each of its outputs may be.
        self.inside: dict[str, list[str]] = {}
        self.outcomes: dict[str, list[list[str]]] = {}
        self._resolved: dict[str, Node | None] = {}
        self._spent = 0
        if meta.functions:
            for node in meta.nodes:
                if node.op in CALLS or node.op in meta.functions:
                    self._expand(node, ())

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

    def ancestors(
        self,
        tensors: Iterable[str],
        cut: Collection[str] = (),
        without: Collection[str] = (),
    ) -> dict[str, Node]:
        """Everything that runs when these are fetched, by name, the fetched included.

        ``cut`` are tensors (as inputs are written) that are fed, so that nothing behind them runs;
        ``without`` are names of nodes that are left out, with what only they need.
        """
        nodes, resolve, inside = self.nodes, self.node, self.inside
        found: dict[str, Node] = {}
        followed: set[str] = set(cut)
        pending: list[Node] = []
        for tensor in tensors:
            node = resolve(tensor)
            if node is not None and node.name not in found:
                found[node.name] = node
                pending.append(node)
        while pending:
            here = pending.pop()
            inputs: Iterable[str] = here.inputs
            if here.name in inside:
                inputs = (*inputs, *inside[here.name])
            for tensor in inputs:
                if tensor in followed:
                    continue
                followed.add(tensor)
                node = nodes.get(tensor) or resolve(tensor)
                if node is None or node.name in found or node.name in without:
                    continue
                found[node.name] = node
                pending.append(node)
        return found

    def consumers(self, names: Collection[str]) -> dict[str, list[Node]]:
        """Who takes an output (or waits for the end) of each of these nodes; one pass over all."""
        wanted: dict[str, str] = {}
        for name in names:
            for tensor in (name, f"{name}:1", f"^{name}", f"{name}:0", f"{name}:2", f"{name}:3"):
                wanted[tensor] = name
        found: dict[str, list[Node]] = {}
        known = wanted.keys()
        for node in self.nodes.values():
            if known.isdisjoint(node.inputs):
                continue
            for name in {wanted[tensor] for tensor in node.inputs if tensor in wanted}:
                found.setdefault(name, []).append(node)
        return found

    def dangling(self) -> list[str]:
        """Inputs that name no node of this graph."""
        named: set[str] = set()
        named.update(*(node.inputs for node in self.meta.nodes))
        return sorted(tensor for tensor in named if self.node(tensor) is None)

    def _expand(self, call: Node, within: tuple[str, ...]) -> None:
        """Put the bodies of a call's functions beside it."""
        first = CALLS.get(call.op, 0)
        arguments = [tensor for tensor in call.inputs if tensor[:1] != "^"][first:]
        inside: list[str] = []
        bodies = self._bodies(call)
        for role, body in bodies:
            if body.name in within or len(within) >= DEEPEST or self._spent > MOST_EXPANDED:
                continue  # recursion: the first round has everything that is new
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
