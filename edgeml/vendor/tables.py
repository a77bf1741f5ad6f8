"""Tables drawn with characters, as the vendors' reports have them.

Rows of cells between `|` (AMD) or `;` (Intel), with rules of + and - around the head. A head may take several
lines; cells are kept as they stand between the bars, since leading blanks tell how deep a row lies in a tree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edgeml.vendor.base import VendorReport


@dataclass(frozen=True)
class TableRow:
    """One row of a table.

    Args:
        report: the report it is from.
        line: its line, counted from 1.
        cells: between the bars, not stripped.
    """

    report: VendorReport
    line: int
    cells: tuple[str, ...]

    def __getitem__(self, index: int) -> str:
        if index >= len(self.cells):
            self.report.fail(f"a row has {len(self.cells)} cells, more expected", self.line)
        return self.cells[index].strip()

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def label(self) -> str:
        """The first cell."""
        return self[0]

    @property
    def depth(self) -> int:
        """Blanks before the first cell's text."""
        return len(self.cells[0]) - len(self.cells[0].lstrip())


@dataclass(frozen=True)
class ReportTable:
    """A table: the rows of its head, and the others without rules."""

    head: tuple[TableRow, ...]
    rows: tuple[TableRow, ...]

    def column(self, *names: str) -> int | None:
        """The column whose head begins with one of the names (blanks apart); None if there is none."""
        for row in self.head:
            for index, _ in enumerate(row.cells):
                text = " ".join(row[index].split()).lower()
                if any(text == name.lower() or text.startswith(f"{name.lower()} ") for name in names):
                    return index
        return None


def table_at(report: VendorReport, start: int, bar: str = "|") -> ReportTable | None:
    """The first table at or after index `start`; None if there is none.

    Its head is what stands between the first two rules; without a second rule it has none.

    Raises:
        EdgemlError: a row is cut off or has more or fewer cells than the others.
    """
    lines = report.lines
    index = next((i for i in range(start, len(lines)) if _is_rule(lines[i])), None)
    if index is None:
        return None
    blocks: list[list[TableRow]] = [[]]
    for number, text in _body(lines, index, bar):
        if _is_rule(text):
            blocks.append([])
        elif not text.strip().endswith(bar):
            report.fail("a row of a table is cut off", number)
        else:
            blocks[-1].append(TableRow(report, number, tuple(text.strip()[1:-1].split(bar))))
    filled = [block for block in blocks if block]
    if not filled:
        return ReportTable((), ())
    if len(filled) == 1:
        return ReportTable((), tuple(filled[0]))
    rows = tuple(row for block in filled[1:] for row in block)
    width = len(filled[0][-1]) if len(filled[0][-1]) > 1 else len(rows[0])  # one cell is a title
    if odd := next((row for row in rows if len(row) != width), None):
        report.fail(f"a row has {len(odd)} cells, {width} expected", odd.line)
    return ReportTable(tuple(filled[0]), rows)


def table_below(report: VendorReport, title: int, bar: str = "|") -> ReportTable | None:
    """The table whose first line, at index `title`, is its title; None if no rule follows the title at once.

    A tool that has nothing to list writes a sentence below the title instead of a table.

    Raises:
        EdgemlError: as for `table_at`.
    """
    following = report.lines[title + 1 : title + 2]
    return table_at(report, title + 1, bar) if following and _is_rule(following[0]) else None


def _body(lines: list[str], index: int, bar: str) -> Iterator[tuple[int, str]]:
    for i in range(index, len(lines)):
        text = lines[i]
        if not _is_rule(text) and not text.strip().startswith(bar):
            return
        yield i + 1, text


def _is_rule(text: str) -> bool:
    text = text.strip()
    return len(text) > 2 and text[0] == "+" and text[-1] == "+" and not text.strip("+-")
