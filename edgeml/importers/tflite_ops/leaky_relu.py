"""LEAKY_RELU of int8, by table."""

from __future__ import annotations

import numpy as np

from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_ops._table import by_codes
from edgeml.importers.tflite_reader.kernels import QuantizedMultiplier
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader, one_scale


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """One multiplier from zero on, another below it.

    Source: lite/kernels/internal/reference/leaky_relu.h (QuantizeLeakyRelu).
    """
    (x, x_zero), (y, y_zero) = one_scale(reader.tensor(operator, 0)), one_scale(reader.result(operator))
    alpha = 0.0 if operator.options is None else float(operator.options.Alpha())
    steps = np.arange(-128, 128, dtype=np.int64) - x_zero
    above, below = (_scaled(steps, factor) for factor in (x / y, x * alpha / y))
    return by_codes(operator, reader, np.clip(np.where(steps >= 0, above, below) + y_zero, -128, 127))


def _scaled(steps: np.ndarray, factor: float) -> np.ndarray:
    scaled = QuantizedMultiplier.of(np.array([abs(factor)])).apply(steps)
    return scaled if factor >= 0 else -scaled
