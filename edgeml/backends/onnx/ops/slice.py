"""Slice: a regular part."""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.ops._moving import axes_of, kept_tensor
from edgeml.backends.onnx.plan import Step
from edgeml.backends.onnx.terms import Term, Terms
from edgeml.ir import Node
from edgeml.ir.ops.slice import Slice


def emit(terms: Terms, node: Node, step: Step) -> Term:
    """A regular part."""
    op = node.op
    assert isinstance(op, Slice)
    tensor, layout = kept_tensor(terms, node, step)
    order = axes_of(layout, len(op.starts))
    parts = [
        terms.writer.shared_constant(np.array([values[axis] for axis in order], np.int64), "/slice")
        for values in (op.starts, op.stops)
    ]
    axes = terms.writer.shared_constant(np.arange(1, len(order) + 1), "/axes")
    steps = terms.writer.shared_constant(np.array([op.steps[axis] for axis in order], np.int64), "/steps")
    tensor = terms.writer.new_node("Slice", [tensor, *parts, axes, steps], node.name)
    return Term(tensor, step.unit, step.double, layout)
