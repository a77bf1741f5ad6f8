"""Words: bits side by side, each run of them the low bits of a number that depends on elements.

Sums, products and shifts are exact in the numbers; what a word's bits are is the number modulo two to the
width. Only where bits are read as a number has the number to fit, or it is wrapped. So nothing is said of a
sum that may have lost a bit.

Invariant: a run of bits belongs to one clock; numbers of different clocks are never put together.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple, TypeAlias

from edgeml.backends.verilog.proof.operations import VerilogOperations
from edgeml.errors import EdgemlError
from edgeml.ir.structure import Form
from edgeml.stages.functions import Functions
from edgeml.stages.symbols import Algebra, Number, Sym, bounds, tightened, unknown

Signal: TypeAlias = tuple[object, ...]
"""A bit of the handshake, as a name and what it is made of: ("not", ("in", "aresetn"))."""


class BitRun(NamedTuple):
    """Neighbouring bits.

    Args:
        width: how many.
        number: they are its low bits; or a bit of the handshake.
        clock: how many clocks ago the elements came that it depends on; None if it depends on none.
    """

    width: int
    number: Number | Signal
    clock: int | None = None


@dataclass(frozen=True, eq=False)
class Word:
    """Bits side by side.

    Args:
        runs: from the lowest bit on.
    """

    runs: tuple[BitRun, ...]

    @property
    def width(self) -> int:
        """All bits."""
        return sum(run.width for run in self.runs)


def joined(words: Iterable[Word]) -> Word:
    """Words side by side, the first in the lowest bits."""
    return Word(tuple(run for word in words for run in word.runs))


def together(clocks: Iterable[int | None]) -> int | None:
    """The clock of what is made of several numbers.

    Raises:
        EdgemlError: they are of different clocks.
    """
    clock: int | None = None
    for one in clocks:
        if clock is not None and one is not None and one != clock:
            raise EdgemlError(f"puts numbers together that came {clock} and {one} clocks ago")
        clock = one if clock is None else clock
    return clock


class Bus:
    """A word of many runs, of which parts are taken.

    Args:
        word: all bits.
        signed: two's complement.
    """

    def __init__(self, word: Word, signed: bool = False) -> None:
        self.word, self.signed = word, signed
        self._ends = list(accumulate(run.width for run in word.runs))

    @property
    def width(self) -> int:
        """All bits."""
        return self._ends[-1]

    def cut(self, low: int, width: int, words: Words) -> Word:
        """Some neighbouring bits.

        Raises:
            EdgemlError: there are none at that place.
        """
        if low < 0 or width < 1 or low + width > self.width:
            raise EdgemlError(f"takes bits {low + width - 1} to {low} of {self.width}")
        if width == self.width:
            return self.word
        at = bisect_right(self._ends, low)
        runs: list[BitRun] = []
        while width > 0:
            run = self.word.runs[at]
            first = low - (self._ends[at] - run.width)
            count = min(width, run.width - first)
            runs.append(words.some(run, first, count))
            low, width, at = low + count, width - count, at + 1
        return Word(tuple(runs))


class Words:
    """Makes words.

    Args:
        algebra: of their numbers.
    """

    def __init__(self, algebra: Algebra) -> None:
        self.algebra = algebra
        self.operations = VerilogOperations()
        self.functions = Functions(algebra, self.operations)
        self._halves: dict[int, tuple[Sym, int]] = {}

    # ---------------------------------------------------------------- bits of numbers

    def some(self, run: BitRun, first: int, count: int) -> BitRun:
        """Some neighbouring bits of a run."""
        if isinstance(run.number, tuple):
            return run
        return BitRun(count, self.halved(run.number, first), run.clock)

    def halved(self, x: Number, bits: int) -> Number:
        """floor(x / 2^bits): the number without its lowest bits."""
        if bits == 0:
            return x
        if isinstance(x, int):
            return x >> bits
        lo, hi = x.lo >> bits, x.hi >> bits
        if x.root is not None:
            return self.algebra.function(("floor", bits), (x,), lo, hi, rising=True)
        if lo == hi:
            return lo
        result = unknown(x.reason or f"bits of a {x.form.value}", lo, hi)
        self._halves[result.serial] = (x, bits)
        return result

    def _is_bit(self, run: BitRun, of: BitRun, place: int) -> bool:
        """True if a run is one bit of another one."""
        if run.width != 1 or isinstance(run.number, tuple) or isinstance(of.number, tuple):
            return False
        if isinstance(run.number, int) or isinstance(of.number, int):
            return run.number == self.halved(of.number, place)
        if run.number.root is not None:
            return same(run.number, self.halved(of.number, place))
        if place == 0:
            return same(run.number, of.number)
        half = self._halves.get(run.number.serial)
        return half is not None and half[1] == place and same(half[0], of.number)

    # ---------------------------------------------------------------- numbers of words

    def read(self, word: Word, signed: bool) -> tuple[Number, int | None]:
        """The number that a word is, and its clock."""
        run = self.one(word)
        return self.fitted(_number(run), run.width, signed), run.clock

    def one(self, word: Word) -> BitRun:
        """A word as one run of bits."""
        if len(word.runs) == 1:
            return word.runs[0]
        runs = self._extended(word.runs)
        if len(runs) == 1:
            return runs[0]
        total: Number = 0
        place = 0
        for at, run in enumerate(runs):
            number = _number(run)
            if at + 1 < len(runs):
                number = self.fitted(number, run.width, signed=False)
            total = self.algebra.add(total, self._raised(number, place))
            place += run.width
        return BitRun(place, total, together(run.clock for run in runs))

    def _extended(self, runs: Sequence[BitRun]) -> list[BitRun]:
        """The runs, with copies of a sign bit in front of a number joined to it."""
        results: list[BitRun] = []
        at = 0
        while at < len(runs):
            run = runs[at]
            at += 1
            more = 0
            while at + more < len(runs) and self._is_bit(runs[at + more], run, run.width - 1):
                more += 1
            if more:
                together((run.clock, *(one.clock for one in runs[at : at + more])))
                number = self.fitted(_number(run), run.width, signed=True)
                run = BitRun(run.width + more, number, run.clock)
                at += more
            results.append(run)
        return results

    def _raised(self, x: Number, bits: int) -> Number:
        return x << bits if isinstance(x, int) else self.algebra.scaled(x, 1 << bits)

    def fitted(self, x: Number, width: int, signed: bool) -> Number:
        """The number that the low bits of another one are."""
        least, most = (-(1 << (width - 1)), (1 << (width - 1)) - 1) if signed else (0, (1 << width) - 1)
        if isinstance(x, int):
            return (x - least) % (1 << width) + least
        if least <= x.lo and x.hi <= most:
            return x
        x = self.exact(x)
        if least <= x.lo and x.hi <= most:
            return x.lo if x.lo == x.hi else x
        if (x.lo - least) >> width == (x.hi - least) >> width:  # always in the same turn
            return self.algebra.scaled(x, 1, -((x.lo - least) >> width << width))
        if x.root is None:
            return unknown(x.reason or f"a {x.form.value} from {x.lo} to {x.hi} in {width} bits", least, most)
        wrapped = self.algebra.function(("wrap", width, signed), (x,), least, most)
        return wrapped if isinstance(wrapped, int) else self.exact(wrapped)

    def exact(self, x: Sym) -> Sym:
        """The number with an interval as narrow as can be."""
        if x.affine:
            return self.functions.affine(x) if x.root is not None else tightened(x)
        return self.functions.tabled(x) if x.root is not None else x


def _number(run: BitRun) -> Number:
    if isinstance(run.number, tuple):
        raise EdgemlError("takes a bit of the handshake for a number")
    return run.number


def same(a: Number, b: Number) -> bool:
    """True if two numbers are known to be equal."""
    if isinstance(a, int) or isinstance(b, int):
        return bounds(a) == bounds(b) and isinstance(a, int) and isinstance(b, int)
    if a is b:
        return True
    if a.root is not None:
        return a.root is b.root and a.key == b.key
    if a.form in (Form.MAXIMUM, Form.MINIMUM) and a.form is b.form:
        return set(a.parts) == set(b.parts)
    return a.affine and b.affine and bool(a.terms) and a.terms == b.terms and a.plus == b.plus
