"""Small HTML for notebooks, for `_repr_html_` of the public objects.

Invariant: every text is escaped; nothing is loaded from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_CELL = "text-align:left;padding:1px 10px 1px 0"
_COLOURS = {
    "exact": "#1a7f37",
    "mismatch": "#cf222e",
    "announced": "#9a6700",
    "failed": "#cf222e",
    "not-run": "#9a6700",
}


def html_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with a title; a cell that is the name of a status has its colour.

    >>> html_table("a < b", [], [["<"]]).count("&lt;")
    2
    """
    head = "".join(f'<th style="{_CELL}">{escape(column)}</th>' for column in columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<div><b>{escape(title)}</b><table>{f'<tr>{head}</tr>' if head else ''}{body}</table></div>"


def _cell(value: object) -> str:
    text = str(value)
    colour = _COLOURS.get(text)
    style = f"{_CELL};color:{colour};font-weight:bold" if colour else _CELL
    return f'<td style="{style}">{escape(text)}</td>'
