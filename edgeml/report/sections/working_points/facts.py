"""Facts of the scores: areas, curves and working points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from edgeml.documents import Record
from edgeml.report.section import SectionFacts


class ScoreCurve(Record):
    """A curve, drawn through at most some dozen points; areas are of the whole curve.

    Attributes:
        kind: "roc" (false positive rate, true positive rate) or "pr" (recall, precision).
        model: "float", "qat" or "fixed".
        of: a class against the rest, "macro" or "micro".
        points: x and y.
    """

    kind: Literal["roc", "pr"]
    model: str
    of: str
    points: tuple[tuple[float, float], ...]


class ScoreArea(Record):
    """Areas below the curves by model; a class without a test sample has none.

    Attributes:
        of: a class against the rest; "macro", the mean over classes; "micro", all scores as one.
        roc: area under the ROC curve.
        precision: average precision.
    """

    of: str
    roc: Mapping[str, float]
    precision: Mapping[str, float]


class WorkingPoint(Record):
    """A threshold of one class against the rest on the test samples.

    Attributes:
        signal: the class.
        target: the least signal efficiency.
        model: "float", "qat" or "fixed".
        efficiency: share of the signal that passes.
        passing: background samples that pass.
        background: background samples.
        precision: share of signal among what passes.
        threshold: the least score that passes.
        raw: the same in the units of the exact graph's single output; None if it has several, or for others.
    """

    signal: str
    target: float
    model: str
    efficiency: float
    passing: int
    background: int
    precision: float
    threshold: float
    raw: float | None = None


class ScoreFacts(SectionFacts):
    """Facts of the scores.

    Attributes:
        score_areas: a row per class, macro and micro.
        score_curves: of every model over all classes, of the exact graph by class.
        working_points: by class, efficiency and model.
        score_labels: true if a sample may have several of the classes, which then are labels.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ("score_areas",)

    score_areas: tuple[ScoreArea, ...] = ()
    score_curves: tuple[ScoreCurve, ...] = ()
    working_points: tuple[WorkingPoint, ...] = ()
    score_labels: bool = False
