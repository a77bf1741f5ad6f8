"""Tables and texts of Markdown. Invariant: a name cannot end a cell or a row, or start HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_BOLD = {"MISMATCH": "**MISMATCH**"}
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; what is between backticks is code."""
    lines = [head, ["---"] * len(head), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    """Between backticks is code: entities would be shown as they are there, and a bar still ends the cell."""
    if len(text) > 2 and text[0] == text[-1] == "`":
        return f"`{one_line(text[1:-1]).replace('`', '').replace('|', '/')}`"
    return _BOLD.get(text) or safe(text)


def one_line(text: str) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text.split())


def safe(text: str) -> str:
    """One line in which nothing is HTML, a link, emphasis or the end of a cell."""
    return re.sub(r"[<>&]|[\\\[\]*|`]", lambda m: _ENTITIES.get(m[0], f"\\{m[0]}"), one_line(text))
