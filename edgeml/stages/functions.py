"""Functions of one element as tables: what a program makes of all codes of the element.

A function is known by what it is made of (`symbols.Algebra` keeps that by key). Evaluated on every code, it
shows its exact interval, and whether it falls anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from edgeml.fixed import IntArray
from edgeml.stages.symbols import Algebra, Sym

_MOST = 1 << 22
"""Most codes of an element that are tried."""

LARGEST = 1 << 61
"""Larger numbers are not computed where there are many codes."""

FEW = 1 << 12
"""Codes up to which numbers may be of any size: they are Python's then, which are slower."""

Operate = Callable[[Any, list[IntArray]], IntArray]
"""Names and arguments of a language's own functions to results; OverflowError for numbers that are too large.

The arrays hold int64, or Python's whole numbers.
"""


class Functions:
    """Evaluates functions of one element.

    Args:
        algebra: that made them.
        operate: the functions that the algebra does not have by itself.
    """

    def __init__(self, algebra: Algebra, operate: Operate) -> None:
        self._algebra, self._operate = algebra, operate
        self._ends: dict[tuple[int, int, int], tuple[int, int, bool]] = {}

    def affine(self, x: Sym) -> Sym:
        """A multiple of an element and a constant, with its exact interval."""
        assert x.root is not None
        ends = sorted((x.root.lo * x.factor + x.plus, x.root.hi * x.factor + x.plus))
        return x.within(ends[0], ends[1])

    def tabled(self, x: Sym) -> Sym:
        """A function with its exact interval, which says if it never falls; with many codes unchanged."""
        assert x.root is not None
        lo, hi = x.root.lo, x.root.hi
        if hi - lo >= _MOST:
            return x
        ends = self._ends.get((x.key, lo, hi))
        if ends is None:
            codes = self.values(x, np.arange(lo, hi + 1, dtype=object if hi - lo < FEW else np.int64))
            if codes is None:
                return x
            ends = int(codes.min()), int(codes.max()), bool(np.all(codes[1:] >= codes[:-1]))
            self._ends[x.key, lo, hi] = ends
        result = x.within(ends[0], ends[1])
        result.rising = x.rising or ends[2]
        return result

    def values(self, x: Sym, codes: IntArray) -> IntArray | None:
        """The function of codes, or None if its numbers are too large."""
        if x.root is None:
            return None
        try:
            return _Evaluation(self._algebra.recipes, self._operate, codes).of(x.key)
        except OverflowError:
            return None


class _Evaluation:
    def __init__(self, recipes: Mapping[int, Any], operate: Operate, codes: IntArray) -> None:
        self._recipes, self._operate, self._codes = recipes, operate, codes
        self._done: dict[int, IntArray] = {0: codes}

    def of(self, key: int) -> IntArray:
        if key not in self._done:
            recipe = self._recipes[key]
            name, rest = recipe[0], recipe[1:]
            result = self._computed(name, rest)
            self._checked(max(-int(result.min()), int(result.max())) if len(result) else 0)
            self._done[key] = result
        return self._done[key]

    def _part(self, part: tuple[str, int]) -> IntArray:
        kind, value = part
        if kind == "f":
            return self.of(value)
        self._checked(abs(value))
        return np.full(1, value, self._codes.dtype)

    def _checked(self, most: int) -> None:
        if most >= LARGEST and self._codes.dtype != object:
            raise OverflowError

    def _times(self, x: IntArray, times: int, plus: int) -> IntArray:
        most = max(-int(x.min()), int(x.max())) if len(x) else 0
        self._checked(most * abs(times) + abs(plus))
        return x * times + plus

    def _computed(self, name: Any, rest: Sequence[Any]) -> IntArray:
        if name == "scale":
            return self._times(self.of(rest[0]), rest[1], rest[2])
        if name == "add":
            return self.of(rest[0]) + rest[2] * self.of(rest[1])
        parts = [self._part(part) for part in rest]
        match name:
            case "mul":
                a, b = parts
                self._times(a, max(-int(b.min()), int(b.max())), 0)
                return a * b
            case "choose":
                return np.where((parts[0] != 0).astype(bool), parts[1], parts[2])
            case "maximum":
                return np.maximum(parts[0], parts[1])
            case "minimum":
                return np.minimum(parts[0], parts[1])
            case _:
                return self._operate(name, parts)
