"""MaxPool: the maximum of each window."""

from __future__ import annotations

from edgeml.backends.onnx.plan import Step
from edgeml.backends.onnx.terms import Term, Terms
from edgeml.ir import Node
from edgeml.ir.layout import FIRST
from edgeml.ir.ops.max_pool import MaxPool


def emit(terms: Terms, node: Node, step: Step) -> Term:
    """The maximum of each window; padding never wins."""
    op = node.op
    assert isinstance(op, MaxPool)
    tensor = terms.fetch(node.inputs[0], step.unit, step.double, FIRST)
    tensor = terms.writer.new_node(
        "MaxPool",
        [tensor],
        node.name,
        kernel_shape=op.pool,
        strides=op.strides,
        pads=(*(before for before, _ in op.padding), *(after for _, after in op.padding)),
    )
    return Term(tensor, step.unit, step.double, FIRST)
