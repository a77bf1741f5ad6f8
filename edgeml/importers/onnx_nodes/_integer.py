"""Shared by the integer operators of ONNX: scales, zero points, and ONNX Runtime's own requantization."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.quantizer import OwnArithmetic, SourceQuantizer
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.onnx_nodes._quantizer import need_positive
from edgeml.importers.onnx_reader.model import INTEGER_TYPES, SourceNode
from edgeml.importers.onnx_reader.operands import Operand, SourceConstant
from edgeml.importers.onnx_reader.reader import OnnxReader

INTEGER = frozenset({"", "com.microsoft"})


def parameters(node: SourceNode, reader: OnnxReader, place: int) -> tuple[SourceConstant, SourceConstant]:
    """Scale and zero point at two neighbouring inputs; no zero point is zero as uint8.

    Raises:
        EdgemlError: they are computed, or no positive numbers.
    """
    scale = reader.constant(node, place, "scale")
    need_positive(scale.values)
    zero = reader.optional(node, place + 1, "zero point")
    stated = node.integer("output_dtype", 0) or 2  # UINT8 of TensorProto
    if zero is None and stated not in INTEGER_TYPES:
        raise EdgemlError(f"an output of type {stated} of TensorProto", hint="quantize to 8 or 16 bits")
    return scale, SourceConstant(np.zeros((), INTEGER_TYPES[stated])) if zero is None else zero


def limits_of(kind: np.dtype[Any]) -> tuple[int, int]:
    """Least and largest code of an integer type.

    Raises:
        EdgemlError: it has more than 16 bits, or is no integer type.
    """
    if kind.kind not in "iu" or kind.itemsize > 2:
        raise EdgemlError(f"a quantizer to {kind}", hint="quantize to 8 or 16 bits")
    return int(np.iinfo(kind).min), int(np.iinfo(kind).max)


def along(values: NDArray[Any], axis: int, rank: int) -> NDArray[Any]:
    """Numbers per tensor, or per slice along an axis, so that they broadcast.

    Raises:
        EdgemlError: they are none of these.
    """
    if values.size == 1:
        return values.reshape((1,) * max(rank, 1))
    if values.ndim != 1 or not -rank <= axis < rank:
        raise EdgemlError(
            f"scales of shape {values.shape} along axis {axis}", hint="use one per tensor or channel"
        )
    shape = [1] * rank
    shape[axis] = values.size
    return values.reshape(shape)


def real(operand: Operand, scale: SourceConstant, zero: SourceConstant, axis: int = 1) -> Operand:
    """The values that integers stand for."""
    if isinstance(operand, SourceConstant):
        return real_constant(operand, scale, zero, axis)
    return real_value(operand, scale, zero, axis)


def real_value(
    operand: AffineValue, scale: SourceConstant, zero: SourceConstant, axis: int = 1
) -> AffineValue:
    """The values that computed integers stand for."""
    rank = len(operand.source_shape)
    factor = operand.spread(ex.exact(along(scale.values, axis, rank)))
    shift = operand.spread(ex.exact(along(zero.values, axis, rank)))
    return operand.plus(ex.as_exact(-shift)).times(factor)


def real_constant(
    operand: SourceConstant, scale: SourceConstant, zero: SourceConstant, axis: int = 1
) -> SourceConstant:
    """The values that constant integers stand for; the integers are kept."""
    rank = operand.values.ndim
    codes = operand.values.astype(np.int64) - along(zero.values, axis, rank).astype(np.int64)
    factor = along(scale.values, axis, rank)
    return SourceConstant(codes * factor, codes, factor)


def without_zero_points(
    node: SourceNode, reader: OnnxReader, axis: int
) -> tuple[AffineValue, SourceConstant]:
    """Both factors of an integer product (value, weights and their zero points), less the zero points.

    Args:
        node: a ConvInteger or MatMulInteger.
        reader: the import.
        axis: of the weights, along which they may have a zero point each.

    Raises:
        EdgemlError: the weights or zero points are computed, or the value has several zero points.
    """
    one, none = SourceConstant(np.ones(())), SourceConstant(np.zeros(()))
    value, weights = reader.value(node), reader.constant(node, 1, "weights")
    shift = reader.optional(node, 2, "zero point") or none
    if not shift.is_scalar:
        raise EdgemlError("zero points by row", hint="use one for the tensor")
    zero = reader.optional(node, 3, "zero point of the weights") or none
    return real_value(value, one, shift), real_constant(weights, one, zero, axis)


def two_values(node: SourceNode, reader: OnnxReader) -> tuple[AffineValue, Operand]:
    """The numbers that both integer inputs of a node stand for, a computed one first.

    Raises:
        EdgemlError: both are constants.
    """
    a, b = (real(reader.at(node, place), *parameters(node, reader, place + 1)) for place in (0, 3))
    if isinstance(a, SourceConstant):
        a, b = b, a
    if isinstance(a, SourceConstant):
        raise EdgemlError("both of its inputs are constants", hint="fold constants before the export")
    return a, b


def float32_requantization(
    assembly: Assembly, value: AffineValue, by: SourceQuantizer
) -> OwnArithmetic | None:
    """Sums to codes as ONNX Runtime's integer kernels do it: one float32 product, rounded half to even.

    The product's factor is float32(float32(x_scale * w_scale) / y_scale). Source: onnxruntime,
    core/mlas/lib/quantize.cpp (MlasRequantizeOutput) and core/providers/cpu/quantization/qlinearconv.cc.

    Returns:
        The function, or None if the value is not one sum times a factor, where nothing but real numbers
        defines the result.
    """
    if not ex.is_zero(value.offset) or assembly.info(value.only.node).frac != 0:
        return None
    factor = value.only.factor
    if np.any(factor <= 0) or not ex.is_scalar(by.scale) or not ex.is_scalar(by.zero_point):
        return None
    scale = np.float32(float(ex.scalar(by.scale)))
    ratio = (ex.floats(factor).astype(np.float32) / scale).astype(np.float32)
    if np.all(ratio == 1):
        return None
    zero = int(ex.scalar(by.zero_point))
    low, high = _clip_codes(value, by, zero)

    def codes(sums: IntArray) -> IntArray:
        rounded = np.rint(sums.astype(np.float32) * ratio).astype(np.int64)
        return np.clip(rounded + zero, low, high)

    return OwnArithmetic(codes)


def _clip_codes(value: AffineValue, by: SourceQuantizer, zero: int) -> tuple[IntArray, IntArray]:
    """The ends of the codes, within the clip before the quantizer."""
    ends: list[IntArray] = []
    for end, otherwise in ((value.low, by.low), (value.high, by.high)):
        if end is None:
            ends.append(np.array(otherwise))
            continue
        codes = np.rint(ex.floats(end) / float(ex.scalar(by.scale))).astype(np.int64) + zero
        ends.append(np.clip(codes, by.low, by.high))
    return ends[0], ends[1]
