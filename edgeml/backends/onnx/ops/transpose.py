"""Transpose: axes in another order."""

from __future__ import annotations

from edgeml.backends.onnx.plan import Step
from edgeml.backends.onnx.terms import Term, Terms
from edgeml.ir import Node
from edgeml.ir.layout import FIRST, LAST
from edgeml.ir.ops.transpose import Transpose


def emit(terms: Terms, node: Node, step: Step) -> Term:
    """Axes in another order, counted from where they lie now."""
    op = node.op
    assert isinstance(op, Transpose)
    (source,) = node.inputs
    x, rank = terms.terms[source], len(op.order)
    if x.layout == FIRST:
        axes = tuple(0 if axis == rank - 1 else axis + 1 for axis in op.order)
        return Term(terms.transpose(x.tensor, axes, node.name), step.unit, x.double)
    tensor = terms.fetch(source, x.unit, x.double, LAST)
    return Term(terms.transpose(tensor, op.order, node.name), step.unit, x.double)
