"""The inputs of a node: a constant of the model, or a value that depends on an input.

Invariant: a constant's values are codes * scale exactly, where it has codes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine.exact import Exact
from edgeml.importers.affine.value import AffineValue

ArrayMove = Callable[[NDArray[Any]], NDArray[Any]]

WIDEST_WEIGHT = 24
"""Bits of a weight that no quantizer made; over a tensor, floats that were not quantized need more."""


@dataclass(frozen=True, eq=False)
class SourceConstant:
    """A tensor that does not depend on any input.

    Args:
        values: as the source has them.
        codes: integers, of the same shape, if a quantizer made the values.
        scale: what the codes are multiplied by; broadcasts to the shape.
    """

    values: NDArray[Any]
    codes: IntArray | None = None
    scale: NDArray[Any] | None = None

    def moved(self, move: ArrayMove) -> SourceConstant:
        """The same elements in another order or shape."""
        if self.codes is None or self.scale is None:
            return SourceConstant(move(self.values))
        scale = self.scale if self.scale.size == 1 else move(np.broadcast_to(self.scale, self.values.shape))
        return replace(self, values=move(self.values), codes=move(self.codes), scale=scale)

    def numbers(self) -> Exact:
        """The values as rational numbers."""
        if self.codes is None or self.scale is None:
            return ex.exact(self.values)
        return ex.as_exact(ex.exact(self.codes) * ex.exact(self.scale))

    def grid(self, what: str) -> tuple[IntArray, NDArray[Any]]:
        """Integers and the scale (broadcasts to them) that the values are products of.

        Args:
            what: the constant, for the message.

        Raises:
            EdgemlError: the values are floats that nothing quantized.
        """
        if self.codes is not None and self.scale is not None:
            return self.codes, self.scale
        frac = _common_frac(self.values)
        if frac is None:
            raise EdgemlError(
                f"{what} are floats that nothing quantizes",
                hint="put a quantizer on them (QONNX Quant, DequantizeLinear of integers) and export again",
            )
        codes = np.rint(np.ldexp(self.values.astype(np.float64), frac)).astype(np.int64)
        return codes, np.float64(2.0**-frac).reshape(1)

    @property
    def is_scalar(self) -> bool:
        """True if it has one element."""
        return self.values.size == 1

    def integer(self, what: str) -> int:
        """Its one element as an integer.

        Raises:
            EdgemlError: it has more, or no integer.
        """
        if self.values.size != 1 or float(self.values.reshape(-1)[0]) != int(self.values.reshape(-1)[0]):
            raise EdgemlError(
                f"{what} is no single integer", hint=f"state {what} as one whole number, and export again"
            )
        return int(self.values.reshape(-1)[0])

    def integers(self, what: str) -> tuple[int, ...]:
        """Its elements as integers.

        Raises:
            EdgemlError: they are none.
        """
        if self.values.dtype.kind not in "iu":
            raise EdgemlError(f"{what} are of type {self.values.dtype}, integers expected")
        return tuple(int(number) for number in self.values.reshape(-1))


Operand: TypeAlias = AffineValue | SourceConstant


def shape_of(operand: Operand) -> tuple[int, ...]:
    """The source's shape of an operand."""
    return tuple(operand.values.shape) if isinstance(operand, SourceConstant) else operand.source_shape


def _common_frac(values: NDArray[Any]) -> int | None:
    """Fractional bits that make all values integers of `WIDEST_WEIGHT` bits at most; None if none do."""
    numbers = values.astype(np.float64)
    if not np.all(np.isfinite(numbers)):
        return None
    largest = float(np.max(np.abs(numbers), initial=0.0))
    if largest == 0.0:
        return 0
    frac = WIDEST_WEIGHT - 1 - int(np.frexp(largest)[1])
    scaled = np.ldexp(numbers, frac)
    if np.any(scaled != np.rint(scaled)):
        return None
    codes = np.abs(scaled[scaled != 0]).astype(np.int64)
    zeros = int(np.min(np.log2((codes & -codes).astype(np.float64)), initial=62))
    return frac - zeros
