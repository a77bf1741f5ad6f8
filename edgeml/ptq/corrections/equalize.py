"""Equalization: factors per channel between activations and weights, then one per tensor that fills its type.

A channel's factor is the root of the share that its weights take of their rows over the share that its
values take of their tensor, so that rounding costs alike in both. Then all channels of a tensor get the
factor with which it fills a power of two best: steps are powers of two, and a type may be twice as wide as
its values.

Source: G. Xiao et al., SmoothQuant, ICML 2023, equation 4, with alpha = 1/2; through residual additions as
well, see `edgeml.ptq.channels`.
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
from edgeml.ptq.places import places
from edgeml.ptq.steps import TensorType
from edgeml.ptq.tensors import TensorRunner

Floats64 = NDArray[np.float64]

_ALPHA = 0.5
_MOST = 2.0**4
"""The largest factor of one channel."""

_STEPS = 16
"""Factors that are tried within a power of two."""


def _equalized(net: FloatNet, expected: ExpectedRounding) -> FloatNet:
    points = places(net)
    names = tuple(point.tensor for point in points)
    channels = channel_map(net)
    groups = channels.groups(names)
    if not groups:
        return net
    factors = _balancing(net, channels, names, expected)
    net = scaled(net, channels, factors)
    runner = TensorRunner(net.model(), net.name, names)
    histogram_of = histograms(runner, expected.x, names, net.name)
    signed = {point.tensor: point.signed for point in points}
    fill = np.ones(len(channels.free))
    for group in groups:
        best = _filling([(histogram_of[name], signed[name]) for name in group], expected.bits)
        for name in group:
            fill[channels.ids[name]] = best
    return scaled(net, channels, fill)


def _balancing(
    net: FloatNet, channels: ChannelMap, names: Sequence[str], expected: ExpectedRounding
) -> Floats64:
    """By number of the channel, the factor that balances values and weights."""
    values, weights = np.zeros(len(channels.free)), np.zeros(len(channels.free))
    peaks = {name: np.zeros(channels.ids[name].shape) for name in names}
    for batch in TensorRunner(net.model(), net.name, names).stream(expected.x, names):
        for name, part in zip(names, batch, strict=True):
            peaks[name] = np.maximum(peaks[name], np.abs(part).max(axis=0))
    for name, peak in peaks.items():
        values = np.maximum(values, channels.most(name, peak / (peak.max() or 1.0)))
    for layer in net.layers:
        size = np.abs(net.constants[layer.weights]).astype(np.float64)
        rows = tuple(axis for axis in range(size.ndim) if axis != layer.axis)
        row = size.max(axis=rows if expected.per_channel else None, keepdims=True)
        share = size / np.where(row > 0, row, 1.0)
        np.maximum.at(weights, channels.read(layer), _by_input(share, layer))
        if not expected.per_channel:  # then narrow rows lose bits as narrow values do
            np.maximum.at(values, channels.written(layer), share.max(axis=rows))
    usable = channels.free & (values > 0) & (weights > 0)
    ratio = np.where(usable, weights, 1.0) ** (1 - _ALPHA) / np.where(usable, values, 1.0) ** _ALPHA
    return np.where(usable, np.clip(ratio, 1 / _MOST, _MOST), 1.0)


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
