"""Verilog's functions of numbers, on arrays of codes, by the names that other modules here give them."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray

_MOST_BITS = 61
"""Wider words are not computed here."""

_COMPARED = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


class VerilogOperations:
    """Computes functions, and knows the tables that functions look into."""

    def __init__(self) -> None:
        self._entries: list[tuple[Mapping[int, int], int]] = []

    def table(self, entries: Mapping[int, int], default: int) -> int:
        """The number of a table, for functions that look into it."""
        self._entries.append((entries, default))
        return len(self._entries) - 1

    def __call__(self, name: tuple[Any, ...], parts: list[IntArray]) -> IntArray:
        """A function of numbers.

        Raises:
            OverflowError: the numbers are too large.
        """
        x = parts[0]
        match name[0]:
            case "floor":
                return x >> min(name[1], 63)
            case "wrap":
                width, signed = name[1], name[2]
                if width > _MOST_BITS and x.dtype != object:
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
                return _COMPARED[name[1]](x, parts[1]).astype(np.int64)
            case "look":
                entries, default = self._entries[int(name[1])]
                return np.array([entries.get(code, default) for code in x.tolist()], np.int64)
            case _:
                raise EdgemlError(f"nothing is known of {name[0]}")
