"""Reconstruction: what an autoencoder gives back, and whether its error tells one class from the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from edgeml import tasks
from edgeml.documents import Record
from edgeml.report.pictures import is_picture, picture
from edgeml.report.scores import Floats, aligned_outputs
from edgeml.report.section import Section, SectionFacts, unless
from edgeml.report.source import RunSource
from edgeml.report.xy import Series, around, xy_chart
from edgeml.tasks import metrics

_OTHERS = "the task is no autoencoder"
_QUANTILES = (0.5, 0.9, 0.95, 0.99, 1.0)
_DRAWN = 256


class Reconstruction(Record):
    """A test sample and the exact graph's reconstruction of it.

    Attributes:
        sample: its number in the test part, from 0.
        rank: "best", "median" or "worst".
        error: mean squared error.
        samples: the first values of the sample; empty for a picture.
        outputs: those of the reconstruction.
        pictures: the sample and its reconstruction as PNG; empty for others.
    """

    sample: int
    rank: str
    error: float
    samples: tuple[float, ...] = ()
    outputs: tuple[float, ...] = ()
    pictures: tuple[str, ...] = ()


class AnomalyArea(Record):
    """The reconstruction error as a score for one class of the test samples against the rest.

    Attributes:
        of: the class.
        samples: how many it has.
        error: mean error of its samples, exact graph.
        area: area under the ROC by model: 1 if every sample of the class has a larger error than all others.
    """

    of: str
    samples: int
    error: float
    area: Mapping[str, float]


class ReconstructionFacts(SectionFacts):
    """Facts of the reconstructions.

    Attributes:
        reconstructions: best, median and worst.
        error_quantiles: 50, 90, 95, 99 and 100 % quantiles of the samples' mean squared errors, by model: an
            alarm above the 99 % one is false for one in a hundred samples like these.
        normal: how many samples these quantiles are of where some are known to be anomalies, which are left
            out; None where all samples count.
        anomaly: a row per class, where the samples have any.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ("reconstructions",)

    reconstructions: tuple[Reconstruction, ...] = ()
    error_quantiles: Mapping[str, tuple[float, ...]] = {}
    normal: int | None = None
    anomaly: tuple[AnomalyArea, ...] = ()


def collect(source: RunSource) -> ReconstructionFacts:
    """The reconstructions of all test samples.

    Raises:
        EdgemlError: the test samples do not fit the exact graph.
        MissingToolError: scikit-learn is not installed.
    """
    if tasks.load(source.run.config.data.task).truth is not tasks.Truth.INPUT:
        return ReconstructionFacts.unavailable(_OTHERS)
    by_model, samples = aligned_outputs(source)
    if samples is None:
        return ReconstructionFacts.unavailable("there are no test samples")
    normal = source.data.y_test == 0 if source.run.config.data.normal else None
    shape, data = source.data.x_test.shape[1:], source.data
    return facts_of(by_model, samples, shape, source.labels, data.class_names, normal)


def facts_of(
    outputs: Mapping[str, Floats],
    samples: Floats,
    shape: tuple[int, ...],
    labels: np.ndarray | None,
    classes: tuple[str, ...],
    normal: np.ndarray | None = None,
) -> ReconstructionFacts:
    """The reconstructions.

    Args:
        outputs: (samples, n) by model; "fixed" is one of them.
        samples: the samples, (samples, n).
        shape: of a sample.
        labels: classes of the samples; None without.
        classes: their names.
        normal: which samples are no anomalies, (samples,), where that is known.

    Raises:
        MissingToolError: scikit-learn is not installed.
    """
    errors = {model: np.mean((values - samples) ** 2, axis=1) for model, values in outputs.items()}
    fixed = errors["fixed"]
    order = np.argsort(fixed, kind="stable")
    places = {"best": [0, 1], "median": [len(order) // 2, len(order) // 2 + 1], "worst": [-2, -1]}
    rows = tuple(
        _example(rank, int(order[place]), float(fixed[order[place]]), samples, outputs["fixed"], shape)
        for rank, chosen in places.items()
        for place in chosen
        if place < len(order) and (rank == "best" or len(order) > 5)
    )
    anomaly: list[AnomalyArea] = []
    if labels is not None:
        for number, name in enumerate(classes):
            yes = labels == number
            if 0 < yes.sum() < len(yes):
                area = {model: float(metrics().roc_auc_score(yes, error)) for model, error in errors.items()}
                anomaly.append(
                    AnomalyArea(of=name, samples=int(yes.sum()), error=float(fixed[yes].mean()), area=area)
                )
    counted = normal if normal is not None and normal.any() else np.ones(len(fixed), bool)
    return ReconstructionFacts.of(
        {"reconstructions": "there are no test samples"},
        reconstructions=rows,
        error_quantiles={
            model: tuple(map(float, np.quantile(error[counted], _QUANTILES)))
            for model, error in errors.items()
        },
        normal=None if counted.all() else int(counted.sum()),
        anomaly=tuple(anomaly),
    )


def _example(
    rank: str, row: int, error: float, samples: Floats, outputs: Floats, shape: tuple[int, ...]
) -> Reconstruction:
    if is_picture(shape):
        low, high = float(samples[row].min()), float(samples[row].max())
        both = tuple(picture(values[row].reshape(shape), low, high) for values in (samples, outputs))
        return Reconstruction(sample=row, rank=rank, error=error, pictures=both)
    first, second = (
        tuple(float(f"{value:.5g}") for value in values[row][:_DRAWN]) for values in (samples, outputs)
    )
    return Reconstruction(sample=row, rank=rank, error=error, samples=first, outputs=second)


def reconstruction_chart(row: Reconstruction) -> str:
    """A sample and its reconstruction, element by element; "" for pictures."""
    if not row.samples:
        return ""
    series = [
        Series("sample", "m-float", list(enumerate(row.samples))),
        Series("reconstruction", "m-fixed", list(enumerate(row.outputs))),
    ]
    up = around("value", [*row.samples, *row.outputs])
    across = around("element", [0.0, float(len(row.samples) - 1)])
    return xy_chart(series, across, up, f"Sample {row.sample} and its reconstruction", height=220.0)


SECTION = Section(
    title="Reconstruction",
    place=65,
    facts=ReconstructionFacts,
    collect=collect,
    digest=lambda _: "how well the samples come back",
    charts=(reconstruction_chart,),
    applies=unless("reconstructions", _OTHERS),
)
