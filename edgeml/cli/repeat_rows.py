"""Folds and seeds of a training, on the terminal and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from edgeml.cli.bands import Bands

if TYPE_CHECKING:
    from edgeml.training.repeats import ModelName, RepeatFigure, Repeats, RepeatSpread

_SHOWN = 6
"""Figures in the table; the others are in --json and in the report."""


def repeat_rows(record: Repeats) -> Iterator[str | Bands]:
    """The repeated trainings, and every figure's mean, standard deviation and interval."""
    from edgeml.training.repeats import spread

    seeds = f"{record.seeds} seed{'s' if record.seeds > 1 else ''}"
    folds = f"{record.folds} folds ({escape(record.split)}), " if record.folds else ""
    yield f"[green]repeated[/] {folds}{seeds}"

    def cell(figure: RepeatFigure, model: ModelName, minus: ModelName | None = None) -> str:
        return _text(spread(record.rows, figure.name, model, minus), figure.kind, signed=minus is not None)

    yield Bands(
        ("figure", "float", "QAT", "exact graph", "exact graph - float"),
        [
            [
                escape(figure.title),
                cell(figure, "float"),
                cell(figure, "qat"),
                cell(figure, "fixed"),
                cell(figure, "fixed", "float"),
            ]
            for figure in record.figures[:_SHOWN]
        ],
        texts=(0,),
    )
    over = "folds" if record.folds else "seeds"
    yield f"mean, standard deviation over {over}, 95 % interval of the mean ([i]t[/]; see the report)"


def facts_of(record: Repeats) -> dict[str, Any]:
    """The same for a program: every member, and the spread of each figure by model."""
    from edgeml.training.repeats import MODELS, spread

    def stated(figures: RepeatSpread | None) -> dict[str, Any] | None:
        return None if figures is None else figures.model_dump()

    return {
        **record.model_dump(mode="json", by_alias=True),
        "spread": {
            figure.name: {model: stated(spread(record.rows, figure.name, model)) for model in MODELS}
            | {"fixed_minus_float": stated(spread(record.rows, figure.name, "fixed", "float"))}
            for figure in record.figures
        },
    }


def _text(figures: RepeatSpread | None, kind: str, signed: bool = False) -> str:
    if figures is None:
        return "-"

    def number(value: float, sign: bool = False) -> str:
        shown = 100 * value if kind == "share" else value
        return f"{shown:{'+' if sign else ''}.{'2f' if kind == 'share' else '4g'}}"

    unit = " %" if kind == "share" else ""
    spread = "" if figures.deviation is None else f" ± {number(figures.deviation)}"
    interval = figures.shown_interval(kind, signed)
    between = f" [{', '.join(number(end, signed) for end in interval)}]" if interval else ""
    return escape(f"{number(figures.mean, signed)}{spread}{unit}{between}")
