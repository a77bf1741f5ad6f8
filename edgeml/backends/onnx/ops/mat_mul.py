"""MatMul: a product whose power of two lies in the weights, with its bias if it has one."""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.ops._linear import bias_constant, column_units, source_unit
from edgeml.backends.onnx.plan import Step
from edgeml.backends.onnx.terms import Term, Terms
from edgeml.ir import Node
from edgeml.ir.layout import LAST, Order, arrange

_KEPT = (Order.LAST, Order.FLAT)


def emit(terms: Terms, node: Node, step: Step) -> Term:
    """A matrix product, with its bias if it has one."""
    linear = step.fused or node
    source, weight = linear.inputs
    x = terms.terms[source]
    layout = x.layout if x.layout.order in _KEPT else LAST
    unit = source_unit(terms, source)
    tensor = terms.fetch(source, unit, step.double, layout)
    size, columns = terms.shape(weight)
    rows = np.broadcast_to(np.asarray(unit, np.int64).reshape(-1), (size,))
    info = terms.graph.info(weight)
    exponents = column_units(step, columns)[np.newaxis] - rows[:, np.newaxis]
    matrix = terms.scaled(terms.plan.constants[weight], info.type.frac, exponents, step.double, node.name)
    if layout.order is Order.FLAT:
        matrix = matrix[arrange(np.arange(size), (size,), layout)]
    constant = terms.writer.shared_constant(matrix, f"{linear.layer}/weight")
    if step.fused is None:
        return Term(terms.writer.new_node("MatMul", [tensor, constant], node.name), step.unit, step.double)
    bias = bias_constant(terms, node, step)
    return Term(terms.writer.new_node("Gemm", [tensor, constant, bias], node.name), step.unit, step.double)
