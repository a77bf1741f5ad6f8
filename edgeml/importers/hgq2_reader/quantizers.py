"""The quantizers of HGQ2: bits per element, a rounding and an overflow.

A quantizer of the kind kif stores for each element whether it keeps negative values (k), and integer (i) and
fractional bits (f); kbi stores the bits without the sign (b = i + f) instead of f. Where k + i + f is not
above zero, the element is always zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.fixed import ElementType, FixedType, FixedTypeArray, IntArray, Overflow, Round, quantize

_ROUNDINGS = {mode.name: mode for mode in Round}
_OVERFLOWS = {"WRAP": Overflow.WRAP, "SAT": Overflow.SAT, "SAT_SYM": Overflow.SAT_SYM}
_WIDEST = 40
_PLACES = {
    ("kif", False): {"i": 0, "f": 1, "k": 2},
    ("kif", True): {"f": 0, "k": 1, "i": 2},
    ("kbi", False): {"b": 0, "i": 1, "k": 2},
    ("kbi", True): {"b": 0, "k": 1, "i": 2},
}
"""Places of the variables, by kind and whether values wrap: i then follows the data and is not trained."""


@dataclass(frozen=True, eq=False)
class HgqQuantizer:
    """A quantizer, its arrays broadcast to the value (without the batch axis).

    Args:
        signed: which elements may be negative.
        width: bits, the sign's included; 0 for elements that are always zero.
        frac: fractional bits.
        rounding: of bits below.
        overflow: of values outside.
        unbounded: values outside the range are kept, as HGQ2 does with weights that it traces.
    """

    signed: NDArray[np.bool_]
    width: IntArray
    frac: IntArray
    rounding: Round
    overflow: Overflow
    unbounded: bool = False

    @property
    def dead(self) -> NDArray[np.bool_]:
        """Elements that are always zero."""
        return self.width == 0

    def type_of(self, signed: bool) -> ElementType:
        """A type for each element, all with a sign or none."""
        width = np.maximum(self.width + (signed & ~self.signed), 1)
        if np.all(width == width.flat[0]) and np.all(self.frac == self.frac.flat[0]):
            return FixedType(signed, int(width.flat[0]), int(self.frac.flat[0]))
        return FixedTypeArray(signed, width, self.frac)

    def constant(self, values: NDArray[Any]) -> tuple[IntArray, ElementType]:
        """Codes and type of weights, as HGQ2 rounds its float32."""
        single = np.asarray(values, np.float32)
        signed = bool(np.any(self.signed))
        kind = self.type_of(signed)
        if self.unbounded:
            wide = FixedTypeArray(signed, np.full_like(self.width, _WIDEST), self.frac)
            codes = quantize(self._in_float32(single), wide, self.rounding, Overflow.SAT)
            codes = np.broadcast_to(np.where(self.dead, 0, codes), single.shape)
            return codes, FixedTypeArray(signed, np.maximum(kind.width, _widths(codes, signed)), kind.frac)
        codes = quantize(self._in_float32(single), kind, self.rounding, self.overflow)
        if signed:  # elements without a sign have a bit more here
            codes = np.where(self.signed, codes, np.maximum(codes, 0))
        codes = np.where(self.dead, 0, codes)
        return np.broadcast_to(codes, single.shape), kind

    def _in_float32(self, values: NDArray[np.float32]) -> NDArray[np.float64]:
        """Values whose exact rounding is what float32 gives: HGQ2 adds one half in float32."""
        if self.rounding is not Round.RND:
            return values.astype(np.float64)
        scaled = np.floor(np.ldexp(values, self.frac.astype(np.int32)) + np.float32(0.5))
        return np.ldexp(scaled.astype(np.float64), -self.frac.astype(np.int32))


def _widths(codes: IntArray, signed: bool) -> IntArray:
    """Bits of each code."""
    magnitudes = np.where(codes < 0, -codes - 1, codes)
    return np.frexp(magnitudes.astype(np.float64))[1].astype(np.int64) + signed


def read_quantizer(
    settings: Any, variables: Mapping[str, NDArray[Any]], path: str, batch: bool, where: str
) -> HgqQuantizer:
    """A quantizer from its configuration and its variables.

    Args:
        settings: what the layer's configuration says ("kq_conf").
        variables: of the layer.
        path: of the quantizer within it ("kq/quantizer").
        batch: its arrays have a batch axis in front.
        where: the layer, for messages.

    Raises:
        EdgemlError: it is of a kind that is not covered, or damaged.
    """
    own = settings["config"]
    kind, overflow, rounding = str(own["q_type"]), str(own["overflow_mode"]), str(own["round_mode"])
    for key in ("scaler", "affine"):
        if own.get(key) is not None:
            raise EdgemlError(f"has a quantizer with {key}", where, f"train it without {key}")
    places = _PLACES.get((kind, overflow == "WRAP"))
    rounding = rounding.upper().removeprefix("S_")  # stochastic in training alone
    if places is None or overflow not in _OVERFLOWS or rounding not in _ROUNDINGS:
        raise EdgemlError(
            f"has a quantizer of the kind {kind} with {rounding} and {overflow}",
            where,
            f"use kif or kbi with {', '.join(_ROUNDINGS)} and {', '.join(_OVERFLOWS)}",
        )
    arrays = {part: np.asarray(variables[f"{path}/vars/{place}"]) for part, place in places.items()}
    if batch:
        arrays = {part: array[0] for part, array in arrays.items()}
    k = arrays["k"].astype(np.int64)
    i = np.rint(arrays["i"]).astype(np.int64)
    f = np.rint(arrays["f"]).astype(np.int64) if "f" in arrays else np.rint(arrays["b"]).astype(np.int64) - i
    width = k + i + f
    # A sign alone: between its symmetric ends there is only zero.
    alive = width > (k if overflow == "SAT_SYM" else 0)
    frac = np.where(alive, f, np.max(f, where=alive, initial=np.min(f)))
    return HgqQuantizer(
        (k == 1) & alive,
        np.where(alive, width, 0),
        frac,
        _ROUNDINGS[rounding],
        _OVERFLOWS[overflow],
        unbounded=bool(own["is_weight"]) and (kind, overflow, rounding) == ("kbi", "WRAP", "RND"),
    )
