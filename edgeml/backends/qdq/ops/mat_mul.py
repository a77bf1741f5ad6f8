"""MatMul: a Gemm of integers if it has a bias, else a MatMul."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.onnx.stored import StoredWeights, weights_of
from edgeml.backends.qdq.ops._linear import with_bias
from edgeml.backends.qdq.quantizing import weights_tensor
from edgeml.ir import Node
from edgeml.ir.layout import LAST, Order, arrange


def emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    """A matrix product with dequantized weights, with its bias if it has one."""
    linear = step.fused or node
    source, weight = linear.inputs
    x = model.tensors[source]
    layout = x.layout if x.layout.order in (Order.LAST, Order.FLAT) else LAST
    tensor = model.fetch(source, 0, False, layout)
    weights = weights_of(model.graph, linear)
    if layout.order is Order.FLAT:
        size = model.shape(weight)[0]
        rows = arrange(np.arange(size), (size,), layout)
        weights = StoredWeights(weights.codes[rows], weights.frac)
    operands = [tensor, weights_tensor(model, source, weights, 1, f"{linear.layer}/weight")]

    def product(bias: Sequence[str], name: str) -> str:
        return model.writer.new_node("Gemm" if bias else "MatMul", [*operands, *bias], name)

    return with_bias(model, node, step, LAST, product)
