"""The QONNX model zoo, as Brevitas writes it."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from tests.importers.look_alikes.draft import Draft


def tfc(weights: int, activations: int) -> bytes:
    """TFC of the zoo: 2x-1 in front, bipolar or 2-bit codes, a batch norm behind each product, TopK."""
    n = Draft(weights + 10 * activations)

    def act(x: str) -> str:
        return n.bipolar(x) if activations == 1 else n.q(x, activations, 0.6667, narrow=1)

    x = n.node("Sub", n.node("Mul", n.const(2.0), "x"), n.const(1.0))
    x = act(n.node("Reshape", x, n.integers(1, -1)))
    for inputs, outputs in ((16, 8), (8, 8)):
        x = act(n.norm(n.product(x, inputs, outputs, weights), outputs))
    x = n.norm(n.product(x, 8, 4, weights), 4)
    n.node("TopK", x, n.integers(1), axis=-1, largest=1, sorted=1, outputs=2)
    return n.file((1, 4, 4), f"t{len(n.nodes) - 1}_1", TensorProto.INT64)


def cnv(weights: int = 2, activations: int = 2) -> bytes:
    n = Draft(3)
    act = (lambda x: n.bipolar(x)) if activations == 1 else (lambda x: n.q(x, activations, 0.6667, narrow=1))
    x = n.q(n.node("Sub", n.node("Mul", "x", n.const(2.0)), n.const(1.0)), 8, 1 / 128, narrow=1)
    x = act(n.norm(n.conv(x, 4, 3, 3, 3, bits=weights), 4))
    x = act(n.norm(n.conv(x, 4, 4, 3, 3, bits=weights), 4))
    x = n.pool(x, 2, 2)
    x = act(n.norm(n.conv(x, 6, 4, 3, 3, bits=weights, channels=0), 6))
    x = n.node("Flatten", x, axis=1)
    x = act(n.norm(n.product(x, 24, 8, weights), 8))
    x = n.product(x, 8, 4, weights)
    return n.file((3, 12, 12), n.node("Div", n.norm(x, 4), n.const(1.7)))


def mobilenet() -> bytes:
    """MobileNet-v1 w4a4: scales per channel, depthwise convolutions, AveragePool, times area, Trunc."""
    n = Draft(4)
    x = n.q("x", 8, 0.0186)
    x = n.q(
        n.node("Relu", n.norm(n.conv(x, 4, 3, 3, 3, bits=8, channels=0, strides=[2, 2], pads=[1] * 4), 4)),
        4,
        0.17,
        0,
    )
    for inputs, outputs in ((4, 6), (6, 8)):
        x = n.norm(n.conv(x, inputs, 1, 3, 3, bits=4, channels=0, group=inputs, pads=[1] * 4), inputs)
        x = n.q(n.node("Relu", x), 4, 0.21, 0)
        x = n.norm(n.conv(x, outputs, inputs, 1, 1, bits=4, channels=0), outputs)
        x = n.q(n.node("Relu", x), 4, 0.13, 0)
    x = n.node("Mul", n.pool(x, 4, 4, op="AveragePool"), n.const(16.0))
    x = n.node(
        "Trunc", x, *(n.const(c) for c in (0.13, 0.0, 8.0, 4.0)), domain=n.domain, rounding_mode="FLOOR"
    )
    x = n.node("Reshape", x, n.integers(1, -1))
    x = n.node("Gemm", x, n.w(5, 8, bits=8), n.q(n.const(n.normal(5)), 16, 0.13 * 0.07), transB=1)
    return n.file((3, 8, 8), x)


def mobilenet_global() -> bytes:
    n = Draft(41)
    x = n.q("x", 8, 1 / 255, 0)
    x = n.q(
        n.node("Clip", n.norm(n.conv(x, 4, 3, 3, 3, bits=4, channels=0), 4), n.const(0.0), n.const(6.0)),
        4,
        0.4,
        0,
    )
    x = n.q(n.node("GlobalAveragePool", x), 6, 0.07, 0)
    x = n.node("Flatten", x)
    return n.file(
        (3, 8, 8), n.node("Softmax", n.node("Add", n.product(x, 4, 5, 4), n.const(n.normal(5))), axis=1)
    )


def resnet() -> bytes:
    """Both inputs of every sum quantized, with one scale (Brevitas) and with two."""
    n = Draft(5)
    x = n.q("x", 8, 0.03)
    x = n.q(n.node("Relu", n.norm(n.conv(x, 4, 3, 3, 3, bits=4, pads=[1] * 4), 4)), 4, 0.15, 0)
    for outputs, stride, other in ((4, 1, 0.21), (6, 2, 0.13)):
        a = n.q(
            n.node(
                "Relu",
                n.norm(
                    n.conv(x, outputs, 4, 3, 3, bits=4, channels=0, pads=[1] * 4, strides=[stride] * 2),
                    outputs,
                ),
            ),
            4,
            0.11,
            0,
        )
        a = n.q(n.norm(n.conv(a, outputs, outputs, 3, 3, bits=4, pads=[1] * 4), outputs), 4, 0.21)
        skip = x
        if stride > 1:
            skip = n.norm(n.conv(x, outputs, 4, 1, 1, bits=4, strides=[2, 2]), outputs)
        x = n.q(n.node("Relu", n.node("Add", a, n.q(skip, 4, other))), 4, 0.19, 0)
    x = n.node("Flatten", n.q(n.node("GlobalAveragePool", x), 8, 0.01))
    x = n.node("Gemm", x, n.w(5, 6, bits=4), n.const(n.normal(5)), transB=1)
    return n.file((3, 8, 8), n.q(x, 8, 0.04))


def vgg10() -> bytes:
    """VGG10 on RadioML: one dimension, complex samples as two channels."""
    n = Draft(6)
    x, channels = n.q("x", 8, 0.0157), 2
    for outputs in (4, 4, 6):
        x = n.norm(
            n.conv(x, outputs, channels, 3, bits=8, pads=[1, 1], strides=[1], dilations=[1], group=1), outputs
        )
        x = n.pool(n.q(n.node("Relu", x), 8, 0.043, 0), 2, pads=[0, 0])
        channels = outputs
    x = n.node("Flatten", x, axis=1)
    x = n.q(n.node("Relu", n.norm(n.product(x, 24, 8, 8), 8)), 8, 0.05, 0)
    return n.file((2, 32), n.product(x, 8, 5, 8))


def cybersecurity() -> bytes:
    """The MLP of FINN's notebooks: bipolar in, bias in floats, batch norm, two bits, bipolar out."""
    n = Draft(7)
    x, inputs = n.node("Div", n.node("Add", "x", n.const(np.ones(20))), n.const(2.0)), 20
    x = n.q(x, 1, 1.0, 0)
    for outputs in (8, 8):
        x = n.node("Gemm", x, n.w(outputs, inputs), n.const(n.normal(outputs)), transB=1, alpha=1.0, beta=1.0)
        x, inputs = n.q(n.node("Relu", n.norm(x, outputs)), 2, 0.49, 0), outputs
    x = n.node("Gemm", x, n.w(1, 8), n.const(n.normal(1)), transB=1)
    return n.file((20,), n.bipolar(x))


def kws() -> bytes:
    n = Draft(8)
    x, inputs = n.q(n.node("Flatten", "x"), 8, 1.0), 20
    for outputs in (8, 8):
        x = n.node("Add", n.product(x, inputs, outputs, 3), n.q(n.const(n.normal(outputs)), 8, 0.021))
        x, inputs = n.q(n.node("Relu", n.norm(x, outputs)), 3, 0.33, 0), outputs
    x = n.node("Add", n.product(x, 8, 5, 3), n.const(n.normal(5)))
    return n.file((1, 4, 5), n.node("ArgMax", x, axis=1, keepdims=0), TensorProto.INT64)


NETWORKS = {
    "tfc_w1a1": lambda: tfc(1, 1),
    "tfc_w1a2": lambda: tfc(1, 2),
    "tfc_w2a2": lambda: tfc(2, 2),
    "cnv_w1a1": lambda: cnv(1, 1),
    "cnv_w2a2": lambda: cnv(2, 2),
    "mobilenet_w4a4": mobilenet,
    "mobilenet_global": mobilenet_global,
    "resnet": resnet,
    "vgg10": vgg10,
    "cybersecurity": cybersecurity,
    "kws": kws,
}
