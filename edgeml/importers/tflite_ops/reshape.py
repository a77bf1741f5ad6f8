"""RESHAPE."""

from __future__ import annotations

import math

from edgeml.errors import EdgemlError
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """The same codes in the shape that the output states."""
    value, shape = reader.value(operator, moves=True), reader.result(operator).shape
    if math.prod(shape) != value.index.size:
        raise EdgemlError(f"a value of shape {value.source_shape} in the shape {shape}")
    return value.with_index(value.index.reshape(shape))
