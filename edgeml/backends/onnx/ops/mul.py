"""Mul: the units add up."""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.ops._pair import common_layout
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.onnx.units import Unit, UnitSite, any_unit
from edgeml.ir import Node

input_unit = any_unit


def result_unit(at: UnitSite) -> Unit:
    """The units of two values add up; a constant takes up any unit."""
    if len(at.inputs) == 2:
        return np.asarray(at.inputs[0]) + at.inputs[1]
    return at.info.frac if at.preferred is None else at.preferred


def emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    """A product: the units add up, and a constant operand takes the one that is left."""
    layout, rank = common_layout(model, node), len(model.shape(node.name))
    variable = [model.tensors[name].unit for name in node.inputs if not model.constant(name)]
    rest = np.asarray(step.unit) - variable[0]
    operands = [
        model.fetch(
            name, rest if model.constant(name) else model.tensors[name].unit, step.double, layout, rank
        )
        for name in node.inputs
    ]
    return ScaledTensor(model.writer.new_node("Mul", operands, node.name), step.unit, step.double, layout)
