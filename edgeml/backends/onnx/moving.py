"""Ops that move or choose elements: max pooling, reshape, transpose, slice, pad, concat, repeat, arg max."""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.plan import Step
from edgeml.backends.onnx.terms import Term, Terms
from edgeml.ir import Node
from edgeml.ir.layout import FIRST, LAST, Layout, Order, trivial
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.pad import Pad
from edgeml.ir.ops.repeat import Repeat
from edgeml.ir.ops.slice import Slice
from edgeml.ir.ops.transpose import Transpose


def emit_max_pool(terms: Terms, node: Node, step: Step) -> Term:
    """The maximum of each window; padding never wins."""
    op = node.op
    assert isinstance(op, MaxPool)
    tensor = terms.fetch(node.inputs[0], step.unit, step.double, FIRST)
    tensor = terms.writer.node(
        "MaxPool",
        [tensor],
        node.name,
        kernel_shape=op.pool,
        strides=op.strides,
        pads=(*(before for before, _ in op.padding), *(after for _, after in op.padding)),
    )
    return Term(tensor, step.unit, step.double, FIRST)


def emit_scale(terms: Terms, node: Node, step: Step) -> Term:
    """Nothing: the tensor stays and its unit changes."""
    x = terms.terms[node.inputs[0]]
    return Term(x.tensor, step.unit, x.double, x.layout)


def emit_reshape(terms: Terms, node: Node, step: Step) -> Term:
    """A new shape; flattening a channels-first value leaves its elements where they are."""
    (source,) = node.inputs
    x, before, after = terms.terms[source], terms.shape(source), terms.shape(node.name)
    unit = x.unit
    if x.layout == FIRST and len(after) == 1 and not trivial(before):
        tensor = terms.reshape(x.tensor, after, node.name)
        return Term(tensor, step.unit, x.double, Layout(Order.FLAT, before))
    if x.layout == FIRST and trivial(before):
        return Term(terms.reshape(x.tensor, after, node.name), step.unit, x.double)
    tensor = terms.fetch(source, unit, x.double, LAST)
    return Term(terms.reshape(tensor, after, node.name), step.unit, x.double)


def emit_transpose(terms: Terms, node: Node, step: Step) -> Term:
    """Axes in another order, counted from where they lie now."""
    op = node.op
    assert isinstance(op, Transpose)
    (source,) = node.inputs
    x, rank = terms.terms[source], len(op.order)
    if x.layout == FIRST:
        axes = tuple(0 if axis == rank - 1 else axis + 1 for axis in op.order)
        return Term(terms.transpose(x.tensor, axes, node.name), step.unit, x.double)
    tensor = terms.fetch(source, x.unit, x.double, LAST)
    return Term(terms.transpose(tensor, op.order, node.name), step.unit, x.double)


def emit_slice(terms: Terms, node: Node, step: Step) -> Term:
    """A regular part."""
    op = node.op
    assert isinstance(op, Slice)
    tensor, layout = _kept(terms, node, step)
    order = _axes(layout, len(op.starts))
    parts = [
        terms.writer.constant(np.array([values[axis] for axis in order], np.int64), "/slice")
        for values in (op.starts, op.stops)
    ]
    axes = terms.writer.constant(np.arange(1, len(order) + 1), "/axes")
    steps = terms.writer.constant(np.array([op.steps[axis] for axis in order], np.int64), "/steps")
    tensor = terms.writer.node("Slice", [tensor, *parts, axes, steps], node.name)
    return Term(tensor, step.unit, step.double, layout)


def emit_pad(terms: Terms, node: Node, step: Step) -> Term:
    """Zeros around."""
    op = node.op
    assert isinstance(op, Pad)
    tensor, layout = _kept(terms, node, step)
    order = _axes(layout, len(op.padding))
    pads = [0, *(op.padding[a][0] for a in order), 0, *(op.padding[a][1] for a in order)]
    constant = terms.writer.constant(np.array(pads, np.int64), "/pads")
    return Term(terms.writer.node("Pad", [tensor, constant], node.name), step.unit, step.double, layout)


def emit_repeat(terms: Terms, node: Node, step: Step) -> Term:
    """Each slice several times: a Gather with repeated indices."""
    op = node.op
    assert isinstance(op, Repeat)
    tensor, layout = _kept(terms, node, step)
    shape = terms.shape(node.inputs[0])
    index = terms.writer.constant(np.repeat(np.arange(shape[op.axis]), op.times), "/index")
    axis = _axes(layout, len(shape)).index(op.axis) + 1
    tensor = terms.writer.node("Gather", [tensor, index], node.name, axis=axis)
    return Term(tensor, step.unit, step.double, layout)


def emit_concat(terms: Terms, node: Node, step: Step) -> Term:
    """Side by side, in one unit and one layout."""
    op = node.op
    assert isinstance(op, Concat)
    rank = len(terms.shape(node.name))
    layouts = [terms.terms[name].layout for name in node.inputs if not terms.constant(name)]
    layout = FIRST if all(layout == FIRST for layout in layouts) else LAST
    tensors: list[str] = []
    for name in node.inputs:
        tensor = terms.fetch(name, step.unit, step.double, layout)
        if terms.constant(name):
            shape = tuple(terms.shape(name)[axis] for axis in _axes(layout, rank))
            tensor = terms.batch(tensor, shape, name)
        tensors.append(tensor)
    axis = _axes(layout, rank).index(op.axis) + 1
    tensor = terms.writer.node("Concat", tensors, node.name, axis=axis)
    return Term(tensor, step.unit, step.double, layout)


def emit_arg_max(terms: Terms, node: Node, step: Step) -> Term:
    """The first position of the maximum along the last axis, as a float."""
    (source,) = node.inputs
    x = terms.terms[source]
    unit = x.unit if isinstance(x.unit, int) else terms.graph.info(source).frac
    tensor = terms.fetch(source, unit, x.double, LAST)
    index = terms.writer.node("ArgMax", [tensor], f"{node.name}/index", axis=-1, keepdims=0)
    return Term(terms.to_float(index, double=False), step.unit, False)


def _kept(terms: Terms, node: Node, step: Step) -> tuple[str, Layout]:
    """The input in the carrier of the step, channels first if that is how it lies."""
    (source,) = node.inputs
    x = terms.terms[source]
    layout = x.layout if x.layout == FIRST else LAST
    before = x.unit if not isinstance(step.unit, int) else step.unit
    return terms.fetch(source, before, step.double, layout), layout


def _axes(layout: Layout, rank: int) -> list[int]:
    """The graph's axis at each axis of the tensor behind the batch."""
    return [rank - 1, *range(rank - 1)] if layout == FIRST else list(range(rank))
