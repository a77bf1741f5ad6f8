"""Sums of products, the shared parts: int8 weights, int32 bias, the reference kernels' requantization."""

from __future__ import annotations

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine import settle
from edgeml.importers.affine.quantize import quantized
from edgeml.importers.affine.quantizer import OwnArithmetic
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_reader.kernels import QuantizedMultiplier, activation_range, with_zero_point
from edgeml.importers.tflite_reader.model import TfliteOperator, TfliteTensor
from edgeml.importers.tflite_reader.reader import REMEDY, TfliteReader, one_scale


def weights_of(tensor: TfliteTensor) -> tuple[IntArray, np.ndarray]:
    """Integers and scales, which broadcast to them.

    Raises:
        EdgemlError: they are no int8 constants of zero point zero.
    """
    if tensor.values is None or tensor.kind != "INT8" or not tensor.scale.size:
        raise EdgemlError(
            f"the weights {tensor.name!r} are of type {tensor.kind}, int8 constants are read", hint=REMEDY
        )
    if np.any(tensor.zero_point):
        raise EdgemlError(
            f"the weights {tensor.name!r} have a zero point", hint="quantize weights symmetrically"
        )
    shape = [1] * len(tensor.shape)
    shape[tensor.axis] = tensor.scale.size
    return tensor.values.astype(np.int64), tensor.scale.reshape(shape)


def requantized(
    operator: TfliteOperator,
    reader: TfliteReader,
    sums: AffineValue,
    multiplier: QuantizedMultiplier,
    activation: int,
) -> AffineValue:
    """int8 codes of int32 sums, as the reference kernels compute them.

    Args:
        operator: the operator; its third input is the bias.
        reader: of the model.
        sums: products of codes less the zero point, with weights.
        multiplier: per output channel, as the kernel prepares it.
        activation: fused, of ActivationFunctionType.

    Raises:
        EdgemlError: the bias is no int32 number per output channel.
    """
    assembly = reader.assembly
    if reader.has(operator, 2):
        bias = reader.constant(operator, 2, "bias")
        if bias.dtype != np.int32 or bias.size != sums.shape[-1]:
            raise EdgemlError(f"a bias of type {bias.dtype} and shape {bias.shape}", hint="int32 is read")
        sums = sums.plus(ex.as_exact(ex.exact(bias.reshape(-1).astype(np.int64)) * sums.only.factor))
    sums = settle.anchored(assembly, sums)
    result = reader.result(operator)
    scale, zero = one_scale(result)
    low, high = activation_range(activation, scale, zero)

    def codes(values: IntArray) -> IntArray:
        return np.clip(multiplier.apply(values) + zero, low, high)

    def ops(node: str) -> str:
        return with_zero_point(assembly, multiplier.ops(assembly, node, "own"), zero, low, high)

    return quantized(assembly, sums, reader.quantizer(result), OwnArithmetic(codes, ops))
