"""Threshold: a factor per channel in front of a cast to few codes becomes comparisons.

    cast(x * a + b)  ->  the number of thresholds that x has reached

As batch normalization in front of a quantizer of one to three bits: whatever a and b are, the code is told by
as many comparisons with integers as it has steps. They are found by bisection of the ops' own integers, so
that every value in the proven interval gets the code that it had.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from edgeml.fixed import FixedType, IntArray, Overflow, Round, cover
from edgeml.ir import Builder, Graph, Node, Op
from edgeml.ir.kind import Kind
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.scale import Scale
from edgeml.ir.region import CastRegion
from edgeml.ir.staircase import RegionSteps, region_steps
from edgeml.passes._base import Pass, new_name
from edgeml.passes.drop_unused import DropUnused

_BELOW = FixedType(True, 1, 0)

_PER_ADDITION = 2
"""Comparisons that take no more gates than an addition of a multiplier, with its part of the rounding.

Sums of 7 bits, 16 channels, Yosys for 7 series, LUT and CARRY4 the layer's own too: 3 comparisons 411, 99,
a multiplier of 5 bits 580, 180; 7 comparisons 517, 138, 6 bits 607, 185; 15 comparisons 634, 148, 7 bits
665, 208, but as a stream 698, 154 and 694, 204. (Decision 132.)
"""


@dataclass(frozen=True)
class Threshold(Pass):
    """No product with constants is left that leads only to casts for which comparisons are cheaper.

    The casts' values keep their names and types.

    Args:
        bits: of the casts' codes, at most.
        layers: those whose products are looked at; None for all.
    """

    bits: int = 3
    layers: frozenset[str] | None = None

    def requires(self, graph: Graph) -> str:
        return ""

    def ensures(self, graph: Graph) -> str:
        ends = next(_cheaper(graph, self.bits, self.layers), ())
        return f"{ends[0].region.end.name} can be comparisons" if ends else ""

    def rewrite(self, graph: Graph) -> Graph:
        while ends := next(_cheaper(graph, self.bits, self.layers), ()):
            graph = _compared(graph, {steps.region.end.name: steps for steps in ends})
        return graph


def thresholded(graph: Graph, bits: int) -> frozenset[str]:
    """The layers with a product that the pass would replace."""
    return frozenset(ends[0].region.nodes[0].layer for ends in _cheaper(graph, bits, None))


def _cheaper(graph: Graph, bits: int, layers: frozenset[str] | None) -> Iterator[tuple[RegionSteps, ...]]:
    """The regions from a product to its casts for which comparisons take fewer gates, together."""
    for node in graph.nodes:
        if not isinstance(node.op, Mul) or node.name in graph.constants:
            continue
        regions = () if layers is not None and node.layer not in layers else _regions(graph, node)
        ends = [graph.info(region.end.name) for region in regions]
        counts = [int(end.hi.max()) - int(end.lo.min()) for end in ends]
        if any(not 0 < count < 1 << bits for count in counts):
            continue
        if not counts or sum(counts) > _PER_ADDITION * _additions(graph, node):
            continue
        steps = [region_steps(graph, region) for region in regions]
        if None not in steps:
            yield tuple(each for each in steps if each is not None)


def _additions(graph: Graph, product: Node) -> int:
    """Additions, each as wide as the value, that a product with constants takes at most; none for signs."""
    factors = next(graph.constants[name] for name in product.inputs if name in graph.constants)
    return int(np.max(np.abs(factors), initial=1)).bit_length() - 1


def _regions(graph: Graph, product: Node) -> tuple[CastRegion, ...]:
    """The ops from a product with a constant to each cast that reads it; none if anything else does."""
    leaves = tuple(name for name in product.inputs if name not in graph.constants)
    if len(leaves) != 1:
        return ()
    regions: list[CastRegion] = []
    waiting: list[tuple[Node, ...]] = [(product,)]
    while waiting:
        path = waiting.pop()
        if isinstance(path[-1].op, Cast):
            regions.append(CastRegion(path, leaves))
            continue
        users = graph.users[path[-1].name]
        if path[-1].name in graph.outputs or not all(_goes_on(graph, user) for user in users):
            return ()
        waiting += [(*path, user) for user in users]
    return tuple(regions)


def _goes_on(graph: Graph, node: Node) -> bool:
    """True for a function of the elements of one value, and a cast to one type."""
    if isinstance(node.op, Cast):
        return isinstance(node.op.to, FixedType)
    computed = [name for name in node.inputs if name not in graph.constants]
    return node.op.kind is Kind.POINTWISE and not isinstance(node.op, Lookup) and len(computed) == 1


def _compared(graph: Graph, ends: Mapping[str, RegionSteps]) -> Graph:
    """The graph with comparisons in place of regions."""
    names = {node.name for node in graph.nodes}
    nodes: list[Node] = []
    for node in graph.nodes:
        nodes += _counted(graph, ends[node.name], names) if node.name in ends else [node]
    return DropUnused().apply(Graph(graph.name, nodes, graph.outputs, graph.notes))


def _counted(graph: Graph, steps: RegionSteps, names: set[str]) -> list[Node]:
    """The nodes that count the steps that the leaf has reached, the last one under the cast's name."""
    (leaf,) = steps.region.leaves
    end, stem = steps.region.end, steps.region.nodes[0].layer
    falls = np.broadcast_to(steps.signs < 0, (steps.edges.shape[0],))
    if np.all(falls == falls[0]):
        falls = falls[:1]
    nodes = Builder(graph.name, {leaf: graph.info(leaf)})

    def add(op: Op, *inputs: str, part: str) -> str:
        return nodes.append(Node(new_name(f"{stem}.{part}", names), op, inputs))

    def number(codes: IntArray, frac: int, part: str) -> str:
        codes = codes.reshape(()) if codes.size == 1 else codes
        kind = cover(int(codes.min()), int(codes.max()), frac)
        return add(Const(codes, kind), part=part)

    below: list[str] = []
    rows: list[IntArray] = list(steps.edges.T)
    for row, edges in enumerate(rows):
        thresholds: IntArray = np.where(falls, 1 - edges, edges)  # -x >= e is x < 1 - e
        threshold = number(-thresholds, graph.info(leaf).frac, f"threshold_{row}")
        distance = add(Add(), leaf, threshold, part=f"distance_{row}")
        below.append(add(Cast(_BELOW, Round.TRN, Overflow.SAT), distance, part=f"below_{row}"))
    count = len(below)
    while len(below) > 1:
        pairs = list(zip(below[::2], below[1::2], strict=False))
        below = [add(Add(), *pair, part="sum") for pair in pairs] + below[2 * len(pairs) :]
    code = below[0]
    if np.any(falls):
        code = add(Mul(), code, number(np.where(falls, -1, 1), 0, "sign"), part="turned")
    code = add(Add(), code, number(np.where(falls, 0, count) + steps.first, 0, "top"), part="codes")
    to = graph.info(end.name).scalar
    if to.frac:
        code = add(Scale(-to.frac), code, part="scaled")
    nodes.append(Node(end.name, Cast(to, Round.TRN, Overflow.SAT), (code,)))
    return list(nodes.nodes)
