"""The spread of the figures, as the table and the terminal show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeml.report.numbers import absent, measured
from edgeml.report.sections.repeats.facts import RepeatedRow, RepeatFacts
from edgeml.report.words import amount
from edgeml.training.repeats import MODELS, ModelName, RepeatFigure, RepeatRow, RepeatSpread

if TYPE_CHECKING:
    from edgeml.report.facts import Facts

_SHOWN = 8
"""Figures in the tables; all are in report.json."""


@dataclass(frozen=True)
class SpreadCell:
    """A cell of the table of spreads: its number, and the interval of the mean below it."""

    text: str
    between: str
    value: float | None


@dataclass(frozen=True)
class SpreadRow:
    """A figure with its cells: float, QAT, exact graph, and the difference of the exact graph from float."""

    title: str
    cells: tuple[SpreadCell, ...]


@dataclass(frozen=True)
class MemberRow:
    """A member with its first figure by model."""

    name: str
    folder: str
    tested: int
    cells: tuple[SpreadCell, ...]


@dataclass(frozen=True)
class RepeatView:
    """The tables of the section.

    Attributes:
        figures: mean and spread of each figure.
        first: title of the figure in the table of members.
        members: a row per member.
        over: what the deviation is over.
        shared: true if the interval allows for training samples that folds share.
    """

    figures: tuple[SpreadRow, ...]
    first: str
    members: tuple[MemberRow, ...]
    over: str
    shared: bool


def view(facts: Facts) -> RepeatView:
    """The tables; empty without a record."""
    own = facts.part(RepeatFacts)
    spreads = {(item.figure, item.model, item.minus): item.spread for item in own.fold_spread}
    keys: list[tuple[ModelName, ModelName | None]] = [(model, None) for model in MODELS]
    keys.append(("fixed", "float"))
    figures = tuple(
        SpreadRow(
            figure.title,
            tuple(
                _cell(spreads.get((figure.name, model, minus)), figure.kind, bool(minus))
                for model, minus in keys
            ),
        )
        for figure in own.fold_figures[:_SHOWN]
    )
    first = own.fold_figures[0] if own.fold_figures else None
    members = tuple(_member(row, first) for row in own.fold_rows) if first else ()
    over = "folds and seeds" if own.folds and own.fold_seeds > 1 else "folds" if own.folds else "seeds"
    return RepeatView(figures, first.title if first else "", members, over, bool(own.folds))


def headline(facts: Facts) -> tuple[str, ...]:
    """The first figure of the exact graph with its spread."""
    shown = view(facts)
    if not shown.figures:
        return ()
    row = shown.figures[0]
    return (
        f"over {len(shown.members)} {shown.over}: {row.title} {row.cells[2].text} ({row.cells[2].between})",
    )


def _member(row: RepeatRow, figure: RepeatFigure) -> MemberRow:
    parts = [f"fold {row.fold}"] if row.fold else []
    name = ", ".join([*parts, f"seed {row.seed}"])
    values = [row.values.get(model, {}).get(figure.name) for model in MODELS]
    cells = tuple(SpreadCell("-" if v is None else _number(v, figure.kind), "", v) for v in values)
    return MemberRow(name, row.folder, row.tested, cells)


def _cell(figures: RepeatSpread | None, kind: str, signed: bool) -> SpreadCell:
    if figures is None:
        return SpreadCell("-", "", None)
    unit = " %" if kind == "share" else ""
    deviation = "" if figures.deviation is None else f" ± {_number(figures.deviation, kind, unit=False)}"
    between = ""
    interval = figures.shown_interval(kind, signed)
    if interval is not None:
        low, high = (_number(end, kind, signed, unit=False) for end in interval)
        between = f"{low} to {high}{unit}"
    return SpreadCell(
        f"{_number(figures.mean, kind, signed, unit=False)}{deviation}{unit}", between, figures.mean
    )


def _number(value: float, kind: str, signed: bool = False, unit: bool = True) -> str:
    if kind == "share":
        return f"{100 * value:{'+' if signed else ''}.2f}{' %' if unit else ''}"
    return f"{'+' if signed and value > 0 else ''}{amount(value)}"


def digest(facts: Facts) -> str:
    """The first figure of the exact graph with its spread."""
    return "".join(headline(facts))


def row(facts: Facts) -> RepeatedRow:
    """The first figure of the exact graph in a comparison, with its spread."""
    own = facts.part(RepeatFacts)
    first = own.fold_figures[0] if own.fold_figures else None
    spread = next(
        (
            item.spread
            for item in own.fold_spread
            if first is not None and (item.figure, item.model, item.minus) == (first.name, "fixed", None)
        ),
        None,
    )
    if first is None or spread is None:
        return RepeatedRow(repeated=absent("no folds or seeds were trained"))
    unit, factor = (" points", 100) if first.kind == "share" else ("", 1)
    deviation = "" if spread.deviation is None else f"± {amount(factor * spread.deviation)}{unit} "
    kind = "percent" if first.kind == "share" else "amount"
    note = f"{deviation}over {len(own.fold_rows)}"
    return RepeatedRow(repeated=measured(spread.mean), repeated_note=note, repeated_kind=kind)
