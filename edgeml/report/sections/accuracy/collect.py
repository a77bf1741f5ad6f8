"""Test samples that each model classifies right, and those on which two models agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.report.numbers import absent, measured
from edgeml.report.predictions import predict
from edgeml.report.quality import NO_LABELS, Labels, agreement
from edgeml.report.sections.accuracy.facts import AccuracyFacts, ModelAccuracies, ModelAgreement
from edgeml.report.sections.training.collect import effort, rows
from edgeml.report.source import RunSource

Predictions = Mapping[str, Labels | None]


def collect(source: RunSource) -> AccuracyFacts:
    """Accuracies and agreements on the test samples.

    Raises:
        EdgemlError: the test samples do not fit the exact graph.
    """
    models = source.shared(predict)
    trained = ""
    with suppress(EdgemlError):  # a damaged history.csv is a matter of the section on training
        trained = effort(source.shared(rows))
    return AccuracyFacts(
        accuracy=accuracies(source.labels, models.classes, models.reasons),
        agreement=agreements(models.classes, models.reasons),
        **majority(source.labels, source.data.class_names, models.reasons.get("fixed") or NO_LABELS),
        trained=trained,
    )


def accuracies(labels: Labels | None, classes: Predictions, reasons: Mapping[str, str]) -> ModelAccuracies:
    """Accuracy by model.

    Args:
        labels: of the test samples; None if the data have none.
        classes: predicted, by "float", "qat", "fixed", "int8"; None or left out if there are none.
        reasons: why there are none.
    """
    return ModelAccuracies.model_validate(
        {
            name: agreement(classes.get(name), labels, reasons.get(name) or NO_LABELS)
            for name in ("float", "qat", "fixed", "int8")
        }
    )


def majority(labels: Labels | None, names: Sequence[str], reason: str) -> dict[str, Any]:
    """The share of the most frequent class among the labels, and that class, as fields of `AccuracyFacts`.

    Args:
        labels: of the test samples; None if the data have none.
        names: of the classes.
        reason: why there are none.
    """
    if labels is None or not len(labels):
        return {"majority": absent(reason)}
    classes, counts = np.unique(labels, return_counts=True)
    most = int(counts.argmax())
    return {"majority": measured(counts[most] / len(labels)), "majority_class": names[int(classes[most])]}


def agreements(classes: Predictions, reasons: Mapping[str, str]) -> ModelAgreement:
    """The agreement of the exact graph with the QAT model and with the float baseline."""
    fixed = classes.get("fixed")
    return ModelAgreement(
        fixed_qat=agreement(fixed, classes.get("qat"), reasons.get("qat", "")),
        fixed_float=agreement(fixed, classes.get("float"), reasons.get("float", "")),
    )
