"""The integer types in which values, weights and biases are stored: int8, uint8, and int32 for biases.

ONNX has 16 and 4 bits since opset 21. ONNX Runtime 1.31 fuses pairs of 16 bits into kernels that it lacks,
and does not load a model of that opset in which an int8 value is moved; so there are none.

Invariant: a type that is chosen holds every code of the value's interval, so that quantizing what is a code
already changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.fixed import IntArray
from edgeml.ir import Graph, Node, ValueInfo

_MOST_BIAS = 2**31 - 1

BITS = 8
"""Of stored values and weights."""


def stored_type(lo: int, hi: int, *, signed: bool) -> np.dtype[Any] | None:
    """The type of eight bits for codes from `lo` to `hi`, of the given sign if one is; None if there is none.

    >>> stored_type(0, 63, signed=False), stored_type(0, 200, signed=True), stored_type(-1, 200, signed=True)
    (dtype('uint8'), dtype('uint8'), None)
    """
    for dtype in map(np.dtype, ("int8", "uint8") if signed else ("uint8", "int8")):
        if np.iinfo(dtype).min <= lo and hi <= np.iinfo(dtype).max:
            return dtype
    return None


def type_of_value(info: ValueInfo) -> np.dtype[Any] | None:
    """The type for a value at its finest LSB, by its interval; None if it is too wide."""
    lo, hi = info.aligned(info.frac)
    return stored_type(int(lo.min()), int(hi.max()), signed=info.type.signed)


@dataclass(frozen=True, eq=False)
class StoredWeights:
    """The weights of a product with one LSB per column.

    Args:
        codes: in the shape of the weights, or of their tensor.
        frac: fractional bits, one or one per column.
    """

    codes: IntArray
    frac: IntArray

    @property
    def type(self) -> np.dtype[Any] | None:
        """The type that holds them, signed if they fit; None if there is none."""
        return stored_type(int(self.codes.min()), int(self.codes.max()), signed=True)


def stored_weights(codes: IntArray, frac: IntArray) -> StoredWeights:
    """Weights at one LSB if eight bits hold them so, else each column at the coarsest LSB that it has.

    Args:
        codes: (..., columns).
        frac: fractional bits, broadcasts.
    """
    own = np.broadcast_to(frac, codes.shape)
    first = own.reshape(-1)[:1].reshape(())
    whole = StoredWeights(codes, first)
    if np.all(own == first) and whole.type is not None:
        return whole
    lowest = np.frexp((codes & -codes).astype(np.float64))[1] - 1
    used = np.where(codes == 0, int(own.min()) - 64, own - lowest)  # bits behind the point that a code has
    columns: IntArray = np.max(used.reshape(-1, codes.shape[-1]), axis=0)
    columns = np.where(np.any(codes.reshape(-1, codes.shape[-1]) != 0, axis=0), columns, columns.max())
    up, down = np.clip(columns - own, 0, 2 * BITS), np.clip(own - columns, 0, 62)
    return StoredWeights(np.where(codes == 0, 0, (codes >> down) << up), columns)


def weights_of(graph: Graph, linear: Node) -> StoredWeights:
    """The weights of a MatMul or Conv, columns last."""
    weight = linear.inputs[1]
    return stored_weights(graph.constants[weight], np.asarray(graph.info(weight).type.frac, np.int64))


def bias_at_products(graph: Graph, linear: Node, bias: str) -> tuple[IntArray, IntArray] | None:
    """Codes and fractional bits of a bias at the products' LSB; None if it is finer or beyond int32."""
    info, codes = graph.info(bias), graph.constants[bias]
    frac = weights_of(graph, linear).frac + graph.info(linear.inputs[0]).frac
    up = np.broadcast_to(frac - np.asarray(info.type.frac, np.int64), codes.shape)
    values = np.ldexp(codes.astype(np.float64), up.astype(np.int32))
    if np.any(values != np.rint(values)) or np.any(np.abs(values) > _MOST_BIAS):
        return None
    return values.astype(np.int64), frac
