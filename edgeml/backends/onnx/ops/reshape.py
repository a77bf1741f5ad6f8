"""Reshape: a new shape."""

from __future__ import annotations

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.onnx.units import preferred_if_scalar, unit_moved
from edgeml.ir import Node
from edgeml.ir.layout import FIRST, LAST, Layout, Order, trivial

result_unit, input_unit = unit_moved, preferred_if_scalar


def emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    """A new shape; flattening a channels-first value leaves its elements where they are."""
    (source,) = node.inputs
    x, before, after = model.tensors[source], model.shape(source), model.shape(node.name)
    unit = x.unit
    if x.layout == FIRST and len(after) == 1 and not trivial(before):
        tensor = model.reshape(x.tensor, after, node.name)
        return ScaledTensor(tensor, step.unit, x.double, Layout(Order.FLAT, before))
    if x.layout == FIRST and trivial(before):
        return ScaledTensor(model.reshape(x.tensor, after, node.name), step.unit, x.double)
    tensor = model.fetch(source, unit, x.double, LAST)
    return ScaledTensor(model.reshape(tensor, after, node.name), step.unit, x.double)
