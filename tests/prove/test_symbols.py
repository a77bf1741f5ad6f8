"""Numbers that depend on elements: what is said of them holds for every code."""

from __future__ import annotations

from edgeml.backends.c.integers import INT32
from edgeml.backends.c.numbers import Operators
from edgeml.ir.structure import Form
from edgeml.stages.symbols import Algebra, Atom, Cut, Sym, bounds, coefficients, element, support, tightened


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
