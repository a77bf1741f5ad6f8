"""Functions of one element as tables: the codes that the text makes of all codes of the element.

A function is ends by what it is made of (`symbols.Algebra` keeps that by key); evaluated on every code, it
shows its exact interval, and whether it falls anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.stages.symbols import Algebra, Sym

_MOST = 1 << 22
"""Most codes of an element that are tried."""

_LARGEST = 1 << 61
"""Larger numbers are not computed here."""


class Functions:
    """Evaluates functions of one element.

    Args:
        algebra: that made them.
    """

    def __init__(self, algebra: Algebra) -> None:
        self._algebra = algebra
        self._ends: dict[tuple[int, int, int], tuple[int, int, bool]] = {}
        self._entries: list[tuple[Mapping[int, int], int]] = []

    def table(self, entries: Mapping[int, int], default: int) -> int:
        """The number of a table, for functions that look into it."""
        self._entries.append((entries, default))
        return len(self._entries) - 1

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
            codes = self.values(x, np.arange(lo, hi + 1))
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
            return _Evaluation(self._algebra.recipes, self._entries, codes).of(x.key)
        except OverflowError:
            return None


class _Evaluation:
    def __init__(
        self, recipes: Mapping[int, Any], entries: list[tuple[Mapping[int, int], int]], codes: IntArray
    ) -> None:
        self._recipes, self._entries, self._codes = recipes, entries, codes
        self._done: dict[int, IntArray] = {0: codes}

    def of(self, key: int) -> IntArray:
        if key not in self._done:
            recipe = self._recipes[key]
            name, rest = recipe[0], recipe[1:]
            result = self._computed(name, rest)
            if len(result) and max(-int(result.min()), int(result.max())) >= _LARGEST:
                raise OverflowError
            self._done[key] = result
        return self._done[key]

    def _part(self, part: tuple[str, int]) -> IntArray:
        kind, value = part
        if kind == "f":
            return self.of(value)
        if abs(value) >= _LARGEST:
            raise OverflowError
        return np.full(1, value, np.int64)

    def _times(self, x: IntArray, times: int, plus: int) -> IntArray:
        most = max(-int(x.min()), int(x.max())) if len(x) else 0
        if most * abs(times) + abs(plus) >= _LARGEST:
            raise OverflowError
        return x * times + plus

    def _computed(self, name: Any, rest: Sequence[Any]) -> IntArray:
        if name == "scale":
            return self._times(self.of(rest[0]), rest[1], rest[2])
        if name == "add":
            return self.of(rest[0]) + rest[2] * self.of(rest[1])
        parts = [self._part(part) for part in rest]
        if name == "mul":
            a, b = parts
            self._times(a, max(-int(b.min()), int(b.max())), 0)
            return a * b
        if name == "choose":
            return np.where(parts[0] != 0, parts[1], parts[2])
        if name in ("maximum", "minimum"):
            return (np.maximum if name == "maximum" else np.minimum)(parts[0], parts[1])
        return self._bits(name, parts)

    def _bits(self, name: tuple[Any, ...], parts: list[IntArray]) -> IntArray:
        x = parts[0]
        match name[0]:
            case "floor":
                return x >> min(name[1], 63)
            case "wrap":
                width, signed = name[1], name[2]
                if width > 61:
                    raise OverflowError
                low = x & ((1 << width) - 1)
                return low - ((low >> (width - 1)) << width) if signed else low
            case "and":
                return x & parts[1]
            case "or":
                return x | parts[1]
            case "xor":
                return x ^ parts[1]
            case "any":
                return (x != 0).astype(np.int64)
            case "all":
                return (x == name[1]).astype(np.int64)
            case "compare":
                return _compared(name[1], x, parts[1]).astype(np.int64)
            case "look":
                entries, default = self._entries[int(name[1])]
                return np.array([entries.get(code, default) for code in x.tolist()], np.int64)
            case _:
                raise EdgemlError(f"nothing is ends of {name[0]}")


def _compared(mark: str, a: IntArray, b: IntArray) -> Any:
    match mark:
        case "<":
            return a < b
        case "<=":
            return a <= b
        case ">":
            return a > b
        case ">=":
            return a >= b
        case "==":
            return a == b
        case _:
            return a != b
