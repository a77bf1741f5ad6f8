"""Equalization: factors per channel between activations and weights, then one per tensor that fills its type.

A channel's factor is w^(1 - alpha) / v^alpha of the share w that its weights take of their rows and the share
v that its values take of their tensor. With alpha = 1/2 rounding costs alike in both; with alpha = 1 every
channel of the values fills the tensor's type, and the weights take what follows from it, which adaptive
rounding makes good where there are many of them to a sum. Both are tried. Then all channels of a tensor get
the factor with which it fills a power of two best: steps are powers of two, and a type may be twice as wide
as its values.

What additions and means alone read has no say in the factors: it is wider (`QuantizedPlace.term`), or its
rounding is averaged away.

Source: G. Xiao et al., SmoothQuant, ICML 2023, equation 4; through residual additions as well, see
`edgeml.ptq.channels`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edgeml.ptq import methods
from edgeml.ptq.channels import ChannelMap, channel_map, scaled
from edgeml.ptq.corrections import Correction, ExpectedRounding
from edgeml.ptq.histogram import TensorHistogram, histograms
from edgeml.ptq.net import FloatNet, LinearLayer
from edgeml.ptq.places import QuantizedPlace, only_summed, places
from edgeml.ptq.steps import TensorType
from edgeml.ptq.tensors import TensorRunner

Floats64 = NDArray[np.float64]

_ALPHAS = (0.5, 1.0)
"""The share of the rounding that is taken from the values; each is tried."""

_MOST = 2.0**4
"""The largest factor of one channel."""

_STEPS = 16
"""Factors that are tried within a power of two."""


def _equalized(net: FloatNet, expected: ExpectedRounding) -> tuple[FloatNet, ...]:
    points = places(net)
    channels = channel_map(net)
    groups = channels.groups(tuple(point.tensor for point in points))
    if not groups:
        return ()
    values, weights = _shares(net, channels, points, expected)
    usable = channels.free & (values > 0) & (weights > 0)
    values, weights = np.where(usable, values, 1.0), np.where(usable, weights, 1.0)
    balances = (weights ** (1 - alpha) / values**alpha for alpha in _ALPHAS)
    factors = (np.where(usable, np.clip(balance, 1 / _MOST, _MOST), 1.0) for balance in balances)
    return tuple(_filled(scaled(net, channels, by), channels, groups, points, expected) for by in factors)


def _filled(
    net: FloatNet,
    channels: ChannelMap,
    groups: Sequence[tuple[str, ...]],
    points: Sequence[QuantizedPlace],
    expected: ExpectedRounding,
) -> FloatNet:
    """The network with the factor of each group with which its tensors fill their types."""
    signed = {point.tensor: point.signed for point in points if not point.term}
    names = tuple(signed)
    runner = TensorRunner(net.model(), net.name, names)
    histogram_of = histograms(runner, expected.x, names, net.name)
    fill = np.ones(len(channels.free))
    for group in groups:
        tensors = [(histogram_of[name], signed[name]) for name in group if name in signed]
        best = _filling(tensors, expected.bits)
        for name in group:
            fill[channels.ids[name]] = best
    return scaled(net, channels, fill)


def _shares(
    net: FloatNet, channels: ChannelMap, points: Sequence[QuantizedPlace], expected: ExpectedRounding
) -> tuple[Floats64, Floats64]:
    """By number of the channel, the shares that its values take of a tensor, and its weights of their rows.

    The mean of eighth powers stands for the peak of a channel: the largest value is one sample's alone.
    """
    names = tuple(point.tensor for point in points if not only_summed(net, point.tensor))
    values, weights = np.zeros(len(channels.free)), np.zeros(len(channels.free))
    powers = {name: np.zeros(channels.ids[name].shape) for name in names}
    runner = TensorRunner(net.model(), net.name, names)
    for batch in runner.stream(expected.x, names):
        for name, part in zip(names, batch, strict=True):
            powers[name] += np.square(np.square(np.square(part.astype(np.float64)))).sum(axis=0)
    for name, power in powers.items():
        peak = channels.mean(name, power) ** (1 / 8)
        values = np.maximum(values, peak / (peak.max() or 1.0))
    for layer in net.layers:
        size = np.abs(net.constants[layer.weights]).astype(np.float64)
        rows = tuple(axis for axis in range(size.ndim) if axis != layer.axis)
        row = size.max(axis=rows if expected.per_channel else None, keepdims=True)
        share = size / np.where(row > 0, row, 1.0)
        np.maximum.at(weights, channels.read(layer), _by_input(share, layer))
        if not expected.per_channel:  # then narrow rows lose bits as narrow values do
            np.maximum.at(values, channels.written(layer), share.max(axis=rows))
    return values, weights


def _by_input(share: Floats64, layer: LinearLayer) -> Floats64:
    """The largest number of each input channel."""
    if layer.op_type != "Conv":
        return share.max(axis=layer.axis)
    groups = layer.node.integer("group", 1)
    parts = share.reshape(groups, len(share) // groups, share.shape[1], -1)
    return parts.max(axis=(1, 3)).reshape(-1)


def _filling(tensors: Sequence[tuple[TensorHistogram, bool]], bits: int) -> float:
    """The factor with the least relative error of rounding, summed over tensors; 1 if all are as good."""
    choose = methods.load("mse").choose

    def error(factor: float) -> float:
        total = 0.0
        for histogram, signed in tensors:
            wider = TensorHistogram(histogram.low * factor, histogram.high * factor, histogram.counts)
            centers, kind = wider.centers, TensorType(bits, signed, (choose(wider, bits, signed),))
            noise = float(np.sum(wider.counts * (kind.rounded(centers) - centers) ** 2))
            total += noise / max(float(np.sum(wider.counts * centers**2)), 1e-300)
        return total

    return min((2.0 ** (step / _STEPS) for step in range(_STEPS)), key=error)


CORRECTION = Correction(
    summary="factors per channel balance activations and weights, and fill the range of their types",
    before=_equalized,
)
