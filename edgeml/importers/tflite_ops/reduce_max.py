"""REDUCE_MAX of int8 over all axes but the channels: the global max pooling of Keras."""

from __future__ import annotations

from edgeml.errors import EdgemlError
from edgeml.importers.affine.arrange import as_source
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_ops._pool import pooled
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader, one_scale
from edgeml.ir.ops.max_pool import MaxPool


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """The largest code of each channel.

    Raises:
        EdgemlError: other axes, or another scale of the result.
    """
    value = as_source(reader.assembly, reader.value(operator))
    rank = len(value.source_shape)
    axes = sorted(int(axis) % rank for axis in reader.constant(operator, 1, "axes").reshape(-1))
    space = value.shape[:-1]
    if axes != list(range(1, rank - 1)) or len(space) not in (1, 2):
        raise EdgemlError(
            f"a maximum over the axes {axes} of a value of shape {value.source_shape}",
            hint="take the maximum over all axes but the channels",
        )
    if one_scale(reader.tensor(operator, 0)) != one_scale(reader.result(operator)):
        raise EdgemlError("a maximum of another scale", hint="convert the model again")
    result = pooled(reader, value, MaxPool(space, space, ((0, 0),) * len(space)))
    return result.with_index(result.index.reshape(reader.result(operator).shape))
