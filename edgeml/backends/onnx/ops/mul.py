"""Mul: the units add up."""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.ops._pair import common_layout
from edgeml.backends.onnx.plan import Step
from edgeml.backends.onnx.terms import Term, Terms
from edgeml.ir import Node


def emit(terms: Terms, node: Node, step: Step) -> Term:
    """A product: the units add up, and a constant operand takes the one that is left."""
    layout, rank = common_layout(terms, node), len(terms.shape(node.name))
    variable = [terms.terms[name].unit for name in node.inputs if not terms.constant(name)]
    rest = np.asarray(step.unit) - variable[0]
    operands = [
        terms.fetch(name, rest if terms.constant(name) else terms.terms[name].unit, step.double, layout, rank)
        for name in node.inputs
    ]
    return Term(terms.writer.new_node("Mul", operands, node.name), step.unit, step.double, layout)
