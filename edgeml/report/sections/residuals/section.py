"""Residuals: predictions of numbers against the truth, target by target, float, QAT and exact graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from edgeml import tasks
from edgeml.documents import Record
from edgeml.report.quality import NO_LABELS
from edgeml.report.scores import Floats, aligned_outputs
from edgeml.report.section import Section, SectionFacts, unless
from edgeml.report.source import RunSource
from edgeml.report.xy import Axis, Series, around, xy_chart
from edgeml.tasks import metrics

_POINTS = 300
_TARGETS = 4
_OTHERS = "the targets of this task are no quantities"


class TargetFigures(Record):
    """One target under one model; R2 is None where the truth does not vary."""

    rmse: float
    mae: float
    bias: float
    r2: float | None


class TargetResiduals(Record):
    """One target.

    Attributes:
        target: its number, from 0.
        figures: by model.
        points: truth and the exact graph's prediction, of evenly chosen test samples.
        quantiles: 1, 25, 50, 75 and 99 % quantiles of prediction minus truth, by model.
    """

    target: int
    figures: Mapping[str, TargetFigures]
    points: tuple[tuple[float, float], ...]
    quantiles: Mapping[str, tuple[float, ...]]


class ResidualFacts(SectionFacts):
    """Facts of the residuals: the first targets."""

    may_be_missing: ClassVar[tuple[str, ...]] = ("residuals",)

    residuals: tuple[TargetResiduals, ...] = ()


def collect(source: RunSource) -> ResidualFacts:
    """The residuals on all test samples.

    Raises:
        EdgemlError: the test samples do not fit the exact graph.
        MissingToolError: scikit-learn is not installed.
    """
    kind = tasks.load(source.run.config.data.task)
    if kind.truth is not tasks.Truth.NUMBERS or kind.yes_no:
        return ResidualFacts.unavailable(_OTHERS)
    predictions, truth = aligned_outputs(source)
    if truth is None:
        return ResidualFacts.unavailable(NO_LABELS)
    return facts_of(predictions, truth)


def facts_of(predictions: Mapping[str, Floats], truth: Floats) -> ResidualFacts:
    """The residuals of predictions (samples, targets) by model; "fixed" is one of them.

    Raises:
        MissingToolError: scikit-learn is not installed.
    """
    chosen = np.unique(np.linspace(0, len(truth) - 1, _POINTS).astype(int))
    rows = tuple(
        TargetResiduals(
            target=target,
            figures={
                model: _figures(values[:, target], truth[:, target]) for model, values in predictions.items()
            },
            points=tuple(
                (float(f"{truth[row, target]:.6g}"), float(f"{predictions['fixed'][row, target]:.6g}"))
                for row in chosen
            ),
            quantiles={
                model: tuple(
                    map(
                        float,
                        np.quantile(values[:, target] - truth[:, target], (0.01, 0.25, 0.5, 0.75, 0.99)),
                    )
                )
                for model, values in predictions.items()
            },
        )
        for target in range(min(_TARGETS, truth.shape[1]))
    )
    return ResidualFacts(residuals=rows)


def _figures(predicted: Floats, truth: Floats) -> TargetFigures:
    sklearn = metrics()
    return TargetFigures(
        rmse=float(sklearn.root_mean_squared_error(truth, predicted)),
        mae=float(sklearn.mean_absolute_error(truth, predicted)),
        bias=float(np.mean(predicted - truth)),
        r2=float(sklearn.r2_score(truth, predicted)) if np.ptp(truth) > 0 else None,
    )


def truth_chart(row: TargetResiduals) -> str:
    """The exact graph's predictions against the truth; on the dashed line they are equal."""
    both = [value for point in row.points for value in point]
    axis = around("truth", both)
    up = Axis("prediction", axis.low, axis.high)
    cloud = Series("fixed-point", "m-fixed", row.points, cloud=True)
    return xy_chart([cloud], axis, up, f"Prediction against truth, target {row.target}", diagonal=True)


def residual_chart(row: TargetResiduals) -> str:
    """The exact graph's residuals against its predictions: a fan or a bow is a fault of the model."""
    points = [(predicted, predicted - truth) for truth, predicted in row.points]
    largest = max((abs(y) for _, y in points), default=0.0) * 1.05 or 1.0
    across, up = around("prediction", [x for x, _ in points]), Axis("prediction − truth", -largest, largest)  # noqa: RUF001
    zero = Series("no error", "rest-line", [(across.low, 0.0), (across.high, 0.0)])
    cloud = Series("fixed-point", "m-fixed", points, cloud=True)
    return xy_chart([zero, cloud], across, up, f"Residuals, target {row.target}")


SECTION = Section(
    title="Residuals",
    place=63,
    facts=ResidualFacts,
    collect=collect,
    digest=lambda _: "predictions against truth",
    charts=(truth_chart, residual_chart),
    applies=unless("residuals", _OTHERS),
)
