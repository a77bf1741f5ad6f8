"""Pad: zeros around."""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.ops._moving import axes_of, kept_tensor
from edgeml.backends.onnx.plan import Step
from edgeml.backends.onnx.terms import Term, Terms
from edgeml.ir import Node
from edgeml.ir.ops.pad import Pad


def emit(terms: Terms, node: Node, step: Step) -> Term:
    """Zeros around."""
    op = node.op
    assert isinstance(op, Pad)
    tensor, layout = kept_tensor(terms, node, step)
    order = axes_of(layout, len(op.padding))
    pads = [0, *(op.padding[a][0] for a in order), 0, *(op.padding[a][1] for a in order)]
    constant = terms.writer.shared_constant(np.array(pads, np.int64), "/pads")
    return Term(terms.writer.new_node("Pad", [tensor, constant], node.name), step.unit, step.double, layout)
