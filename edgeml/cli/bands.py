"""Tables that are wider than the terminal, as several below each other; no cell of them is broken.

A number, an interval or a head that goes on in the next line is read wrongly. What does not fit beside the
key columns (a name, a board) goes into a further table with the same keys.

Invariant: every cell is printed whole and every column once; columns keep their order.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

_GAP = 2


def bands(
    columns: Sequence[str], rows: Sequence[Sequence[str]], width: int, title: str = "", keys: int = 1
) -> list[Table]:
    """The tables that show `rows`; one if all of it fits.

    Args:
        columns: the heads.
        rows: cells, which may hold rich markup.
        width: columns of the terminal.
        title: of the first table.
        keys: so many columns at the left are in each of the tables.
    """
    wide = [
        max([len(head), *(Text.from_markup(row[at]).cell_len for row in rows)])
        for at, head in enumerate(columns)
    ]
    key = list(range(keys))
    groups: list[list[int]] = [[]]
    for at in range(keys, len(columns)):
        if groups[-1] and _needed(wide, [*key, *groups[-1], at]) > width:
            groups.append([])
        groups[-1].append(at)
    made: list[Table] = []
    for group in groups:
        table = Table(
            title=(title or None) if not made else None,
            title_justify="left",
            header_style="bold",
            box=None,
            pad_edge=False,
        )
        shown = [*key, *group]
        for at in shown:
            table.add_column(columns[at], no_wrap=True, overflow="ignore", min_width=wide[at])
        for row in rows:
            table.add_row(*(row[at] for at in shown))
        made.append(table)
    return made


def print_bands(
    screen: Console,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    title: str = "",
    keys: int = 1,
) -> None:
    """Print them, an empty line between two."""
    for number, table in enumerate(bands(columns, rows, screen.width, title, keys)):
        if number:
            screen.print()
        screen.print(table)


def _needed(wide: Sequence[int], shown: Sequence[int]) -> int:
    return sum(wide[at] for at in shown) + _GAP * (len(shown) - 1)
