"""Small helpers of the emitters."""

from __future__ import annotations

import numpy as np

from edgeml.backends.verilog.cells import Circuit, Nums, as_array
from edgeml.fixed import ElementType, FixedType, IntArray, align
from edgeml.ir import ValueInfo


def element_types(type: ElementType, shape: tuple[int, ...]) -> list[FixedType]:
    """The type of every element, in C order."""
    if isinstance(type, FixedType):
        return [type] * int(np.prod(shape, dtype=np.int64))
    widths, fracs = (np.broadcast_to(part, shape).reshape(-1) for part in (type.width, type.frac))
    return [FixedType(type.signed, int(w), int(f)) for w, f in zip(widths, fracs, strict=True)]


def constants(circuit: Circuit, codes: IntArray, info: ValueInfo) -> Nums:
    """Constant elements from codes of a value."""
    fracs = np.broadcast_to(np.asarray(info.type.frac), info.shape)
    flat = [circuit.const(int(c), int(f)) for c, f in zip(codes.reshape(-1), fracs.reshape(-1), strict=True)]
    return as_array(flat, info.shape)


def aligned_weights(codes: IntArray, info: ValueInfo) -> IntArray:
    """Codes of a constant at its finest LSB."""
    return np.broadcast_to(align(codes, info.type.frac, info.frac), info.shape)
