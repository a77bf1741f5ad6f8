"""The channels of every value that have to be there; the last axis of a value counts its channels.

A channel can go if no output depends on it, or if it has one code only and what reads it is a product, which
takes constants into a bias. Ops that carry channels along tie those of their inputs to those of their result;
a product ties nothing. What an op that is not listed here reads and gives stays whole.

A layer of many channels keeps a few more than it has to: a number with divisors, by which circuits are folded
(126 of 128 live channels become 128, not 126), and 1 in 8 at most.

Invariant: every value keeps at least one channel, graph inputs and outputs keep all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from edgeml.fixed import IntArray, align
from edgeml.ir import Graph, Node, ValueInfo
from edgeml.ir.kind import Kind
from edgeml.ir.ops._linear import Linear
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.pad import Pad
from edgeml.ir.ops.repeat import Repeat
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.slice import Slice
from edgeml.ir.ops.sum_pool import SumPool
from edgeml.ir.ops.transpose import Transpose

_SHARE = 8
"""Of so many channels one may stay without need."""

Mask = NDArray[np.bool_]
Masks = Mapping[str, Mask]


def kept_channels(graph: Graph) -> Masks:
    """True for every channel (last axis) that has to be there, by the name of every value but constants."""
    masks = {
        node.name: np.zeros(channels(graph.info(node.name)), bool)
        for node in graph.nodes
        if not isinstance(node.op, Const)
    }
    for name in (*graph.inputs, *graph.outputs):
        if name in masks:
            masks[name][:] = True
    while True:
        before = sum(int(mask.sum()) for mask in masks.values())
        for node in (*reversed(graph.nodes), *graph.nodes):
            _tie(graph, node, masks)
        for mask in masks.values():
            mask[0] |= not mask.any()
        for node in graph.nodes:
            if isinstance(node.op, Linear):
                _round_up(masks[node.name])
        if before == sum(int(mask.sum()) for mask in masks.values()):
            return masks


def _round_up(mask: Mask) -> None:
    """Keep so many channels that a power of two of up to an eighth of them divides their number."""
    count = int(mask.sum())
    step = 1 << max(0, (count // _SHARE).bit_length() - 1)
    mask[np.flatnonzero(~mask)[: -count % step]] = True


def channels(info: ValueInfo) -> int:
    """Size of the last axis, 1 for a scalar."""
    return info.shape[-1] if info.shape else 1


def follows(node: Node) -> bool:
    """True for ops whose element-wise inputs and result have the same channels, or one for all."""
    return node.op.kind is Kind.POINTWISE


def constant_part(x: ValueInfo) -> tuple[Mask, IntArray]:
    """True for channels of one code only, the same at every place, and these codes at x's finest LSB."""
    low, high = (align(end, x.type.frac, x.frac).reshape(-1, x.shape[-1]) for end in (x.lo, x.hi))
    return np.all((low == high) & (low == low[:1]), axis=0), low[0]


def _tie(graph: Graph, node: Node, masks: Mapping[str, Mask]) -> None:
    """Mark what has to be there because of one node."""
    if isinstance(node.op, Input | Const):
        return
    rule = _rule(graph, node)
    if rule is None:
        for name in (node.name, *node.inputs):
            if name in masks:
                masks[name][:] = True
    else:
        rule(graph, node, masks)


_Rule = Callable[[Graph, Node, Mapping[str, Mask]], None]


def _rule(graph: Graph, node: Node) -> _Rule | None:
    """The rule for a node; None if its channels do not follow one."""
    op, x = node.op, graph.info(node.inputs[0])
    if not x.shape or not graph.info(node.name).shape:
        return None
    last = len(x.shape) - 1
    match op:
        case MatMul():
            return _product
        case Conv(groups=1):
            return _product
        case Conv():
            return _same if op.groups == x.shape[-1] == channels(graph.info(node.name)) else None
        case Lookup() | MaxPool() | SumPool():
            return _same
        case Reshape():
            return _reshaped if channels(graph.info(node.name)) % x.shape[-1] == 0 else None
        case Transpose():
            return _same if op.order[-1] == last else None
        case Repeat():
            return _same if op.axis != last else None
        case Slice():
            whole = (op.starts[-1], op.stops[-1], op.steps[-1]) == (0, x.shape[-1], 1)
            return _same if whole else None
        case Pad():
            return _same if tuple(op.padding[-1]) == (0, 0) else None
        case Concat():
            return _joined if op.axis == last else _pointwise
        case _:
            return _pointwise if follows(node) else None


def _same(graph: Graph, node: Node, masks: Mapping[str, Mask]) -> None:
    """Input and result have the same channels."""
    del graph
    _unite(masks, node.name, node.inputs[0])


def _pointwise(graph: Graph, node: Node, masks: Mapping[str, Mask]) -> None:
    """All inputs that have as many channels as the result have the same ones."""
    count = channels(graph.info(node.name))
    for name in node.inputs:
        if name in masks:
            if channels(graph.info(name)) == count:
                _unite(masks, node.name, name)
            else:
                masks[name][:] = True


def _product(graph: Graph, node: Node, masks: Mapping[str, Mask]) -> None:
    """A channel is needed if it can vary and has a weight for a result that is needed."""
    x, weight = node.inputs
    if x in masks:
        used = weights_of(graph, node)[:, masks[node.name]].any(axis=1)
        masks[x][:] |= used & ~removable(graph, node)
    elif weight in graph.constants:
        masks[node.name][:] = True  # a product of constants, for another pass


def removable(graph: Graph, node: Node) -> Mask:
    """True for channels of a product's input whose part in it is a constant per column."""
    fixed, codes = constant_part(graph.info(node.inputs[0]))
    if isinstance(node.op, Conv) and any(n for pair in node.op.padding for n in pair):
        return fixed & (codes == 0)  # at the rim, zeros would stand for the constant
    return fixed


def weights_of(graph: Graph, node: Node) -> IntArray:
    """Codes (channels, columns) at one LSB, summed over the taps of a kernel; taps are counted as magnitudes.

    Only which of them are zero is asked for.
    """
    weights = np.abs(graph.constant(node.inputs[1]))
    return weights.reshape(-1, *weights.shape[-2:]).max(axis=0)


def _reshaped(graph: Graph, node: Node, masks: Mapping[str, Mask]) -> None:
    """Every channel of the input is several of the result, a row of channels at a time."""
    del graph
    mine, source = masks[node.name], node.inputs[0]
    if source not in masks:
        mine[:] = True
        return
    rows = mine.reshape(-1, len(masks[source]))
    masks[source][:] |= rows.any(axis=0)
    rows[:] |= masks[source]


def _joined(graph: Graph, node: Node, masks: Mapping[str, Mask]) -> None:
    """The channels side by side."""
    start, mine = 0, masks[node.name]
    for name in node.inputs:
        part = mine[start : start + channels(graph.info(name))]
        start += len(part)
        if name in masks:
            masks[name][:] |= part
            part |= masks[name]
        else:
            part[:] = True


def _unite(masks: Mapping[str, Mask], result: str, source: str) -> None:
    if source not in masks:  # a constant, which is cut as the result is
        return
    masks[source][:] |= masks[result]
    masks[result][:] |= masks[source]
