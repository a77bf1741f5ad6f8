"""SplitSums: sums of products that one sign at a time keeps within a float.

    x @ w  ->  x @ max(w, 0) + x @ min(w, 0)

The sum of all |terms| bounds every partial sum, in any order. Where x has one sign, as behind a relu, the
terms of one sign add up to an end of the result's interval, which can be a bit narrower. The result and its
type stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgeml.fixed import IntArray
from edgeml.ir import Graph, Node
from edgeml.ir.demand import demand
from edgeml.ir.grid import grids
from edgeml.ir.ops._linear import Linear
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.const import Const
from edgeml.ir.steps import FLOAT32_BITS, GridInfo, value_bits
from edgeml.passes._base import Pass, new_name


@dataclass(frozen=True)
class SplitSums(Pass):
    """Every product that fits in `bits` by the two signs of its weights, and not as a whole, is split so.

    Args:
        bits: of the integers that the carrier of sums holds.
    """

    bits: int = FLOAT32_BITS

    def requires(self, graph: Graph) -> str:
        return ""

    def ensures(self, graph: Graph) -> str:
        left = next(iter(self._split(graph)), "")
        return left and f"the sums of {left} fit if they are split by sign"

    def rewrite(self, graph: Graph) -> Graph:
        split = self._split(graph)
        if not split:
            return graph
        names = {node.name for node in graph.nodes}
        nodes: list[Node] = []
        for node in graph.nodes:
            if node.name not in split:
                nodes.append(node)
                continue
            source, weight = node.inputs
            parts: list[str] = []
            for sign, codes in split[node.name].items():
                constant = Node(new_name(f"{weight}.{sign}", names), Const(codes, graph.info(weight).type))
                part = Node(new_name(f"{node.name}.{sign}", names), node.op, (source, constant.name))
                nodes += [constant, part]
                parts.append(part.name)
            nodes.append(Node(node.name, Add(), tuple(parts)))
        return Graph(graph.name, nodes, graph.outputs)

    def _split(self, graph: Graph) -> Mapping[str, Mapping[str, IntArray]]:
        """The weights of each sign, by the name of the product."""
        proven = grids(graph)
        by_sign: dict[str, Mapping[str, IntArray]] = {}
        for node in graph.nodes:
            if not isinstance(node.op, Linear) or demand(graph, node, proven) <= self.bits:
                continue
            if node.inputs[1] not in graph.constants:
                continue
            codes = graph.constants[node.inputs[1]]
            parts = {"positive": np.maximum(codes, 0), "negative": np.minimum(codes, 0)}
            whole = value_bits(graph.info(node.name), proven[node.name])
            if whole <= self.bits and all(np.any(part) for part in parts.values()):
                x, w = (GridInfo(graph.info(name), proven[name]) for name in node.inputs)
                if all(node.op.sums(x, w, part).bits <= self.bits for part in parts.values()):
                    by_sign[node.name] = parts
        return by_sign
