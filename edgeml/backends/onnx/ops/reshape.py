"""Reshape: a new shape."""

from __future__ import annotations

from edgeml.backends.onnx.plan import Step
from edgeml.backends.onnx.terms import Term, Terms
from edgeml.ir import Node
from edgeml.ir.layout import FIRST, LAST, Layout, Order, trivial


def emit(terms: Terms, node: Node, step: Step) -> Term:
    """A new shape; flattening a channels-first value leaves its elements where they are."""
    (source,) = node.inputs
    x, before, after = terms.terms[source], terms.shape(source), terms.shape(node.name)
    unit = x.unit
    if x.layout == FIRST and len(after) == 1 and not trivial(before):
        tensor = terms.reshape(x.tensor, after, node.name)
        return Term(tensor, step.unit, x.double, Layout(Order.FLAT, before))
    if x.layout == FIRST and trivial(before):
        return Term(terms.reshape(x.tensor, after, node.name), step.unit, x.double)
    tensor = terms.fetch(source, unit, x.double, LAST)
    return Term(terms.reshape(tensor, after, node.name), step.unit, x.double)
