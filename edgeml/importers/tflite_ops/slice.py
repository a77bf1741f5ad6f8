"""SLICE: a box of the codes."""

from __future__ import annotations

from edgeml.errors import EdgemlError
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """As many elements as stated from the first one of each axis on; all that follow for a size of -1.

    Raises:
        EdgemlError: the box leaves the value.
    """
    value = reader.value(operator)
    begin, sizes = (
        reader.constant(operator, place, what).reshape(-1).tolist()
        for place, what in enumerate(("begin", "size"), 1)
    )
    shape = value.source_shape
    ends = [
        size if count < 0 else first + count for first, count, size in zip(begin, sizes, shape, strict=True)
    ]
    if any(not 0 <= first < end <= size for first, end, size in zip(begin, ends, shape, strict=True)):
        raise EdgemlError(f"a slice from {begin} to {ends} of a value of shape {shape}")
    return value.with_index(value.index[tuple(map(slice, begin, ends))])
