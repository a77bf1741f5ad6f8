"""ArgMax: the index as a float."""

from __future__ import annotations

from edgeml.backends.onnx.plan import Step
from edgeml.backends.onnx.terms import Term, Terms
from edgeml.ir import Node
from edgeml.ir.layout import LAST


def emit(terms: Terms, node: Node, step: Step) -> Term:
    """The first position of the maximum along the last axis, as a float."""
    (source,) = node.inputs
    x = terms.terms[source]
    unit = x.unit if isinstance(x.unit, int) else terms.graph.info(source).frac
    tensor = terms.fetch(source, unit, x.double, LAST)
    index = terms.writer.new_node("ArgMax", [tensor], f"{node.name}/index", axis=-1, keepdims=0)
    return Term(terms.to_float(index, double=False), step.unit, False)
