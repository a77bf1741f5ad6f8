"""Markdown from plain values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def cell(text: str) -> str:
    """A text on one line that does not end a table's cell."""
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table.

    Raises:
        ValueError: there is no row, or one has another number of cells.
    """
    lines = [f"| {' | '.join(map(cell, row))} |" for row in rows if _fits(row, head)]
    if not lines:
        raise ValueError(f"a table of {', '.join(head)} has no row")
    return "\n".join([f"| {' | '.join(head)} |", "|" + "---|" * len(head), *lines]) + "\n"


def _fits(row: Sequence[str], head: Sequence[str]) -> bool:
    if len(row) != len(head):
        raise ValueError(f"{row} has not the {len(head)} cells of {head}")
    return True
