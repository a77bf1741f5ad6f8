"""Transpose: axes in another order."""

from __future__ import annotations

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.onnx.units import preferred_if_scalar, unit_moved
from edgeml.ir import Node
from edgeml.ir.layout import FIRST, LAST
from edgeml.ir.ops.transpose import Transpose

result_unit, input_unit = unit_moved, preferred_if_scalar


def emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    """Axes in another order, counted from where they lie now."""
    op = node.as_op(Transpose)
    (source,) = node.inputs
    x, rank = model.tensors[source], len(op.order)
    if x.layout == FIRST:
        axes = tuple(0 if axis == rank - 1 else axis + 1 for axis in op.order)
        return ScaledTensor(model.transpose(x.tensor, axes, node.name), step.unit, x.double)
    tensor = model.fetch(source, x.unit, x.double, LAST)
    return ScaledTensor(model.transpose(tensor, op.order, node.name), step.unit, x.double)
