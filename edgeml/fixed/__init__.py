"""Fixed-point types, rounding, overflow and the exact cast: the arithmetic everything else stands on.

`types` says what an integer code means, `rounding` and `overflow` what happens to bits that are lost,
`cast` applies both. Nothing here knows about graphs. The names and semantics are those of ap_fixed in
AMD UG1399 ("Arbitrary Precision Fixed-Point Data Types") and are tested against the real headers.
"""

from __future__ import annotations

from edgeml.fixed.cast import align, cast, outside, quantize, rescale, to_float
from edgeml.fixed.exact import NO_CODE, from_float
from edgeml.fixed.overflow import Overflow, symmetric_lo
from edgeml.fixed.rounding import Round
from edgeml.fixed.types import MAX_WIDTH, ElementType, FixedType, FixedTypeArray, IntArray, cover, int_array

__all__ = [
    "MAX_WIDTH",
    "NO_CODE",
    "ElementType",
    "FixedType",
    "FixedTypeArray",
    "IntArray",
    "Overflow",
    "Round",
    "align",
    "cast",
    "cover",
    "from_float",
    "int_array",
    "outside",
    "quantize",
    "rescale",
    "symmetric_lo",
    "to_float",
]
