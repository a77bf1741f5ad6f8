"""Rounding to grids whose fractional bits have a gradient.

A value x on the grid of f fractional bits is floor(x * 2^f) / 2^f (inputs) or round(x * 2^f) / 2^f (weights).
Its gradient by x is 1. Its gradient by f is ln(2) * (x - q): the error that the grid makes halves with each
bit (HGQ, section III).
"""

from __future__ import annotations

from typing import Any

from edgeml.keras.backend import import_keras

keras = import_keras()
ops = keras.ops

MOST_FRACTION = 14
"""Fractional bits beyond which a grid is not refined: sums have to stay below float32's 24 bits."""


def whole(value: Any) -> Any:
    """The nearest whole number, half to even, with gradient 1."""
    return value + ops.stop_gradient(ops.round(value) - value)


def fractional(bits: Any) -> Any:
    """Trained fractional bits as a whole number of at most MOST_FRACTION."""
    return whole(ops.minimum(bits, float(MOST_FRACTION)))


def power_of_two(exponent: Any) -> Any:
    """2^exponent of whole numbers; exact in float32 (`tests/keras/test_learned.py`)."""
    return ops.power(ops.cast(2.0, "float32"), exponent)


def rounded(value: Any, fraction: Any) -> Any:
    """Values on the grid of `fraction` bits, half to even."""
    return _on_grid(value, fraction, ops.round)


def truncated(value: Any, fraction: Any) -> Any:
    """Values on the grid of `fraction` bits, towards minus infinity."""
    return _on_grid(value, fraction, ops.floor)


def _on_grid(value: Any, fraction: Any, step: Any) -> Any:
    scale = power_of_two(fraction)
    scaled = value * scale
    return (scaled + ops.stop_gradient(step(scaled) - scaled)) / scale


def integer_bits(magnitude: Any) -> Any:
    """The least whole number i with magnitude <= 2^i; no gradient.

    A magnitude of zero counts as 2^-MOST_FRACTION.
    """
    least = power_of_two(ops.cast(-MOST_FRACTION, "float32"))
    return ops.stop_gradient(ops.ceil(ops.log2(ops.maximum(magnitude, least))))


def weight_bits(weights: Any, fraction: Any) -> Any:
    """Bits of each weight from its highest set bit down to its grid, without the sign; 0 for zeros.

    Args:
        weights: on the grid of `fraction` bits.
        fraction: whole numbers; the result's gradient by them is 1 where a weight is not zero.
    """
    magnitude = ops.stop_gradient(ops.abs(weights))
    set_bits = magnitude > 0
    # A little more than the magnitude: log2 of an exact power of two may come out below its exponent.
    highest = ops.floor(ops.log2(ops.where(set_bits, magnitude, 1.0) * (1 + 2.0**-18))) + 1
    return ops.where(set_bits, ops.relu(highest + fraction), ops.zeros_like(magnitude))
