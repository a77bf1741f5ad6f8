"""Repeat: a Gather with repeated indices."""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.ops._moving import axes_of, kept_tensor
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.onnx.units import preferred_if_scalar, unit_moved
from edgeml.ir import Node
from edgeml.ir.ops.repeat import Repeat

result_unit, input_unit = unit_moved, preferred_if_scalar


def emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    """Each slice several times: a Gather with repeated indices."""
    op = node.as_op(Repeat)
    tensor, layout = kept_tensor(model, node, step)
    shape = model.shape(node.inputs[0])
    index = model.writer.shared_constant(np.repeat(np.arange(shape[op.axis]), op.times), "/index")
    axis = axes_of(layout, len(shape)).index(op.axis) + 1
    tensor = model.writer.new_node("Gather", [tensor, index], node.name, axis=axis)
    return ScaledTensor(tensor, step.unit, step.double, layout)
