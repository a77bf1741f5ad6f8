"""Folds and seeds: the same training again, and the spread of its figures."""

from __future__ import annotations

from edgeml.report.section import Compared, Section, unless
from edgeml.report.sections.repeats import view
from edgeml.report.sections.repeats.charts import members_chart
from edgeml.report.sections.repeats.facts import ModelSpread, RepeatedRow, RepeatFacts
from edgeml.report.source import RunSource
from edgeml.training.repeats import FILE, MODELS, ModelName, Repeats, spread

_NONE = "the training was not repeated (edgeml train PRESET --folds 5, or --seeds 5)"


def collect(source: RunSource) -> RepeatFacts:
    """The members in repeats.json and their spread.

    Raises:
        EdgemlError: the file is damaged.
    """
    path = source.run.folder / FILE
    if not path.is_file():
        return RepeatFacts.unavailable(_NONE)
    return together(Repeats.read(path))


def together(record: Repeats) -> RepeatFacts:
    """The members of a record, and mean, deviation and interval of every figure."""
    pairs: list[tuple[ModelName, ModelName | None]] = [(model, None) for model in MODELS]
    pairs.append(("fixed", "float"))
    spreads = tuple(
        ModelSpread(figure=figure.name, model=model, minus=minus, spread=figures)
        for figure in record.figures
        for model, minus in pairs
        if (figures := spread(record.rows, figure.name, model, minus))
    )
    whole = max(1, record.folds) * record.seeds
    note = "" if record.complete else f"{len(record.rows)} of {whole} are trained; the same command goes on"
    return RepeatFacts.of(
        {"fold_rows": "none of them is trained yet"},
        folds=record.folds,
        fold_seeds=record.seeds,
        fold_split=record.split,
        fold_figures=record.figures,
        fold_rows=record.rows,
        fold_spread=spreads,
        fold_note=note,
    )


SECTION = Section(
    title="Folds and seeds",
    place=28,
    facts=RepeatFacts,
    collect=collect,
    digest=view.digest,
    view=view.view,
    charts=(members_chart,),
    headline=view.headline,
    applies=unless("fold_rows", _NONE),
    compared=Compared(
        row=RepeatedRow,
        take=lambda facts, _: view.row(facts),
        columns=(),
    ),
)
