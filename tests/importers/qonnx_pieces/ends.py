"""Ends of a model: its logits, their probabilities, or the class."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from tests.importers.qonnx_pieces.net import End, Net


def finished(net: Net, end: End) -> tuple[End, int]:
    """The output and its type of elements."""
    kind = net.any_of("logits", "logits", "largest", "first", "softmax")
    if kind == "softmax" and not end.spatial:
        probabilities = net.node(net.any_of("Softmax", "LogSoftmax"), end.name, axis=1)
        return End(probabilities, end.shape), TensorProto.FLOAT
    if kind == "largest" and end.scale:
        keep = net.chance(0.5)
        name = net.node("ArgMax", end.name, axis=1, keepdims=int(keep))
        return End(name, (1, *end.shape[1:]) if keep else end.shape[1:]), TensorProto.INT64
    if kind == "first" and end.scale:
        if net.opset >= 10:
            net.node("TopK", end.name, net.integers(1), outputs=2, axis=1)
        else:
            net.node("TopK", end.name, outputs=2, axis=1, k=1)
        return End(f"t{len(net.nodes) - 1}_1", (1, *end.shape[1:])), TensorProto.INT64
    return End(net.node("Identity", end.name), end.shape), TensorProto.FLOAT


def quantized_input(net: Net, shape: tuple[int, ...]) -> End:
    """The input and its quantizer, behind a scaling or not."""
    end = End("x", shape)
    if net.chance(0.15):
        end = End(net.node("Mul", end.name, net.const(net.any_of(2.0, 0.5))), shape)
    scale = net.scale()
    inputs = (end.name, net.const(scale), net.const(np.float32(0)))
    bits = net.below(2, 8)
    flags = {"signed": 1, "narrow": net.below(0, 2), "rounding_mode": "ROUND"}
    name = net.node("Quant", *inputs, net.const(bits), domain=net.domain, **flags)
    return End(name, shape, float(scale), bits)
