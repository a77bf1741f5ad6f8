"""Lookup: a Gather from the table."""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.plan import Step
from edgeml.backends.onnx.terms import Term, Terms
from edgeml.ir import Node


def emit(terms: Terms, node: Node, step: Step) -> Term:
    """Gather: a negative code counts from the end of the table, so that end holds the negative half."""
    from onnx import TensorProto

    source, table = node.inputs
    info, entries = terms.graph.info(source), terms.graph.info(table)
    x = terms.terms[source]
    codes = terms.fetch(source, info.frac, x.double, x.layout)
    index = terms.writer.new_node("Cast", [codes], f"{node.name}/index", to=int(TensorProto.INT32))
    codes_of = np.arange(entries.size) + info.scalar.lo
    reached = (codes_of >= info.lo.min()) & (codes_of <= info.hi.max())
    # An entry that is never read may be too wide for the carrier.
    rolled = np.roll(np.where(reached, terms.plan.constants[table], 0), info.scalar.lo)
    values = terms.scaled(rolled, entries.type.frac, step.unit, step.double, node.name)
    constant = terms.writer.shared_constant(values, f"{node.layer}/table")
    tensor = terms.writer.new_node("Gather", [constant, index], node.name, axis=0)
    return Term(tensor, step.unit, step.double, x.layout)
