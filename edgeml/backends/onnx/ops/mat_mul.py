"""MatMul: a product whose power of two lies in the weights, with its bias if it has one."""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.ops._linear import bias_constant, column_units, source_unit
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.onnx.units import any_unit, preferred_or_lsb
from edgeml.ir import Node
from edgeml.ir.layout import LAST, Order, arrange

_CHANNELS_LAST = (Order.LAST, Order.FLAT)

result_unit, input_unit = preferred_or_lsb, any_unit


def emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    """A matrix product, with its bias if it has one."""
    linear = step.fused or node
    source, weight = linear.inputs
    x = model.tensors[source]
    layout = x.layout if x.layout.order in _CHANNELS_LAST else LAST
    unit = source_unit(model, source)
    tensor = model.fetch(source, unit, step.double, layout)
    size, columns = model.shape(weight)
    rows = np.broadcast_to(np.asarray(unit, np.int64).reshape(-1), (size,))
    info = model.graph.info(weight)
    exponents = column_units(step, columns)[np.newaxis] - rows[:, np.newaxis]
    matrix = model.scaled(model.plan.constants[weight], info.type.frac, exponents, step.double, node.name)
    if layout.order is Order.FLAT:
        matrix = matrix[arrange(np.arange(size), (size,), layout)]
    constant = model.writer.shared_constant(matrix, f"{linear.layer}/weight")
    if step.fused is None:
        return ScaledTensor(
            model.writer.new_node("MatMul", [tensor, constant], node.name), step.unit, step.double
        )
    bias = bias_constant(model, node, step)
    return ScaledTensor(
        model.writer.new_node("Gemm", [tensor, constant, bias], node.name), step.unit, step.double
    )
