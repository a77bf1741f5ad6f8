"""MINIMUM of two int8 values of one scale, or of one and constants."""

from __future__ import annotations

from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_ops.maximum import of_codes
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader
from edgeml.ir.ops.min import Min


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """The smaller code of each pair."""
    return of_codes(operator, reader, Min())
