"""SUB of two int8 values."""

from __future__ import annotations

from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_ops._added import added
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """The difference."""
    return added(operator, reader, -1)
