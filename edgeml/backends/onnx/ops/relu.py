"""Relu: the larger of the value and zero."""

from __future__ import annotations

from edgeml.backends.onnx.plan import Step
from edgeml.backends.onnx.terms import Term, Terms
from edgeml.ir import Node


def emit(terms: Terms, node: Node, step: Step) -> Term:
    """The larger of the value and zero."""
    x = terms.terms[node.inputs[0]]
    return Term(terms.writer.new_node("Relu", [x.tensor], node.name), step.unit, x.double, x.layout)
