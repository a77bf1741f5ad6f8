"""MaxPool: the maximum of each window."""

from __future__ import annotations

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.ops._linear import onnx_pads
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.onnx.units import channel_unit_of_input, preferred_if_per_channel
from edgeml.ir import Node
from edgeml.ir.layout import FIRST
from edgeml.ir.ops.max_pool import MaxPool

result_unit, input_unit = channel_unit_of_input, preferred_if_per_channel


def emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    """The maximum of each window; padding counts as minus infinity."""
    op = node.as_op(MaxPool)
    tensor = model.fetch(node.inputs[0], step.unit, step.double, FIRST)
    tensor = model.writer.new_node(
        "MaxPool",
        [tensor],
        node.name,
        kernel_shape=op.pool,
        strides=op.strides,
        pads=onnx_pads(op.padding),
    )
    return ScaledTensor(tensor, step.unit, step.double, FIRST)
