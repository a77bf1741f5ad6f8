"""QUANTIZE: a float input, or codes of another scale; uint8 at the ends of a model."""

from __future__ import annotations

import numpy as np

from edgeml.fixed import IntArray
from edgeml.importers.affine import settle
from edgeml.importers.affine.quantize import quantized
from edgeml.importers.affine.quantizer import OwnArithmetic
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_reader.kernels import QuantizedMultiplier
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import BYTES, TfliteReader, one_scale


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """Source: lite/kernels/quantize.cc and internal/reference/requantize.h."""
    value = reader.value(operator, moves=True)
    if value.function is not None:  # left off at the end, together with what it is applied to
        return value
    by = reader.quantizer(reader.result(operator))
    if value.is_raw or reader.tensor(operator, 0).kind == "FLOAT32":
        return quantized(reader.assembly, value, by)
    (x, _), (y, zero) = (
        one_scale(end, BYTES) for end in (reader.tensor(operator, 0), reader.result(operator))
    )
    multiplier = QuantizedMultiplier.of(np.array([x / y]))
    value = settle.anchored(reader.assembly, value)

    def codes(steps: IntArray) -> IntArray:
        return np.clip(multiplier.apply(steps) + zero, by.low, by.high)

    return quantized(reader.assembly, value, by, OwnArithmetic(codes))
