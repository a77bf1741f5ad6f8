"""MatMul, Conv and SumPool: sums of products whose power of two lies in the weights.

ONNX Runtime has no float64 Conv on CPUs. A convolution beyond 24 bits is split by the bits of its weights
into limbs, each exact in float32, whose results are summed in float64; if that takes too many limbs, it
is done tap by tap as float64 products.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from edgeml.backends.onnx.plan import Step, Unit, per_last_axis
from edgeml.backends.onnx.terms import Term, Terms
from edgeml.fixed import IntArray
from edgeml.ir import Node, Shape
from edgeml.ir.layout import FIRST, LAST, Order, arrange
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.sum_pool import SumPool
from edgeml.ir.steps import FLOAT32_BITS, Known, constant_grid

_MOST_LIMBS = 4
"""More float32 convolutions than this are slower than float64 products."""

_KEPT = (Order.LAST, Order.FLAT)


def emit_mat_mul(terms: Terms, node: Node, step: Step) -> Term:
    """A matrix product, with its bias if it has one."""
    linear = step.fused or node
    source, weight = linear.inputs
    x = terms.terms[source]
    layout = x.layout if x.layout.order in _KEPT else LAST
    unit = _source_unit(terms, source)
    tensor = terms.fetch(source, unit, step.double, layout)
    size, columns = terms.shape(weight)
    rows = np.broadcast_to(np.asarray(unit, np.int64).reshape(-1), (size,))
    info = terms.graph.info(weight)
    exponents = _columns(step, columns)[np.newaxis] - rows[:, np.newaxis]
    matrix = terms.scaled(terms.plan.constants[weight], info.type.frac, exponents, step.double, node.name)
    if layout.order is Order.FLAT:
        matrix = matrix[arrange(np.arange(size), (size,), layout)]
    constant = terms.writer.constant(matrix, f"{linear.layer}/weight")
    if step.fused is None:
        return Term(terms.writer.node("MatMul", [tensor, constant], node.name), step.unit, step.double)
    bias = _bias(terms, node, step)
    return Term(terms.writer.node("Gemm", [tensor, constant, bias], node.name), step.unit, step.double)


def emit_conv(terms: Terms, node: Node, step: Step) -> Term:
    """A convolution, with its bias if it has one."""
    linear = step.fused or node
    weight = linear.inputs[1]
    op = linear.op
    assert isinstance(op, Conv)
    codes = terms.plan.constants[weight]
    if not step.double:
        inputs = _convolved(terms, linear, node, step, codes)
        if step.fused is not None:
            inputs.append(_bias(terms, node, step))
        return Term(_conv(terms, op, terms.shape(weight), inputs, node.name), step.unit, False, FIRST)
    limbs = _limbs(terms, linear)
    if not limbs:
        return _by_taps(terms, node, op, step)
    parts = [
        terms.to_float(
            _conv(
                terms,
                op,
                terms.shape(weight),
                _convolved(terms, linear, node, step, limb),
                f"{node.name}/limb{position}",
            ),
            double=True,
        )
        for position, limb in enumerate(limbs)
    ]
    return Term(_summed(terms, parts, node.name), step.unit, True, FIRST)


def emit_sum_pool(terms: Terms, node: Node, step: Step) -> Term:
    """Sums of windows: a reduction if the window is the whole space, else a depthwise convolution."""
    op = node.op
    assert isinstance(op, SumPool)
    (source,) = node.inputs
    shape, x = terms.shape(source), terms.terms[source]
    rank = len(shape) - 1
    if op.pool == shape[:-1] and not any(n for pair in op.padding for n in pair):
        layout = x.layout if x.layout is FIRST else LAST
        tensor = terms.fetch(source, step.unit, step.double, layout)
        first = 2 if layout is FIRST else 1
        axes = terms.writer.constant(np.arange(first, first + rank), "/axes")
        return Term(terms.writer.node("ReduceSum", [tensor, axes], node.name), step.unit, step.double, layout)
    ones = (1,) * rank
    if step.double:
        taps = _taps(terms, node, source, step.unit, (op.pool, op.strides, op.padding, ones))
        return Term(_summed(terms, [tensor for tensor, _ in taps], node.name), step.unit, True)
    tensor = terms.fetch(source, step.unit, False, FIRST)
    kernel = terms.writer.constant(np.ones((shape[-1], 1, *op.pool), np.float32), f"{node.name}/ones")
    conv = Conv(op.strides, op.padding, ones, shape[-1])
    summed = _conv(terms, conv, (*op.pool, 1, shape[-1]), [tensor, kernel], node.name)
    return Term(summed, step.unit, False, FIRST)


def _source_unit(terms: Terms, source: str) -> Unit:
    """The unit the input has, if it goes into the weights' rows, else one for all elements."""
    unit = terms.terms[source].unit
    return unit if per_last_axis(unit) else terms.graph.info(source).frac


def _bias(terms: Terms, node: Node, step: Step) -> str:
    """The bias of a fused op, one entry per column."""
    const = next(name for name in node.inputs if terms.constant(name))
    info, size = terms.graph.info(const), terms.shape(node.name)[-1]
    codes = np.broadcast_to(terms.plan.constants[const].reshape(-1), (size,))
    frac = np.broadcast_to(np.broadcast_to(info.type.frac, info.shape).reshape(-1), (size,))
    values = terms.scaled(codes, frac, _columns(step, size), step.double, node.name)
    return terms.writer.constant(values, f"{node.layer}/bias")


def _columns(step: Step, size: int) -> IntArray:
    """The unit of every column or filter."""
    return np.broadcast_to(np.asarray(step.unit, np.int64).reshape(-1), (size,))


