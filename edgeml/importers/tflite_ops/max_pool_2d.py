"""MAX_POOL_2D of int8."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.importers.affine.stairs import clipped_codes
from edgeml.importers.affine.value import AffineValue, WeightedNode
from edgeml.importers.tflite_ops._pool import pooled, window
from edgeml.importers.tflite_reader.kernels import activation_range
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader, one_scale
from edgeml.ir.ops.max_pool import MaxPool


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """The largest code of each window, within the fused activation's range."""
    value, pool, strides, pads = window(operator, reader)
    result = pooled(reader, value, MaxPool(pool, strides, pads))
    ends = activation_range(operator.options.FusedActivationFunction(), *one_scale(reader.result(operator)))
    node = clipped_codes(reader.assembly, result.only.node, *(np.array([end]) for end in ends))
    return replace(result, terms=(WeightedNode(node, result.only.factor),))
