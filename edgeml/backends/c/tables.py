"""The constant arrays of a program; equal ones are written once."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.c.integers import CType, storage
from edgeml.backends.c.names import Identifiers
from edgeml.backends.c.scalar import literal
from edgeml.fixed import IntArray

_COLUMNS = 100
_WORD = re.compile(r"\bk_\w+")


class Tables:
    """Collects constant arrays and hands out their names."""

    def __init__(self) -> None:
        self._names = Identifiers()
        self._by_content: dict[tuple[CType, bytes], str] = {}
        self._texts: dict[str, str] = {}
        self._sizes: dict[str, int] = {}

    def add(self, name: str, values: IntArray, remark: str, kind: CType | None = None) -> str:
        """The name of an array with these values in C order.

        Args:
            name: what it is made of.
            values: of any shape.
            remark: a comment.
            kind: its type; by default the narrowest one.
        """
        flat = values.reshape(-1)
        chosen = kind or storage(int(flat.min()), int(flat.max()))
        key = chosen, flat.tobytes()
        if key not in self._by_content:
            unique = f"k_{self._names.unique(name)}"
            self._by_content[key] = unique
            self._sizes[unique] = flat.size * chosen.size
            self._texts[unique] = (
                f"/* {remark} */\nstatic const {chosen.name} {unique}[{flat.size}] = {{\n{numbers(flat)}\n}};"
            )
        return self._by_content[key]

    def read(self, body: str) -> tuple[str, int]:
        """The arrays that a text reads, and their bytes; others are left out."""
        words = set(_WORD.findall(body))
        used = [name for name in self._texts if name in words]
        return "\n\n".join(self._texts[name] for name in used), sum(self._sizes[name] for name in used)


def numbers(values: NDArray[np.int64]) -> str:
    """Numbers with commas, in lines of about 100 columns."""
    lines: list[str] = []
    words = [literal(value).strip("()") for value in values.tolist()]
    line: list[str] = []
    width = 0
    for word in words:
        if width + len(word) + 2 > _COLUMNS and line:
            lines.append("    " + ", ".join(line) + ",")
            line, width = [], 0
        line.append(word)
        width += len(word) + 2
    lines.append("    " + ", ".join(line))
    return "\n".join(lines)
