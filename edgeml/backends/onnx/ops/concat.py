"""Concat: side by side, in one unit and one layout."""

from __future__ import annotations

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.ops._moving import axes_of
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.onnx.units import preferred_if_scalar, unit_of_joined
from edgeml.ir import Node
from edgeml.ir.layout import FIRST, LAST
from edgeml.ir.ops.concat import Concat

result_unit, input_unit = unit_of_joined, preferred_if_scalar


def emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    """Side by side, in one unit and one layout."""
    op = node.as_op(Concat)
    rank = len(model.shape(node.name))
    layouts = [model.tensors[name].layout for name in node.inputs if not model.constant(name)]
    layout = FIRST if all(layout == FIRST for layout in layouts) else LAST
    tensors: list[str] = []
    for name in node.inputs:
        tensor = model.fetch(name, step.unit, step.double, layout)
        if model.constant(name):
            shape = tuple(model.shape(name)[axis] for axis in axes_of(layout, rank))
            tensor = model.batch(tensor, shape, name)
        tensors.append(tensor)
    axis = axes_of(layout, rank).index(op.axis) + 1
    tensor = model.writer.new_node("Concat", tensors, node.name, axis=axis)
    return ScaledTensor(tensor, step.unit, step.double, layout)
