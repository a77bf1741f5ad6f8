"""A region as steps: for every code the least value of what it reads that reaches it.

All ops of such a region only grow or only fall with their input, so that the codes do, and bisection of the
ops' own integers gives the steps.

Invariant: the number of steps that a value has reached, from the least code on, is the region's code.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.fixed import FixedType, IntArray, Overflow
from edgeml.ir.graph import Graph, Node
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.mul import Mul
from edgeml.ir.region import CastRegion

_MOST_AXES = 3


@dataclass(frozen=True)
class RegionSteps:
    """The steps of a region.

    Args:
        region: of one leaf.
        edges: (channels or 1, codes - 1): the least code of the leaf, or of minus it, that reaches the next.
        signs: (channels or 1,): -1 where codes fall as the leaf grows.
        first: the least code.
    """

    region: CastRegion
    edges: IntArray
    signs: IntArray
    first: int


def region_steps(graph: Graph, region: CastRegion) -> RegionSteps | None:
    """The steps of a region, if it has one leaf and depends on an element's channel alone."""
    if len(region.leaves) != 1:
        return None
    (leaf,) = region.leaves
    info, end = graph.info(leaf), graph.info(region.end.name)
    if not 1 <= len(info.shape) <= _MOST_AXES or info.shape != end.shape:
        return None
    infos = region.pixel(graph)
    if not isinstance(info.type, FixedType) or infos is None:
        return None
    rank = len(info.shape)
    space = tuple(range(rank - 1))
    pixel = (*(1,) * (rank - 1), info.shape[-1])
    signs = _signs(graph, region, leaf)
    if signs is None or any(size > 1 for size in signs.shape[:-1]):
        return None
    signs = np.broadcast_to(signs, pixel)
    lo, hi = info.lo.min(axis=space, keepdims=True), info.hi.max(axis=space, keepdims=True)
    lo, hi = np.minimum(signs * lo, signs * hi), np.maximum(signs * lo, signs * hi)
    first, last = int(end.lo.min()), int(end.hi.max())
    targets = np.arange(first + 1, last + 1).reshape(-1, *(1,) * rank)
    shape = (targets.shape[0], *pixel)
    low, high = (np.array(np.broadcast_to(part, shape)) for part in (lo - 1, hi + 1))
    while np.any(high - low > 1):
        middle = np.clip((low + high) >> 1, lo, hi)
        codes = region.evaluate(graph, infos, {leaf: signs * middle})
        if codes.shape != shape:
            return None
        open_ = high - low > 1
        high = np.where(open_ & (codes >= targets), middle, high)
        low = np.where(open_ & (codes < targets), middle, low)
    edges, ends = high.reshape(shape[0], shape[-1]).T, signs.reshape(-1)
    if np.all(edges == edges[:1]) and np.all(ends == ends[0]):
        edges, ends = edges[:1], ends[:1]
    return RegionSteps(region, edges, ends, first)


def _signs(graph: Graph, region: CastRegion, leaf: str) -> IntArray | None:
    """1 where codes grow with the leaf and -1 where they fall, per channel; None if an op does neither."""
    signs: dict[str, IntArray] = {leaf: np.array(1, np.int64)}
    for node in region.nodes:
        sources = [signs[name] for name in node.inputs if name in signs]
        if not _only_grows(graph, node) or any(np.any(sign != sources[0]) for sign in sources[1:]):
            return None
        sign = sources[0]
        if isinstance(node.op, Mul):
            factors = [graph.constants[name] for name in node.inputs if name in graph.constants]
            if len(factors) != 1:
                return None
            sign = sign * np.where(factors[0] < 0, -1, 1)
        signs[node.name] = sign
    return signs[region.end.name]


def _only_grows(graph: Graph, node: Node) -> bool:
    """True if an op never falls with any of its inputs, a factor's sign apart."""
    op = node.op
    if isinstance(op, Cast) and op.overflow in (Overflow.WRAP, Overflow.SAT_ZERO):
        return not np.any(op.overflows(graph.info(node.inputs[0])))
    return isinstance(op, Add | Mul | Cast) or op.op_name() in ("max", "min", "relu", "scale")
