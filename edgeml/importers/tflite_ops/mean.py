"""MEAN of int8 over all axes but the channels: the global average pooling of Keras."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine.arrange import as_source
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_ops._linear import requantized
from edgeml.importers.tflite_ops._pool import pooled
from edgeml.importers.tflite_reader.kernels import QuantizedMultiplier
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader, one_scale
from edgeml.ir.ops.sum_pool import SumPool


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """The sum of codes less their zero points, times a multiplier that has the count divided out.

    Source: lite/kernels/internal/reference/reduce.h (QuantizedMeanOrSum).

    Raises:
        EdgemlError: other axes.
    """
    value = as_source(reader.assembly, reader.value(operator))
    rank = len(value.source_shape)
    axes = sorted(int(axis) % rank for axis in reader.constant(operator, 1, "axes").reshape(-1))
    if len(value.shape) not in (2, 3) or axes != list(range(1, rank - 1)):
        raise EdgemlError(
            f"a mean over the axes {axes} of a value of shape {value.source_shape}",
            hint="take the mean over all axes but the channels",
        )
    space = value.shape[:-1]
    count = int(np.prod(space))
    sums = pooled(reader, value, SumPool(space, space, ((0, 0),) * len(space)))
    sums = replace(sums, offset=ex.as_exact(sums.offset * count))
    scales = one_scale(reader.tensor(operator, 0))[0], one_scale(reader.result(operator))[0]
    result = requantized(operator, reader, sums, _divided(scales[0] / scales[1], count), 0)
    return result.with_index(result.index.reshape(reader.result(operator).shape))


def _divided(ratio: float, count: int) -> QuantizedMultiplier:
    """The multiplier of a ratio of scales, divided by a count as the kernel does it."""
    whole = QuantizedMultiplier.of(np.array([ratio]))
    bits = min(count.bit_length() - 1, 32, 31 + int(whole.shift[0]))
    return QuantizedMultiplier((whole.factor << bits) // count, whole.shift - bits)
