"""Wires of one value that are computed from others of the same value: a sum that is a part of another one.

The elements of the value stand for themselves there too, so what they are made of is put in their place.
"""

from __future__ import annotations

from collections.abc import Mapping

from edgeml.ir.structure import Form
from edgeml.stages.symbols import Algebra, Atom, Number, Sym, coefficients, support, unknown


def levels_of(numbers: Mapping[str, Number]) -> dict[str, int]:
    """The most wires of the value that lie one behind the other in front of each one.

    Args:
        numbers: of the wires of one value, by wire.
    """
    behind = {
        cell: [atom.owner for atom in support(x) if atom.owner in numbers] for cell, x in numbers.items()
    }
    levels: dict[str, int] = {}
    while len(levels) < len(numbers):
        ready = [
            cell for cell, read in behind.items() if cell not in levels and all(one in levels for one in read)
        ]
        if not ready:  # which text that was carried out cannot do
            return dict.fromkeys(numbers, 0)
        levels |= {cell: 1 + max((levels[one] for one in behind[cell]), default=-1) for cell in ready}
    return levels


def resolved(numbers: Mapping[str, Number], algebra: Algebra) -> dict[str, Number]:
    """The numbers of the wires of one value, in terms of other values.

    Args:
        numbers: by wire.
        algebra: of the numbers.
    """
    levels, results = levels_of(numbers), dict[str, Number]()
    for cell in sorted(numbers, key=lambda cell: levels[cell]):
        x = numbers[cell]
        results[cell] = x if isinstance(x, int) or not levels[cell] else _composed(x, results, algebra)
    return results


def _composed(x: Sym, numbers: Mapping[str, Number], algebra: Algebra) -> Number:
    if x.affine:
        return _sum(x, numbers, algebra)
    if x.form in (Form.MAXIMUM, Form.MINIMUM):
        parts: dict[tuple[Atom, int], None] = {}
        for atom, key in x.parts:
            inner = numbers.get(atom.owner)
            if inner is None:
                parts[atom, key] = None
            elif isinstance(inner, Sym) and inner.form is x.form and not key:
                parts |= dict.fromkeys(inner.parts)
            else:
                return unknown(f"a {x.form.value} of a function of elements", x.lo, x.hi)
        return Sym(x.form, x.lo, x.hi, parts=tuple(parts))
    return unknown("a function of another element of the same value", x.lo, x.hi)


def _sum(x: Sym, numbers: Mapping[str, Number], algebra: Algebra) -> Number:
    multiples, atoms, constant = coefficients(x)
    total: Number = constant
    for at, times in multiples.items():
        atom = atoms[at]
        inner = numbers.get(atom.owner)
        if inner is None:
            inner = Sym(Form.FUNCTION, atom.lo, atom.hi, atom, rising=True, affine=True, factor=1)
        if isinstance(inner, int):
            total = algebra.add(total, inner * times)
        elif not inner.affine:
            return unknown(inner.reason or f"a sum of a {inner.form.value}", x.lo, x.hi)
        else:
            total = algebra.add(total, algebra.scaled(inner, times))
    return total
