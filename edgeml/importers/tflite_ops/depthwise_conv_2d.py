"""DEPTHWISE_CONV_2D of int8."""

from __future__ import annotations

from edgeml.errors import EdgemlError
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_ops._linear import weights_of
from edgeml.importers.tflite_ops.conv_2d import convolved
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """Weights (1, height, width, channels * multiplier): a convolution with a group per channel."""
    codes, scale = weights_of(reader.tensor(operator, 1))
    channels = reader.value(operator).source_shape[-1]
    if codes.ndim != 4 or codes.shape[0] != 1 or codes.shape[3] % channels:
        raise EdgemlError(f"weights of shape {codes.shape} for {channels} channels")
    order = (1, 2, 0, 3)
    return convolved(operator, reader, (codes.transpose(order), scale.transpose(order)), channels)
