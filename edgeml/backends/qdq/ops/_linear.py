"""MatMul and Conv: integer weights behind DequantizeLinear, and the bias in int32 at the products' LSB."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.qdq.kinds import StoredWeights, stored_weights
from edgeml.backends.qdq.quantizing import bias_tensor
from edgeml.fixed import IntArray
from edgeml.ir import Graph, Node
from edgeml.ir.layout import Layout

_MOST_BIAS = 2**31 - 1


def weights_of(graph: Graph, linear: Node) -> StoredWeights:
    """The weights of a MatMul or Conv, columns last."""
    weight = linear.inputs[1]
    return stored_weights(graph.constants[weight], np.asarray(graph.info(weight).type.frac, np.int64))


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
    at_products = _bias_codes(model.graph, step.fused, bias)
    if at_products is not None:
        tensor = bias_tensor(model, *at_products, f"{node.layer}/bias")
        return ScaledTensor(product([tensor], node.name), 0, False, layout)
    operands = [product([], f"{node.name}/product"), model.fetch(bias, 0, False, layout, _rank(model, node))]
    return ScaledTensor(model.writer.new_node("Add", operands, node.name), 0, False, layout)


def _rank(model: ExactModel, node: Node) -> int:
    return len(model.shape(node.name))


def _bias_codes(graph: Graph, linear: Node, bias: str) -> tuple[IntArray, IntArray] | None:
    """Codes and fractional bits of a bias at the products' LSB; None if it is finer or beyond int32."""
    info, codes = graph.info(bias), graph.constants[bias]
    frac = weights_of(graph, linear).frac + graph.info(linear.inputs[0]).frac
    up = np.broadcast_to(frac - np.asarray(info.type.frac, np.int64), codes.shape)
    values = np.ldexp(codes.astype(np.float64), up.astype(np.int32))
    if np.any(values != np.rint(values)) or np.any(np.abs(values) > _MOST_BIAS):
        return None
    return values.astype(np.int64), frac
