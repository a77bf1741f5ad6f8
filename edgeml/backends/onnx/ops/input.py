"""Input: floats as they come from outside, rounded to codes."""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.ops._casting import Job, clip_bounds, quantized
from edgeml.backends.onnx.plan import Step
from edgeml.backends.onnx.terms import Term, Terms
from edgeml.ir import Node
from edgeml.ir.layout import LAST
from edgeml.ir.ops.input import Input


def emit(terms: Terms, node: Node, step: Step) -> Term:
    """Floats as they come from outside, rounded to codes; codes * LSB pass through unchanged."""
    op = node.op
    assert isinstance(op, Input)
    tensor = node.name
    if step.double and node.name not in terms.plan.wide:
        tensor = terms.to_float(tensor, double=True)
    if np.any(np.asarray(op.type.frac) != 0):
        unit = np.asarray(op.type.frac, np.int64)
        factor = terms.scaled(np.ones_like(unit), 0, unit, step.double, node.name)
        constant = terms.spread(factor, op.shape, LAST, f"{node.name}/factor")
        tensor = terms.writer.new_node("Mul", [tensor, constant], f"{node.name}/scaled")
    bounds = clip_bounds(op.type, op.overflow)
    job = Job(node.name, op.shape, LAST, step.double, op.type, bounds, True, True, True)
    tensor = quantized(terms, tensor, op.rounding, op.overflow, job)
    if step.double and not step.result_double:
        tensor = terms.to_float(tensor, double=False)
    return Term(tensor, step.unit, step.result_double)
