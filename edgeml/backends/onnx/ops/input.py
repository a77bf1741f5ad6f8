"""Input: floats as they come from outside, rounded to codes."""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.ops._casting import OnnxCast, clip_bounds, emit_cast
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.onnx.units import Unit, UnitSite, any_unit
from edgeml.ir import Node
from edgeml.ir.layout import LAST
from edgeml.ir.ops.input import Input

input_unit = any_unit


def result_unit(at: UnitSite) -> Unit:
    """Units of the type's LSB: codes."""
    return at.info.type.frac


def emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    """Floats as they come from outside, rounded to codes; codes * LSB pass through unchanged."""
    op = node.as_op(Input)
    tensor = node.name
    if step.double and node.name not in model.plan.wide:
        tensor = model.to_float(tensor, double=True)
    if np.any(np.asarray(op.type.frac) != 0):
        unit = np.asarray(op.type.frac, np.int64)
        factor = model.scaled(np.ones_like(unit), 0, unit, step.double, node.name)
        constant = model.spread(factor, op.shape, LAST, f"{node.name}/factor")
        tensor = model.writer.new_node("Mul", [tensor, constant], f"{node.name}/scaled")
    bounds = clip_bounds(op.type, op.overflow)
    cast = OnnxCast(node.name, op.shape, LAST, step.double, op.type, bounds, True, True, True)
    tensor = emit_cast(model, tensor, op.rounding, op.overflow, cast)
    if step.double and not step.result_double:
        tensor = model.to_float(tensor, double=False)
    return ScaledTensor(tensor, step.unit, step.result_double)
