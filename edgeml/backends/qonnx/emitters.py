"""One emitter per core op: standard ONNX nodes on plain values, Quant for every cast.

To answer a new core op, write an emitter (model, node) -> Tensor and enter it in `EMITTERS`.

Invariant: the tensor an emitter returns has the node's values; it is called after the node unless the
node is an output and the tensor is not channels last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from edgeml.backends.qonnx.casting import emit_cast, emit_input
from edgeml.backends.qonnx.model import Model, Tensor
from edgeml.backends.qonnx.rules import fused_biases
from edgeml.ir import Graph, Node, constant_codes
from edgeml.ir.grid import grids
from edgeml.ir.layout import FIRST, LAST, Layout, Order, arrange, trivial
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.pad import Pad
from edgeml.ir.ops.repeat import Repeat
from edgeml.ir.ops.scale import Scale
from edgeml.ir.ops.slice import Slice
from edgeml.ir.ops.sum_pool import SumPool
from edgeml.ir.ops.transpose import Transpose

Emitter: TypeAlias = Callable[[Model, Node], Tensor]

_PAIRS = {"add": "Add", "max": "Max", "min": "Min", "mul": "Mul"}


def build_model(graph: Graph) -> Any:
    """The ModelProto of a graph of core ops that `rules.refusals` finds nothing in."""
    model = Model(graph, constant_codes(graph), grids(graph))
    biases = fused_biases(graph, model.grids, model.constants)
    convolutions = {graph.node(conv).name for conv, _ in biases.values()}
    for node in graph.nodes:
        if node.name in biases:
            conv, bias = biases[node.name]
            model.tensors[node.name] = emit_conv(model, graph.node(conv), bias, node.name)
        elif node.name not in model.constants and node.name not in convolutions:
            model.tensors[node.name] = EMITTERS[node.op.op_name()](model, node)
    return model.finish()


def emit_mat_mul(model: Model, node: Node) -> Tensor:
    """MatMul; a flattened channels-first input is met by rows in its order."""
    source, weight = node.inputs
    x = model.tensors[source]
    layout = x.layout if x.layout.order is Order.FLAT else LAST
    size = model.shape(weight)[0]
    rows = arrange(np.arange(size), (size,), layout)
    matrix = model.constant(weight, lambda values: values[rows])
    return Tensor(model.node("MatMul", [model.value(source, layout), matrix], node.name))


def emit_conv(model: Model, node: Node, bias: str = "", result: str = "") -> Tensor:
    """Conv, channels first, as the value `result` if a constant `bias` is part of it."""
    op = node.op
    assert isinstance(op, Conv)
    source, weight = node.inputs
    rank = len(op.strides)
    kernel = model.constant(weight, lambda values: values.transpose(rank + 1, rank, *range(rank)))
    inputs = [model.value(source, FIRST), kernel]
    if bias:
        filters = model.shape(node.name)[-1:]
        inputs.append(model.constant(bias, lambda values: np.broadcast_to(values.reshape(-1), filters)))
    return Tensor(_conv(model, result or node.name, op, model.shape(weight)[:rank], inputs), FIRST)


def emit_sum_pool(model: Model, node: Node) -> Tensor:
    """A depthwise Conv with ones: exact for every window, which an average is not."""
    op = node.op
    assert isinstance(op, SumPool)
    (source,) = node.inputs
    channels = model.shape(source)[-1]
    ones = model.initializer(np.ones((channels, 1, *op.pool), np.float32), f"{node.name}_ones_float")
    kernel = model.quant(
        ones, model.unique(f"{node.name}_ones"), signed=False, width=1, frac=np.zeros(1, np.int64)
    )
    conv = Conv(op.strides, op.padding, (1,) * len(op.pool), channels)
    return Tensor(_conv(model, node.name, conv, op.pool, [model.value(source, FIRST), kernel]), FIRST)


def emit_max_pool(model: Model, node: Node) -> Tensor:
    """MaxPool, channels first."""
    op = node.op
    assert isinstance(op, MaxPool)
    tensor = model.node(
        "MaxPool",
        [model.value(node.inputs[0], FIRST)],
        model.output_name(node.name, FIRST),
        kernel_shape=op.pool,
        strides=op.strides,
        pads=_pads(op.padding),
    )
    return Tensor(tensor, FIRST)


def emit_pair(model: Model, node: Node) -> Tensor:
    """Add, Mul, Max, Min."""
    shape = model.shape(node.name)
    variable = [name for name in node.inputs if name not in model.constants]
    layouts = {model.tensors[name].layout for name in variable}
    same = all(model.shape(name) == shape for name in variable)
    full = all(len(model.shape(name)) == len(shape) for name in variable)
    layout = layouts.copy().pop() if len(layouts) == 1 and same else LAST
    layout = FIRST if FIRST in layouts and full else layout
    inputs = [model.value(name, layout, len(shape)) for name in node.inputs]
    return Tensor(model.node(_PAIRS[node.op.op_name()], inputs, model.output_name(node.name, layout)), layout)


def emit_relu(model: Model, node: Node) -> Tensor:
    """Relu."""
    x = model.tensors[node.inputs[0]]
    return Tensor(model.node("Relu", [x.name], model.output_name(node.name, x.layout)), x.layout)


def emit_scale(model: Model, node: Node) -> Tensor:
    """Mul by powers of two."""
    op = node.op
    assert isinstance(op, Scale)
    (source,) = node.inputs
    x, shape = model.tensors[source], model.shape(source)
    powers = np.ldexp(np.float32(1), np.asarray(op.shift, np.int32))
    factor = model.initializer(
        arrange(powers.astype(np.float32), shape, x.layout)[np.newaxis], f"{node.name}_factor"
    )
    return Tensor(model.node("Mul", [x.name, factor], model.output_name(node.name, x.layout)), x.layout)


def emit_lookup(model: Model, node: Node) -> Tensor:
    """Gather; a negative code counts from the end of the table, so that end holds the negative half."""
    from onnx import TensorProto

    source, table = node.inputs
    info, entries = model.graph.info(source), model.graph.info(table)
    x = model.tensors[source]
    codes_of = np.arange(entries.size) + info.scalar.lo
    reached = (codes_of >= info.lo.min()) & (codes_of <= info.hi.max())
    values = np.ldexp(np.where(reached, model.constants[table], 0).astype(np.float64), -entries.frac)
    rolled = model.initializer(np.roll(values, info.scalar.lo).astype(np.float32), f"{node.name}_table")
    rank = len(info.shape) if x.layout.order is not Order.FLAT else 1
    lsb = np.full((1,) * (rank + 1), np.ldexp(1.0, info.frac), np.float32)
    codes = model.node(
        "Mul", [x.name, model.initializer(lsb, f"{node.name}_steps")], model.unique(f"{node.name}_code")
    )
    index = model.node("Cast", [codes], model.unique(f"{node.name}_index"), to=int(TensorProto.INT64))
    return Tensor(
        model.node("Gather", [rolled, index], model.output_name(node.name, x.layout), axis=0), x.layout
    )


def emit_reshape(model: Model, node: Node) -> Tensor:
    """Reshape; flattening a channels-first value leaves its elements where they are."""
    (source,) = node.inputs
    x, before, after = model.tensors[source], model.shape(source), model.shape(node.name)
    layout = LAST
    if x.layout == FIRST and len(after) == 1 and not trivial(before):
        layout = Layout(Order.FLAT, before)
    keep = layout != LAST or (x.layout == FIRST and trivial(before))
    output = model.output_name(node.name, layout)
    inputs = [x.name if keep else model.value(source), model.integers((1, *after), f"{output}_shape")]
    return Tensor(model.node("Reshape", inputs, output), layout)


def emit_transpose(model: Model, node: Node) -> Tensor:
    """Transpose."""
    op = node.op
    assert isinstance(op, Transpose)
    perm = (0, *(axis + 1 for axis in op.order))
    return Tensor(model.node("Transpose", [model.value(node.inputs[0])], node.name, perm=perm))


def emit_slice(model: Model, node: Node) -> Tensor:
    """Slice."""
    op = node.op
    assert isinstance(op, Slice)
    axes = tuple(range(1, len(op.starts) + 1))
    parts = [
        model.integers(values, f"{node.name}_{what}")
        for what, values in (("starts", op.starts), ("ends", op.stops), ("axes", axes), ("steps", op.steps))
    ]
    return Tensor(model.node("Slice", [model.value(node.inputs[0]), *parts], node.name))


def emit_pad(model: Model, node: Node) -> Tensor:
    """Pad with zeros."""
    op = node.op
    assert isinstance(op, Pad)
    pads = model.integers(_pads(((0, 0), *op.padding)), f"{node.name}_pads")
    return Tensor(model.node("Pad", [model.value(node.inputs[0]), pads], node.name))


def emit_repeat(model: Model, node: Node) -> Tensor:
    """Gather with repeated indices."""
    op = node.op
    assert isinstance(op, Repeat)
    (source,) = node.inputs
    index = np.repeat(np.arange(model.shape(source)[op.axis]), op.times)
    inputs = [model.value(source), model.initializer(index, f"{node.name}_index")]
    return Tensor(model.node("Gather", inputs, node.name, axis=op.axis + 1))


def emit_concat(model: Model, node: Node) -> Tensor:
    """Concat, channels first if all inputs are."""
    op = node.op
    assert isinstance(op, Concat)
    rank = len(model.shape(node.name))
    variable = [name for name in node.inputs if name not in model.constants]
    layout = FIRST if all(model.tensors[name].layout == FIRST for name in variable) else LAST
    axis = op.axis if layout == LAST else (op.axis + 1) % rank
    inputs = [model.value(name, layout) for name in node.inputs]
    return Tensor(model.node("Concat", inputs, model.output_name(node.name, layout), axis=axis + 1), layout)


def emit_arg_max(model: Model, node: Node) -> Tensor:
    """ArgMax as a float."""
    from onnx import TensorProto

    index = model.unique(f"{node.name}_index")
    model.node("ArgMax", [model.value(node.inputs[0])], index, axis=-1, keepdims=0)
    return Tensor(model.node("Cast", [index], node.name, to=int(TensorProto.FLOAT)))


EMITTERS: Mapping[str, Emitter] = MappingProxyType(
    {
        "add": emit_pair,
        "arg_max": emit_arg_max,
        "cast": emit_cast,
        "concat": emit_concat,
        "conv": emit_conv,
        "input": emit_input,
        "lookup": emit_lookup,
        "mat_mul": emit_mat_mul,
        "max": emit_pair,
        "max_pool": emit_max_pool,
        "min": emit_pair,
        "mul": emit_pair,
        "pad": emit_pad,
        "relu": emit_relu,
        "repeat": emit_repeat,
        "reshape": emit_reshape,
        "scale": emit_scale,
        "slice": emit_slice,
        "sum_pool": emit_sum_pool,
        "transpose": emit_transpose,
    }
)
"""By op name; constants need none, they are part of the ops that read them."""


def _conv(model: Model, name: str, op: Conv, kernel: tuple[int, ...], inputs: list[str]) -> str:
    return model.node(
        "Conv",
        inputs,
        model.output_name(name, FIRST),
        kernel_shape=kernel,
        strides=op.strides,
        pads=_pads(op.padding),
        dilations=op.dilation,
        group=op.groups,
    )


def _pads(padding: tuple[tuple[int, int], ...]) -> tuple[int, ...]:
    """ONNX's order: all befores, then all afters."""
    return (*(before for before, _ in padding), *(after for _, after in padding))
