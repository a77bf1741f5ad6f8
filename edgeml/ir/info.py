"""The static facts about a value: its shape, its type and the interval of every element.

Invariant: `lo` and `hi` are codes of `type`, have exactly the shape `shape`, and every code the value
can ever take lies between them. The bounds come from interval arithmetic on the real weights, so
"this cannot overflow" is a proof.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from edgeml import limits
from edgeml.errors import EdgemlError
from edgeml.fixed import ElementType, FixedType, FixedTypeArray, IntArray, align, cover

Shape: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class ValueInfo:
    """Shape (without the batch axis), element type and element-wise bounds of one value."""

    shape: Shape
    type: ElementType
    lo: IntArray
    hi: IntArray

    def __post_init__(self) -> None:
        for name in ("lo", "hi"):  # the bounds are proofs and must not be overwritten
            view = np.asarray(getattr(self, name)).view()
            view.flags.writeable = False
            object.__setattr__(self, name, view)

    def __reduce__(self) -> tuple[Any, ...]:
        return ValueInfo, (self.shape, self.type, self.lo, self.hi)

    @classmethod
    def full(cls, shape: Shape, type: ElementType) -> ValueInfo:
        """Every code of the type is possible.

        Raises:
            EdgemlError: a per-element type does not broadcast to the shape.
        """
        return cls(shape, type, _spread(type.lo, shape), _spread(type.hi, shape))

    @classmethod
    def exact(cls, lo: IntArray, hi: IntArray, frac: int) -> ValueInfo:
        """The narrowest single type around the bounds.

        Raises:
            EdgemlError: more than 63 bits are needed.
        """
        return cls(tuple(lo.shape), cover(int(lo.min()), int(hi.max()), frac), lo, hi)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def scalar(self) -> FixedType:
        """The one type that holds every element: the type itself unless it is per element."""
        return self.type.covering() if isinstance(self.type, FixedTypeArray) else self.type

    @property
    def frac(self) -> int:
        """The finest LSB among the elements, as fractional bits."""
        return self.scalar.frac

    @property
    def is_constant(self) -> bool:
        """True if no element can vary."""
        return bool(np.array_equal(self.lo, self.hi))

    @property
    def marks(self) -> tuple[IntArray, IntArray]:
        """The marks that tell the elements of a constant apart: codes and fractional bits."""
        return self.lo, np.asarray(self.type.frac, np.int64)

    @property
    def magnitude(self) -> int:
        """The largest |code| possible, at the element's own LSB."""
        return max(abs(int(self.lo.min())), abs(int(self.hi.max())))

    def aligned(self, frac: int) -> tuple[IntArray, IntArray]:
        """The bounds with `frac` fractional bits for all elements.

        Raises:
            EdgemlError: more than 63 bits are needed.
        """
        return align(self.lo, self.type.frac, frac), align(self.hi, self.type.frac, frac)

    def __str__(self) -> str:
        shape = "x".join(map(str, self.shape)) or "scalar"
        return f"{shape} {self.type}"


def need_room(shape: Iterable[int], work: int = 0) -> None:
    """Refuse a value above the limits of `edgeml.limits`, before an array of it is made.

    Every op whose result can be larger than its inputs calls this before it infers.

    Args:
        shape: of the result, without the batch axis.
        work: multiplications or comparisons per sample that it takes.

    Raises:
        EdgemlError: see `edgeml.limits`.
    """
    limits.VALUE.check(math.prod(shape), "the result has")
    limits.WORK.check(work, "a sample takes")


def guard(bound: Any, what: str) -> None:
    """Refuse values that int64 cannot hold.

    Args:
        bound: float64 upper bound(s) on every magnitude met, partial sums in any order included.
        what: what would overflow.

    Raises:
        EdgemlError: a bound reaches 2^62; the margin of one bit covers the rounding of the bound.
    """
    peak = float(np.max(bound, initial=0.0))
    if peak >= 2.0**62:
        bits = int(np.log2(peak)) + 2  # of a signed type
        raise EdgemlError(
            f"{what} needs about {bits} bits; at most 63 can be exact", hint="use narrower types"
        )


def _spread(values: Any, shape: Shape) -> IntArray:
    try:
        return np.broadcast_to(np.asarray(values, np.int64), shape)
    except ValueError:
        raise EdgemlError(
            f"a per-element type of shape {np.shape(values)} does not fit a value of shape {shape}"
        ) from None
