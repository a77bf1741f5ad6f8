"""TabulateNeurons: a layer whose neurons read few bits each becomes a table per neuron.

    cast(relu(x @ W + b))  ->  lookup(cast(x @ places + numbers))

`places` puts the bits that a neuron reads beside each other, `numbers` its own number above them, so that
one table holds all neurons. Both are wires in a circuit, and of the table each neuron has its own part: with
at most six bits a result bit is one LUT (LogicNets: Umuroglu et al., arXiv 2004.03021), and no arithmetic of
bits that depend on two inputs each takes fewer. (Decision 131.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from edgeml.fixed import FixedType, IntArray, Overflow, Round, align
from edgeml.ir import Graph, Node
from edgeml.ir.bias import bias_of, only_user
from edgeml.ir.grid import grids
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.lookup import MAX_INDEX_BITS, Lookup
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.relu import Relu
from edgeml.passes._base import Pass, new_name
from edgeml.passes.drop_unused import DropUnused

_MOST_BITS = 6
"""Inputs of one LUT of a 7 series device."""

_MOST_PLACES = 40
"""Bits of the weights that put bits in their places."""


@dataclass(frozen=True)
class TabulateNeurons(Pass):
    """No layer is left all of whose neurons could be tables, and whose sums are rounded, cut or saturated.

    The last value of the layer keeps its name and type.
    """

    def requires(self, graph: Graph) -> str:
        return ""

    def rewrite(self, graph: Graph) -> Graph:
        while (after := _next(graph)) is not None:
            graph = after
        return graph

    def ensures(self, graph: Graph) -> str:
        return "" if _next(graph) is None else "a layer is left that can be tables"


def _next(graph: Graph) -> Graph | None:
    """The graph with tables in place of its first layer that can be; None if none can.

    The entries of a table are exact, and the intervals behind it may be narrower than before. A layer by
    which an output would lose its sign stays: how an output is read is no matter of passes.
    """
    for layer in _layers(graph):
        after = _tabulated(graph, layer)
        signs = [[each.info(name).type.signed for name in graph.outputs] for each in (graph, after)]
        if signs[0] == signs[1]:
            return after
    return None


@dataclass(frozen=True, eq=False)
class _Layer:
    """A product of a vector that becomes tables.

    Args:
        product: the MatMul.
        rest: the bias' Add, if there is one, and what follows, the last of which keeps its name.
        places: for each input and neuron the place of the input's lowest bit in the index; -1 where it is not
            read, int64 of the weights' shape.
        bits: of the widest neuron's index.
    """

    product: Node
    rest: tuple[Node, ...]
    places: IntArray
    bits: int


def _layers(graph: Graph) -> Iterator[_Layer]:
    proven = grids(graph)
    for node in graph.nodes:
        if not isinstance(node.op, MatMul) or node.name in graph.constants:
            continue
        places = _places(graph, node)
        rest = _rest(graph, node, proven)
        if places is None or not rest:
            continue
        bits = int(_read(graph, node).sum(axis=0).max())
        number = (places.shape[1] - 1).bit_length()
        if bits <= _MOST_BITS and bits + number <= MAX_INDEX_BITS:
            yield _Layer(node, rest, places, bits)


def _read(graph: Graph, product: Node) -> IntArray:
    """Bits of each input that each neuron reads, int64 of the weights' shape."""
    x, weights = (graph.info(name) for name in product.inputs)
    widths = np.array([int(hi).bit_length() for hi in np.broadcast_to(x.hi, x.shape)], np.int64)
    return np.where(weights.lo != 0, widths[:, np.newaxis], 0)


def _places(graph: Graph, product: Node) -> IntArray | None:
    """See `_Layer.places`; None unless x is a vector without signs, and some neuron reads two elements."""
    x = graph.info(product.inputs[0])
    if len(x.shape) != 1 or np.any(x.lo < 0) or product.inputs[1] not in graph.constants:
        return None
    read = _read(graph, product)
    if not np.any((read > 0).sum(axis=0) > 1):
        return None
    places = np.cumsum(read, axis=0) - read
    fracs = np.broadcast_to(x.type.frac, x.shape)
    if int(np.ptp(fracs)) + _MOST_BITS > _MOST_PLACES:
        return None
    return np.where(read > 0, places, -1)


