"""The emulator's dialect: the exact model, with integer kernels of ONNX Runtime where the plan has them.

Invariant: a tensor of integers is uint8 and holds codes of its value at its finest LSB, channels last, plus
128 if they have a sign: QGemm takes one type for what it reads and what it gives. An op without an integer
form reads them as floats, in the unit that the plan gave them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from edgeml.backends.onnx.carriers import IntegerKernel, kernel_weights
from edgeml.backends.onnx.lowering import VERSION, OnnxDialect, emit_exact
from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.ops._casting import clip_bounds
from edgeml.backends.onnx.ops._linear import onnx_pads
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.onnx.processor import CONFIG, DOMAIN
from edgeml.backends.onnx.stored import bias_at_products, type_of_value
from edgeml.fixed import IntArray
from edgeml.ir import Node
from edgeml.ir.layout import FIRST, LAST, trivial
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.max_pool import MaxPool


def _emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    plan = model.plan.integers
    if node.name in plan.kernels:
        return _kernel(model, plan.kernels[node.name], step)
    if node.name in plan.moved:
        return _moved(model, node)
    codes = {name: model.tensors[name] for name in node.inputs if name in model.tensors}
    codes = {name: tensor for name, tensor in codes.items() if tensor.offset is not None}
    for name, tensor in codes.items():
        model.tensors[name] = model.in_floats(tensor)
    result = emit_exact(model, node, step)
    model.tensors.update(codes)
    return result


EMULATOR = OnnxDialect("onnx", "", _emit, replace(VERSION, domains=((DOMAIN, 1),)), CONFIG)


def _kernel(model: ExactModel, kernel: IntegerKernel, step: CarrierStep) -> ScaledTensor:
    """QGemm or QLinearConv, and a Clip where the cast's range is smaller than eight bits."""
    graph, end = model.graph, kernel.end
    linear = kernel.linear
    info = graph.info(kernel.source)
    weights, zero = kernel_weights(graph, kernel)
    node, constant = model.writer.new_node, model.writer.shared_constant

    def scale(frac: Any) -> str:
        return constant(np.ldexp(np.float32(1), -np.asarray(frac).astype(np.int32)), "/scale")

    stored_as = np.dtype("uint8" if zero else "int8")
    codes = (weights.codes + zero).astype(stored_as)
    convolves = isinstance(linear.op, Conv)
    if convolves:
        rank = codes.ndim - 2
        codes = codes.transpose(rank + 1, rank, *range(rank))
    operands = [
        _codes(model, kernel.source),
        scale(info.frac),
        _zero(model, kernel.source),
        constant(codes, f"{linear.layer}/codes"),
        scale(weights.frac),
        constant(np.full(weights.frac.shape, zero, stored_as), "/zero"),
    ]
    bias = ""
    if kernel.bias is not None:
        at_products = bias_at_products(graph, linear, kernel.bias.constant)
        assert at_products is not None
        bias = constant(at_products[0].astype(np.int32), f"{linear.layer}/bias")
    if not isinstance(end.op, Cast):  # sums as floats, in the unit that the plan gave them
        unit = step.unit
        assert isinstance(unit, int)
        operands[1] = scale(info.frac - unit)
        tensor = node("QGemm", [*operands, bias], end.name, domain=DOMAIN)
        return ScaledTensor(tensor, unit, False, LAST)
    result = graph.info(end.name)
    ends = [scale(result.frac), _zero(model, end.name)]
    if convolves:
        op = linear.as_op(Conv)
        tensor = node(
            "QLinearConv", [*operands, *ends, *([bias] if bias else [])], end.name, domain=DOMAIN,
            channels_last=1, kernel_shape=graph.info(linear.inputs[1]).shape[:-2], strides=op.strides,
            pads=onnx_pads(op.padding), dilations=op.dilation, group=op.groups,
        )  # fmt: skip
    else:
        tensor = node("QGemm", [*operands, bias, *ends], end.name, domain=DOMAIN)
    below, above = end.op.overflow_sides(graph.info(end.inputs[0]))
    bounds = clip_bounds(end.op.to, end.op.overflow)
    return _clipped(model, tensor, end.name, bounds, (bool(np.any(below)), bool(np.any(above))))


