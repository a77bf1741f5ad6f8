"""Conv: channels first, with dequantized weights and its bias if it has one."""

from __future__ import annotations

from collections.abc import Sequence

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.ops._linear import conv_node
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.onnx.stored import StoredWeights, weights_of
from edgeml.backends.qdq.ops._linear import with_bias
from edgeml.backends.qdq.quantizing import weights_tensor
from edgeml.ir import Node
from edgeml.ir.layout import FIRST
from edgeml.ir.ops.conv import Conv


def emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    """A convolution of integers."""
    linear = step.fused or node
    source, weight = linear.inputs
    op, stored = linear.as_op(Conv), weights_of(model.graph, linear)
    rank = len(op.strides)
    kernel = StoredWeights(stored.codes.transpose(rank + 1, rank, *range(rank)), stored.frac)
    operands = [
        model.fetch(source, 0, False, FIRST),
        weights_tensor(model, source, kernel, 0, f"{linear.layer}/weight"),
    ]

    def product(bias: Sequence[str], name: str) -> str:
        return conv_node(model, op, model.shape(weight), [*operands, *bias], name)

    return with_bias(model, node, step, FIRST, product)
