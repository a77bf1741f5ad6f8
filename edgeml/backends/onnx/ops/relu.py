"""Relu: the larger of the value and zero."""

from __future__ import annotations

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.onnx.units import preferred_unit, unit_of_input
from edgeml.ir import Node

result_unit, input_unit = unit_of_input, preferred_unit


def emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    """The larger of the value and zero."""
    x = model.tensors[node.inputs[0]]
    return ScaledTensor(model.writer.new_node("Relu", [x.tensor], node.name), step.unit, x.double, x.layout)
