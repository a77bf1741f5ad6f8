"""Operators of C on numbers that depend on elements.

Invariant: the result is C99's for every code that the elements can have; where that would be undefined (an
overflow of a signed number, a shift beyond its width) or left to the compiler, the program is refused.
"""

from __future__ import annotations

from collections.abc import Callable

from edgeml.backends.c.integers import INT32, CType
from edgeml.backends.c.operations import COperations
from edgeml.errors import EdgemlError
from edgeml.ir.structure import Form
from edgeml.stages.functions import Functions
from edgeml.stages.symbols import Algebra, Number, Sym, bounds, tightened

Operator = Callable[[Number, Number], Number]


def promoted(kind: CType) -> CType:
    """The type in which C computes with a number of this type."""
    return INT32 if kind.bits < 32 else kind


def common(a: CType, b: CType) -> CType:
    """The type in which C computes with two numbers."""
    a, b = promoted(a), promoted(b)
    if a.bits != b.bits:
        return a if a.bits > b.bits else b
    return CType(a.bits, a.signed and b.signed)


class Operators:
    """C's operators.

    Args:
        algebra: for numbers that depend on elements.
    """

    def __init__(self, algebra: Algebra) -> None:
        self.algebra = algebra
        self.operations = COperations()
        self._functions = Functions(algebra, self.operations)
        self._shifted: dict[int, int] = {}

    def exact(self, x: Sym) -> Sym:
        """The number with an interval as narrow as can be."""
        if x.root is None:
            return tightened(x)
        return self._functions.affine(x) if x.affine else self._functions.tabled(x)

    def fit(self, x: Number, kind: CType) -> Number:
        """The result of an operator in a type: unsigned ones wrap.

        Raises:
            EdgemlError: a signed one may overflow.
        """
        if isinstance(x, int):
            if kind.lo <= x <= kind.hi:
                return x
            if not kind.signed:
                return x & kind.hi
        elif x.lo < kind.lo or x.hi > kind.hi:
            x = self.exact(x)
            if kind.lo <= x.lo and x.hi <= kind.hi:
                return x
            if not kind.signed:
                return self.algebra.function(("wrap", kind), (x,), 0, kind.hi)
        else:
            return x
        lo, hi = bounds(x)
        raise EdgemlError(f"a number from {lo} to {hi} may overflow {kind.name}")

    def convert(self, x: Number, to: CType) -> Number:
        """A number in another type."""
        if isinstance(x, int) and to.lo <= x <= to.hi:
            return x
        return self.fit(x, to)

    def binary(self, mark: str, kind: CType) -> Operator:
        """An operator on two numbers of one type."""
        simple: dict[str, Operator] = {
            "+": lambda a, b: self.fit(self.algebra.add(a, b), kind),
            "-": lambda a, b: self.fit(self.algebra.add(a, b, -1), kind),
            "*": lambda a, b: self.fit(self.algebra.multiplied(a, b), kind),
            "/": self._divided,
            "%": self._rest,
            "&": self._and,
            "|": lambda a, b: self._bits("or", a, b, lambda x, y: x | y),
            "^": lambda a, b: self._bits("xor", a, b, lambda x, y: x ^ y),
            "<<": lambda a, b: self._left(a, b, kind),
            ">>": lambda a, b: self._right(a, b, kind),
            "<": self._less,
            ">": lambda a, b: self._less(b, a),
            "<=": lambda a, b: self.negated(self._less(b, a)),
            ">=": lambda a, b: self.negated(self._less(a, b)),
            "==": self._equal,
            "!=": lambda a, b: self.negated(self._equal(a, b)),
        }
        return simple[mark]

    def negated(self, x: Number) -> Number:
        """!x."""
        if isinstance(x, int):
            return int(x == 0)
        if x.lo > 0 or x.hi < 0:
            return 0
        if x.lo == 0 and x.hi == 1:
            return self.algebra.add(1, x, -1)
        return self.algebra.function("not", (x,), 0, 1)

    def either(self, a: Number, b: Number) -> Number:
        """a || b, of numbers that are 0 or 1 where they depend on elements."""
        return self.algebra.function("either", (a, b), 0, 1)

    def both(self, a: Number, b: Number) -> Number:
        """a && b, of numbers that are 0 or 1 where they depend on elements."""
        return self.algebra.function("both", (a, b), 0, 1)

    def _divided(self, a: Number, b: Number) -> Number:
        a, b = _numbers(a, b, "a division")
        return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)

    def _rest(self, a: Number, b: Number) -> Number:
        a, b = _numbers(a, b, "a remainder")
        return a - b * (abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1))

    def _and(self, a: Number, b: Number) -> Number:
        if isinstance(a, int) and isinstance(b, int):
            return a & b
        (a_lo, a_hi), (b_lo, b_hi) = bounds(a), bounds(b)
        least = [hi for lo, hi in ((a_lo, a_hi), (b_lo, b_hi)) if lo >= 0]
        if not least:
            raise EdgemlError("'&' of two numbers that may be negative")
        for x, mask in ((a, b), (b, a)):
            full = isinstance(mask, int) and mask & (mask + 1) == 0
            if full and isinstance(x, Sym) and x.lo >= 0 and x.hi <= bounds(mask)[1]:
                return x
        result = self.algebra.function("and", (a, b), 0, min(least))
        if isinstance(result, Sym) and b == 1 and isinstance(a, Sym):
            result.bit = self._shifted.get(a.key, -1)
        return result

    def _bits(self, name: str, a: Number, b: Number, of: Callable[[int, int], int]) -> Number:
        if isinstance(a, int) and isinstance(b, int):
            return of(a, b)
        (a_lo, a_hi), (b_lo, b_hi) = bounds(a), bounds(b)
        if a_lo < 0 or b_lo < 0:
            raise EdgemlError(f"bits of a number that may be negative: {name}")
        return self.algebra.function(name, (a, b), 0, (1 << max(a_hi, b_hi).bit_length()) - 1)

    def _left(self, a: Number, b: Number, kind: CType) -> Number:
        if not isinstance(b, int) or not 0 <= b < kind.bits or (kind.signed and bounds(a)[0] < 0):
            raise EdgemlError("a shift to the left that C leaves undefined")
        return self.fit(self.algebra.multiplied(a, 1 << b), kind)

    def _right(self, a: Number, b: Number, kind: CType) -> Number:
        if not isinstance(b, int) or not 0 <= b < kind.bits:
            raise EdgemlError("a shift by more than the width of a type, or by a number that is computed")
        if isinstance(a, int):
            return a >> b
        if b == 0:
            return a
        single = self.algebra.single(a)
        result = self.algebra.function(("shift", b), (single,), a.lo >> b, a.hi >> b, rising=True)
        if isinstance(result, Sym):
            self._shifted[result.key] = single.key
        return result

    def _less(self, a: Number, b: Number) -> Number:
        (a_lo, a_hi), (b_lo, b_hi) = bounds(a), bounds(b)
        if a_hi < b_lo:
            return 1
        if a_lo >= b_hi:
            return 0
        one = isinstance(b, int), isinstance(a, int)
        return self.algebra.function("less", (a, b), 0, 1, falling=one[0], rising=one[1])

    def _equal(self, a: Number, b: Number) -> Number:
        if isinstance(a, int) and isinstance(b, int):
            return int(a == b)
        (a_lo, a_hi), (b_lo, b_hi) = bounds(a), bounds(b)
        if a_hi < b_lo or b_hi < a_lo:
            return 0
        return self.algebra.function("equal", (a, b), 0, 1)

    def extreme(self, form: Form, a: Number, b: Number) -> Number:
        """The larger or smaller of two numbers."""
        return self.algebra.extreme(form, a, b)


def _numbers(a: Number, b: Number, what: str) -> tuple[int, int]:
    if not isinstance(a, int) or not isinstance(b, int) or b == 0:
        raise EdgemlError(f"{what} of a number that depends on the input, or by zero")
    return a, b
