"""Build a graph op by op, with shapes, types and bounds known at every step.

Invariant: the nodes added so far verify; an op that does not is refused when it is added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from edgeml.fixed import ElementType, Overflow, Round
from edgeml.ir.graph import Graph, Node, infer_node, valid_name
from edgeml.ir.info import ValueInfo
from edgeml.ir.op import Op
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.input import Input


class Builder:
    """Collects nodes; `graph` ends it.

    Args:
        name: of the graph, made valid.
        values: values that exist already, for building a part of a graph.
    """

    def __init__(self, name: str, values: Mapping[str, ValueInfo] | None = None) -> None:
        self._name = valid_name(name)
        self._nodes: list[Node] = []
        self._infos: dict[str, ValueInfo] = dict(values or {})
        self._by_name: dict[str, Node] = {}

    @property
    def nodes(self) -> Sequence[Node]:
        """The nodes added so far."""
        return tuple(self._nodes)

    @property
    def infos(self) -> Mapping[str, ValueInfo]:
        """Shape, type and bounds of every value so far."""
        return self._infos

    def info(self, name: str) -> ValueInfo:
        """Shape, type and bounds of one value."""
        return self._infos[name]

    def node(self, name: str) -> Node | None:
        """The node that defines `name`, or None for a given value."""
        return self._by_name.get(name)

    def add(self, op: Op, *inputs: str, name: str = "") -> str:
        """Add an op.

        Args:
            op: the op.
            inputs: names of its inputs.
            name: wanted name, made unique and valid; by default the op's name.

        Returns:
            The name it got.

        Raises:
            EdgemlError: the op does not verify.
        """
        node = Node(self.unique(name or op.op_name()), op, inputs)
        return self.append(node)

    def append(self, node: Node) -> str:
        """Add a node under exactly its own name.

        Raises:
            EdgemlError: it does not verify.
        """
        self._infos[node.name] = infer_node(node, self._infos, self._by_name)
        self._by_name[node.name] = node
        self._nodes.append(node)
        return node.name

    def unique(self, text: str) -> str:
        """A valid name that is still free, `text` if possible."""
        stem = valid_name(text)
        name, count = stem, 1
        while name in self._infos:
            count += 1
            name = f"{stem}_{count}"
        return name

    def input(self, shape: Iterable[int], type: ElementType, name: str = "input") -> str:
        """An input of `shape` (no batch axis) whose floats are rounded half to even and saturated."""
        return self.add(Input(tuple(shape), type), name=name)

    def const(self, codes: Any, type: ElementType, name: str = "const") -> str:
        """A constant of integer codes."""
        return self.add(Const(codes, type), name=name)

    def cast(
        self,
        value: str,
        to: ElementType,
        rounding: Round = Round.RND_CONV,
        overflow: Overflow = Overflow.SAT,
        name: str = "",
    ) -> str:
        """A cast; rounds half to even and saturates unless told otherwise, as QKeras does."""
        return self.add(Cast(to, rounding, overflow), value, name=name)

    def graph(self, *outputs: str) -> Graph:
        """The finished graph."""
        return Graph(self._name, self._nodes, outputs)
