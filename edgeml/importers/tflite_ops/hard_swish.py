"""HARD_SWISH of int8, by table."""

from __future__ import annotations

import numpy as np

from edgeml.fixed import IntArray
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_ops._table import by_codes
from edgeml.importers.tflite_reader.kernels import QuantizedMultiplier
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader, one_scale

_LOW, _HIGH = -(1 << 15), (1 << 15) - 1


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """x * relu6(x + 3) / 6 in integers of 16 bits.

    Source: lite/kernels/internal/reference/hard_swish.h (HardSwish) and lite/kernels/activations.cc
    (HardSwishPrepare).
    """
    (x, x_zero), (y, y_zero) = one_scale(reader.tensor(operator, 0)), one_scale(reader.result(operator))
    fine = float(np.float32(1 / 128) * np.float32(x))
    (factor, exponent), (slope, rise) = _short(fine / y), _short(fine / (3.0 / 32768.0))
    steps = (np.arange(-128, 128, dtype=np.int64) - x_zero) << 7
    scaled = _high(steps, factor)
    gate = np.clip(steps << (rise - 1), _LOW, _HIGH) if rise > 0 else steps
    gate = _high(gate, slope)
    gate = np.clip(gate << 1, _LOW, _HIGH) if rise > 0 else _divided(gate, -rise)
    gate = (gate + (1 << 15)) >> 1
    product = gate * scaled
    product = np.sign(product) * (np.abs(product) >> 15)
    return by_codes(operator, reader, np.clip(_divided(product, -exponent) + y_zero, -128, 127))


def _short(real: float) -> tuple[int, int]:
    """A multiplier of 15 bits and its exponent."""
    whole = QuantizedMultiplier.of(np.array([np.float32(real)], np.float64))
    return min((int(whole.factor[0]) + (1 << 15)) >> 16, _HIGH), int(whole.shift[0])


def _high(x: IntArray, factor: int) -> IntArray:
    """x * factor / 2^15, ties up."""
    return (x * factor + (1 << 14)) >> 15


def _divided(x: IntArray, bits: int) -> IntArray:
    """x / 2^bits, ties away from zero."""
    mask = (1 << bits) - 1
    return (x >> bits) + ((x & mask) > (mask >> 1) + (x < 0))
