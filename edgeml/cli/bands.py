"""Tables that are wider than the terminal, as several below each other; no number of them is broken.

A number, an interval or a head that goes on in the next line is read wrongly. Columns that do not fit beside
the key columns (a name, a board) go into a further table with the same keys. Columns of free text (`texts`)
wrap at spaces; only where that does not suffice, words of theirs and names in the key columns that have more
than 24 characters are shortened in the middle.

Invariant: every other cell is printed whole and every column once; columns keep their order.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from rich.console import Console, ConsoleOptions, OverflowMethod, RenderResult
from rich.table import Table
from rich.text import Text

_GAP = 2
_SHORT = 24
"""A name or word of so many characters is never shortened."""


@dataclass(frozen=True)
class Bands:
    """A table that is laid out for the width it is printed in.

    Args:
        columns: the heads.
        rows: cells, which may hold rich markup.
        title: a line above, free text.
        keys: so many columns at the left are in each of the tables; their cells are names.
        texts: the columns of free text, by number.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""
    keys: int = 1
    texts: Collection[int] = ()
    _cells: list[list[Text]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_cells", [[Text.from_markup(cell) for cell in row] for row in self.rows])

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The title, and the tables with an empty line between two."""
        width = options.max_width
        if self.title:
            title = Text.from_markup(self.title, style="italic")
            yield from wrapped(title, width)
        for number, table in enumerate(self.tables(width)):
            if number:
                yield Text()
            # A cell may be wider than the terminal: rich would cut it off.
            needed = sum(column.width or 0 for column in table.columns) + _GAP * (len(table.columns) - 1)
            yield from console.render(table, options.update(max_width=max(width, needed)))

    def tables(self, width: int) -> Iterator[Table]:
        """One table if all of it fits into `width` characters; a further one only where it has cells."""
        keys = self._keys(width)
        room = width - sum(keys) - _GAP * len(keys)
        for number, group in enumerate(self._groups(room)):
            rows = [row for row in self._cells if number == 0 or any(row[at].plain for at in group)]
            if rows:
                wide = [*keys, *self._widths(group, room)]
                yield self._table([*range(self.keys), *group], wide, rows)
        if not self.rows:
            yield self._table(range(len(self.columns)), [len(head) for head in self.columns], [])

    def _table(self, shown: Sequence[int], wide: Sequence[int], rows: Sequence[Sequence[Text]]) -> Table:
        table = Table(header_style="bold", box=None, pad_edge=False)
        for at, width in zip(shown, wide, strict=True):
            wraps = at in self.texts
            overflow: OverflowMethod = "fold" if wraps else "ignore"
            table.add_column(self.columns[at], no_wrap=not wraps, overflow=overflow, width=width)
        for row in rows:
            table.add_row(
                *(
                    _shortened(row[at], width) if at in self.texts or at < self.keys else row[at]
                    for at, width in zip(shown, wide, strict=True)
                )
            )
        return table

    def _natural(self, at: int) -> int:
        return max([len(self.columns[at]), *(row[at].cell_len for row in self._cells)])

    def _least(self, at: int, room: int = 0) -> int:
        """The least width of a column: for a text its longest word, if there is room for it."""
        natural = self._natural(at)
        if at not in self.texts:
            return natural
        words = [len(word) for row in self._cells for word in row[at].plain.split(" ")]
        return min(natural, max(_SHORT, len(self.columns[at]), min(room, max(words, default=0))))

    def _keys(self, width: int) -> list[int]:
        """Widths of the key columns: names get shorter, the longest first, if the widest other needs it."""
        wide = [self._natural(at) for at in range(self.keys)]
        other = max((self._least(at) for at in range(self.keys, len(self.columns))), default=0)
        room = width - other - _GAP * (self.keys if other else self.keys - 1)
        while sum(wide) > room and max(wide) > _SHORT:
            wide[wide.index(max(wide))] -= 1
        return [max(got, len(self.columns[at])) for at, got in enumerate(wide)]

    def _groups(self, room: int) -> list[list[int]]:
        """Columns that lie side by side."""
        groups: list[list[int]] = [[]]
        for at in range(self.keys, len(self.columns)):
            group = groups[-1]
            if group and sum(self._least(one, room) for one in [*group, at]) + _GAP * len(group) > room:
                groups.append([])
            groups[-1].append(at)
        return groups

    def _widths(self, group: Sequence[int], room: int) -> list[int]:
        """The room of columns that lie side by side; texts share what the others leave."""
        wide = [self._least(at, room) for at in group]
        free = room - sum(wide) - _GAP * (len(group) - 1)
        for place, at in enumerate(group):
            more = max(0, min(free, self._natural(at) - wide[place]))
            wide[place] += more
            free -= more
        return wide


def wrapped(text: Text, width: int) -> Iterator[Text]:
    """Lines of a text that goes on at spaces; a longer word (a path) is whole on a line of its own."""
    for line in text.split("\n", allow_blank=True):
        begin = end = 0
        for word in re.finditer(r"\S+", line.plain):
            if end > begin and word.end() - begin > width and line.plain[begin:end].strip():
                yield line[begin:end]
                begin = word.start()
            end = word.end()
        yield line[begin:]


def _shortened(text: Text, width: int) -> Text:
    """Words longer than the column without their middle; a text whose words fit is as it was."""
    words = text.plain.split(" ")
    if all(len(word) <= width for word in words):
        return text
    shortened, at = Text(), 0
    for word in words:
        if at:
            shortened.append(" ")
        part = text[at : at + len(word)]
        if len(word) > width:
            before = (width - 1) // 2
            shortened.append_text(part[:before])
            shortened.append("…")
            part = part[len(word) - (width - 1 - before) :]
        shortened.append_text(part)
        at += len(word) + 1
    return shortened


def print_bands(
    screen: Console,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    title: str = "",
    keys: int = 1,
    texts: Collection[int] = (),
) -> None:
    """Print them, an empty line between two."""
    screen.print(Bands(columns, rows, title, keys, texts))
