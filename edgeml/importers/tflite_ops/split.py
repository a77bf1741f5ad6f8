"""SPLIT: parts of equal size along one axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader


def lower(operator: TfliteOperator, reader: TfliteReader) -> Sequence[AffineValue]:
    """One value per output.

    Raises:
        EdgemlError: the axis does not divide into so many parts.
    """
    value = reader.value(operator, 1)
    axis, count = int(reader.constant(operator, 0, "axis").reshape(-1)[0]), len(operator.outputs)
    rank = len(value.source_shape)
    if not -rank <= axis < rank or value.source_shape[axis] % count:
        raise EdgemlError(f"{count} parts along axis {axis} of a value of shape {value.source_shape}")
    return [value.with_index(part) for part in np.split(value.index, count, axis=axis)]