def _convolved(terms: Terms, linear: Node, node: Node, step: Step, codes: IntArray) -> list[str]:
    """Input and weights of a float32 Conv."""
    source, weight = linear.inputs
    op, info = linear.op, terms.graph.info(weight)
    assert isinstance(op, Conv)
    unit = _source_unit(terms, source)
    tensor = terms.fetch(source, unit, False, FIRST)
    values = terms.scaled(codes, info.type.frac, _weight_units(op, info.shape, unit, step), False, node.name)
    rank = len(op.strides)
    kernel = values.transpose(rank + 1, rank, *range(rank))
    return [tensor, terms.writer.constant(kernel, f"{node.layer}/weight")]


def _weight_units(op: Conv, shape: Shape, unit: Unit, step: Step) -> IntArray:
    """Exponents of the weights (*kernel, channels / groups, filters): the result's less the input's."""
    inside, filters = shape[-2:]
    channels = np.broadcast_to(np.asarray(unit, np.int64).reshape(-1), (inside * op.groups,))
    per_filter = np.repeat(channels.reshape(op.groups, inside).T, filters // op.groups, axis=1)
    return _columns(step, filters) - per_filter


def _conv(terms: Terms, op: Conv, weight: Shape, inputs: Sequence[str], name: str) -> str:
    return terms.writer.node(
        "Conv",
        inputs,
        name,
        kernel_shape=weight[: len(op.strides)],
        strides=op.strides,
        pads=(*(before for before, _ in op.padding), *(after for _, after in op.padding)),
        dilations=op.dilation,
        group=op.groups,
    )


def _limbs(terms: Terms, node: Node) -> list[IntArray]:
    """The weights as a sum of parts whose convolutions are exact in float32; empty if there are too many."""
    source, weight = node.inputs
    op, w, codes = node.op, terms.graph.info(weight), terms.plan.constants[weight]
    assert isinstance(op, Conv)
    x = Known(terms.graph.info(source), terms.plan.grids[source])
    if x.bits > FLOAT32_BITS:
        return []
    size = np.abs(codes)
    for count in range(2, _MOST_LIMBS + 1):
        step = -(-int(size.max()).bit_length() // count)
        masks = [((size >> (step * i)) & ((1 << step) - 1)) << (step * i) for i in range(count)]
        limbs = [np.sign(codes) * mask for mask in masks]
        grids = [constant_grid(limb, w.type.frac) for limb in limbs]
        parts = zip(limbs, grids, strict=True)
        if all(op.sums(x, Known(w, fine), limb).bits <= FLOAT32_BITS for limb, fine in parts):
            return limbs
    return []


def _by_taps(terms: Terms, node: Node, op: Conv, step: Step) -> Term:
    """The sum over kernel taps of float64 products, channels last."""
    source, weight = node.inputs
    info = terms.graph.info(weight)
    rank, groups, (inside, filters) = len(op.strides), op.groups, info.shape[-2:]
    unit = _source_unit(terms, source)
    exponents = _weight_units(op, info.shape, unit, step)
    values = terms.scaled(terms.plan.constants[weight], info.type.frac, exponents, True, node.name)
    space = terms.shape(node.name)[:-1]
    parts: list[str] = []
    window = (info.shape[:rank], op.strides, op.padding, op.dilation)
    for tensor, tap in _taps(terms, node, source, unit, window):
        matrix = values[tap]
        if groups > 1:
            tensor = terms.reshape(tensor, (*space, groups, 1, inside), f"{node.name}/groups")
            matrix = matrix.reshape(inside, groups, filters // groups).transpose(1, 0, 2)
        constant = terms.writer.constant(matrix, f"{node.layer}/weight")
        parts.append(terms.writer.node("MatMul", [tensor, constant], f"{node.name}/tap"))
    total = _summed(terms, parts, node.name)
    if groups > 1:
        total = terms.reshape(total, (*space, filters), f"{node.name}/filters")
    return Term(total, step.unit, True, LAST)


def _taps(
    terms: Terms,
    node: Node,
    source: str,
    unit: Unit,
    window: tuple[Shape, Shape, tuple[tuple[int, int], ...], Shape],
) -> Iterator[tuple[str, Shape]]:
    """For every tap of a window the float64 values it meets, channels last, and its position."""
    kernel, strides, padding, dilation = window
    tensor = terms.fetch(source, unit, True, LAST)
    if any(n for pair in padding for n in pair):
        pairs = ((0, 0), *padding, (0, 0))
        pads = np.array([*(before for before, _ in pairs), *(after for _, after in pairs)])
        tensor = terms.writer.node(
            "Pad", [tensor, terms.writer.constant(pads, "/pads")], f"{node.name}/padded"
        )
    axes = terms.writer.constant(np.arange(1, len(kernel) + 1), "/axes")
    steps = terms.writer.constant(np.array(strides), "/steps")
    space = np.array(terms.shape(node.name)[: len(kernel)])
    for tap in np.ndindex(kernel):
        start = np.array(tap) * dilation
        stop = start + (space - 1) * strides + 1
        ends = [terms.writer.constant(end, "/slice") for end in (start, stop)]
        yield terms.writer.node("Slice", [tensor, *ends, axes, steps], f"{node.name}/taken"), tap


def _summed(terms: Terms, parts: Sequence[str], name: str) -> str:
    total = parts[0]
    if len(parts) == 1:
        return terms.writer.node("Identity", [total], name)
    for part in parts[1:-1]:
        total = terms.writer.node("Add", [total, part], f"{name}/partial")
    return terms.writer.node("Add", [total, parts[-1]], name)
