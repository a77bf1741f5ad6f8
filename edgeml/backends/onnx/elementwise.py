"""Add, Mul, Max, Min, Relu and Lookup: element by element, in the layout the inputs have."""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.plan import Step
from edgeml.backends.onnx.terms import Term, Terms
from edgeml.ir import Node
from edgeml.ir.layout import FIRST, LAST, Layout

_OPERATORS = {"add": "Add", "max": "Max", "min": "Min", "mul": "Mul"}


def emit_pair(terms: Terms, node: Node, step: Step) -> Term:
    """An Add, Max or Min: both operands in the result's unit."""
    layout, rank = _layout(terms, node), len(terms.shape(node.name))
    operands = [terms.fetch(name, step.unit, step.double, layout, rank) for name in node.inputs]
    tensor = terms.writer.node(_OPERATORS[node.op.op_name()], operands, node.name)
    return Term(tensor, step.unit, step.double, layout)


def emit_mul(terms: Terms, node: Node, step: Step) -> Term:
    """A product: the units add up, and a constant operand takes the one that is left."""
    layout, rank = _layout(terms, node), len(terms.shape(node.name))
    variable = [terms.terms[name].unit for name in node.inputs if not terms.constant(name)]
    rest = np.asarray(step.unit) - variable[0]
    operands = [
        terms.fetch(name, rest if terms.constant(name) else terms.terms[name].unit, step.double, layout, rank)
        for name in node.inputs
    ]
    return Term(terms.writer.node("Mul", operands, node.name), step.unit, step.double, layout)


def emit_relu(terms: Terms, node: Node, step: Step) -> Term:
    """The larger of the value and zero."""
    x = terms.terms[node.inputs[0]]
    return Term(terms.writer.node("Relu", [x.tensor], node.name), step.unit, x.double, x.layout)


def emit_lookup(terms: Terms, node: Node, step: Step) -> Term:
    """Gather: a negative code counts from the end of the table, so that end holds the negative half."""
    from onnx import TensorProto

    source, table = node.inputs
    info, entries = terms.graph.info(source), terms.graph.info(table)
    x = terms.terms[source]
    codes = terms.fetch(source, info.frac, x.double, x.layout)
    index = terms.writer.node("Cast", [codes], f"{node.name}/index", to=int(TensorProto.INT32))
    codes_of = np.arange(entries.size) + info.scalar.lo
    reached = (codes_of >= info.lo.min()) & (codes_of <= info.hi.max())
    # An entry that is never read may be too wide for the carrier.
    rolled = np.roll(np.where(reached, terms.plan.constants[table], 0), info.scalar.lo)
    values = terms.scaled(rolled, entries.type.frac, step.unit, step.double, node.name)
    constant = terms.writer.constant(values, f"{node.layer}/table")
    tensor = terms.writer.node("Gather", [constant, index], node.name, axis=0)
    return Term(tensor, step.unit, step.double, x.layout)


def _layout(terms: Terms, node: Node) -> Layout:
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
