"""The constant arrays of a program; equal ones are written once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.c.integers import CType, storage
from edgeml.backends.c.names import Identifiers
from edgeml.backends.c.scalar import literal
from edgeml.fixed import IntArray

_COLUMNS = 100


class Tables:
    """Collects constant arrays and hands out their names."""

    def __init__(self) -> None:
        self._names = Identifiers()
        self._by_content: dict[tuple[CType, bytes], str] = {}
        self._texts: list[str] = []
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
            self._texts.append(
                f"/* {remark} */\nstatic const {chosen.name} {unique}[{flat.size}] = {{\n{numbers(flat)}\n}};"
            )
        return self._by_content[key]

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of every array."""
        return dict(self._sizes)

    def __str__(self) -> str:
        return "\n\n".join(self._texts)


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
