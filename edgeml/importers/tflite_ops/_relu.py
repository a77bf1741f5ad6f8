"""ReLU as an operator of its own."""

from __future__ import annotations

import numpy as np

from edgeml.fixed import IntArray
from edgeml.importers.affine import settle
from edgeml.importers.affine.quantize import quantized
from edgeml.importers.affine.quantizer import OwnArithmetic
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_reader.kernels import QuantizedMultiplier, activation_range
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader, one_scale


def rectified(operator: TfliteOperator, reader: TfliteReader, activation: int) -> AffineValue:
    """Codes of the output's scale, clipped.

    Source: lite/kernels/activations.cc (QuantizedReluX).
    """
    (x, _), (y, zero) = one_scale(reader.tensor(operator, 0)), one_scale(reader.result(operator))
    multiplier = QuantizedMultiplier.of(np.array([x / y]))
    low, high = activation_range(activation, y, zero)
    value = settle.anchored(reader.assembly, reader.value(operator))

    def codes(steps: IntArray) -> IntArray:
        return np.clip(multiplier.apply(steps) + zero, low, high)

    return quantized(reader.assembly, value, reader.quantizer(reader.result(operator)), OwnArithmetic(codes))
