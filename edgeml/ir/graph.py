"""The exact graph: immutable nodes in topological order.

Invariant: a `Graph` that exists is verified. Names are unique, every input is defined before it is
used, arities and constant inputs are as the op says, and every value has a shape, a type and bounds
that fit 63 bits. A pass that returns a graph has therefore returned a verified one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeVar

from edgeml import limits
from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.ir.drawing import to_html
from edgeml.ir.info import ValueInfo
from edgeml.ir.note import Note
from edgeml.ir.op import Op
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.input import Input
from edgeml.ir.text import arrays_of, summary, to_text

T = TypeVar("T", bound=Op)

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
"""Valid names of graphs and nodes; text form, saved form and back ends rely on it."""

_NAME_HINT = "letters, digits, _ and . after a first letter or _"


def valid_name(text: str) -> str:
    """`text` with every character that names cannot have replaced by _.

    >>> valid_name("my model"), valid_name("3x3"), valid_name("")
    ('my_model', '_3x3', '_')
    """
    name = re.sub(r"[^A-Za-z0-9_.]", "_", text)
    return name if NAME.fullmatch(name) else f"_{name}"


@dataclass(frozen=True)
class Node:
    """One op applied to named values; the result has the node's name.

    By convention what stands before the first dot is the layer the node came from:
    "dense_1.matmul" and "dense_1.bias" belong to "dense_1".
    """

    name: str
    op: Op
    inputs: tuple[str, ...] = ()

    @property
    def layer(self) -> str:
        """The layer this node came from."""
        return self.name.split(".", 1)[0]

    def as_op(self, kind: type[T]) -> T:
        """The op, where it is certain to be of that class: in the files of its emitters."""
        assert isinstance(self.op, kind), f"{self.name} is {self.op.op_name()}, not {kind.op_name()}"
        return self.op


class Graph:
    """A verified exact graph.

    Args:
        name: of the model.
        nodes: in topological order.
        outputs: names of the values it returns, at least one.
        notes: remarks of the lowering; no part of its text, digest or equality.

    Raises:
        EdgemlError: the graph does not verify; names the op.
    """

    def __init__(
        self, name: str, nodes: Iterable[Node], outputs: Iterable[str], notes: Iterable[Note] = ()
    ) -> None:
        self.name = name
        self.nodes = tuple(nodes)
        self.outputs = tuple(outputs)
        self.notes = tuple(notes)
        if not NAME.fullmatch(name):
            raise EdgemlError("is not a name for a graph", repr(name), _NAME_HINT)
        infos: dict[str, ValueInfo] = {}
        by_name: dict[str, Node] = {}
        total = 0
        for node in self.nodes:
            infos[node.name] = infer_node(node, infos, by_name)
            by_name[node.name] = node
            total += infos[node.name].size
            limits.GRAPH.check(total, "its values have", name)
        for output in self.outputs:
            if output not in infos:
                raise EdgemlError(f"output {output!r} is not defined", name)
        if len(set(self.outputs)) != len(self.outputs):
            raise EdgemlError(
                "an output is given twice", name, "leave one of the two out of the model's outputs"
            )
        if not self.outputs:
            raise EdgemlError("a graph needs at least one output", name)
        if not self.inputs:
            raise EdgemlError("a graph needs at least one input", name)
        self._infos: Mapping[str, ValueInfo] = MappingProxyType(infos)
        self._by_name: Mapping[str, Node] = MappingProxyType(by_name)

    @property
    def infos(self) -> Mapping[str, ValueInfo]:
        """Shape, type and bounds of every value."""
        return self._infos

    def info(self, name: str) -> ValueInfo:
        """Shape, type and bounds of one value."""
        return self._infos[name]

    def node(self, name: str) -> Node:
        """The node that defines `name`."""
        return self._by_name[name]

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Names of the Input nodes, in order."""
        return tuple(node.name for node in self.nodes if isinstance(node.op, Input))

    @cached_property
    def users(self) -> Mapping[str, tuple[Node, ...]]:
        """The nodes that read each value."""
        users: dict[str, list[Node]] = {node.name: [] for node in self.nodes}
        for node in self.nodes:
            for source in dict.fromkeys(node.inputs):
                users[source].append(node)
        return MappingProxyType({name: tuple(nodes) for name, nodes in users.items()})

    @cached_property
    def constants(self) -> Mapping[str, IntArray]:
        """Codes of every Const, by name. In a prepared graph nothing else is independent of the inputs."""
        return MappingProxyType({n.name: n.op.codes for n in self.nodes if isinstance(n.op, Const)})

    def constant(self, name: str) -> IntArray:
        """The codes of a Const node.

        Raises:
            EdgemlError: the node is not a Const.
        """
        op = self.node(name).op
        if not isinstance(op, Const):
            raise EdgemlError("is not a constant", name)
        return op.codes

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical text and of every array, all bits of it."""
        total = hashlib.sha256(to_text(self).encode())
        for key, array in arrays_of(self).items():
            total.update(f"\n{key}{array.shape}".encode() + array.astype("<i8").tobytes())
        return total.hexdigest()

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Graph)
            and self.name == other.name
            and self.nodes == other.nodes
            and self.outputs == other.outputs
        )

    def __hash__(self) -> int:
        return hash((self.name, self.nodes, self.outputs))

    def __reduce__(self) -> tuple[Any, ...]:
        return Graph, (self.name, self.nodes, self.outputs, self.notes)  # verified again when it is read

    def __copy__(self) -> Graph:
        return self

    def __deepcopy__(self, memo: object) -> Graph:
        return self  # it is immutable

    def __repr__(self) -> str:
        return summary(self)

    def _repr_html_(self) -> str:
        return to_html(self)

    def __str__(self) -> str:
        return to_text(self)


def graph_of(value: Any) -> Graph:
    """The argument `graph` of a public function.

    Raises:
        EdgemlError: it is something else.
    """
    if isinstance(value, Graph):
        return value
    kind = type(value).__name__
    raise EdgemlError(f"a {kind} is no exact graph", "graph", "give run.graph(), or edgeml.lower(model)")


def infer_node(node: Node, infos: Mapping[str, ValueInfo], nodes: Mapping[str, Node]) -> ValueInfo:
    """Verify one node against what is defined before it and infer its result.

    Raises:
        EdgemlError: with the node's name and op in front.
    """
    where = f"{node.name} ({node.op.op_name()})"
    if not NAME.fullmatch(node.name):
        raise EdgemlError("is not a name", repr(node.name), _NAME_HINT)
    if node.name in infos:
        raise EdgemlError("is defined twice", where)
    for source in node.inputs:
        if source not in infos:
            raise EdgemlError(f"reads {source!r}, which is not defined before it", where)
    arity = node.op.arity
    if (arity is None and not node.inputs) or (arity is not None and len(node.inputs) != arity):
        raise EdgemlError(f"takes {arity or 'one or more'} inputs, got {len(node.inputs)}", where)
    for position in node.op.constant_inputs:
        name = node.inputs[position]
        # A value given to a Builder has no node here; the whole graph checks it once it is put together.
        if not (isinstance(nodes[name].op, Const) if name in nodes else infos[name].is_constant):
            raise EdgemlError(f"input {position + 1} must be a constant", where)
    try:
        info = node.op.infer(*(infos[source] for source in node.inputs))
        # Ops with results larger than their inputs have called it already.
        limits.VALUE.check(info.size, "the result has")
        return info
    except EdgemlError as error:
        raise EdgemlError(
            error.what, f"{where}: {error.where}" if error.where else where, error.hint
        ) from error
