"""The choice of types: a width for each tensor becomes a type, by calibration.

Invariant: the same network, histograms and widths give the same types; the input's and the weights' types
have the least squared error, those of results follow the calibration method.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.ptq import methods
from edgeml.ptq.histogram import TensorHistogram
from edgeml.ptq.net import FloatNet, LinearLayer
from edgeml.ptq.places import QuantizedPlace
from edgeml.ptq.steps import TensorType, fitting_frac

_MOST_BIAS_BITS = 24
"""Bits that a float32 holds."""

_CLIPPED = 3
"""Bits that the largest weight may lie above the largest code."""


@dataclass(frozen=True)
class Widths:
    """Bits by tensor.

    Args:
        inputs: of the input.
        weights: by layer.
        activations: by tensor.
    """

    inputs: int
    weights: Mapping[str, int] = field(default_factory=dict)
    activations: Mapping[str, int] = field(default_factory=dict)

    def with_weights(self, layer: str, bits: int) -> Widths:
        """The same with another width of one layer's weights."""
        return replace(self, weights={**self.weights, layer: bits})

    def with_activations(self, tensor: str, bits: int) -> Widths:
        """The same with another width of one result."""
        return replace(self, activations={**self.activations, tensor: bits})


def activation_types(
    net: FloatNet,
    points: Sequence[QuantizedPlace],
    histograms: Mapping[str, TensorHistogram],
    widths: Widths,
    method: str,
) -> dict[str, TensorType]:
    """Types of the input and of the results.

    Args:
        net: the network.
        points: where results are quantized.
        histograms: of these tensors and of the input.
        widths: bits of each.
        method: name of the calibration method.
    """
    by_error, choose = methods.load("mse").choose, methods.load(method).choose
    observed = histograms[net.source]
    signed = observed.low < 0
    types = {net.source: TensorType(widths.inputs, signed, (by_error(observed, widths.inputs, signed),))}
    for point in points:
        bits = widths.activations[point.tensor]
        frac = choose(histograms[point.tensor], bits, point.signed)
        types[point.tensor] = TensorType(bits, point.signed, (frac,))
    return types


def weight_type(values: NDArray[Any], bits: int, axis: int, per_channel: bool) -> TensorType:
    """The type of a layer's weights with the least squared error, per output channel or for all.

    Args:
        values: of the weights.
        bits: of a code.
        axis: of the output channels.
        per_channel: give each channel its own fractional bits.
    """
    rows = np.moveaxis(np.asarray(values, np.float64), axis, 0).reshape(values.shape[axis], -1)
    rows = rows if per_channel else rows.reshape(1, -1)
    return TensorType(bits, True, tuple(_best(row, bits) for row in rows), axis)


def _best(row: NDArray[np.float64], bits: int) -> int:
    fitting = fitting_frac(float(row.min()), float(row.max()), bits, True)

    def error(frac: int) -> float:
        return float(np.sum((TensorType(bits, True, (frac,)).rounded(row) - row) ** 2))

    return min(range(fitting, fitting + _CLIPPED + 1), key=error)


def bias_type(values: NDArray[Any], weights: TensorType, grid: int, bits: int) -> TensorType:
    """The type of a bias: on the grid of the sums that it is added to, or coarser if it is too large.

    Args:
        values: of the bias, one per output channel.
        weights: the type of the weights.
        grid: fractional bits of what the layer reads.
        bits: of a code.
    """
    width = min(bits, _MOST_BIAS_BITS)
    fracs = np.broadcast_to(np.asarray(weights.fracs), values.shape) + grid
    fitting = (fitting_frac(min(float(v), 0.0), max(float(v), 0.0), width, True) for v in values)
    chosen = tuple(int(min(pair)) for pair in zip(fracs, fitting, strict=True))
    return TensorType(width, True, chosen if len(set(chosen)) > 1 else chosen[:1], 0)


def grid_of(net: FloatNet, types: Mapping[str, TensorType], layer: LinearLayer) -> int:
    """The most fractional bits among the quantized tensors that a layer reads through what moves values."""
    makers = {node.outputs[0]: node for node in net.nodes}

    def origins(tensor: str) -> Iterator[int]:
        if tensor in types:
            yield max(types[tensor].fracs)
        elif tensor in makers:
            for name in makers[tensor].inputs:
                if name not in net.constants:
                    yield from origins(name)

    return max(origins(layer.source))
