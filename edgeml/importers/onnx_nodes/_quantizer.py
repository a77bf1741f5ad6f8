"""Quantizers of QONNX and ONNX on constants, and their parts in the order of a value's node."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine.exact import Exact
from edgeml.importers.affine.rounding import SourceRounding
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.onnx_reader.model import QONNX_DOMAINS, SourceNode
from edgeml.importers.onnx_reader.operands import SourceConstant

QONNX = QONNX_DOMAINS
MOST_BITS = 32


def rounding_of(node: SourceNode, otherwise: str) -> SourceRounding:
    """The node's rounding_mode.

    Raises:
        EdgemlError: there is no such mode.
    """
    text = node.text("rounding_mode", otherwise).upper()
    if text == "HALF_EVEN":
        return SourceRounding.ROUND
    if text not in SourceRounding.__members__:
        raise EdgemlError(
            f"the rounding mode {text!r}", hint=f"use one of {', '.join(SourceRounding.__members__)}"
        )
    return SourceRounding[text]


def code_range(signed: bool, narrow: bool, bits: int) -> tuple[int, int]:
    """Least and largest code, as QONNX defines them.

    Raises:
        EdgemlError: bits that are none.
    """
    if not 1 <= bits <= MOST_BITS:
        raise EdgemlError(f"a quantizer of {bits} bits", hint=f"use 1 to {MOST_BITS}")
    if signed:
        return -(1 << (bits - 1)) + narrow, (1 << (bits - 1)) - 1
    return 0, (1 << bits) - 1 - narrow


def bits_of(constant: SourceConstant) -> int:
    """One number of bits for all elements.

    Raises:
        EdgemlError: it differs between elements.
    """
    values = constant.values.reshape(-1)
    if values.size == 0 or np.any(values != values[0]):
        raise EdgemlError("bits that differ between elements", hint="use one bit width per tensor")
    return SourceConstant(values[:1]).integer("the bit width")


def part(value: AffineValue, constant: SourceConstant) -> Exact:
    """A scale or zero point in the order of the value's node.

    Raises:
        EdgemlError: it does not fit the value.
    """
    numbers = constant.numbers()
    rank = len(value.source_shape)
    while numbers.ndim > rank and numbers.shape[0] == 1:
        numbers = numbers[0]
    return value.spread(numbers)


def need_positive(scale: NDArray[Any]) -> None:
    """Refuse scales that are no positive numbers.

    Raises:
        EdgemlError: one is not.
    """
    if not np.all(np.isfinite(scale)) or not np.all(scale > 0):
        raise EdgemlError("a scale that is not positive", hint="export the model again")


def rounded_values(values: NDArray[Any], rounding: SourceRounding) -> NDArray[Any]:
    """Floats rounded as the qonnx package rounds them.

    Source: qonnx, custom_op/general/intquant.py, resolve_rounding_mode.
    """
    match rounding:
        case SourceRounding.ROUND:
            return np.round(values)
        case SourceRounding.CEIL:
            return np.ceil(values)
        case SourceRounding.FLOOR:
            return np.floor(values)
        case SourceRounding.UP:
            return np.sign(values) * np.ceil(np.abs(values))
        case SourceRounding.DOWN:
            return np.trunc(values)
        case SourceRounding.HALF_UP:
            return np.sign(values) * np.floor(np.abs(values) + 0.5)
        case SourceRounding.HALF_DOWN:
            return np.sign(values) * np.ceil(np.abs(values) - 0.5)


def integers_only(zero_point: Exact) -> None:
    """Refuse a zero point that is no integer.

    Raises:
        EdgemlError: one is not.
    """
    if ex.dyadic_bits(zero_point) != 0:
        raise EdgemlError("a zero point that is no integer", hint="export the model with integer zero points")
