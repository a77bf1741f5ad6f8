"""CONV_2D of int8."""

from __future__ import annotations

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.affine import linear
from edgeml.importers.affine.arrange import as_source
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_ops._linear import requantized, weights_of
from edgeml.importers.tflite_ops._windows import padding
from edgeml.importers.tflite_reader.kernels import QuantizedMultiplier
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader, one_scale
from edgeml.ir.ops.conv import Conv


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """Weights (filters, height, width, channels / groups).

    Source: lite/kernels/conv.cc and kernel_util.cc (PopulateConvolutionQuantizationParams).
    """
    codes, scale = weights_of(reader.tensor(operator, 1))
    if codes.ndim != 4:
        raise EdgemlError(f"weights of shape {codes.shape}")
    order = (1, 2, 3, 0)
    channels = reader.value(operator).source_shape[-1]
    if channels % codes.shape[3]:
        raise EdgemlError(f"weights of shape {codes.shape} for {channels} channels")
    return convolved(
        operator, reader, (codes.transpose(order), scale.transpose(order)), channels // codes.shape[3]
    )


def convolved(
    operator: TfliteOperator, reader: TfliteReader, weights: tuple[np.ndarray, np.ndarray], groups: int
) -> AffineValue:
    """A convolution of int8 with weights (height, width, channels / groups, filters).

    Raises:
        EdgemlError: the operator has no options, or its input no height and width.
    """
    options = operator.options
    if options is None:
        raise EdgemlError("a convolution without options")
    value = as_source(reader.assembly, reader.value(operator))
    if len(value.shape) != 3:
        raise EdgemlError(f"an input of shape {value.source_shape}")
    strides = options.StrideH(), options.StrideW()
    dilation = options.DilationHFactor(), options.DilationWFactor()
    pads = padding(options.Padding(), value.shape[:2], weights[0].shape[:2], strides, dilation)
    sums = linear.conv(reader.assembly, value, weights, Conv(strides, pads, dilation, groups))
    sums = sums.with_index(np.arange(int(np.prod(sums.shape)), dtype=np.int64).reshape(1, *sums.shape))
    x, y = one_scale(reader.tensor(operator, 0))[0], one_scale(reader.result(operator))[0]
    scales = x * reader.tensor(operator, 1).scale.astype(np.float64) / y
    return requantized(
        operator, reader, sums, QuantizedMultiplier.of(scales), options.FusedActivationFunction()
    )
