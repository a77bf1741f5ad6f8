"""The rounding modes of source formats: which sums reach which code, exactly.

Invariant: `SourceRounding.reach` states the same rounding as the source's own documentation; where ap_fixed
has the mode, `native` names it.
"""

from __future__ import annotations

from enum import Enum, unique
from fractions import Fraction

from edgeml.fixed import Round

_HALF = Fraction(1, 2)


@unique
class SourceRounding(Enum):
    """QONNX's names (docs of the Quant op, rounding_mode); ONNX and TFLite models use some of them."""

    ROUND = "ROUND"
    """To nearest, ties to even; HALF_EVEN is another name of it."""
    CEIL = "CEIL"
    """Towards plus infinity."""
    FLOOR = "FLOOR"
    """Towards minus infinity."""
    UP = "UP"
    """Away from zero."""
    DOWN = "DOWN"
    """Towards zero."""
    HALF_UP = "HALF_UP"
    """To nearest, ties away from zero."""
    HALF_DOWN = "HALF_DOWN"
    """To nearest, ties towards zero."""

    @property
    def native(self) -> Round | None:
        """The mode of ap_fixed that rounds alike, if there is one."""
        return _NATIVE.get(self)

    def reach(self, code: int) -> tuple[Fraction, bool]:
        """The least number that rounds to `code` or more, and whether that number itself does.

        >>> SourceRounding.ROUND.reach(1), SourceRounding.FLOOR.reach(-2)
        ((Fraction(1, 2), False), (Fraction(-2, 1), True))
        """
        match self:
            case SourceRounding.ROUND:
                return code - _HALF, code % 2 == 0
            case SourceRounding.FLOOR:
                return Fraction(code), True
            case SourceRounding.CEIL:
                return Fraction(code - 1), False
            case SourceRounding.UP:
                return (Fraction(code - 1), False) if code > 0 else (Fraction(code), True)
            case SourceRounding.DOWN:
                return (Fraction(code), True) if code > 0 else (Fraction(code - 1), False)
            case SourceRounding.HALF_UP:
                return code - _HALF, code > 0
            case SourceRounding.HALF_DOWN:
                return code - _HALF, code <= 0

    def apply(self, value: Fraction) -> int:
        """The number rounded."""
        code = value.numerator // value.denominator
        edge, inclusive = self.reach(code + 1)
        return code + 1 if value > edge or (inclusive and value == edge) else code


_NATIVE = {
    SourceRounding.ROUND: Round.RND_CONV,
    SourceRounding.FLOOR: Round.TRN,
    SourceRounding.DOWN: Round.TRN_ZERO,
    SourceRounding.HALF_UP: Round.RND_INF,
    SourceRounding.HALF_DOWN: Round.RND_ZERO,
}
