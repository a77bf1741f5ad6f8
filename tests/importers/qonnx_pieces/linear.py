"""Sums of products: convolutions of every geometry, matrix products, batch norm."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.importers.qonnx_pieces.net import LAST, End, Net


def conv(net: Net, end: End) -> End | None:
    if not end.spatial:
        return None
    end = net.requantized(end)
    channels = end.shape[0]
    groups = net.any_of(1, 1, channels)
    filters = groups * net.below(1, 4 if groups > 1 else 6)
    if channels % 2 == 0 and net.chance(0.2):
        groups, filters = 2, 2 * net.below(1, 4)
    attributes, shape = geometry(net, end.shape[1:])
    weights = net.weights((filters, channels // groups, *attributes["kernel_shape"]), 0)
    inputs = [end.name, weights] + ([net.bias(filters)] if net.chance(0.5) else [])
    name = net.node("Conv", *inputs, group=groups, **attributes)
    return activated(net, End(name, (filters, *shape)))


def geometry(net: Net, space: tuple[int, ...]) -> tuple[dict[str, Any], tuple[int, ...]]:
    """Attributes of a window, and the sizes that come out."""
    kernel = [min(net.below(1, 4), size) for size in space]
    stride = [net.below(1, 3) for _ in space]
    dilation = [net.below(1, 3) if 2 * (k - 1) < size else 1 for k, size in zip(kernel, space, strict=True)]
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    mode = net.any_of("NOTSET", "NOTSET", "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER")
    attributes: dict[str, Any] = {"kernel_shape": kernel, "strides": stride, "dilations": dilation}
    if mode.startswith("SAME"):
        attributes["dilations"] = [1 for _ in space]  # ONNX Runtime pads dilated windows otherwise
        return attributes | {"auto_pad": mode}, tuple(-(-n // s) for n, s in zip(space, stride, strict=True))
    pads = [net.below(0, k) if mode == "NOTSET" else 0 for k in kernel * 2]
    attributes |= {"auto_pad": mode} if mode == "VALID" else {"pads": pads}
    rank = len(space)
    sizes = [
        (space[axis] + pads[axis] + pads[axis + rank] - reach[axis]) // stride[axis] + 1
        for axis in range(rank)
    ]
    return attributes, tuple(sizes)


def conv_last(net: Net, end: End) -> End | None:
    """Channels last: a convolution, a maximum or batch norm between two transpositions."""
    if not end.spatial:
        return None
    end = net.requantized(end)
    channels, height, width = end.shape
    x = net.node("Transpose", end.name, perm=[0, 2, 3, 1])
    filters = net.below(1, 5)
    weights = net.weights((filters, 1, 1, channels), 0)
    net.shapes |= {x: (1, height, width, channels), weights: (filters, 1, 1, channels)}
    x = net.node(
        "Conv",
        x,
        weights,
        domain=LAST,
        kernel_shape=[1, 1],
        strides=[1, 1],
        dilations=[1, 1],
        pads=[0, 0, 0, 0],
        group=1,
    )
    net.shapes[x] = (1, height, width, filters)
    if not net.powers and net.chance(0.5):
        x = net.node("BatchNormalization", x, *norms(net, filters), domain=LAST, epsilon=1e-5)
        net.shapes[x] = (1, height, width, filters)
    if min(height, width) > 1:
        x = net.node("MaxPool", x, domain=LAST, kernel_shape=[2, 2], strides=[2, 2], pads=[0, 0, 0, 0])
        height, width = height // 2, width // 2
    x = net.quant(End(x, (height, width, filters)), net.below(2, 7), True)
    name = net.node("Transpose", x.name, perm=[0, 3, 1, 2])
    return End(name, (filters, height, width), x.scale, x.bits)


def norms(net: Net, channels: int) -> list[str]:
    """Gamma, beta, mean and variance."""
    rng = net.rng
    numbers = (rng.uniform(-1.5, 1.5, channels), *rng.normal(0, 0.5, (2, channels)))
    return [net.const(values) for values in (*numbers, rng.uniform(0.2, 2, channels))]


def dense(net: Net, end: End) -> End | None:
    if end.spatial:
        return None
    end = net.requantized(end)
    return activated(net, product(net, end, net.below(2, 7)))


def product(net: Net, end: End, outputs: int) -> End:
    """A matrix product, by MatMul and Add or by Gemm."""
    inputs = end.shape[0]
    if net.chance(0.5):
        name = net.node("MatMul", end.name, net.weights((inputs, outputs), 1))
        if net.chance(0.5):
            name = net.node("Add", *net.rng.permutation([name, net.bias(outputs)]).tolist())
        return End(name, (outputs,))
    turned = int(net.chance(0.5))
    weights = net.weights((outputs, inputs) if turned else (inputs, outputs), 0 if turned else 1)
    operands = [end.name, weights] + ([net.bias(outputs)] if net.opset < 11 or net.chance(0.7) else [])
    numbers = {"alpha": net.any_of(1.0, 0.5), "beta": net.any_of(1.0, 2.0)}
    return End(net.node("Gemm", *operands, transB=turned, **numbers), (outputs,))


def normalized(net: Net, end: End) -> End | None:
    """Batch norm in front of a quantizer; exact in float32 with numbers chosen so."""
    channels = end.shape[0]
    if not net.powers:
        name = net.node("BatchNormalization", end.name, *norms(net, channels), epsilon=1e-5)
        return quantized(net, End(name, end.shape))
    signs = np.where(net.rng.random(channels) < 0.3, -1.0, 1.0)
    numbers = (
        signs * 2.0 ** net.rng.integers(-1, 2, channels),
        *net.rng.integers(-4, 5, (2, channels)) / 8,
        4.0 ** net.rng.integers(-1, 2, channels),
    )
    constants = [net.const(values) for values in numbers]
    return quantized(net, End(net.node("BatchNormalization", end.name, *constants, epsilon=0.0), end.shape))


def quantized(net: Net, end: End) -> End:
    """A quantizer of a random width, of one scale or one per channel, or a bipolar one."""
    if net.chance(0.1):
        scale = net.scale()
        name = net.node("BipolarQuant", end.name, net.const(scale), domain=net.domain)
        return End(name, end.shape, float(scale), 1)
    if net.powers and net.chance(0.15):
        scale = net.scale((1, end.shape[0], *(1 for _ in end.shape[1:])))
        return net.quant(end, net.below(2, 7), True, scale, 0)
    return net.quant(end, net.below(2, 8), True)


def activated(net: Net, end: End) -> End:
    """A function, or none, and a quantizer."""
    if net.chance(0.3):
        name = net.node("Relu", end.name)
        return net.quant(End(name, end.shape), net.below(1, 8), False)
    return quantized(net, end)


PIECES = (conv, conv, conv_last, dense, dense, normalized)
