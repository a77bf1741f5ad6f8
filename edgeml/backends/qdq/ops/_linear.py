"""MatMul and Conv: integer weights behind DequantizeLinear, and the bias in int32 at the products' LSB."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.onnx.stored import bias_at_products
from edgeml.backends.qdq.quantizing import bias_tensor
from edgeml.ir import Node
from edgeml.ir.layout import Layout


def with_bias(
    model: ExactModel,
    node: Node,
    step: CarrierStep,
    layout: Layout,
    product: Callable[[Sequence[str], str], str],
) -> ScaledTensor:
    """A product with the bias of the Add that it is fused with, if it is.

    Integer kernels start their sums with the bias and take it for a multiple of the products' LSB; a
    finer one is added to a float.

    Args:
        model: where to add it.
        node: the product, or the Add.
        step: of the node.
        layout: of the result.
        product: adds the product, given the bias if it has one (a list of none or one) and the result's name.
    """
    if step.fused is None:
        return ScaledTensor(product([], node.name), 0, False, layout)
    bias = node.inputs[1]
    at_products = bias_at_products(model.graph, step.fused, bias)
    if at_products is not None:
        tensor = bias_tensor(model, *at_products, f"{node.layer}/bias")
        return ScaledTensor(product([tensor], node.name), 0, False, layout)
    operands = [product([], f"{node.name}/product"), model.fetch(bias, 0, False, layout, _rank(model, node))]
    return ScaledTensor(model.writer.new_node("Add", operands, node.name), 0, False, layout)


def _rank(model: ExactModel, node: Node) -> int:
    return len(model.shape(node.name))
