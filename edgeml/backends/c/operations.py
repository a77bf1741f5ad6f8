"""C's operators on arrays of codes, by the names that `numbers` and `expressions` give them."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray

_MOST_BITS = 61
"""Wider numbers are not computed here."""


class COperations:
    """Computes operators, and knows the tables that functions look into."""

    def __init__(self) -> None:
        self.tables: dict[tuple[object, ...], IntArray] = {}
        """The tables that functions of a name look into."""

    def __call__(self, name: Any, parts: list[IntArray]) -> IntArray:
        """An operator on numbers.

        Raises:
            OverflowError: the numbers are too large, or an index is outside of the table.
        """
        x = parts[0]
        if isinstance(name, tuple):
            return self._of_constant(cast("tuple[Any, ...]", name), x)
        match name:
            case "not":
                return (x == 0).astype(np.int64)
            case "either":
                return ((x != 0) | (parts[1] != 0)).astype(np.int64)
            case "both":
                return ((x != 0) & (parts[1] != 0)).astype(np.int64)
            case "and":
                return x & parts[1]
            case "or":
                return x | parts[1]
            case "xor":
                return x ^ parts[1]
            case "less":
                return (x < parts[1]).astype(np.int64)
            case "equal":
                return (x == parts[1]).astype(np.int64)
            case _:
                raise EdgemlError(f"nothing is known of {name}")

    def _of_constant(self, name: tuple[Any, ...], x: IntArray) -> IntArray:
        match name[0]:
            case "shift":
                return x >> min(name[1], 63)
            case "wrap":
                kind = name[1]
                if kind.bits > _MOST_BITS and x.dtype != object:
                    raise OverflowError
                return x & kind.hi
            case "table":
                entries = self.tables[name]
                if np.any(x < 0) or np.any(x >= len(entries)):
                    raise OverflowError
                return entries[x.astype(np.int64)].astype(x.dtype)
            case _:
                raise EdgemlError(f"nothing is known of {name[0]}")
