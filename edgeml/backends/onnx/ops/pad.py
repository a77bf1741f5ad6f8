"""Pad: zeros before and after the elements of an axis."""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.ops._moving import axes_of, kept_tensor
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.onnx.units import preferred_if_scalar, unit_of_joined
from edgeml.ir import Node
from edgeml.ir.ops.pad import Pad

result_unit, input_unit = unit_of_joined, preferred_if_scalar


def emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    """Zeros before and after, in the order of the tensor's axes."""
    op = node.as_op(Pad)
    tensor, layout = kept_tensor(model, node, step)
    order = axes_of(layout, len(op.padding))
    pads = [0, *(op.padding[a][0] for a in order), 0, *(op.padding[a][1] for a in order)]
    constant = model.writer.shared_constant(np.array(pads, np.int64), "/pads")
    return ScaledTensor(
        model.writer.new_node("Pad", [tensor, constant], node.name), step.unit, step.double, layout
    )
