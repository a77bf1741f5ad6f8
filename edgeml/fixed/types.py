"""Fixed-point types: the value of an integer code is code * 2^-frac.

`FixedType` is one type; `FixedTypeArray` has a width and a frac per element, broadcast against the
tensor it describes. Both have the same attributes, so code written with NumPy serves both.

Invariant: every code of a type fits an int64 (width <= 63).
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError, shown

IntArray: TypeAlias = NDArray[np.int64]

MAX_WIDTH = 63
"""Most bits of a code, so that signed and unsigned codes fit the int64 reference."""

_MAX_FRAC = 960
"""Up to this |frac|, float64 holds code * 2^-frac for every code without overflow: 2^63 * 2^960 = 2^1023."""

_NAME = re.compile(r"(?:ap_)?(u?)fixed<\s*(-?\d{1,9})\s*,\s*(-?\d{1,9})\s*>", re.ASCII)


@dataclass(frozen=True, slots=True)
class FixedType:
    """`width` bits, of which `frac` stand right of the binary point; frac may be negative or above width.

    The same as ap_[u]fixed<W, I> with W = width and I = width - frac (UG1399).

    Args:
        signed: two's complement if true.
        width: total bits, sign included, 1 to 63.
        frac: the value of a code is code * 2^-frac.

    Raises:
        EdgemlError: the width is not between 1 and 63, |frac| above 960, or one of them no whole number.

    >>> FixedType(True, 6, 4)
    fixed<6,2>
    >>> FixedType(False, 8, 8).hi
    255
    """

    signed: bool
    width: int
    frac: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "signed", bool(self.signed))
        for name in ("width", "frac"):  # Python's own int: 1 << numpy.int64(63) would overflow
            object.__setattr__(self, name, _whole(getattr(self, name), name))
        if not 1 <= self.width <= MAX_WIDTH:
            raise EdgemlError(
                f"a width of {self.width} bits cannot be exact",
                "fixed-point type",
                f"use 1 to {MAX_WIDTH} bits",
            )
        if abs(self.frac) > _MAX_FRAC:
            raise EdgemlError(
                f"{self.frac} fractional bits are out of reach",
                "fixed-point type",
                f"use -{_MAX_FRAC} to {_MAX_FRAC}",
            )

    @property
    def integer(self) -> int:
        """Integer bits with the sign bit: the I of ap_fixed<W, I>."""
        return self.width - self.frac

    @property
    def lo(self) -> int:
        """The smallest code."""
        return -(1 << (self.width - 1)) if self.signed else 0

    @property
    def hi(self) -> int:
        """The largest code."""
        return (1 << (self.width - 1)) - 1 if self.signed else (1 << self.width) - 1

    @property
    def lsb(self) -> float:
        """The value of one code step, 2^-frac."""
        return 2.0**-self.frac

    def __str__(self) -> str:
        return f"{'' if self.signed else 'u'}fixed<{self.width},{self.integer}>"

    __repr__ = __str__

    @classmethod
    def parse(cls, text: str) -> FixedType:
        """Read "fixed<W,I>", "ufixed<W,I>" or the same with "ap_" in front.

        Raises:
            EdgemlError: the text is none of these.

        >>> FixedType.parse("ap_ufixed<8,0>")
        ufixed<8,0>
        """
        match = _NAME.fullmatch(text.strip())
        if match is None:
            raise EdgemlError(f"{text!r} is not a fixed-point type", hint="write fixed<W,I> or ufixed<W,I>")
        width, integer = int(match[2]), int(match[3])
        return cls(match[1] == "", width, width - integer)


class FixedTypeArray:
    """A type per element: `width` and `frac` are arrays that broadcast to the tensor's shape.

    Args:
        signed: for the whole tensor.
        width: int array, each 1 to 63.
        frac: int array of the same shape as `width` (or one that broadcasts with it).

    Raises:
        EdgemlError: a width is not between 1 and 63, the two do not broadcast, or hold no whole numbers.
    """

    __slots__ = ("_frac", "_signed", "_width")

    def __init__(self, signed: bool, width: Any, frac: Any) -> None:
        try:
            widths, fracs = np.broadcast_arrays(int_array(width, "width"), int_array(frac, "frac"))
        except ValueError:
            raise EdgemlError("width and frac of different shapes", "fixed-point type") from None
        if widths.size == 0:
            raise EdgemlError("types for no element", "fixed-point type")
        for end in (np.min, np.max):  # the same limits as one type
            FixedType(signed, end(widths), end(fracs))
        self._signed = bool(signed)
        self._width = int_array(widths, "width")
        self._frac = int_array(fracs, "frac")

    def __reduce__(self) -> tuple[Any, ...]:
        return FixedTypeArray, (self._signed, self._width, self._frac)

    @property
    def signed(self) -> bool:
        """Two's complement if true."""
        return self._signed

    @property
    def width(self) -> IntArray:
        """Bits of each element."""
        return self._width

    @property
    def frac(self) -> IntArray:
        """Fractional bits of each element."""
        return self._frac

    @property
    def integer(self) -> IntArray:
        """Integer bits of each element, sign included."""
        return self._width - self._frac

    @property
    def lo(self) -> IntArray:
        """The smallest code of each element."""
        one = np.int64(1)
        return -(one << (self._width - 1)) if self._signed else np.zeros_like(self._width)

    @property
    def hi(self) -> IntArray:
        """The largest code of each element."""
        one = np.int64(1)
        if self._signed:
            return (one << (self._width - 1)) - 1
        return ((one << (self._width - 1)) - 1) + (one << (self._width - 1))

    def covering(self) -> FixedType:
        """The one type that holds every value of every element.

        Raises:
            EdgemlError: it would need more than 63 bits.
        """
        frac = int(self._frac.max())
        width = int((self._width - self._frac).max()) + frac
        if width > MAX_WIDTH:
            raise EdgemlError(
                f"one type for elements of {self} needs {width} bits; at most {MAX_WIDTH} can be exact",
                "fixed-point type",
                "use types with nearer LSBs",
            )
        return FixedType(self._signed, width, frac)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, FixedTypeArray)
            and self._signed == other._signed
            and np.array_equal(self._width, other._width)
            and np.array_equal(self._frac, other._frac)
        )

    def __hash__(self) -> int:
        return hash((self._signed, self._width.tobytes(), self._frac.tobytes()))

    def __str__(self) -> str:
        def span(values: IntArray) -> str:
            low, high = int(values.min()), int(values.max())
            return str(low) if low == high else f"{low}..{high}"

        return f"{'' if self._signed else 'u'}fixed<{span(self._width)},{span(self.integer)}>"

    __repr__ = __str__


