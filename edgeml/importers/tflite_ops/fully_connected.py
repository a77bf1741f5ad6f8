"""FULLY_CONNECTED of int8."""

from __future__ import annotations

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.affine import linear
from edgeml.importers.affine.arrange import arranged
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_ops._linear import requantized, weights_of
from edgeml.importers.tflite_reader.kernels import QuantizedMultiplier
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader, one_scale


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """Weights (outputs, inputs); one scale per tensor or per output.

    Source: lite/kernels/fully_connected.cc and kernel_util.cc (GetQuantizedConvolutionMultipler): the product
        of the two scales is rounded to float32 where the weights have one scale.
    """
    value, tensor = reader.value(operator), reader.tensor(operator, 1)
    codes, scale = weights_of(tensor)
    if codes.ndim != 2 or operator.options is None or operator.options.WeightsFormat():
        raise EdgemlError("weights in another format than (outputs, inputs)")
    inputs = codes.shape[1]
    if value.index.size % inputs:
        raise EdgemlError(f"an input of shape {value.source_shape} for {inputs} inputs")
    rows = value.index.size // inputs
    shape = (inputs,) if rows == 1 else (rows, inputs)
    fresh = np.arange(value.index.size, dtype=np.int64).reshape(value.index.shape)
    value = arranged(reader.assembly, value, value.index.reshape(shape), fresh)
    sums = linear.mat_mul(reader.assembly, value, (codes.T, scale.T))
    sums = sums.with_index(np.arange(rows * codes.shape[0], dtype=np.int64).reshape(rows, codes.shape[0]))
    x, y = one_scale(reader.tensor(operator, 0))[0], one_scale(reader.result(operator))[0]
    multiplier = QuantizedMultiplier.of(multipliers(x, tensor.scale, y), once=True)
    return requantized(operator, reader, sums, multiplier, operator.options.FusedActivationFunction())


def multipliers(x: float, weights: np.ndarray, y: float) -> np.ndarray:
    """The real multipliers: with one scale of the weights, their product with x's in float32."""
    if weights.size == 1:
        return (np.float32(x) * weights.astype(np.float32)).astype(np.float64) / y
    return x * weights.astype(np.float64) / y
