"""Slice: a regular part."""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.ops._moving import axes_of, kept_tensor
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.onnx.units import preferred_if_scalar, unit_moved
from edgeml.ir import Node
from edgeml.ir.ops.slice import Slice

result_unit, input_unit = unit_moved, preferred_if_scalar


def emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    """A regular part."""
    op = node.as_op(Slice)
    tensor, layout = kept_tensor(model, node, step)
    order = axes_of(layout, len(op.starts))
    parts = [
        model.writer.shared_constant(np.array([values[axis] for axis in order], np.int64), "/slice")
        for values in (op.starts, op.stops)
    ]
    axes = model.writer.shared_constant(np.arange(1, len(order) + 1), "/axes")
    steps = model.writer.shared_constant(np.array([op.steps[axis] for axis in order], np.int64), "/steps")
    tensor = model.writer.new_node("Slice", [tensor, *parts, axes, steps], node.name)
    return ScaledTensor(tensor, step.unit, step.double, layout)
