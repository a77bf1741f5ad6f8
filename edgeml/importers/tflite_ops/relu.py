"""RELU of int8."""

from __future__ import annotations

from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_ops._relu import rectified
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """A requantization within the activation's range."""
    return rectified(operator, reader, 1)