def _offset(model: ExactModel, name: str) -> int:
    """The offset of the stored codes of a value: 128 if they have a sign."""
    return 128 if type_of_value(model.graph.info(name)) == np.int8 else 0


def _zero(model: ExactModel, name: str) -> str:
    """The zero point of a value."""
    return model.writer.shared_constant(np.array(_offset(model, name), np.uint8), "/zero")


def _clipped(
    model: ExactModel,
    tensor: str,
    name: str,
    bounds: tuple[IntArray, IntArray],
    reached: tuple[bool, bool],
) -> ScaledTensor:
    """Codes that saturate at the ends of eight bits, brought within narrower bounds that are reached."""
    offset = _offset(model, name)
    ends = [
        model.writer.shared_constant(np.array(int(bound) + offset, np.uint8), "/bound")
        if leaves and int(bound) + offset != limit
        else ""
        for bound, leaves, limit in zip(bounds, reached, (0, 255), strict=True)
    ]
    if any(ends):
        tensor = model.writer.new_node(
            "Clip", [tensor, *ends] if ends[1] else [tensor, ends[0]], f"{name}/clip"
        )
    return ScaledTensor(tensor, model.graph.info(name).frac, False, LAST, offset)


def _moved(model: ExactModel, node: Node) -> ScaledTensor:
    """An input, a cast of floats, a pooling or a reshape, as codes."""
    info = model.graph.info(node.name)
    if isinstance(node.op, Input):
        scale = np.ldexp(np.float32(1), np.array(-info.frac, np.int32))
        parameters = [model.writer.shared_constant(scale, "/scale"), _zero(model, node.name)]
        tensor = model.writer.new_node("QuantizeLinear", [node.name, *parameters], f"{node.name}/codes")
        bounds = clip_bounds(node.op.type, node.op.overflow)
        return _clipped(model, tensor, node.name, bounds, (True, True))
    (source,) = node.inputs
    if isinstance(node.op, Cast):
        reached = tuple(bool(np.any(side)) for side in node.op.overflow_sides(model.graph.info(source)))
        tensor = _quantized(model, source, node.name)
        return _clipped(
            model, tensor, node.name, clip_bounds(node.op.to, node.op.overflow), (reached[0], reached[1])
        )
    tensor = model.tensors[source].tensor
    if isinstance(node.op, MaxPool):
        op = node.op
        tensor = model.writer.new_node(
            "NhwcMaxPool", [tensor], node.name, domain=DOMAIN, kernel_shape=op.pool, strides=op.strides,
            pads=onnx_pads(op.padding),
        )  # fmt: skip
    else:
        tensor = model.reshape(tensor, info.shape, node.name)
    return ScaledTensor(tensor, info.frac, False, LAST, _offset(model, node.name))


def _codes(model: ExactModel, name: str) -> str:
    """The codes of a value, channels last."""
    tensor = model.tensors[name]
    return tensor.tensor if tensor.offset is not None else _quantized(model, name, name)


def _quantized(model: ExactModel, source: str, name: str) -> str:
    """A value rounded half to even to codes of `name`, which saturate at eight bits; channels last."""
    frac, layout = model.graph.info(name).frac, model.tensors[source].layout
    layout = layout if layout == FIRST else LAST
    floats = model.fetch(source, frac, False, layout)
    one = model.writer.shared_constant(np.ones((), np.float32), "/scale")
    codes = model.once("QuantizeLinear", [floats, one, _zero(model, name)], f"{name}/codes")
    if layout == LAST:
        return codes
    shape = model.shape(name)
    if trivial(shape):
        return model.reshape(codes, shape, f"{name}/codes_last")
    return model.transpose(codes, (*range(1, len(shape)), 0), f"{name}/codes_last")
