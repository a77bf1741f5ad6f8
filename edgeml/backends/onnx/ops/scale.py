"""Scale: only the unit changes."""

from __future__ import annotations

from edgeml.backends.onnx.plan import Step
from edgeml.backends.onnx.terms import Term, Terms
from edgeml.ir import Node


def emit(terms: Terms, node: Node, step: Step) -> Term:
    """Nothing: the tensor stays and its unit changes."""
    x = terms.terms[node.inputs[0]]
    return Term(x.tensor, step.unit, x.double, x.layout)
