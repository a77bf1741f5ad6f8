"""Derived from a comparison: the best runs, trade-offs, and the table of models.

Invariant: what is compared is what the sections say in their `Compared`; nothing is ranked across data sets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from edgeml.documents import Record
from edgeml.estimate import design_title
from edgeml.report import sections
from edgeml.report.comparison.differences import SeedGroup, SettingRow, differences, seed_groups
from edgeml.report.comparison.facts import Comparison, RunRow
from edgeml.report.numbers import Number
from edgeml.report.section import Criterion, TableCell, TableColumn
from edgeml.report.sections.accuracy.facts import AccuracyRow
from edgeml.report.words import span


class TradeoffPoint(Record):
    """One design in a trade-off: less of x and more accuracy are better."""

    key: str
    name: str
    design: str
    x: Number
    accuracy: Number


@dataclass(frozen=True)
class Tradeoff:
    """The accuracy of runs of one data set against what it costs.

    Attributes:
        criterion: of the cost.
        points: a design of a run each; known numbers only.
    """

    criterion: Criterion
    points: tuple[TradeoffPoint, ...]

    @cached_property
    def front(self) -> tuple[TradeoffPoint, ...]:
        """The points that no other beats in one number without being worse in the other, by rising x."""
        return pareto(self.points)


@dataclass(frozen=True)
class BestCard:
    """The best of a number.

    Attributes:
        title: what it is the best of.
        number: itself.
        kind: how the number is written.
        who: the runs that have it, and the number's interval.
    """

    title: str
    number: Number
    kind: str
    who: str


@dataclass(frozen=True)
class RunGroup:
    """Runs of one data set and split, and their trade-offs."""

    runs: tuple[RunRow, ...]
    tradeoffs: tuple[Tradeoff, ...]


@dataclass(frozen=True)
class ComparisonView:
    """The `view` of the templates of a comparison.

    Attributes:
        best: a card per criterion; none if the runs are of several data sets.
        groups: the runs by data set.
        columns: of the table of models.
        rows: of that table: a run and its cells.
        sources: the columns whose numbers are of one source, by source.
        differences: the settings in which the runs differ.
        seed_groups: runs that differ in nothing but their seed.
    """

    best: tuple[BestCard, ...]
    groups: tuple[RunGroup, ...]
    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[RunRow, tuple[TableCell, ...]], ...]
    sources: tuple[tuple[str, str], ...]
    differences: tuple[SettingRow, ...] = ()
    seed_groups: tuple[SeedGroup, ...] = ()


def view(comparison: Comparison) -> ComparisonView:
    """Everything that is laid out."""
    compared = [section.compared for section in sections.every().values() if section.compared]
    columns = tuple(column for item in compared for column in item.columns)
    rows = tuple((run, tuple(column.cell(run) for column in columns)) for run in comparison.runs)
    groups = tuple(RunGroup(runs, tradeoffs(runs)) for runs in comparison.groups())
    runs = comparison.runs
    sources = tuple(_sources(columns, rows))
    return ComparisonView(
        best(comparison), groups, columns, rows, sources, differences(runs), seed_groups(runs)
    )


def _criteria() -> tuple[Criterion, ...]:
    compared = (section.compared for section in sections.every().values() if section.compared)
    return tuple(criterion for item in compared for criterion in item.criteria)


def _sources(
    columns: Sequence[TableColumn], rows: Sequence[tuple[RunRow, Sequence[TableCell]]]
) -> Iterator[tuple[str, str]]:
    """Every source, and the titles of the columns that have a number of it."""
    titles: dict[str, dict[str, None]] = {}
    for _, cells in rows:
        for column, cell in zip(columns, cells, strict=True):
            if isinstance(cell.content, Number) and cell.content.value is not None:
                titles.setdefault(cell.content.source, {})[column.title] = None
    for source, named in titles.items():
        yield source, "; ".join(named)


def tradeoffs(runs: Sequence[RunRow]) -> tuple[Tradeoff, ...]:
    """Accuracy against every cost, for runs that compare."""
    return tuple(
        Tradeoff(criterion, tuple(_points(runs, criterion))) for criterion in _criteria() if criterion.against
    )


def _points(runs: Sequence[RunRow], criterion: Criterion) -> Iterator[TradeoffPoint]:
    for run in runs:
        accuracy = run.part(AccuracyRow).accuracy.fixed
        for design, x in criterion.numbers(run):
            if x.value and accuracy.value is not None:
                yield TradeoffPoint(key=run.key, name=run.label, design=design, x=x, accuracy=accuracy)


def pareto(points: Sequence[TradeoffPoint]) -> tuple[TradeoffPoint, ...]:
    """The points that no other beats in one number without being worse in the other, by rising x."""

    def better(a: TradeoffPoint, b: TradeoffPoint) -> bool:
        ax, ay, bx, by = (float(n.value or 0) for n in (a.x, a.accuracy, b.x, b.accuracy))
        return ax <= bx and ay >= by and (ax, ay) != (bx, by)

    left = [point for point in points if not any(better(other, point) for other in points)]
    return tuple(sorted(left, key=lambda point: (point.x.value or 0, point.accuracy.value or 0)))


def best(comparison: Comparison) -> tuple[BestCard, ...]:
    """The best of each number if all runs compare.

    Of designs that are equal in a number all are named; the interval is that of the first.
    """
    if len(comparison.groups()) > 1:
        return ()
    cards = (_card(comparison.runs, criterion) for criterion in _criteria())
    return tuple(card for card in cards if card is not None)


def _card(runs: Sequence[RunRow], criterion: Criterion) -> BestCard | None:
    """The best run, None if no number is known."""
    sign = -1 if criterion.largest else 1
    stated = [
        (sign * number.value, f"{run.key} {run.label}{f', {design_title(design)}' if design else ''}", number)
        for run in runs
        for design, number in criterion.numbers(run)
        if number.value is not None
    ]
    if not stated:
        return None
    value = min(entry[0] for entry in stated)
    equal = [(who, number) for one, who, number in stated if one == value]
    number = equal[0][1]
    between = span(number, criterion.kind)
    names = [who for who, _ in equal]
    if len(names) > 2:  # their letters say it
        names = [", ".join(dict.fromkeys(who.split(" ")[0] for who in names))]
    who = "; ".join([*names, *([between] if between else [])])
    return BestCard(criterion.best, number, criterion.kind, who)


def run_index(key: str) -> int:
    """The index of the run that a letter stands for.

    >>> run_index("A"), run_index("AA")
    (0, 26)
    """
    index = 0
    for letter in key:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1
