"""The type of a quantized tensor: integer codes times a power of two, for the tensor or per channel.

Invariant: `rounded` gives what the exact graph gives: half to even, saturated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_REACH = 60


@dataclass(frozen=True)
class TensorType:
    """A width, a sign and one number of fractional bits, or one per channel.

    Args:
        bits: of a code, the sign included.
        signed: true for two's complement.
        fracs: fractional bits; one entry, or one per channel.
        axis: of the channels; unused with one entry.
    """

    bits: int
    signed: bool
    fracs: tuple[int, ...]
    axis: int = 0

    @property
    def least(self) -> int:
        """The smallest code."""
        return least_code(self.bits, self.signed)

    @property
    def most(self) -> int:
        """The largest code."""
        return most_code(self.bits, self.signed)

    def exponents(self, rank: int) -> NDArray[np.float64]:
        """Fractional bits, in a shape that broadcasts to tensors of `rank` axes."""
        if len(self.fracs) == 1:
            return np.asarray(self.fracs[0], np.float64)
        shape = [1] * rank
        shape[self.axis] = len(self.fracs)
        return np.asarray(self.fracs, np.float64).reshape(shape)

    def codes(self, values: Any) -> NDArray[np.float64]:
        """The codes of some values, as whole floats."""
        scaled = np.asarray(values, np.float64) * 2.0 ** self.exponents(np.ndim(values))
        return np.clip(np.rint(scaled), self.least, self.most)

    def rounded(self, values: Any) -> NDArray[np.float64]:
        """The nearest values that the type has."""
        return self.codes(values) * 2.0 ** -self.exponents(np.ndim(values))

    def __str__(self) -> str:
        low, high = min(self.fracs), max(self.fracs)
        kind = "fixed" if self.signed else "ufixed"
        whole = [self.bits - frac for frac in (high, low)]
        return (
            f"{kind}<{self.bits},{whole[0]}>"
            if low == high
            else f"{kind}<{self.bits},{whole[0]}..{whole[1]}>"
        )


def least_code(bits: int, signed: bool) -> int:
    """The smallest code of a width."""
    return -(1 << (bits - 1)) if signed else 0


def most_code(bits: int, signed: bool) -> int:
    """The largest code of a width."""
    return (1 << (bits - signed)) - 1


def fitting_frac(low: float, high: float, bits: int, signed: bool) -> int:
    """The most fractional bits with which no value between two ends saturates.

    >>> fitting_frac(0, 0.99, 8, False), fitting_frac(-1, 0.5, 8, True), fitting_frac(0, 300, 8, False)
    (8, 7, -1)
    """
    peak = max(abs(low), abs(high)) if signed else high
    if peak <= 0 or not np.isfinite(peak):
        return bits - signed
    frac = int(np.floor(np.log2(most_code(bits, signed) + 1) - np.log2(peak))) + 1
    frac = max(-_REACH, min(_REACH, frac))
    least, most = least_code(bits, signed), most_code(bits, signed)
    while np.rint(high * 2.0**frac) > most or (signed and np.rint(low * 2.0**frac) < least):
        frac -= 1
    return frac
