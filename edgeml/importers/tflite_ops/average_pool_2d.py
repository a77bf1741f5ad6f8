"""AVERAGE_POOL_2D of int8."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from edgeml.fixed import IntArray
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine.quantize import quantized
from edgeml.importers.affine.quantizer import SourceQuantizer
from edgeml.importers.affine.rounding import SourceRounding
from edgeml.importers.affine.value import AffineValue, of_node
from edgeml.importers.tflite_ops._pool import pooled, window
from edgeml.importers.tflite_reader.kernels import activation_range
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader, one_scale
from edgeml.ir.ops.sum_pool import SumPool


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """The sum of codes by their count, padding left out, ties away from zero: (|sum| + count / 2) / count.

    Source: internal/reference/integer_ops/pooling.h (AveragePool).
    """
    value, pool, strides, pads = window(operator, reader)
    result = pooled(reader, value, SumPool(pool, strides, pads))
    counts = window_counts(value.shape[:2], result.shape[:2], (pool, strides, pads))
    low, high = activation_range(
        operator.options.FusedActivationFunction(), *one_scale(reader.result(operator))
    )
    sums = of_node(result.only.node, result.shape, result.index, ex.as_exact(1 / ex.exact(counts)))
    sums = sums.clipped(Fraction(low), Fraction(high))
    averaged = quantized(
        reader.assembly,
        sums,
        SourceQuantizer(ex.exact([1]), ex.exact([0]), -128, 127, SourceRounding.HALF_UP),
    )
    by = reader.quantizer(reader.result(operator))
    return by.value_of(averaged.only.node, result.shape, result.index)


def window_counts(
    space: tuple[int, ...], positions: tuple[int, ...], window: tuple[tuple[int, ...], tuple[int, ...], tuple]
) -> IntArray:
    """Elements of each window that are not padding, (height, width, 1), or (1,) if all are alike."""
    total = np.ones((), np.int64)
    for size, count, pool, stride, (before, _) in zip(space, positions, *window, strict=True):
        starts = np.arange(count) * stride - before
        inside = np.minimum(starts + pool, size) - np.maximum(starts, 0)
        total = total[..., np.newaxis] * inside
    return ex.compressed(total[..., np.newaxis])
