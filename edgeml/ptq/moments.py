"""First and second moments of what a layer reads, in float and quantized, on the calibration samples.

The squared error of a layer's sums is a quadratic function of its weights, and these moments are all that it
depends on:

    E |W' x' - W x|^2 = tr W' E[x' x'^T] W'^T - 2 tr W' E[x' x^T] W^T + const

Invariant: the rows are the products' operands: of a convolution every patch under its window, zeros around
included, sampled evenly where there are more than `MOST_ROWS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.ptq.net import LinearLayer

MOST_ROWS = 20_000
MOST_INPUTS = 4096
"""Operands of one sum up to which second moments are taken: 4096 take 128 MB."""

Floats64 = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LayerMoments:
    """Moments by group of a convolution; one group for all else.

    Args:
        mean: of the float operands (groups, inputs).
        mean_quantized: of the quantized ones (groups, inputs).
        own: E[x' x'^T], centred (groups, inputs, inputs); None if there are too many inputs.
        cross: E[x' x^T], centred (groups, inputs, inputs); None as well.
    """

    mean: Floats64
    mean_quantized: Floats64
    own: Floats64 | None
    cross: Floats64 | None


def moments(layer: LinearLayer, kernel: tuple[int, ...], x: Any, quantized: Any) -> LayerMoments:
    """The moments of a layer's operands.

    Args:
        layer: the layer.
        kernel: shape of its weights.
        x: what it reads in float (samples, ...).
        quantized: what it reads in the quantized network, of the same shape.
    """
    plain, rounded = (operands(layer, kernel, np.asarray(values)) for values in (x, quantized))
    mean, mean_quantized = plain.mean(axis=1), rounded.mean(axis=1)
    if plain.shape[-1] > MOST_INPUTS:
        return LayerMoments(mean, mean_quantized, None, None)
    centred = (rounded - mean_quantized[:, np.newaxis]).astype(np.float32)
    reference = (plain - mean[:, np.newaxis]).astype(np.float32)
    turned = centred.transpose(0, 2, 1)
    count = max(1, plain.shape[1])
    own, cross = (np.asarray(turned @ other, np.float64) / count for other in (centred, reference))
    return LayerMoments(mean, mean_quantized, own, cross)


def operands(layer: LinearLayer, kernel: tuple[int, ...], values: NDArray[Any]) -> NDArray[Any]:
    """The operands of a layer's sums (groups, rows, inputs), at most about `MOST_ROWS` rows."""
    if layer.op_type != "Conv":
        rows = values.reshape(-1, values.shape[-1])
        return rows[:: max(1, len(rows) // MOST_ROWS)][np.newaxis].astype(np.float64)
    node, rank = layer.node, len(kernel) - 2
    groups, ones = node.integer("group", 1), (1,) * rank
    strides, dilations = node.integers("strides", ones), node.integers("dilations", ones)
    spans = [(size - 1) * dilation + 1 for size, dilation in zip(kernel[2:], dilations, strict=True)]
    pads = _pads(layer, values.shape[2:], spans, strides)
    padded = np.pad(values, ((0, 0), (0, 0), *pads))
    view = np.lib.stride_tricks.sliding_window_view(padded, spans, axis=tuple(range(2, 2 + rank)))
    steps = tuple(slice(None, None, step) for step in strides)
    inner = tuple(slice(None, None, step) for step in dilations)
    view = view[(slice(None), slice(None), *steps, *inner)]
    pixels = int(np.prod(view.shape[2 : 2 + rank], dtype=np.int64))
    every = max(1, len(values) * pixels // MOST_ROWS)
    index = np.arange(0, len(values) * pixels, every)
    sample, *place = np.unravel_index(index, (len(values), *view.shape[2 : 2 + rank]))
    rows = view[(sample, slice(None), *place)]
    per_group = rows.reshape(len(index), groups, -1)
    return per_group.transpose(1, 0, 2).astype(np.float64)


def _pads(
    layer: LinearLayer, sizes: tuple[int, ...], spans: list[int], strides: tuple[int, ...]
) -> list[tuple[int, int]]:
    """Zeros in front and behind on each axis."""
    kind, rank = layer.node.text("auto_pad", "NOTSET"), len(sizes)
    if kind in ("NOTSET", "VALID"):
        pads = layer.node.integers("pads", (0,) * (2 * rank)) if kind == "NOTSET" else (0,) * (2 * rank)
        return [(pads[axis], pads[axis + rank]) for axis in range(rank)]
    pairs: list[tuple[int, int]] = []
    for size, span, stride in zip(sizes, spans, strides, strict=True):
        total = max(0, (-(-size // stride) - 1) * stride + span - size)
        small, large = total // 2, total - total // 2
        pairs.append((small, large) if kind == "SAME_UPPER" else (large, small))
    return pairs
