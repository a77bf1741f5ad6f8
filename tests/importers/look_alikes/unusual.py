"""Networks of nodes in forms that random models do not draw.

Scales per channel in front of sums, copies of one element with a number each, channels last without shapes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.importers.look_alikes.draft import Draft

_LAST = "qonnx.custom_op.channels_last"


def scales_of_summed_channels() -> bytes:
    """Every channel has a scale of its own, and a convolution sums over them."""
    n = Draft(31)
    x = n.q(n.conv(n.q("x", 4, 0.25), 4, 3, 3, 3), 4, n.scales(1, 4, 1, 1))
    return n.file((3, 5, 5), n.q(n.conv(x, 2, 4, 1, 1), 8, 0.25))


def scales_of_separate_channels() -> bytes:
    """Scales and zero points per channel in front of a depthwise convolution, which sums over no channels."""
    n = Draft(32)
    x = n.conv(n.q("x", 4, 0.25), 4, 3, 3, 3)
    zero = n.const(np.arange(1, 5).reshape(1, 4, 1, 1))
    x = n.node(
        "Quant", x, n.const(n.scales(1, 4, 1, 1)), zero, n.const(4.0), domain=n.domain, signed=0, narrow=0
    )
    return n.file((3, 7, 7), n.q(n.conv(x, 8, 1, 3, 3, group=4), 8, 0.25))


def concatenated_scales() -> bytes:
    n = Draft(33)
    x = n.q("x", 4, 0.25)
    parts = n.q(n.conv(x, 4, 3, 1, 1), 4, 0.17), n.q(n.conv(x, 2, 3, 1, 1), 5, 0.11)
    return n.file((3, 5, 5), n.q(n.conv(n.node("Concat", *parts, axis=1), 3, 6, 3, 3), 8, 0.125))


def channel_without_effect() -> bytes:
    """One channel is multiplied by zero in front of a convolution, its offset is not."""
    n = Draft(34)
    x = n.node("Mul", n.q("x", 4, 0.25), n.const(np.array([1.0, 0.0, 0.5]).reshape(1, 3, 1, 1)))
    x = n.node("Add", x, n.const(np.array([0.5, 0.25, 0.0]).reshape(1, 3, 1, 1)))
    return n.file((3, 5, 5), n.q(n.conv(x, 4, 3, 3, 3), 8, 0.25))


def copies_with_a_number_each() -> bytes:
    """A value is tiled, and every copy multiplied by another number."""
    n = Draft(35, opset=13)
    x = n.node("Tile", n.q("x", 5, 1.0), n.integers(1, 2))
    return n.file((6,), n.q(n.node("Mul", x, n.const(n.scales(12))), 4, 0.25))


def weights_on_the_left() -> bytes:
    n = Draft(36)
    return n.file((6, 5), n.q(n.node("MatMul", n.w(3, 6), n.q("x", 4, 0.25)), 6, 0.125))


def channels_last() -> bytes:
    """A part of a U-Net whose file states no shapes between its ends."""
    n = Draft(37, opset=13, domain="qonnx.custom_op.general")
    window: dict[str, Any] = {
        "kernel_shape": [3, 3],
        "strides": [1, 1],
        "pads": [1] * 4,
        "dilations": [1, 1],
        "group": 1,
    }
    x = n.q(n.node("Conv", n.q("x", 4, 0.25), n.w(4, 3, 3, 3), domain=_LAST, **window), 4, 0.25)
    halves: dict[str, Any] = {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [0] * 4}
    below = n.node("MaxPool", x, domain=_LAST, **halves)
    below = n.q(n.node("Conv", below, n.w(6, 3, 3, 4), domain=_LAST, **window), 4, 0.25)
    nearest: dict[str, Any] = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    up = n.node("Resize", below, "", n.const([1, 2, 2, 1]), mode="nearest", **nearest)
    x = n.node("Concat", up, x, axis=-1)
    return n.file((6, 6, 3), n.q(n.node("Conv", x, n.w(2, 3, 3, 10), domain=_LAST, **window), 8, 0.125))


def gates() -> bytes:
    """Activations written out as sums and products of curves of one value: SiLU, Mish, HardSwish, GELU."""
    n = Draft(41, opset=13)
    x = n.q(n.node("MatMul", n.q("x", 8, 0.05), n.w(6, 8, bits=4)), 8, 0.03)
    x = n.q(n.node("Mul", x, n.node("Sigmoid", x)), 8, 0.031)
    x = n.q(n.node("Mul", n.node("Tanh", n.node("Softplus", x)), x), 8, 0.029)
    gate = n.node("Clip", n.node("Add", x, n.const(3.0)), n.const(0.0), n.const(6.0))
    x = n.q(n.node("Div", n.node("Mul", x, gate), n.const(6.0)), 8, 0.027)
    part = n.node("Erf", n.node("Div", x, n.const(2**0.5)))
    x = n.node("Mul", n.node("Mul", x, n.node("Add", part, n.const(1.0))), n.const(0.5))
    return n.file((6,), n.node("MatMul", n.q(x, 8, 0.025), n.w(8, 3, bits=4)))


def gelu() -> bytes:
    n = Draft(42, opset=20)
    x = n.q(n.node("Gelu", n.q("x", 8, 0.05)), 8, 0.05)
    x = n.q(n.node("Gelu", x, approximate="tanh"), 8, 0.05)
    return n.file((6,), x)


def limits_of_channels() -> bytes:
    """A largest and a least number per channel in front of quantizers, of two scales."""
    n = Draft(46, opset=13)
    x = n.conv(n.q("x", 6, 0.25), 4, 3, 3, 3, bits=4)
    x = n.node("Max", x, n.const(n.normal(4, 1, 1)))
    x = n.q(n.node("Min", n.const(n.scales(1, 4, 1, 1, low=0.5, high=2.0)), x), 6, 0.25)
    x = n.node("Max", n.conv(x, 2, 4, 1, 1, bits=4), n.const(n.normal(2, 1, 1)))
    return n.file((3, 5, 5), n.q(x, 6, 0.11))


NETWORKS = {
    make.__name__: make
    for make in (
        scales_of_summed_channels,
        scales_of_separate_channels,
        concatenated_scales,
        channel_without_effect,
        copies_with_a_number_each,
        weights_on_the_left,
        channels_last,
        gates,
        gelu,
        limits_of_channels,
    )
}


def unlike_strides() -> bytes:
    """A node of channels last without its strides, which qonnx refuses with a bare Exception."""
    n = Draft(38, domain="qonnx.custom_op.general")
    x = n.node("Conv", n.q("x", 4, 0.25), n.w(4, 3, 3, 3), domain=_LAST, kernel_shape=[3, 3])
    return n.file((6, 6, 3), n.q(x, 8, 0.125))


def weights_of_unlike_scales() -> bytes:
    """Weights of one output have scales of their own, which no sum of integers has."""
    n = Draft(39)
    weights = n.q(n.const(n.normal(6, 3)), 4, n.scales(6, 1))
    return n.file((6,), n.q(n.node("MatMul", n.q("x", 4, 0.25), weights), 8, 0.25))


def end_in_floats() -> bytes:
    """Weights of a scale per output and a bias of floats, and no quantizer behind them, as Brevitas ends."""
    n = Draft(40)
    x = n.node("MatMul", n.q("x", 8, 0.0625), n.w(64, 5, bits=8, channels=1))
    return n.file((64,), n.node("Add", x, n.const(n.normal(5, scale=20))))


def gate_of_channels() -> bytes:
    """A curve times numbers per channel, without a quantizer in between."""
    n = Draft(43, opset=13)
    x = n.node("Mul", n.node("Sigmoid", n.q("x", 8, 0.05)), n.const(n.scales(6)))
    return n.file((6,), n.q(x, 8, 0.01))


def log_probabilities() -> bytes:
    """A PyTorch classifier, which ends in LogSoftmax."""
    n = Draft(44, opset=13)
    x = n.node("MatMul", n.q("x", 8, 0.25), n.q(n.const(n.normal(6, 4)), 4, 0.125))
    return n.file((6,), n.node("LogSoftmax", x, axis=-1))


def without_features() -> bytes:
    n = Draft(45)
    return n.file((), n.q("x", 8, 0.25))


def behind_the_end(function: str, *move: str, **flags: Any) -> bytes:
    """A curve that nothing quantizes, and one operator behind it."""
    n = Draft(46, opset=13)
    axis: dict[str, Any] = {"axis": 1} if function == "Softmax" else {}
    curve = n.node(function, n.q("x", 8, 0.25), **axis)
    others = [n.integers(*map(int, text.split())) for text in move[1:]]
    return n.file((2, 4, 4), n.node(move[0], curve, *others, **flags))