def _rest(graph: Graph, product: Node, proven: Mapping[str, IntArray]) -> tuple[Node, ...]:
    """The bias, relus and casts behind it, up to the last value of one type; () if none loses anything."""
    bias = bias_of(graph, product.name)
    nodes = [] if bias is None else [bias.total]
    last = bias.total if bias is not None else product
    loses, end = False, 0
    while (node := only_user(graph, last.name)) is not None and isinstance(node.op, Cast | Relu):
        loses = loses or _loses(graph, node, proven)
        nodes.append(node)
        last = node
        if loses and isinstance(graph.info(node.name).type, FixedType):
            end = len(nodes)
    return tuple(nodes[:end])


def _loses(graph: Graph, node: Node, proven: Mapping[str, IntArray]) -> bool:
    """True for a cast that rounds or overflows, and a relu that cuts."""
    x = graph.info(node.inputs[0])
    if isinstance(node.op, Cast):
        return node.op.rounds(proven[node.inputs[0]]) or bool(np.any(node.op.overflows(x)))
    return bool(np.any(x.lo < 0))


def _tabulated(graph: Graph, layer: _Layer) -> Graph:
    """The graph with tables in place of one layer."""
    product, last = layer.product, (layer.product, *layer.rest)[-1]
    names = {node.name for node in graph.nodes}
    neurons = layer.places.shape[1]
    index = FixedType(False, layer.bits + (neurons - 1).bit_length(), 0)
    numbers = Const(np.arange(neurons, dtype=np.int64) << layer.bits, index)
    stem = product.name
    parts = ("places", "placed", "numbers", "index", "code", "table")
    weights, placed, bias, total, code, table = (new_name(f"{stem}.{part}", names) for part in parts)
    nodes = (
        Node(weights, _weights(graph, layer)),
        Node(placed, MatMul(), (product.inputs[0], weights)),
        Node(bias, numbers),
        Node(total, Add(), (placed, bias)),
        Node(code, Cast(index, Round.TRN, Overflow.WRAP), (total,)),
        Node(table, Const(_entries(graph, layer, index), graph.info(last.name).scalar)),
        Node(last.name, Lookup(), (code, table)),
    )
    replaced = {node.name for node in (product, *layer.rest)}
    changed: list[Node] = []
    for node in graph.nodes:
        changed += nodes if node.name == last.name else [] if node.name in replaced else [node]
    return DropUnused().apply(Graph(graph.name, changed, graph.outputs))


def _weights(graph: Graph, layer: _Layer) -> Const:
    """2^place of each input that a neuron reads, for its code and not its value."""
    x = graph.info(layer.product.inputs[0])
    fracs = np.broadcast_to(x.type.frac, x.shape).astype(np.int64)
    exponents = np.maximum(layer.places, 0) + fracs[:, np.newaxis]
    frac = max(0, -int(exponents.min()))
    codes = np.where(layer.places >= 0, np.left_shift(1, exponents + frac), 0)
    return Const(codes, FixedType(False, int(codes.max()).bit_length(), frac))


def _entries(graph: Graph, layer: _Layer, index: FixedType) -> IntArray:
    """The codes of the last value for every index; those that no index reaches are brought into the type."""
    product, x = layer.product, graph.info(layer.product.inputs[0])
    codes = np.arange(1 << layer.bits)
    info = graph.info(product.inputs[1])
    weights = align(info.lo, info.type.frac, info.frac)
    shifts = x.frac - np.broadcast_to(x.type.frac, x.shape).astype(np.int64)
    sums: list[IntArray] = []
    for neuron, places in enumerate(layer.places.T):
        read = np.nonzero(places >= 0)[0]
        masks = np.array([(1 << int(hi).bit_length()) - 1 for hi in x.hi[read]], np.int64)
        inputs = np.clip((codes[:, np.newaxis] >> places[read]) & masks, x.lo[read], x.hi[read])
        sums.append((inputs << shifts[read]) @ weights[read, neuron])
    values = np.stack(sums, axis=1)
    for node in layer.rest:
        before = tuple(graph.info(name) for name in node.inputs)
        others = [info.lo[np.newaxis] for info in before[1:]]
        values = node.op.evaluate([values, *others], before, graph.info(node.name))
    kind = graph.info((product, *layer.rest)[-1].name).scalar
    entries = np.zeros(1 << index.width, np.int64)
    entries[: values.size] = values.T.reshape(-1)
    return np.clip(entries, kind.lo, kind.hi)
