"""Concat: side by side, in one unit and one layout."""

from __future__ import annotations

from edgeml.backends.onnx.ops._moving import axes_of
from edgeml.backends.onnx.plan import Step
from edgeml.backends.onnx.terms import Term, Terms
from edgeml.ir import Node
from edgeml.ir.layout import FIRST, LAST
from edgeml.ir.ops.concat import Concat


def emit(terms: Terms, node: Node, step: Step) -> Term:
    """Side by side, in one unit and one layout."""
    op = node.op
    assert isinstance(op, Concat)
    rank = len(terms.shape(node.name))
    layouts = [terms.terms[name].layout for name in node.inputs if not terms.constant(name)]
    layout = FIRST if all(layout == FIRST for layout in layouts) else LAST
    tensors: list[str] = []
    for name in node.inputs:
        tensor = terms.fetch(name, step.unit, step.double, layout)
        if terms.constant(name):
            shape = tuple(terms.shape(name)[axis] for axis in axes_of(layout, rank))
            tensor = terms.batch(tensor, shape, name)
        tensors.append(tensor)
    axis = axes_of(layout, rank).index(op.axis) + 1
    tensor = terms.writer.new_node("Concat", tensors, node.name, axis=axis)
    return Term(tensor, step.unit, step.double, layout)
