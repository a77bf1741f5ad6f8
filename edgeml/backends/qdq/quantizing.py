"""The pairs of QuantizeLinear and DequantizeLinear: zero points of zero, powers of two as scales.

QuantizeLinear divides by the scale, rounds half to even and saturates: RND_CONV and SAT. A range that is
smaller than the integer type's is a Clip between the two, on integers, as Brevitas writes it (QCDQ).

Invariant: the tensor that DequantizeLinear gives is the value, code * 2^-frac, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.stored import StoredWeights, type_of_value
from edgeml.fixed import IntArray
from edgeml.ir.ops.cast import Cast


@dataclass(frozen=True)
class QdqPair:
    """A value that is stored as integers, with one scale: runtimes know scales per channel for weights alone.

    Args:
        name: of the value.
        type: of the integers.
        frac: fractional bits.
    """

    name: str
    type: np.dtype[Any]
    frac: int


def quantization(model: ExactModel, frac: IntArray, type: np.dtype[Any], owner: str = "") -> list[str]:
    """The constants of a scale of 2^-frac and a zero point of zero.

    Args:
        model: where to add them.
        frac: fractional bits, one or one per column.
        type: of the zero point.
        owner: the weights whose own zero point it is; "" for one that values share. ONNX Runtime 1.31 with
            session.x64quantprecision makes weights of int8 uint8, and does not load a model in which an int8
            value shares the zero point of several weights.
    """
    scale = model.writer.shared_constant(np.ldexp(np.float32(1), -frac.astype(np.int32)), "/scale")
    zero = np.zeros(frac.shape, type)
    if owner:
        return [scale, model.writer.constant(zero, model.writer.unique(f"{owner}/zero"))]
    return [scale, model.writer.shared_constant(zero, "/zero")]


def add_pair(
    model: ExactModel, source: str, pair: QdqPair, bounds: tuple[int | None, int | None] = (None, None)
) -> str:
    """Add QuantizeLinear, a Clip where the type's range is smaller than the integers', and DequantizeLinear.

    Args:
        model: where to add them.
        source: the float tensor.
        pair: how it is stored.
        bounds: smallest and largest code that a Clip leaves; None where nothing can lie beyond.
    """
    if bounds == (None, None) and _quantized_again(model, pair.name):
        bounds = (int(np.iinfo(pair.type).min), None)
    parameters = quantization(model, np.asarray(pair.frac), pair.type)
    node = model.writer.new_node
    codes = node("QuantizeLinear", [source, *parameters], f"{pair.name}/codes")
    if bounds != (None, None):
        ends = [
            "" if bound is None else model.writer.shared_constant(np.array(bound, pair.type), "/bound")
            for bound in bounds
        ]
        codes = node("Clip", [codes, *ends] if ends[1] else [codes, ends[0]], f"{pair.name}/clip")
    return node("DequantizeLinear", [codes, *parameters], pair.name)


def _quantized_again(model: ExactModel, name: str) -> bool:
    """True if a cast reads the value.

    ONNX Runtime makes one pair of two in a row, with a scale of its own; not with a Clip between them.
    """
    return any(isinstance(user.op, Cast) for user in model.graph.users[name])


def stored(model: ExactModel, name: str, tensor: ScaledTensor) -> ScaledTensor:
    """A value behind a pair that changes nothing if it has few bits, else as it is.

    Args:
        model: where to add it.
        name: of the value.
        tensor: that holds the value itself.
    """
    info = model.graph.info(name)
    dtype = type_of_value(info)
    users = model.graph.users[name]
    only_cast = bool(users) and all(isinstance(user.op, Cast) for user in users)
    if dtype is None or tensor.double or only_cast:
        return tensor
    return ScaledTensor(
        add_pair(model, tensor.tensor, QdqPair(name, dtype, info.frac)), 0, False, tensor.layout
    )


def weights_tensor(model: ExactModel, value: str, weights: StoredWeights, axis: int, stem: str) -> str:
    """Constant weights, with one scale or one per column.

    They are floats beside a value that is not stored: ONNX Runtime turns the product of a float and
    dequantized weights into one that is not exact.

    Args:
        model: where to add them.
        value: what they are multiplied with.
        weights: in the shape of the tensor.
        axis: of the columns.
        stem: name of the tensor.
    """
    assert weights.type is not None
    if model.writer.op_giving(model.tensors[value].tensor) != "DequantizeLinear":
        spread = weights.frac.reshape(-1, *(1,) * (weights.codes.ndim - 1 - axis))
        floats = np.ldexp(weights.codes.astype(np.float32), -spread.astype(np.int32))
        return model.writer.shared_constant(floats, stem)
    source = model.writer.shared_constant(weights.codes.astype(weights.type), f"{stem}/codes")
    parameters = quantization(model, weights.frac, weights.type, stem)
    extra = {"axis": axis} if weights.frac.ndim else {}
    return model.writer.new_node("DequantizeLinear", [source, *parameters], stem, **extra)


def bias_tensor(model: ExactModel, codes: IntArray, frac: IntArray, stem: str) -> str:
    """DequantizeLinear of a constant bias in int32, with one scale or one per column."""
    source = model.writer.shared_constant(codes.astype(np.int32), f"{stem}/codes")
    scale = model.writer.shared_constant(np.ldexp(np.float32(1), -frac.astype(np.int32)), "/scale")
    zero = model.writer.shared_constant(np.zeros(frac.shape, np.int32), "/zero")
    extra = {"axis": 0} if frac.ndim else {}
    return model.writer.new_node("DequantizeLinear", [source, scale, zero], stem, **extra)
