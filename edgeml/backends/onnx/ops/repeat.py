"""Repeat: a Gather with repeated indices."""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.ops._moving import axes_of, kept_tensor
from edgeml.backends.onnx.plan import Step
from edgeml.backends.onnx.terms import Term, Terms
from edgeml.ir import Node
from edgeml.ir.ops.repeat import Repeat


def emit(terms: Terms, node: Node, step: Step) -> Term:
    """Each slice several times: a Gather with repeated indices."""
    op = node.op
    assert isinstance(op, Repeat)
    tensor, layout = kept_tensor(terms, node, step)
    shape = terms.shape(node.inputs[0])
    index = terms.writer.shared_constant(np.repeat(np.arange(shape[op.axis]), op.times), "/index")
    axis = axes_of(layout, len(shape)).index(op.axis) + 1
    tensor = terms.writer.new_node("Gather", [tensor, index], node.name, axis=axis)
    return Term(tensor, step.unit, step.double, layout)
