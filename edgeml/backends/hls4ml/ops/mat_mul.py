"""MatMul: Dense for a vector, a pointwise convolution for more axes."""

from __future__ import annotations

import numpy as np

from edgeml.backends.hls4ml.layer import LayerConstant
from edgeml.backends.hls4ml.ops._convolution import convolution
from edgeml.backends.hls4ml.ops._linear import place, result_and_bias
from edgeml.backends.hls4ml.planner import CannotExpressError, Planner
from edgeml.ir import Node


def plan(node: Node, planner: Planner) -> None:
    """x (..., k) times w (k, n), with the bias that may follow."""
    x, w = node.inputs
    weights, shape = planner.constant(w), planner.shape(x)
    sizes = (weights.codes.shape[0], weights.codes.shape[1])
    last, bias = result_and_bias(node, planner, sizes[1])
    if len(shape) == 1:
        attributes = {"n_in": sizes[0], "n_out": sizes[1]}
        place(node, last, planner, "Dense", planner.source(x), weights, bias, attributes, sizes)
        return
    space = len(shape) - 1
    if space > 2:
        raise CannotExpressError(
            f"a product over an input of shape {shape}", "reshape it to at most three axes first"
        )
    kernel = LayerConstant(weights.codes[(np.newaxis,) * space], weights.type)
    convolution(node, last, planner, kernel, bias, (1,) * space, ((0, 0),) * space)
