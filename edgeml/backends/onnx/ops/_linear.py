"""MatMul, Conv and SumPool: sums of products whose power of two lies in the weights.

ONNX Runtime has no float64 Conv on CPUs. A convolution beyond 24 bits is split by the bits of its weights
into limbs, each exact in float32, whose results are summed in float64; if that takes too many limbs, it
is done tap by tap as float64 products.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.onnx.units import Unit, per_last_axis
from edgeml.fixed import IntArray
from edgeml.ir import Node, Shape
from edgeml.ir.layout import FIRST, LAST
from edgeml.ir.ops._window import Pairs
from edgeml.ir.ops.conv import Conv
from edgeml.ir.steps import FLOAT32_BITS, GridInfo, constant_grid

_MOST_LIMBS = 4
"""More float32 convolutions than this are slower than float64 products."""


def source_unit(model: ExactModel, source: str) -> Unit:
    """The unit the input has, if it goes into the weights' rows, else one for all elements."""
    unit = model.tensors[source].unit
    return unit if per_last_axis(unit) else model.graph.info(source).frac


def bias_constant(model: ExactModel, node: Node, step: CarrierStep) -> str:
    """The bias of an Add that is fused with its product, in the units of the result."""
    _, bias = node.inputs
    info = model.graph.info(bias)
    codes, units = model.plan.constants[bias], column_units(step, info.size)
    values = model.scaled(codes, info.type.frac, units, step.double, node.name)
    return model.writer.shared_constant(values, f"{node.layer}/bias")


def column_units(step: CarrierStep, size: int) -> IntArray:
    """The unit of every column or filter."""
    return np.broadcast_to(np.asarray(step.unit, np.int64).reshape(-1), (size,))


def conv_inputs(model: ExactModel, linear: Node, node: Node, step: CarrierStep, codes: IntArray) -> list[str]:
    """Input and weights of a float32 Conv."""
    source, weight = linear.inputs
    op, info = linear.op, model.graph.info(weight)
    assert isinstance(op, Conv)
    unit = source_unit(model, source)
    tensor = model.fetch(source, unit, False, FIRST)
    values = model.scaled(codes, info.type.frac, weight_units(op, info.shape, unit, step), False, node.name)
    rank = len(op.strides)
    kernel = values.transpose(rank + 1, rank, *range(rank))
    return [tensor, model.writer.shared_constant(kernel, f"{node.layer}/weight")]


def weight_units(op: Conv, shape: Shape, unit: Unit, step: CarrierStep) -> IntArray:
    """Exponents of the weights (*kernel, channels / groups, filters): the result's less the input's."""
    inside, filters = shape[-2:]
    channels = np.broadcast_to(np.asarray(unit, np.int64).reshape(-1), (inside * op.groups,))
    per_filter = np.repeat(channels.reshape(op.groups, inside).T, filters // op.groups, axis=1)
    return column_units(step, filters) - per_filter


def conv_node(model: ExactModel, op: Conv, weight: Shape, inputs: Sequence[str], name: str) -> str:
    return model.writer.new_node(
        "Conv",
        inputs,
        name,
        kernel_shape=weight[: len(op.strides)],
        strides=op.strides,
        pads=onnx_pads(op.padding),
        dilations=op.dilation,
        group=op.groups,
    )


def onnx_pads(padding: Pairs) -> Shape:
    """ONNX's order: all befores, then all afters."""
    return (*(before for before, _ in padding), *(after for _, after in padding))


def limbs_of(model: ExactModel, node: Node) -> list[IntArray]:
    """The weights as a sum of parts whose convolutions are exact in float32; empty if there are too many."""
    source, weight = node.inputs
    op, w, codes = node.op, model.graph.info(weight), model.plan.constants[weight]
    assert isinstance(op, Conv)
    x = GridInfo(model.graph.info(source), model.plan.grids[source])
    if x.bits > FLOAT32_BITS:
        return []
    size = np.abs(codes)
    for count in range(2, _MOST_LIMBS + 1):
        step = -(-int(size.max()).bit_length() // count)
        masks = [((size >> (step * i)) & ((1 << step) - 1)) << (step * i) for i in range(count)]
        limbs = [np.sign(codes) * mask for mask in masks]
        grids = [constant_grid(limb, w.type.frac) for limb in limbs]
        parts = zip(limbs, grids, strict=True)
        if all(op.sums(x, GridInfo(w, fine), limb).bits <= FLOAT32_BITS for limb, fine in parts):
            return limbs
    return []


def by_taps(model: ExactModel, node: Node, op: Conv, step: CarrierStep) -> ScaledTensor:
    """The sum over kernel taps of float64 products, channels last."""
    source, weight = node.inputs
    info = model.graph.info(weight)
    rank, groups, (inside, filters) = len(op.strides), op.groups, info.shape[-2:]
    unit = source_unit(model, source)
    exponents = weight_units(op, info.shape, unit, step)
    values = model.scaled(model.plan.constants[weight], info.type.frac, exponents, True, node.name)
    space = model.shape(node.name)[:-1]
    parts: list[str] = []
    window = (info.shape[:rank], op.strides, op.padding, op.dilation)
    for tensor, tap in taps_of(model, node, source, unit, window):
        matrix = values[tap]
        if groups > 1:
            tensor = model.reshape(tensor, (*space, groups, 1, inside), f"{node.name}/groups")
            matrix = matrix.reshape(inside, groups, filters // groups).transpose(1, 0, 2)
        constant = model.writer.shared_constant(matrix, f"{node.layer}/weight")
        parts.append(model.writer.new_node("MatMul", [tensor, constant], f"{node.name}/tap"))
    total = sum_of(model, parts, node.name)
    if groups > 1:
        total = model.reshape(total, (*space, filters), f"{node.name}/filters")
    return ScaledTensor(total, step.unit, True, LAST)


def taps_of(
    model: ExactModel,
    node: Node,
    source: str,
    unit: Unit,
    window: tuple[Shape, Shape, tuple[tuple[int, int], ...], Shape],
) -> Iterator[tuple[str, Shape]]:
    """For every tap of a window the float64 values it meets, channels last, and its position."""
    kernel, strides, padding, dilation = window
    tensor = model.fetch(source, unit, True, LAST)
    if any(n for pair in padding for n in pair):
        pairs = ((0, 0), *padding, (0, 0))
        pads = np.array([*(before for before, _ in pairs), *(after for _, after in pairs)])
        tensor = model.writer.new_node(
            "Pad", [tensor, model.writer.shared_constant(pads, "/pads")], f"{node.name}/padded"
        )
    axes = model.writer.shared_constant(np.arange(1, len(kernel) + 1), "/axes")
    steps = model.writer.shared_constant(np.array(strides), "/steps")
    space = np.array(model.shape(node.name)[: len(kernel)])
    for tap in np.ndindex(kernel):
        start = np.array(tap) * dilation
        stop = start + (space - 1) * strides + 1
        ends = [model.writer.shared_constant(end, "/slice") for end in (start, stop)]
        yield model.writer.new_node("Slice", [tensor, *ends, axes, steps], f"{node.name}/taken"), tap


def sum_of(model: ExactModel, parts: Sequence[str], name: str) -> str:
    total = parts[0]
    if len(parts) == 1:
        return model.writer.new_node("Identity", [total], name)
    for part in parts[1:-1]:
        total = model.writer.new_node("Add", [total, part], f"{name}/partial")
    return model.writer.new_node("Add", [total, parts[-1]], name)
