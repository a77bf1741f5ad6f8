"""Cross-layer equalization: channels of two layers in a row get equal ranges, through what lies between them.

A positive factor per channel passes through ReLU, pooling and flattening: one layer's outputs are divided by
it and the next layer's inputs multiplied.

Source: M. Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction, ICCV 2019,
section 4.1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeml.ptq.corrections import Correction
from edgeml.ptq.net import FloatNet, LinearLayer

_PASSES = frozenset(("Relu", "LeakyRelu", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"))
_FLATTENS = frozenset(("Flatten",))
_ROUNDS = 3
_MOST = 2.0**8


def _equalized(net: FloatNet) -> FloatNet:
    pairs = tuple(_pairs(net))
    for _ in range(_ROUNDS):
        for first, second in pairs:
            net = _balanced(net, first, second)
    return net


def _pairs(net: FloatNet) -> list[tuple[LinearLayer, LinearLayer]]:
    """Layers of which the second alone reads the first."""
    by_source = {layer.source: layer for layer in net.layers}
    pairs: list[tuple[LinearLayer, LinearLayer]] = []
    for first in net.layers:
        tensor = first.output
        while tensor not in by_source:
            readers = net.readers.get(tensor, ())
            if len(readers) != 1 or tensor in net.outputs:
                break
            if readers[0].op_type not in _PASSES | _FLATTENS:
                break
            tensor = readers[0].outputs[0]
        second = by_source.get(tensor)
        if second is not None and len(net.readers[tensor]) == 1 and tensor not in net.outputs:
            pairs.append((first, second))
    return pairs


def _balanced(net: FloatNet, first: LinearLayer, second: LinearLayer) -> FloatNet:
    ahead = np.moveaxis(net.constants[first.weights], first.axis, 0).astype(np.float64)
    behind = net.constants[second.weights].astype(np.float64)
    split = _by_input(behind, second, len(ahead))
    if split is None:
        return net
    ranges = np.abs(ahead).reshape(len(ahead), -1).max(axis=1), np.abs(split).max(axis=(0, 2))
    usable = (ranges[0] > 0) & (ranges[1] > 0)
    factor = np.where(usable, np.sqrt(ranges[0] / np.where(usable, ranges[1], 1)), 1.0)
    factor = np.clip(factor, 1 / _MOST, _MOST)
    shape = [-1] + [1] * (ahead.ndim - 1)
    changed = {
        first.weights: np.moveaxis(ahead / factor.reshape(shape), 0, first.axis),
        first.bias: net.constants[first.bias] / factor,
        second.weights: _joined(split * factor[np.newaxis, :, np.newaxis], second, behind.shape),
    }
    return net.with_constants({name: np.asarray(values, np.float32) for name, values in changed.items()})


def _by_input(weights: NDArray[np.float64], layer: LinearLayer, channels: int) -> NDArray[np.float64] | None:
    """Weights as (outputs, input channels, the rest); None if they do not divide so."""
    if layer.op_type == "Conv":
        if layer.node.integer("group", 1) == 1 and weights.shape[1] == channels:
            return weights.reshape(weights.shape[0], channels, -1)
        if weights.shape[1] == 1 and weights.shape[0] == channels:
            return weights.reshape(1, channels, -1)
        return None
    rows = weights if layer.axis == 0 else weights.T
    return rows.reshape(len(rows), channels, -1) if rows.shape[1] % channels == 0 else None


def _joined(split: NDArray[np.float64], layer: LinearLayer, shape: tuple[int, ...]) -> NDArray[np.float64]:
    if layer.op_type == "Conv":
        return split.reshape(shape)
    rows = split.reshape(split.shape[0], -1)
    return rows if layer.axis == 0 else rows.T


CORRECTION = Correction(
    summary="channels of two layers in a row get equal ranges of weights", before=_equalized
)
