"""One number in C: an expression with its proven range."""

from __future__ import annotations

from typing import NamedTuple

from edgeml.backends.c.integers import INT32, CType, computing


class Scalar(NamedTuple):
    """An expression without side effects that needs no brackets as a factor.

    Args:
        text: in C.
        lo: the smallest value.
        hi: the largest value.
        kind: its type, int32_t or int64_t.
    """

    text: str
    lo: int
    hi: int
    kind: CType = INT32

    def within(self, kind: CType) -> str:
        """The expression in that type; the caller has shown that it fits."""
        return self.text if kind == self.kind else f"({kind.name}){self.text}"

    def raised(self, places: int) -> Scalar:
        """The number times 2^places, places >= 0: a product, because C has no left shift of negatives."""
        if places == 0:
            return self
        if self.lo == self.hi:
            return constant(self.lo << places)
        kind = computing(self.lo << places, self.hi << places, 1 << places)
        return Scalar(
            f"({self.within(kind)} * {literal(1 << places)})", self.lo << places, self.hi << places, kind
        )


def literal(value: int) -> str:
    """A number in C; C99 gives it the first of int, long and long long that holds it."""
    if value == INT32.lo:  # 2147483648 alone is a long, and so is its negative
        return f"({value + 1} - 1)"
    return str(value) if value >= 0 else f"({value})"


def constant(value: int) -> Scalar:
    """A fixed number."""
    return Scalar(literal(value), value, value, computing(value))
