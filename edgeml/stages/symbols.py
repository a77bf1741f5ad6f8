"""Numbers that depend on elements of values: what is known of them without knowing the elements.

A program without data-dependent control is carried out on these numbers instead of on codes. A number is
known by its interval, and by what it is of the elements: a function of one of them, a constant plus multiples
of any, the largest of several, ... (`edgeml.ir.structure` has the same kinds). That is the structure of the
program, read off the program itself.

Where a number is used in a way that no kind covers, the variable that it was read from can be cut: it becomes
an element itself, and the program falls into two stages there.

Invariant: what is said of a number holds for all codes that its elements can have; what is not covered is
UNKNOWN, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from typing import TypeAlias

from edgeml.ir.structure import Form

Number: TypeAlias = "int | Sym"
"""A number that is known, or one that depends on elements."""

_serials = count()


@dataclass(eq=False, slots=True)
class Atom:
    """One element of a value, or of a cut.

    Args:
        owner: the value, or the name of the cut.
        index: of the element.
        lo: its smallest code.
        hi: its largest code.
    """

    owner: str
    index: int
    lo: int
    hi: int


@dataclass(eq=False, slots=True)
class Cut:
    """A number that a variable got.

    Args:
        owner: names the variable.
        index: counts the numbers that it gets.
        number: the number.
        atom: the element that stands for it, once one was needed.
    """

    owner: str
    index: int
    number: Sym
    atom: Sym | None = None


@dataclass(eq=False, slots=True)
class Sym:
    """A number that depends on elements.

    Args:
        form: FUNCTION, SUM, MAXIMUM, MINIMUM, PRODUCT, POSITION or UNKNOWN.
        lo: the smallest number that it can be.
        hi: the largest.
        root: of a FUNCTION, its element.
        key: of a FUNCTION, the same for equal functions.
        stem: of a FUNCTION, the key without what was added to it.
        bit: of one bit of a function, that function's key; else -1.
        rising: a FUNCTION that never falls.
        falling: a FUNCTION that never rises.
        affine: it is `plus` and multiples of elements.
        plus: the constant of an affine number.
        terms: of an affine number, what it is made of, with factors; of a FUNCTION, its element and factor.
        parts: of other forms, elements and keys.
        reason: why it is UNKNOWN.
        origin: the variable it was read from, with the factor and sum that were applied since.
        serial: larger than those of the numbers that it is made of.
    """

    form: Form
    lo: int
    hi: int
    root: Atom | None = None
    key: int = 0
    stem: int = 0
    bit: int = -1
    rising: bool = False
    falling: bool = False
    affine: bool = False
    plus: int = 0
    factor: int = 0
    terms: tuple[tuple[Sym, int], ...] = ()
    parts: tuple[tuple[Atom, int], ...] = ()
    reason: str = ""
    origin: tuple[Cut, int, int] | None = None
    serial: int = field(default_factory=lambda: next(_serials))

    def within(self, lo: int, hi: int, origin: tuple[Cut, int, int] | None = None) -> Sym:
        """The same number where it is known to lie in an interval, read from a variable."""
        copy = Sym(self.form, max(self.lo, lo), min(self.hi, hi), self.root, self.key, self.stem, self.bit)
        copy.rising, copy.falling, copy.affine, copy.plus = self.rising, self.falling, self.affine, self.plus
        copy.factor, copy.terms, copy.parts, copy.reason = self.factor, self.terms, self.parts, self.reason
        copy.origin = origin or self.origin
        return copy


def element(atom: Atom) -> Number:
    """The number that an element is."""
    if atom.lo == atom.hi:
        return atom.lo
    return Sym(Form.FUNCTION, atom.lo, atom.hi, atom, rising=True, affine=True, factor=1)


def unknown(reason: str, lo: int, hi: int) -> Sym:
    """A number of which nothing but an interval is known."""
    return Sym(Form.UNKNOWN, lo, hi, reason=reason)


def bounds(x: Number) -> tuple[int, int]:
    """The smallest and largest that a number can be."""
    return (x, x) if isinstance(x, int) else (x.lo, x.hi)


def coefficients(x: Sym) -> tuple[dict[int, int], dict[int, Atom], int]:
    """The multiples that an affine number is made of and their elements, by identity, and the constant."""
    factors: dict[int, int] = {x.serial: 1}
    numbers: dict[int, Sym] = {x.serial: x}
    multiples: dict[int, int] = {}
    atoms: dict[int, Atom] = {}
    constant, order = 0, [-x.serial]
    while order:  # a number before those that it is made of
        serial = -heappop(order)
        one, times = numbers.pop(serial), factors.pop(serial)
        constant += one.plus * times
        if one.root is not None:
            at = id(one.root)
            atoms[at] = one.root
            multiples[at] = multiples.get(at, 0) + one.factor * times
        for term, factor in one.terms:
            if term.serial not in numbers:
                numbers[term.serial] = term
                heappush(order, -term.serial)
            factors[term.serial] = factors.get(term.serial, 0) + factor * times
    return multiples, atoms, constant


def tightened(x: Sym) -> Sym:
    """An affine number with the exact interval that its elements' intervals give."""
    if not x.affine or x.root is not None:
        return x
    multiples, atoms, constant = coefficients(x)
    ends = [sorted((atoms[at].lo * n, atoms[at].hi * n)) for at, n in multiples.items()]
    return x.within(constant + sum(lo for lo, _ in ends), constant + sum(hi for _, hi in ends))


