"""TRANSPOSE: another order of the same codes."""

from __future__ import annotations

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """The axes in the order of the second input.

    Raises:
        EdgemlError: it is no order of the axes.
    """
    value, order = (
        reader.value(operator, moves=True),
        reader.constant(operator, 1, "order").reshape(-1).tolist(),
    )
    if sorted(order) != list(range(len(value.source_shape))):
        raise EdgemlError(f"{order} is no order of the axes of a value of shape {value.source_shape}")
    return value.with_index(np.transpose(value.index, order))
