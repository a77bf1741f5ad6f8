"""Sums and products of values and constants, functions of one element, thresholds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tests.importers.qonnx_pieces.linear import quantized
from tests.importers.qonnx_pieces.net import End, Net


def with_constant(net: Net, end: End) -> End:
    """Add, Sub, Mul or Div of a number, or of one per channel."""
    kind = net.any_of("Add", "Sub", "Mul", "Div", "Neg")
    if kind == "Neg":
        return quantized(net, replace(end, name=net.node("Neg", end.name)))
    shape = () if net.chance(0.5) else (end.shape[0], *(1 for _ in end.shape[1:]))
    if kind in ("Mul", "Div"):
        numbers = net.scale(shape, -2, 2)
    else:
        numbers = net.rng.integers(-6, 7, shape) / 8 * (1 if net.powers else 1.1)
    first, second = end.name, net.const(numbers)
    if kind != "Div" and net.chance(0.3):
        first, second = second, first
    return quantized(net, End(net.node(kind, first, second), end.shape))


def residual(net: Net, end: End) -> End | None:
    """Two paths to one sum, difference or product: their scales alike or not."""
    if not end.scale:
        return None
    other = net.quant(end, net.below(2, 6), True, end.scale if net.chance(0.4) else None)
    kind = net.any_of("Add", "Add", "Sub", "Mul")
    if net.chance(0.3) and end.spatial:  # squeeze and excite: one number per channel
        pooled = net.node("GlobalMaxPool", other.name)
        return quantized(net, End(net.node(kind, end.name, pooled), end.shape))
    return quantized(net, End(net.node(kind, end.name, other.name), end.shape))


def side_by_side(net: Net, end: End) -> End | None:
    """A value beside itself, quantized otherwise."""
    if not end.scale or int(np.prod(end.shape)) > 100:
        return None
    other = net.quant(end, net.below(2, 6), True, end.scale if net.chance(0.5) else None)
    axis = net.below(0, len(end.shape))
    shape = list(end.shape)
    shape[axis] *= 2
    name = net.node("Concat", end.name, other.name, axis=axis + 1)
    return quantized(net, End(name, tuple(shape)))


def rectified(net: Net, end: End) -> End:
    """Relu, LeakyRelu or PRelu with dyadic slopes, or a clip."""
    kind = net.any_of("Relu", "LeakyRelu", "PRelu", "Clip")
    if kind == "LeakyRelu":
        name = net.node(kind, end.name, alpha=net.any_of(0.5, 0.25, 0.125))
    elif kind == "PRelu":
        slopes = 2.0 ** -net.rng.integers(1, 4, (end.shape[0], *(1 for _ in end.shape[1:])))
        name = net.node(kind, end.name, net.const(slopes))
    elif kind == "Clip":
        low, high = net.any_of((-0.75, 1.5), (0.0, 1.0), (-2.0, 0.5))
        if net.opset < 11:
            name = net.node(kind, end.name, min=low, max=high)
        else:
            name = net.node(kind, end.name, net.const(low), net.const(high))
    else:
        name = net.node(kind, end.name)
    return quantized(net, End(name, end.shape))


def extreme(net: Net, end: End) -> End | None:
    """A magnitude, a sum of three, or the larger or smaller of two values of one scale and a number."""
    if not end.scale:
        return None
    kind = net.any_of("Abs", "Max", "Min", "Sum")
    other = net.quant(end, net.below(2, 6), True, end.scale, 0)
    if kind == "Abs":
        return quantized(net, End(net.node("Abs", end.name), end.shape))
    if kind == "Sum":
        return quantized(net, End(net.node("Sum", end.name, other.name, end.name), end.shape))
    number = [net.const(float(end.scale * net.below(-3, 4)))] if net.chance(0.5) else []
    return quantized(net, End(net.node(kind, other.name, *number, end.name), end.shape))


def squashed(net: Net, end: End) -> End | None:
    """A curve of a narrow value, in front of a quantizer."""
    if net.powers or not end.scale:
        return None
    since = (("Celu", 12), ("Mish", 18), ("Mish", 18), ("Gelu", 20), ("Gelu", 20))
    newer = (kind for kind, opset in since if net.opset >= opset)
    kinds = ("Sigmoid", "Tanh", "Elu", "Selu", "Softplus", "Softsign", "Erf", *newer)
    name = net.node(net.any_of(*kinds), end.name)
    return net.quant(End(name, end.shape), 6, True, 2.0**-5 if net.chance(0.5) else 0.0313, 0)


def thresholded(net: Net, end: End) -> End:
    """MultiThreshold for all channels or per channel, in any layout, infinite ones among them."""
    channels = net.any_of(1, end.shape[0])
    count = net.below(1, 9)
    grid = 1 / 16 if net.powers else 0.07
    thresholds = np.sort(net.rng.integers(-40, 41, (channels, count)) * grid, axis=1)
    if net.chance(0.2):
        thresholds[:, -1] = np.inf
    scale = net.any_of(1.0, 0.5, 0.25)
    numbers: dict[str, Any] = (
        {"out_scale": scale, "out_bias": net.any_of(0.0, -1.0, -2.0)} if net.chance(0.6) else {}
    )
    last = end.spatial and net.chance(0.3)
    x = net.node("Transpose", end.name, perm=[0, 2, 3, 1]) if last else end.name
    layout: dict[str, Any] = {"data_layout": "NHWC" if last else "NCHW"} if end.spatial else {}
    x = net.node(
        "MultiThreshold", x, net.const(thresholds), domain=net.domain, out_dtype="INT8", **numbers, **layout
    )
    x = net.node("Transpose", x, perm=[0, 3, 1, 2]) if last else x
    return End(x, end.shape, scale if numbers else 1.0, 4)


PIECES = (with_constant, residual, side_by_side, rectified, extreme, squashed, thresholded)
