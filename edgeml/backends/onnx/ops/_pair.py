"""What ops on two values share: the layout that both operands can have."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from edgeml.backends.onnx.plan import Step
from edgeml.backends.onnx.terms import Term, Terms
from edgeml.ir import Node
from edgeml.ir.layout import FIRST, LAST, Layout

Emitter: TypeAlias = Callable[[Terms, Node, Step], Term]


def emit_pair(operator: str) -> Emitter:
    """The emitter of a commutative op on two values: both operands in the result's unit."""

    def emit(terms: Terms, node: Node, step: Step) -> Term:
        layout, rank = common_layout(terms, node), len(terms.shape(node.name))
        operands = [terms.fetch(name, step.unit, step.double, layout, rank) for name in node.inputs]
        tensor = terms.writer.new_node(operator, operands, node.name)
        return Term(tensor, step.unit, step.double, layout)

    return emit


def common_layout(terms: Terms, node: Node) -> Layout:
    """The layout both operands can have: the one a variable has if its shape is the result's."""
    variable = [name for name in node.inputs if not terms.constant(name)]
    shape = terms.shape(node.name)
    layouts = [terms.terms[name].layout for name in variable]
    if any(len(terms.shape(name)) < len(shape) for name in variable):
        return LAST
    if any(layout == FIRST for layout in layouts):
        return FIRST
    same = all(layout == layouts[0] for layout in layouts)
    return layouts[0] if same and all(terms.shape(name) == shape for name in variable) else LAST
