"""Maxima and means of windows and of whole channels."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.importers.qonnx_pieces.linear import quantized
from tests.importers.qonnx_pieces.net import End, Net


def max_pool(net: Net, end: End) -> End | None:
    if not end.spatial or min(end.shape[1:]) < 2:
        return None
    attributes, shape = window(net, end.shape[1:])
    return End(net.node("MaxPool", end.name, **attributes), (end.shape[0], *shape), end.scale, end.bits)


def window(net: Net, space: tuple[int, ...]) -> tuple[dict[str, Any], tuple[int, ...]]:
    """A pooling of 2 x 2 or 3 x 3, padded or with ceil_mode: of both, executors have different shapes."""
    size = min(net.below(2, 4), *space)
    step = net.below(1, 3)
    pad = net.below(0, 2)
    ceil = int(net.opset >= 10 and not pad and net.chance(0.4))
    attributes = {
        "kernel_shape": [size, size],
        "strides": [step, step],
        "pads": [pad] * 4,
        **({"ceil_mode": 1} if ceil else {}),
    }
    sizes = []
    for n in space:
        over = n + 2 * pad - size
        count = (-(-over // step) if ceil else over // step) + 1
        sizes.append(count - 1 if ceil and (count - 1) * step >= n else count)
    return attributes, tuple(sizes)


def average_pool(net: Net, end: End) -> End | None:
    """Of 2 x 2 pixels, and padded ones where a quotient may be rounded."""
    if not end.spatial or min(end.shape[1:]) < 2:
        return None
    if net.powers:
        attributes: dict[str, Any] = {"kernel_shape": [2, 2], "strides": [2, 2]}
        shape = tuple(n // 2 for n in end.shape[1:])
    else:
        attributes, shape = window(net, end.shape[1:])
        attributes["count_include_pad"] = int("ceil_mode" not in attributes and net.chance(0.5))
    name = net.node("AveragePool", end.name, **attributes)
    return quantized(net, End(name, (end.shape[0], *shape)))


def truncated_mean(net: Net, end: End) -> End | None:
    """Brevitas' average pooling: the sum of 4 codes, its two low bits dropped by Trunc."""
    if not end.spatial or min(end.shape[1:]) < 2 or not end.scale or not net.powers:
        return None
    scale, bits = end.scale, end.bits + 2
    end = net.quant(end, end.bits, True, scale, 0)
    name = net.node("AveragePool", end.name, kernel_shape=[2, 2], strides=[2, 2])
    name = net.node("Mul", name, net.const(4.0))
    inputs = [name, net.const(scale), net.const(0.0), net.const(bits)]
    flags: dict[str, Any] = {"rounding_mode": net.any_of("FLOOR", "ROUND", "CEIL")}
    after = scale
    if net.newer_trunc:
        after = scale * 4
        inputs.append(net.const(after))
        flags |= {"signed": 1, "narrow": 0}
    name = net.node("Trunc", *inputs, net.const(bits - 2), domain=net.domain, **flags)
    shape = (end.shape[0], *(n // 2 for n in end.shape[1:]))
    return net.quant(End(name, shape), end.bits, True, after, 0)


def global_pool(net: Net, end: End) -> End | None:
    if not end.spatial or (net.powers and bin(end.shape[1] * end.shape[2]).count("1") != 1):
        kind = "max"
    else:
        kind = net.any_of("max", "mean", "mean", "reduce")
    if not end.spatial:
        return None
    shape = (end.shape[0], 1, 1)
    if kind == "max":
        return End(net.node("GlobalMaxPool", end.name), shape, end.scale, end.bits)
    if kind == "mean":
        return quantized(net, End(net.node("GlobalAveragePool", end.name), shape))
    keep = net.chance(0.5)
    axes: dict[str, Any] = {"axes": [2, 3]} if net.opset < 18 else {}
    inputs = [end.name] if axes else [end.name, net.integers(2, 3)]
    name = net.node("ReduceMean", *inputs, keepdims=int(keep), **axes)
    return quantized(net, End(name, shape if keep else shape[:1]))


def reduced(net: Net, end: End) -> End | None:
    """A mean, sum, maximum or minimum over any axes but the batch, as an attribute or an input."""
    count = len(end.shape)
    axes = sorted({net.below(1, count + 1) for _ in range(net.below(1, 3))})
    size = int(np.prod([end.shape[axis - 1] for axis in axes]))
    kind = net.any_of("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin")
    if kind == "ReduceMean" and net.powers and bin(size).count("1") != 1:
        return None
    stated = [axis - count - 1 if net.chance(0.3) else axis for axis in axes]
    keep = net.chance(0.5) or count - len(axes) in (0, 2)  # pieces take vectors and images
    as_input = net.opset >= (13 if kind == "ReduceSum" else 18)
    inputs = [end.name, net.integers(*stated)] if as_input else [end.name]
    flags: dict[str, Any] = {} if as_input else {"axes": stated}
    name = net.node(kind, *inputs, keepdims=int(keep), **flags)
    sizes = [1 if place in axes else n for place, n in enumerate(end.shape, 1) if keep or place not in axes]
    return quantized(net, End(name, tuple(sizes)))


PIECES = (max_pool, average_pool, truncated_mean, global_pool, reduced)