def support(x: Number) -> list[Atom]:
    """The elements that a number depends on, each once."""
    atoms: dict[int, Atom] = {}
    visits: set[int] = set()
    left = [] if isinstance(x, int) else [x]
    while left:
        one = left.pop()
        if one.serial in visits:
            continue
        visits.add(one.serial)
        if one.root is not None:
            atoms[id(one.root)] = one.root
        atoms.update((id(atom), atom) for atom, _ in one.parts)
        left += [term for term, _ in one.terms]
    return list(atoms.values())


class Algebra:
    """Arithmetic on numbers. Equal functions get equal keys."""

    def __init__(self) -> None:
        self._keys: dict[tuple[object, ...], int] = {}
        self.recipes: dict[int, tuple[object, ...]] = {}
        """The makings of every function, by its key: a name, numbers and keys."""

    def key(self, *what: object) -> int:
        """The key of a function made of functions with keys."""
        key = self._keys.setdefault(what, len(self._keys) + 1)
        self.recipes.setdefault(key, what)
        return key

    # ---------------------------------------------------------------- sums and products

    def add(self, a: Number, b: Number, sign: int = 1) -> Number:
        """a + sign * b, exactly."""
        if isinstance(b, int):
            return a + sign * b if isinstance(a, int) else self.scaled(a, 1, sign * b)
        if isinstance(a, int):
            return self.scaled(b, sign, a)
        lo = a.lo + (b.lo if sign > 0 else -b.hi)
        hi = a.hi + (b.hi if sign > 0 else -b.lo)
        a, b = self._beside(a, b), self._beside(b, a)
        if a.root is not None and a.root is b.root:
            return self._sum_of_one(a, b, sign, lo, hi)
        x, y = self.linear(a), self.linear(b)
        if not (x.affine and y.affine):
            return unknown(x.reason or y.reason, lo, hi)
        return Sym(Form.SUM, lo, hi, affine=True, terms=((x, 1), (y, sign)))

    def _beside(self, x: Sym, other: Sym) -> Sym:
        """A number in terms of the element that another one depends on, if it was read from that variable."""
        if x.root is None and x.origin is not None and other.root is not None and not other.affine:
            atom = x.origin[0].atom
            if atom is not None and atom.root is other.root:
                return self.cut(x)
        return x

    def _sum_of_one(self, a: Sym, b: Sym, sign: int, lo: int, hi: int) -> Number:
        """Of two functions of the same element."""
        result = Sym(Form.FUNCTION, lo, hi, a.root, self.key("add", a.key, b.key, sign))
        result.stem = result.key
        if a.affine and b.affine:
            result.affine, result.factor = True, a.factor + sign * b.factor
            result.plus = a.plus + sign * b.plus
        result.rising = a.rising and (b.rising if sign > 0 else b.falling)
        result.falling = a.falling and (b.falling if sign > 0 else b.rising)
        if sign > 0 and ((a.rising and b.bit == a.stem) or (b.rising and a.bit == b.stem)):
            result.rising = True  # n + bit k of n never falls: from n to n + 1 the bit falls by one at most
        return result

    def scaled(self, x: Sym, times: int, plus: int = 0) -> Number:
        """x * times + plus, exactly."""
        if times == 0:
            return plus
        if times == 1 and plus == 0:
            return x
        ends = (x.lo * times + plus, x.hi * times + plus)
        result = Sym(x.form, min(ends), max(ends), x.root)
        if x.origin is not None:
            cut, by, more = x.origin
            result.origin = cut, by * times, more * times + plus
        if x.form is Form.FUNCTION:
            result.key = self.key("scale", x.key, times, plus)
            result.stem = x.stem if times == 1 else result.key
            up, down = (x.rising, x.falling) if times > 0 else (x.falling, x.rising)
            result.rising, result.falling, result.affine = up, down, x.affine
            result.factor, result.plus = x.factor * times, x.plus * times + plus
        elif x.form is Form.SUM:
            result.affine, result.plus, result.terms = True, plus, ((x, times),)
        elif x.origin is not None:
            return self.scaled(self.single(x), times, plus)
        else:
            result.form, result.reason = Form.UNKNOWN, x.reason or f"a multiple of a {x.form.value}"
        return result

    def multiplied(self, a: Number, b: Number) -> Number:
        """a * b, exactly."""
        if isinstance(a, int):
            return a * b if isinstance(b, int) else self.scaled(b, a)
        if isinstance(b, int):
            return self.scaled(a, b)
        ends = [x * y for x in bounds(a) for y in bounds(b)]
        lo, hi = min(ends), max(ends)
        if a.root is not None and a.root is b.root:
            return self.function("mul", (a, b), lo, hi)
        x, y = (part if part.root is not None and part.affine else self.cut(part) for part in (a, b))
        if x.root is None or y.root is None or x.root is y.root:
            return unknown(x.reason or y.reason or "a product of several elements", lo, hi)
        return Sym(Form.PRODUCT, lo, hi, parts=((x.root, x.key), (y.root, y.key)))

    # ---------------------------------------------------------------- everything else

    def function(
        self,
        name: object,
        of: Iterable[Number],
        lo: int,
        hi: int,
        rising: bool = False,
        falling: bool = False,
    ) -> Number:
        """Any function of numbers that depend on one element.

        Args:
            name: what it does.
            of: the numbers.
            lo: the smallest result.
            hi: the largest.
            rising: it never falls with any of the numbers that depends on the element.
            falling: it never rises.
        """
        if lo == hi:
            return lo
        parts = [x if isinstance(x, int) else self.single(x) for x in of]
        syms = [x for x in parts if not isinstance(x, int)]
        bad = next((x for x in syms if x.root is None), None)
        if bad is not None:
            return unknown(bad.reason, lo, hi)
        if any(x.root is not syms[0].root for x in syms):
            return unknown("a function of several elements", lo, hi)
        keys = [("c", x) if isinstance(x, int) else ("f", x.key) for x in parts]
        result = Sym(Form.FUNCTION, lo, hi, syms[0].root, self.key(name, *keys))
        result.stem = result.key
        up, down = all(x.rising for x in syms), all(x.falling for x in syms)
        result.rising, result.falling = (
            (rising and up) or (falling and down),
            (rising and down) or (falling and up),
        )
        return result

    def chosen(self, test: Sym, a: Number, b: Number) -> Number:
        """a where the test is not zero, else b."""
        (a_lo, a_hi), (b_lo, b_hi) = bounds(a), bounds(b)
        result = self.function("choose", (test, a, b), min(a_lo, b_lo), max(a_hi, b_hi))
        if isinstance(result, Sym) and result.form is Form.FUNCTION:
            rise = all(isinstance(x, int) or x.rising for x in (a, b))
            # Below some point one of the two is taken, from there on the other one.
            result.rising = rise and ((test.falling and a_hi <= b_lo) or (test.rising and b_hi <= a_lo))
        return result

    def extreme(self, form: Form, a: Number, b: Number) -> Number:
        """The larger of two numbers (MAXIMUM), or the smaller one (MINIMUM)."""
        pick = max if form is Form.MAXIMUM else min
        if isinstance(a, int) and isinstance(b, int):
            return pick(a, b)
        (a_lo, a_hi), (b_lo, b_hi) = bounds(a), bounds(b)
        lo, hi = pick(a_lo, b_lo), pick(a_hi, b_hi)
        for x, y in ((a, b), (b, a)):
            if isinstance(y, int) and not isinstance(x, int):
                if pick(x.lo, y) == x.lo and pick(x.hi, y) == x.hi:
                    return x  # the constant never matters
                return self.function(form.value, (x, y), lo, hi, rising=True)
        assert isinstance(a, Sym) and isinstance(b, Sym)
        if a.root is not None and a.root is b.root:
            return self.function(form.value, (a, b), lo, hi, rising=True)
        parts: dict[tuple[Atom, int], None] = {}
        for x in (a, b):
            atoms = self._parts(form, x)
            if isinstance(atoms, str):
                return unknown(atoms, lo, hi)
            parts |= dict.fromkeys(atoms)
        if len({id(atom) for atom, _ in parts}) < len(parts):
            return unknown(f"a {form.value} of several functions of one element", lo, hi)
        return Sym(form, lo, hi, parts=tuple(parts))

    def _parts(self, form: Form, x: Sym) -> tuple[tuple[Atom, int], ...] | str:
        """Elements and keys of what an extreme is made of, or why there are none."""
        if x.form is form:
            return x.parts
        single = x if x.root is not None and x.rising else self.cut(x)
        if single.root is None or not single.rising:
            return single.reason or f"a {form.value} of a function that falls"
        return ((single.root, single.key),)

    # ---------------------------------------------------------------- cuts

    def cut(self, x: Sym) -> Sym:
        """The number in terms of the variable that it was read from, which becomes an element."""
        if x.origin is None:
            return unknown(x.reason or f"a function of a {x.form.value} that has no name", x.lo, x.hi)
        cut, times, plus = x.origin
        if cut.atom is None:
            atom = element(Atom(cut.owner, cut.index, cut.number.lo, cut.number.hi))
            assert isinstance(atom, Sym)
            cut.atom = atom
        result = self.scaled(cut.atom, times, plus)
        assert isinstance(result, Sym)
        return result.within(x.lo, x.hi)

    def single(self, x: Sym) -> Sym:
        """The number as a function of one element."""
        return x if x.root is not None else self.cut(x)

    def linear(self, x: Sym) -> Sym:
        """The number as a constant and multiples of elements."""
        return x if x.affine else self.cut(x)
