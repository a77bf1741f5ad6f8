"""Numbers that depend on elements: what is said of them holds for every code."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeml.backends.c.integers import INT32, CType
from edgeml.backends.c.numbers import Operators
from edgeml.fixed import IntArray
from edgeml.ir.structure import Form
from edgeml.stages.symbols import (
    Algebra,
    Atom,
    Cut,
    Number,
    Sym,
    bounds,
    coefficients,
    element,
    support,
    tightened,
)


def number(lo: int, hi: int, index: int = 0) -> Sym:
    sym = element(Atom("x", index, lo, hi))
    assert isinstance(sym, Sym)
    return sym


def named(sym: Sym) -> Sym:
    return sym.within(sym.lo, sym.hi, (Cut("v", 0, sym), 1, 0))


def test_a_sum_knows_its_multiples_and_its_interval() -> None:
    algebra, x, y = Algebra(), number(-3, 4), number(0, 7, 1)
    total = algebra.add(algebra.scaled(x, 3, 5), algebra.scaled(y, -2))
    assert isinstance(total, Sym)
    assert (total.form, total.lo, total.hi) == (Form.SUM, -9 + 5 - 14, 12 + 5)
    multiples, atoms, constant = coefficients(total)
    assert {atoms[at].index: n for at, n in multiples.items()} == {0: 3, 1: -2}
    assert constant == 5


def test_an_interval_is_made_exact_where_elements_cancel() -> None:
    algebra, x, y = Algebra(), number(0, 10), number(0, 10, 1)
    total = algebra.add(algebra.add(x, y), x, -1)
    assert bounds(total) == (-10, 20)
    assert isinstance(total, Sym)
    assert bounds(tightened(total)) == (0, 10)


def test_a_function_of_a_sum_needs_a_variable_that_can_be_cut() -> None:
    algebra = Algebra()
    total = algebra.add(number(0, 7), number(0, 7, 1))
    assert isinstance(total, Sym)
    bare = algebra.function("table", (total,), 0, 1)
    assert isinstance(bare, Sym)
    assert bare.form is Form.UNKNOWN
    cut = algebra.function("table", (named(total),), 0, 1)
    assert isinstance(cut, Sym)
    assert cut.form is Form.FUNCTION
    assert [atom.owner for atom in support(cut)] == ["v"]


def test_rounding_half_to_even_never_falls() -> None:
    operators = Operators(Algebra())
    add, shift, mask = (operators.algebra.add, operators.binary(">>", INT32), operators.binary("&", INT32))
    x = number(-100, 100)
    rounded = shift(add(add(x, 3), mask(shift(x, 3), 1)), 3)
    assert isinstance(rounded, Sym)
    assert rounded.rising
    other = shift(add(add(x, 3), mask(shift(x, 3), 3)), 3)  # two bits: from 3 to 0 it falls
    assert isinstance(other, Sym)
    assert not other.rising


def test_functions_that_do_the_same_have_one_key() -> None:
    algebra = Algebra()
    first, second = (algebra.function("table", (algebra.scaled(number(0, 7, n), 3),), 0, 9) for n in (0, 1))
    other = algebra.function("table", (algebra.scaled(number(0, 7), 2),), 0, 9)
    assert isinstance(first, Sym) and isinstance(second, Sym) and isinstance(other, Sym)
    assert first.key == second.key != other.key


def test_the_largest_of_elements_and_of_two_functions_of_one() -> None:
    algebra, x, y = Algebra(), number(0, 7), number(0, 7, 1)
    largest = algebra.extreme(Form.MAXIMUM, algebra.extreme(Form.MAXIMUM, 0, x), y)
    assert isinstance(largest, Sym)
    assert [(atom.index, key) for atom, key in largest.parts] == [(0, 0), (1, 0)]
    twice = algebra.extreme(Form.MAXIMUM, largest, algebra.scaled(x, 2))
    assert isinstance(twice, Sym)
    assert twice.form is Form.UNKNOWN


OPERATIONS = (
    "add", "subtract", "scale", "times", "shift", "bit", "larger", "smaller", "less",
    "choose", "byte", "table",
)  # fmt: skip

ENTRIES = np.array([3, -1, 4, 1, -5, 9, 2, 6])
TABLE = ("table", "entries", 0)


@st.composite
def programs(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    """Operations on numbers that were made before: (name, number, number or constant)."""
    count = draw(st.integers(3, 9))
    return [
        (draw(st.sampled_from(OPERATIONS)), draw(st.integers(0, 40)), draw(st.integers(-5, 40)))
        for _ in range(count)
    ]


CODES = np.stack(np.meshgrid(np.arange(-6, 10), np.arange(0, 8), indexing="ij"), -1).reshape(-1, 2)
"""All codes of two elements, (vectors, 2)."""


Carried = tuple[Operators, list[tuple[Number, IntArray]]]


def carried(program: list[tuple[str, int, int]]) -> Carried:
    """Every number of a program, and what it is for all codes."""
    algebra = Algebra()
    operators = Operators(algebra)
    operators.operations.tables[TABLE] = ENTRIES
    shift, mask = operators.binary(">>", INT32), operators.binary("&", INT32)
    less = operators.binary("<", INT32)
    numbers: list[tuple[Number, IntArray]] = [(number(-6, 9), CODES[:, 0]), (number(0, 7, 1), CODES[:, 1])]
    for name, first, second in program:
        (a, x), (b, y) = (numbers[n % len(numbers)] for n in (first, max(second, 0)))
        match name:
            case "add":
                result, codes = algebra.add(a, b), x + y
            case "subtract":
                result, codes = algebra.add(a, b, -1), x - y
            case "scale":
                times = second % 7 - 3
                result, codes = (a * times if isinstance(a, int) else algebra.scaled(a, times, 2)), x * times
                codes = codes if isinstance(a, int) else codes + 2
            case "shift":
                result, codes = shift(a, second % 3 + 1), x >> (second % 3 + 1)
            case "times":
                result, codes = algebra.multiplied(a, b), x * y
            case "bit":
                result, codes = mask(shift(a, second % 3), 1), (x >> second % 3) & 1
            case "larger":
                result, codes = algebra.extreme(Form.MAXIMUM, a, b), np.maximum(x, y)
            case "smaller":
                result, codes = algebra.extreme(Form.MINIMUM, a, second), np.minimum(x, second)
            case "less":
                result, codes = less(a, second), (x < second).astype(np.int64)
            case "byte":
                result, codes = operators.fit(a, CType(8, False)), x & 255
            case "table":
                at, codes = mask(a, 7), ENTRIES[x & 7]
                result = int(ENTRIES[at]) if isinstance(at, int) else algebra.function(TABLE, (at,), -5, 9)
            case _:
                test = less(a, 3)
                if isinstance(test, int):
                    result, codes = (a, x) if test else (b, y)
                else:
                    result, codes = algebra.chosen(test, a, b), np.where(x < 3, x, y)
        numbers.append((result, codes))
    return operators, numbers


def holds(program: Carried) -> None:
    """The statements about every number are true for all codes."""
    operators, numbers = program
    tables: dict[int, dict[int, int]] = {}
    for result, codes in numbers:
        lo, hi = bounds(result)
        assert lo <= codes.min() and codes.max() <= hi
        if isinstance(result, int):
            continue
        if result.form is not Form.UNKNOWN:
            free = [n for n in (0, 1) if n not in {atom.index for atom in support(result)}]
            for n in free:
                columns = np.unique(np.stack([CODES[:, 1 - n], codes], 1), axis=0)
                assert len(columns) == len(np.unique(CODES[:, 1 - n]))
        if result.affine:
            multiples, atoms, constant = coefficients(result)
            assert np.array_equal(
                codes, constant + sum(CODES[:, atoms[at].index] * n for at, n in multiples.items())
            )
            tight = tightened(result)
            assert tight.lo <= codes.min() <= codes.max() <= tight.hi
            assert result.root is not None or (tight.lo, tight.hi) == (codes.min(), codes.max())
        if result.root is not None:
            exact = operators.exact(result)
            assert (exact.lo, exact.hi) == (codes.min(), codes.max())
            own = dict(zip(CODES[:, result.root.index].tolist(), codes.tolist(), strict=True))
            values = [own[code] for code in sorted(own)]
            assert not result.rising or values == sorted(values)
            assert not result.falling or values == sorted(values, reverse=True)
            earlier = tables.setdefault(result.key, {})
            assert all(earlier.get(code, value) == value for code, value in own.items())
            earlier.update(own)
        if result.form is Form.MAXIMUM:
            assert len(result.parts) == 2


@given(programs())
@settings(max_examples=300)
def test_what_is_said_of_random_numbers_holds(program: list[tuple[str, int, int]]) -> None:
    holds(carried(program))


def sign_lost(self: Algebra, a: Number, b: Number, sign: int = 1) -> Number:
    del sign
    return HONEST_ADD(self, a, b, 1)


def always_rising(
    self: Algebra, name: object, of: Iterable[Number], lo: int, hi: int, **flags: bool
) -> Number:
    return HONEST_FUNCTION(self, name, of, lo, hi, **{**flags, "rising": True})


def one_key(self: Algebra, *what: object) -> int:
    return HONEST_KEY(self, what[0])


HONEST_ADD, HONEST_FUNCTION, HONEST_KEY = Algebra.add, Algebra.function, Algebra.key


@pytest.mark.parametrize(
    ("name", "rule"), [("add", sign_lost), ("function", always_rising), ("key", one_key)]
)
def test_an_error_in_a_rule_is_noticed(
    name: str, rule: Callable[..., Number], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random programs find a rule that says too much."""
    monkeypatch.setattr(Algebra, name, rule)
    seeds = np.random.default_rng(0)
    for _ in range(200):
        program = [
            (str(seeds.choice(OPERATIONS)), int(seeds.integers(41)), int(seeds.integers(-5, 41)))
            for _ in range(8)
        ]
        try:
            holds(carried(program))
        except (AssertionError, IndexError):  # a function that is made of another one's parts
            return
    pytest.fail("no random program showed it")