ElementType: TypeAlias = FixedType | FixedTypeArray


def cover(lo: int, hi: int, frac: int) -> FixedType:
    """The narrowest type with `frac` fractional bits that holds all codes from `lo` to `hi`.

    Raises:
        EdgemlError: more than 63 bits are needed.

    >>> cover(0, 255, 8), cover(-3, 4, 0)
    (ufixed<8,0>, fixed<4,4>)
    """
    if lo > hi:
        raise EdgemlError(f"empty range [{lo}, {hi}]", "fixed-point type")
    if lo >= 0:
        return FixedType(False, max(1, hi.bit_length()), frac)
    return FixedType(True, max((-lo - 1).bit_length(), hi.bit_length() if hi > 0 else 0) + 1, frac)


def int_array(values: Any, what: str) -> IntArray:
    """A read-only int64 copy of whole numbers of any numeric type.

    Args:
        values: anything NumPy makes an array of.
        what: description of the numbers for the message.

    Raises:
        EdgemlError: some are not whole numbers, or do not fit int64.

    >>> int_array([1.0, 2.0], "codes")
    array([1, 2])
    """
    try:
        array = np.asarray(values)
    except ValueError:
        raise EdgemlError("rows of different lengths", what) from None
    match array.dtype.kind:
        case "f":  # NaN and infinity fail the comparisons
            wide = np.asarray(array, np.float64)  # a float16 cannot be compared with 2^63
            fits = bool(np.all((np.trunc(wide) == wide) & (wide >= -(2.0**63)) & (wide < 2.0**63)))
        case "u":
            fits = array.size == 0 or int(array.max()) < 2**63
        case kind:
            fits = kind in "bi"
    if not fits:
        raise EdgemlError("whole numbers within 64 bits expected", what)
    copy = np.array(array, np.int64)
    copy.flags.writeable = False
    return copy


def _whole(value: Any, what: str) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise EdgemlError(f"a {what} of {shown(value)} is no whole number", "fixed-point type") from None
