"""RESIZE_NEAREST_NEIGHBOR: elements repeated by whole factors."""

from __future__ import annotations

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """Every element of height and width as often as the image grows.

    Raises:
        EdgemlError: a factor that is not whole, or aligned corners.
    """
    value, sizes = reader.value(operator), reader.constant(operator, 1, "size").reshape(-1).tolist()
    index = value.index
    if (
        len(sizes) != 2
        or index.ndim != 4
        or (operator.options is not None and operator.options.AlignCorners())
    ):
        raise EdgemlError(
            f"a resizing of a value of shape {value.source_shape} to {sizes} with aligned corners"
        )
    for axis, size in enumerate(sizes, 1):
        factor, rest = divmod(size, index.shape[axis])
        if rest or factor < 1:
            raise EdgemlError(
                f"a resizing from {index.shape[axis]} to {size} elements", hint="use whole factors"
            )
        index = np.repeat(index, factor, axis=axis)
    return value.with_index(index)
