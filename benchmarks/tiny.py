"""Exact graphs of the sizes of MLPerf Tiny's networks: 8 bits, power-of-two scales, random weights.

Topologies as published (ad01, KWS's DS-CNN, ResNet-8, MobileNetV1 0.25 at 96 x 96) and RN07's as hls4ml had
it in the same benchmark; batch norms are folded. What a stream of them costs does not depend on how they were
trained, but for weights of zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from edgeml.fixed import FixedType, IntArray, Overflow, Round
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.scale import Scale
from edgeml.ir.ops.sum_pool import SumPool

_ACTIVATION = FixedType(False, 8, 5)
_IMAGE = FixedType(False, 8, 6)
_SIGNED = FixedType(True, 8, 4)


def _same(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Padding before and after one axis, as Keras has it."""
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


class _Network:
    """Builds a network layer by layer; weights are normal, at scales that keep activations in range."""

    def __init__(self, name: str, shape: tuple[int, ...], type: FixedType) -> None:
        self._build = Builder(name)
        self.x = self._build.input(shape, type, "x")
        self._rng = np.random.default_rng(len(name))
        self._layers = 0

    def graph(self) -> Graph:
        return self._build.graph(self.x)

    def _next(self, stem: str) -> str:
        self._layers += 1
        return f"{stem}{self._layers}"

    def _weights(self, name: str, shape: tuple[int, ...], inputs: int) -> str:
        codes: IntArray = np.clip(np.round(self._rng.normal(0, 45, shape)), -128, 127).astype(np.int64)
        frac = 5 + int(np.ceil(np.log2(np.sqrt(inputs))))
        return self._build.const(codes, FixedType(True, 8, frac), f"{name}.w")

    def _activated(self, name: str, product: str, relu: bool) -> str:
        columns = self._build.info(product).shape[-1]
        bias = self._build.const(
            self._rng.integers(-128, 128, (columns,)), FixedType(True, 8, 6), f"{name}.b"
        )
        total = self._build.add(Add(), product, bias, name=name)
        return self._cast(total, _ACTIVATION if relu else _SIGNED, f"{name}_act")

    def _cast(self, x: str, type: FixedType, name: str) -> str:
        return self._build.cast(x, type, Round.RND_CONV, Overflow.SAT, name=name)

    def conv(
        self,
        x: str,
        filters: int,
        kernel: tuple[int, int],
        stride: int = 1,
        *,
        depthwise: bool = False,
        relu: bool = True,
    ) -> str:
        """A padded convolution; `filters` does not count if it is depthwise."""
        name, shape = self._next("conv"), self._build.info(x).shape
        pads = tuple(_same(size, taps, stride) for size, taps in zip(shape, kernel, strict=False))
        channels = 1 if depthwise else shape[-1]
        filters = shape[-1] if depthwise else filters
        weights = self._weights(name, (*kernel, channels, filters), kernel[0] * kernel[1] * channels)
        op = Conv((stride, stride), pads, (1, 1), shape[-1] if depthwise else 1)
        return self._activated(name, self._build.add(op, x, weights, name=f"{name}.conv"), relu)

    def dense(self, x: str, outputs: int, *, relu: bool = True) -> str:
        """A dense layer."""
        name, (inputs,) = self._next("fc"), self._build.info(x).shape
        product = self._build.add(
            MatMul(), x, self._weights(name, (inputs, outputs), inputs), name=f"{name}.matmul"
        )
        return self._activated(name, product, relu)

    def flat(self, x: str) -> str:
        """A map as a vector."""
        return self._build.add(Reshape((self._build.info(x).size,)), x, name="flatten")

    def mean(self, x: str) -> str:
        """The mean of a map, by the next power of two."""
        rows, columns, _ = self._build.info(x).shape
        total = self._build.add(SumPool((rows, columns), (1, 1), ((0, 0), (0, 0))), x, name="mean")
        halvings = int(np.log2(rows * columns))
        short = self._cast(total, FixedType(False, 8, 5 - halvings), "mean_act")
        return self.flat(self._build.add(Scale(-halvings), short, name="mean_scaled"))

    def joined(self, x: str, y: str) -> str:
        """The activated sum of two paths."""
        name = self._next("add")
        return self._cast(self._build.add(Add(), x, y, name=name), FixedType(False, 8, 4), f"{name}_act")


def ad01() -> Graph:
    """The autoencoder for machine sounds: 264,192 weights."""
    net = _Network("ad01", (640,), _SIGNED)
    x = net.x
    for outputs in (128, 128, 128, 128, 8, 128, 128, 128, 128):
        x = net.dense(x, outputs)
    net.x = net.dense(x, 640, relu=False)
    return net.graph()


def kws() -> Graph:
    """The DS-CNN for keywords."""
    net = _Network("kws", (49, 10, 1), _SIGNED)
    x = net.conv(net.x, 64, (10, 4), 2)
    for _ in range(4):
        x = net.conv(net.conv(x, 0, (3, 3), depthwise=True), 64, (1, 1))
    net.x = net.dense(net.mean(x), 12, relu=False)
    return net.graph()


def resnet8() -> Graph:
    """The residual network for CIFAR-10."""
    net = _Network("resnet8", (32, 32, 3), _IMAGE)
    x = net.conv(net.x, 16, (3, 3))
    x = net.joined(x, net.conv(net.conv(x, 16, (3, 3)), 16, (3, 3), relu=False))
    for filters in (32, 64):
        y = net.conv(net.conv(x, filters, (3, 3), 2), filters, (3, 3), relu=False)
        x = net.joined(net.conv(x, filters, (1, 1), 2, relu=False), y)
    net.x = net.dense(net.mean(x), 10, relu=False)
    return net.graph()


def vww() -> Graph:
    """MobileNetV1 0.25 for images of 96 x 96."""
    net = _Network("vww", (96, 96, 3), _IMAGE)
    x = net.conv(net.x, 8, (3, 3), 2)
    blocks = ((16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), *((128, 1),) * 5, (256, 2), (256, 1))
    for filters, stride in blocks:
        x = net.conv(net.conv(x, 0, (3, 3), stride, depthwise=True), filters, (1, 1))
    net.x = net.dense(net.mean(x), 2, relu=False)
    return net.graph()


def rn07() -> Graph:
    """hls4ml's CNN for CIFAR-10 in the same benchmark."""
    net = _Network("rn07", (32, 32, 3), _IMAGE)
    x = net.x
    for filters, size, stride in ((32, 1, 1), (4, 4, 1), (32, 4, 4), (32, 4, 1)):
        x = net.conv(x, filters, (size, size), stride)
    net.x = net.dense(net.flat(x), 10, relu=False)
    return net.graph()


NETWORKS: Mapping[str, Callable[[], Graph]] = {
    "ad01": ad01,
    "kws": kws,
    "resnet8": resnet8,
    "vww": vww,
    "rn07": rn07,
}
"""The networks, by name."""
