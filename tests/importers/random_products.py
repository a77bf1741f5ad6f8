"""Random chains of ConvInteger and MatMulInteger between constant scales."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper

from tests.importers.qonnx_pieces import linear
from tests.importers.qonnx_pieces.net import End, Net

_INPUT = (2, 6, 6)


def model(seed: int) -> onnx.ModelProto:
    """Up to three convolutions and a matrix product; the same for the same seed."""
    net = Net(np.random.default_rng(seed), False, "", 13, False)
    end, point = _codes(net, End("x", _INPUT))
    for _ in range(net.below(0, 4)):
        end, point = _scaled(net, *_convolved(net, end, point))
    flat = End(net.node("Flatten", end.name), (int(np.prod(end.shape)),))
    weights = net.const(net.rng.integers(-127, 128, (flat.shape[0], 5)), np.int8)
    zeros = net.const(net.rng.integers(-3, 4, 5), np.int8)
    sums = End(net.node("MatMulInteger", flat.name, weights, point, zeros), (5,))
    scale = net.scale(low=-6, high=-3)
    end, point = _scaled(net, sums, scale)
    last = net.node("DequantizeLinear", end.name, net.const(scale), point)
    graph = helper.make_graph(
        net.nodes,
        f"products_{seed}",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, *_INPUT])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, [1, 5])],
        net.constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", net.opset)], ir_version=8)


def _codes(net: Net, end: End, scale: float = 0.03) -> tuple[End, str]:
    """The codes of floats, as uint8, and their zero point."""
    point = net.const(net.below(0, 256), np.uint8)
    return End(net.node("QuantizeLinear", end.name, net.const(scale), point), end.shape), point


def _convolved(net: Net, end: End, point: str) -> tuple[End, float]:
    """Sums, and a scale under which they fill a byte."""
    filters = net.below(1, 5)
    attributes, shape = linear.geometry(net, end.shape[1:])
    sizes = (filters, end.shape[0], *attributes["kernel_shape"])
    weights = net.const(net.rng.integers(-127, 128, sizes), np.int8)
    zero = net.const(net.below(-3, 4), np.int8)
    name = net.node("ConvInteger", end.name, weights, point, zero, **attributes)
    return End(name, (filters, *shape)), float(net.scale(low=-6, high=-3))


def _scaled(net: Net, sums: End, scale: float) -> tuple[End, str]:
    """Sums times a number, a bias, a ReLU at times, and codes again."""
    x = net.node("Cast", sums.name, to=TensorProto.FLOAT)
    x = net.node("Mul", x, net.const(float(net.rng.uniform(1e-4, 3e-3))))
    if net.chance(0.6):
        sizes = (1, sums.shape[0], 1, 1) if sums.spatial else (1, sums.shape[0])
        x = net.node("Add", x, net.const(net.rng.normal(0, 0.5, sizes)))
    if net.chance(0.5):
        x = net.node("Relu", x)
    return _codes(net, End(x, sums.shape), scale)
