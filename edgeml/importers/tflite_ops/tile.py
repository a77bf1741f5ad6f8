"""TILE: codes repeated whole, one after the other."""

from __future__ import annotations

import math

import numpy as np

from edgeml import limits
from edgeml.errors import EdgemlError
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """As often along each axis as the second input says.

    Raises:
        EdgemlError: it says so for another number of axes, or repeats the batch.
    """
    value, times = reader.value(operator), reader.constant(operator, 1, "multiples").reshape(-1).tolist()
    if len(times) != len(value.source_shape) or min(times, default=0) < 1 or times[0] != 1:
        raise EdgemlError(f"multiples {times} of a value of shape {value.source_shape}")
    limits.VALUE.check(value.index.size * math.prod(times), "the result has", operator.name)
    return value.with_index(np.tile(value.index, times))
