"""Reuse factors for a pace: the fewest multipliers with which every layer is done with a sample in time.

Invariant: a factor that the options name for a layer stays; all others are chosen so that no layer takes more
than the clocks that a sample may take, or as few more as it can.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from edgeml.backends.verilog.limits import kernel_operations
from edgeml.backends.verilog.options import VerilogOptions
from edgeml.backends.verilog.stream import factors, folded
from edgeml.backends.verilog.stream.factors import Reuse
from edgeml.ir import Graph, Node
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.settings import OTHERS, check_layers

_WHERE = "verilog options, reuse_factor"

_MULTIPLIERS = 256
"""Multipliers of a network that is too large to be laid out side by side, if nothing else is asked for."""


def layers(graph: Graph) -> tuple[str, ...]:
    """Layers that can be folded in a stream, in the order of the data."""
    return tuple(dict.fromkeys(node.layer for node, _ in _foldable(graph)))


def check(graph: Graph, reuse: Reuse) -> None:
    """Refuse a table with a layer that cannot be folded.

    Raises:
        EdgemlError: with near matches.
    """
    check_layers(
        reuse, layers(graph), _WHERE, "it is no dense layer or convolution, which alone can be folded"
    )


def resolved(graph: Graph, options: VerilogOptions) -> Reuse:
    """The reuse factors that the options amount to in a stream.

    Those that they name; with `clocks_per_sample` one for every other layer too. Where neither is given and
    the convolutions are more than `unroll_limit` allows side by side, the clocks are those that come to
    at most 256 multipliers.

    Args:
        graph: of core ops.
        options: of the back end.
    """
    named = options.reuse_factor
    clocks = options.clocks_per_sample
    if clocks is None:
        if named is not None or kernel_operations(graph) <= options.unroll_limit:
            return named
        clocks = fewest_clocks(graph, _MULTIPLIERS)
    table = at_pace(graph, clocks)
    if isinstance(named, Mapping):
        others = dict.fromkeys(factors.dense_layers(graph), named[OTHERS]) if OTHERS in named else {}
        return {**table, **others, **{layer: factor for layer, factor in named.items() if layer != OTHERS}}
    return table if named is None else {**table, **dict.fromkeys(factors.dense_layers(graph), named)}


def at_pace(graph: Graph, clocks: int) -> dict[str, int]:
    """A factor for every layer that can be folded.

    Args:
        graph: of core ops.
        clocks: that a sample may take.
    """
    table: dict[str, int] = {}
    for node, size in _foldable(graph):
        free = [n for n in size.choices() if _clocks(graph, node, n) <= clocks]
        factor = max(free, default=1)
        table[node.layer] = min(factor, table.get(node.layer, factor))
    return table


def one_at_a_time(graph: Graph) -> dict[str, int]:
    """The factors with which every layer takes one element per clock and works on all of its outputs."""
    return {node.layer: size.inputs for node, size in _foldable(graph)}


def multipliers(graph: Graph, table: Mapping[str, int]) -> int:
    """Multipliers of the folded layers with these factors; one that is not folded has none."""
    return sum(
        size.products // table[node.layer]
        for node, size in _foldable(graph)
        if table.get(node.layer, 1) > 1 or isinstance(node.op, MatMul)
    )


def span(graph: Graph) -> tuple[int, int]:
    """Clocks per sample of the fastest pace, one pixel or vector part per clock, and of the slowest."""
    shape = graph.info(graph.inputs[0]).shape
    first = int(np.prod(shape[:-1], dtype=np.int64)) if len(shape) > 1 else 1
    slowest = [_clocks(graph, node, size.choices()[-1]) for node, size in _foldable(graph)]
    return first, max([first, *slowest])


def fewest_clocks(graph: Graph, most: int) -> int:
    """Clocks per sample, a power of two times the pixels of the input, with which few multipliers suffice.

    Args:
        graph: of core ops.
        most: multipliers, if every convolution is folded; the least there is where that cannot be.
    """
    shape = graph.info(graph.inputs[0]).shape
    clocks = int(np.prod(shape[:-1], dtype=np.int64)) if len(shape) > 1 else graph.info(graph.inputs[0]).size
    _, slowest = span(graph)
    while clocks < slowest:
        table = at_pace(graph, clocks)
        spread = all(table[node.layer] > 1 for node, size in _foldable(graph) if size.products > 1)
        if spread and multipliers(graph, table) <= most:
            break
        clocks *= 2
    return clocks


def _foldable(graph: Graph) -> Iterator[tuple[Node, folded.ProductSize]]:
    """Dense layers and convolutions, with the size of their matrix."""
    constants = graph.constants
    for node in graph.nodes:
        if node.name in constants:
            continue
        size = folded.size_of(graph, node)
        if size is not None:
            yield node, size
        elif factors.is_dense(graph, node):
            yield node, folded.ProductSize(*graph.info(node.inputs[1]).shape, depthwise=False)


def _clocks(graph: Graph, node: Node, factor: int) -> int:
    """Clocks that a layer takes for a sample: the windows' own, and those of the products.

    A layer that skips rows works in some of them and waits in the others, as there is no memory in front of
    it that would hold a row: its clocks count for every row.
    """
    if not isinstance(node.op, Conv):
        return factor
    positions = int(np.prod(graph.info(node.name).shape[:-1], dtype=np.int64))
    space = graph.info(node.inputs[0]).shape[:-1]
    scanned = int(np.prod([n + sum(pair) for n, pair in zip(space, node.op.padding, strict=True)]))
    skipped = node.op.strides[0] if len(space) > 1 else 1
    return positions * skipped * (factor - 1) + max(positions, scanned)
