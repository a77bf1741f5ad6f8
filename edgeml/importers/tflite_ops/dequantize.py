"""DEQUANTIZE at the end of a model: codes as floats."""

from __future__ import annotations

from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """The value itself."""
    return reader.value(operator, moves=True)
