"""STRIDED_SLICE: a part of the codes."""

from __future__ import annotations

from edgeml.errors import EdgemlError
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_reader.folding import sliced
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """From begin to end by strides, along the axes that they name.

    Raises:
        EdgemlError: a slice of another form.
    """
    value = reader.value(operator)
    ends = [
        reader.constant(operator, place, what) for place, what in enumerate(("begin", "end", "strides"), 1)
    ]
    try:
        return value.with_index(sliced([value.index, *ends], operator.options))
    except (ValueError, IndexError) as error:
        raise EdgemlError(str(error), hint="slice by constant numbers, without new axes") from error
