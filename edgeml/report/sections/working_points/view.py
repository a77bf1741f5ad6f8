"""The rows of the tables, model by model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeml.report.scores import MODEL_NAMES
from edgeml.report.sections.working_points.facts import ScoreFacts, WorkingPoint
from edgeml.report.words import amount, percent

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


@dataclass(frozen=True)
class ScoreCell:
    """A cell with the value that it sorts by."""

    text: str
    value: float
    note: str = ""


@dataclass(frozen=True)
class ScoreTables:
    """The tables of the section.

    Attributes:
        models: names of the models that have scores, in order.
        areas: name, then area under the ROC by model, then average precision by model.
        points: signal, target efficiency, then rejection by model, then the exact graph's threshold.
        binary: true for a single signal.
    """

    models: tuple[str, ...]
    areas: tuple[tuple[str, tuple[ScoreCell, ...]], ...]
    points: tuple[tuple[str, float, tuple[ScoreCell, ...]], ...]
    binary: bool


def view(facts: Facts) -> ScoreTables:
    """The tables; empty without scores."""
    own = facts.part(ScoreFacts)
    keys = [key for key in MODEL_NAMES if own.score_areas and key in own.score_areas[0].roc]
    areas = tuple(
        (
            area.of,
            tuple(
                ScoreCell(f"{side[key]:.4f}", side[key])
                for side in (area.roc, area.precision)
                for key in keys
            ),
        )
        for area in own.score_areas
    )
    rows = {(row.signal, row.target, row.model): row for row in own.working_points}
    points = tuple(
        (
            signal,
            target,
            (
                *(_rejection(rows[signal, target, key]) for key in keys),
                _threshold(rows[signal, target, "fixed"]),
            ),
        )
        for signal, target in dict.fromkeys((row.signal, row.target) for row in own.working_points)
    )
    return ScoreTables(tuple(MODEL_NAMES[key] for key in keys), areas, points, len(own.score_areas) == 1)


def _rejection(row: WorkingPoint) -> ScoreCell:
    note = f"{amount(row.passing)} of {amount(row.background)} pass, efficiency {percent(row.efficiency)}"
    if not row.passing:
        return ScoreCell(f">{amount(row.background)}", float(row.background), note)
    return ScoreCell(f"{row.background / row.passing:.3g}", row.background / row.passing, note)


def _threshold(row: WorkingPoint) -> ScoreCell:
    shown = f"{row.threshold:.4g}"
    return ScoreCell(shown if row.raw is None else f"{row.raw:.6g}", row.threshold, f"score {shown}")


def digest(facts: Facts) -> str:
    """The area under the ROC of the exact graph."""
    areas = facts.part(ScoreFacts).score_areas
    chosen = next((area for area in areas if area.of == "macro"), areas[0] if areas else None)
    area = chosen.roc.get("fixed") if chosen else None
    return "" if area is None or chosen is None else f"area under the ROC {area:.4f} ({chosen.of})"
