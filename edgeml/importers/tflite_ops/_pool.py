"""Shared by the poolings of TensorFlow Lite."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.affine.arrange import as_source
from edgeml.importers.affine.value import AffineValue, WeightedNode
from edgeml.importers.tflite_ops._windows import padding
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader, one_scale
from edgeml.ir.op import Op

Pairs = tuple[tuple[int, int], ...]


def window(
    operator: TfliteOperator, reader: TfliteReader
) -> tuple[AffineValue, tuple[int, int], tuple[int, int], Pairs]:
    """The input on a node (height, width, channels), the window, its strides and padding.

    Raises:
        EdgemlError: the input has other axes, or the output another scale.
    """
    options = operator.options
    value = as_source(reader.assembly, reader.value(operator))
    if options is None or len(value.shape) != 3:
        raise EdgemlError(f"a pooling of a value of shape {value.source_shape}")
    if one_scale(reader.tensor(operator, 0)) != one_scale(reader.result(operator)):
        raise EdgemlError("a pooling to another scale", hint="convert the model again")
    pool, strides = (options.FilterHeight(), options.FilterWidth()), (options.StrideH(), options.StrideW())
    return value, pool, strides, padding(options.Padding(), value.shape[:2], pool, strides, (1, 1))


def pooled(reader: TfliteReader, value: AffineValue, op: Op) -> AffineValue:
    """A pooling of the value's codes."""
    node = reader.assembly.add(op, value.only.node, part="pool")
    shape = reader.assembly.info(node).shape
    index = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(1, *shape)
    return replace(value, terms=(WeightedNode(node, value.only.factor),), shape=shape, index=index)
