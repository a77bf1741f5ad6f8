"""Random QONNX graphs: quantizers, layers and moves of elements put one behind the other.

`powers` draws all scales from powers of two and no batch norm, so that float32 is exact and the qonnx
executor has to give the graph's own integers. Without it scales are any floats and the executor may round.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

DOMAINS = ("onnx.brevitas", "qonnx.custom_op.general", "finn.custom_op.general")
MODES = ("ROUND", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN", "HALF_EVEN")


@dataclass
class Net:
    """A graph under construction."""

    rng: np.random.Generator
    powers: bool
    domain: str
    nodes: list = field(default_factory=list)
    constants: list = field(default_factory=list)
    count: int = 0

    def const(self, values, kind: type = np.float32) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, kind), name))
        return name

    def node(self, op: str, *inputs: str, domain: str = "", outputs: int = 1, **attributes) -> str:
        self.count += 1
        names = [f"t{self.count}" if place == 0 else f"t{self.count}_{place}" for place in range(outputs)]
        self.nodes.append(
            helper.make_node(op, list(inputs), names, name=f"{op}_{self.count}", domain=domain, **attributes)
        )
        return names[0]

    def scale(self, shape=(), low: float = -5, high: float = 0):
        exponent = self.rng.integers(int(low), int(high) + 1, shape)
        values = 2.0**exponent
        return values if self.powers else values * self.rng.uniform(0.7, 1.4, shape)

    def quant(self, x: str, bits: int, signed: bool, scale=None, narrow: bool = False, zero: int = 0) -> str:
        mode = str(self.rng.choice(MODES)) if self.rng.random() < 0.5 else "ROUND"
        size = self.scale() if scale is None else scale
        return self.node(
            "Quant",
            x,
            self.const(size),
            self.const(zero),
            self.const(bits),
            domain=self.domain,
            signed=int(signed),
            narrow=int(narrow),
            rounding_mode=mode,
        )

    def weights(self, shape, axis: int) -> str:
        per_channel = self.rng.random() < 0.5
        sizes = [1] * len(shape)
        if per_channel:
            sizes[axis] = shape[axis]
        scale = self.scale(tuple(sizes) if per_channel else (), -6, -3)
        values = self.const(self.rng.normal(0, 0.3, shape))
        if self.rng.random() < 0.15:
            return self.node("BipolarQuant", values, self.const(scale), domain=self.domain)
        bits = int(self.rng.integers(2, 8))
        return self.quant(values, bits, True, scale, bool(self.rng.random() < 0.5))


def model(seed: int, powers: bool) -> onnx.ModelProto:
    """A graph of up to four layers; the same for the same seed."""
    rng = np.random.default_rng(seed)
    net = Net(rng, powers, str(rng.choice(DOMAINS)))
    spatial = rng.random() < 0.6
    shape = [int(rng.integers(1, 4)), int(rng.integers(4, 8)), int(rng.integers(4, 8))] if spatial else [6]
    x = "x"
    if rng.random() < 0.3:
        x = net.node("Mul", x, net.const(2.0))
        x = net.node("Sub", x, net.const(net.scale() * int(rng.integers(0, 3)) if not powers else 0.0))
        scale = net.scale()
        x = (
            net.node(
                "Quant",
                x,
                net.const(scale),
                net.const(0),
                net.const(4),
                domain=net.domain,
                signed=1,
                narrow=1,
                rounding_mode="ROUND",
            )
            if powers
            else x
        )
        if not powers:
            x = _affine_free(net)
    else:
        x = net.node(
            "Quant",
            x,
            net.const(net.scale()),
            net.const(0),
            net.const(int(rng.integers(2, 8))),
            domain=net.domain,
            signed=1,
            narrow=int(rng.integers(0, 2)),
            rounding_mode="ROUND",
        )
    for _ in range(int(rng.integers(1, 4))):
        x, shape = _layer(net, x, shape)
    if len(shape) == 3 and rng.random() < 0.8:
        x = (
            net.node("Flatten", x)
            if rng.random() < 0.5
            else net.node("Reshape", x, net.const([1, -1], np.int64))
        )
        shape = [int(np.prod(shape))]
    if len(shape) == 1:
        x, shape = _dense(net, x, shape)
    if not powers:  # scales per channel are left to a quantizer
        x = net.quant(x, 7, True)
    end = "y"
    net.nodes.append(helper.make_node("Identity", [x], [end], name="end"))
    full = [1, *([int(n) for n in _input_shape(net, seed)])]
    graph = helper.make_graph(
        net.nodes,
        f"random_{seed}",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, full)],
        [helper.make_tensor_value_info(end, TensorProto.FLOAT, [1, *shape])],
        net.constants,
    )
    opsets = [helper.make_opsetid("", 11), helper.make_opsetid(net.domain, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def _affine_free(net: Net) -> str:
    """The quantizer of an input that is scaled before: its zero lies between codes, so none is put there."""
    net.nodes.clear()
    return net.node(
        "Quant",
        "x",
        net.const(net.scale()),
        net.const(0),
        net.const(5),
        domain=net.domain,
        signed=1,
        narrow=0,
        rounding_mode="ROUND",
    )


def _input_shape(net: Net, seed: int):
    rng = np.random.default_rng(seed)
    rng.choice(DOMAINS)
    spatial = rng.random() < 0.6
    return [int(rng.integers(1, 4)), int(rng.integers(4, 8)), int(rng.integers(4, 8))] if spatial else [6]


def _layer(net: Net, x: str, shape: list[int]) -> tuple[str, list[int]]:
    if len(shape) == 1:
        x, shape = _dense(net, x, shape)
        return _activation(net, x, shape), shape
    rng = net.rng
    kind = rng.choice(
        ["conv", "conv", "depthwise", "max", "mean", "residual", "concat", "resize", "depth", "transpose"]
    )
    channels, height, width = shape
    if kind in ("conv", "depthwise"):
        groups = channels if kind == "depthwise" else 1
        filters = channels * int(rng.integers(1, 3)) if kind == "depthwise" else int(rng.integers(1, 5))
        size = int(rng.integers(1, min(4, height + 1, width + 1)))
        weights = net.weights((filters, channels // groups, size, size), 0)
        inputs = [x, weights]
        if rng.random() < 0.5:
            inputs.append(net.quant(net.const(rng.normal(0, 0.5, filters)), 6, True, net.scale((), -6, -3)))
        pad = int(rng.integers(0, 2)) if size > 1 else 0
        stride = int(rng.integers(1, 3))
        attributes: dict[str, Any] = {"pads": [pad] * 4} if rng.random() < 0.7 else {"auto_pad": "SAME_UPPER"}
        x = net.node(
            "Conv", *inputs, kernel_shape=[size, size], strides=[stride, stride], group=groups, **attributes
        )
        pads = [pad] * 2 if "pads" in attributes else None
        shape = [filters, *(_size(n, size, stride, pads) for n in (height, width))]
        return _activation(net, x, shape), shape
    if kind in ("max", "mean") and min(height, width) >= 2:
        op = "MaxPool" if kind == "max" else "AveragePool"
        x = net.node(op, x, kernel_shape=[2, 2], strides=[2, 2])
        shape = [channels, height // 2, width // 2]
        return (x if kind == "max" else net.quant(x, 6, True)), shape
    if kind == "residual":
        other = _activation(net, net.node("Conv", x, net.weights((channels, channels, 1, 1), 0)), shape)
        total = net.node("Add", x, other)
        return net.quant(total, int(rng.integers(2, 8)), True), shape
    if kind == "concat":
        other = _activation(net, net.node("Conv", x, net.weights((2, channels, 1, 1), 0)), [2, height, width])
        both = net.node("Concat", x, other, axis=1)
        return net.quant(both, int(rng.integers(3, 8)), True), [channels + 2, height, width]
    if kind == "resize" and height * width < 50:
        scales = net.const([1.0, 1.0, 2.0, 2.0])
        x = net.node(
            "Resize",
            x,
            net.const([]),
            scales,
            mode="nearest",
            nearest_mode="floor",
            coordinate_transformation_mode="asymmetric",
        )
        return x, [channels, 2 * height, 2 * width]
    if kind == "depth" and channels % 4 == 0:
        x = net.node("DepthToSpace", x, blocksize=2, mode=str(rng.choice(["DCR", "CRD"])))
        return x, [channels // 4, height * 2, width * 2]
    if kind == "transpose":
        return net.node("Transpose", x, perm=[0, 1, 3, 2]), [channels, width, height]
    return x, shape


def _size(n: int, size: int, stride: int, pads) -> int:
    return -(-n // stride) if pads is None else (n + sum(pads) - size) // stride + 1


def _dense(net: Net, x: str, shape: list[int]) -> tuple[str, list[int]]:
    rng = net.rng
    outputs = int(rng.integers(2, 7))
    if rng.random() < 0.5:
        return net.node("MatMul", x, net.weights((shape[0], outputs), 1)), [outputs]
    turned = bool(rng.random() < 0.5)
    size = (outputs, shape[0]) if turned else (shape[0], outputs)
    bias = net.quant(net.const(rng.normal(0, 0.5, outputs)), 6, True, net.scale((), -6, -3))
    weights = net.weights(size, 0 if turned else 1)
    return net.node("Gemm", x, weights, bias, transB=int(turned), alpha=0.5, beta=1.0), [outputs]


def _activation(net: Net, x: str, shape: list[int]) -> str:
    rng = net.rng
    if not net.powers and rng.random() < 0.5:
        c = shape[0]
        numbers = [
            rng.uniform(-1.5, 1.5, c),
            rng.normal(0, 0.5, c),
            rng.normal(0, 0.5, c),
            rng.uniform(0.2, 2, c),
        ]
        x = net.node("BatchNormalization", x, *(net.const(values) for values in numbers), epsilon=1e-5)
    kind = rng.choice(["relu", "leaky", "clip", "none", "bipolar", "sigmoid"])
    bits = int(rng.integers(1, 8))
    if kind == "relu":
        return net.quant(net.node("Relu", x), bits, False, None, bool(bits > 1 and rng.random() < 0.3))
    if kind == "leaky" and net.powers:
        return net.quant(net.node("LeakyRelu", x, alpha=0.125), max(bits, 2), True)
    if kind == "clip":
        ends = (net.const(-0.75), net.const(1.5))
        return net.quant(net.node("Clip", x, *ends), max(bits, 2), True)
    if kind == "bipolar":
        return net.node("BipolarQuant", x, net.const(net.scale()), domain=net.domain)
    x = net.quant(x, max(bits, 2), True, None, bool(rng.random() < 0.3), int(rng.integers(-1, 2)))
    if kind == "sigmoid" and not net.powers:
        return net.quant(net.node("Sigmoid", x), 6, False, 2.0**-6)
    return x
