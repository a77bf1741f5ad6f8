"""The figure of the task that a Keras model reaches on samples."""

from __future__ import annotations

from typing import Any

from edgeml import tasks
from edgeml.datasets import Array
from edgeml.errors import EdgemlError
from edgeml.presets import Prepared
from edgeml.training.ending import ending, threshold_of
from edgeml.training.fit import outputs_of


def percent_of_model(model: Any, data: Prepared, x: Array, y: Array) -> float:
    """The figure in percent, see `edgeml.tasks.Task.percent`.

    Args:
        model: with one output.
        data: whose task it is.
        x: samples of a part of the data (samples, ...).
        y: their part of `y_train`, `y_val` or `y_test`.

    Raises:
        EdgemlError: there are no samples, or they have no truth.
    """
    truth = data.truth_of(x, y)
    if truth is None or not len(x):
        raise EdgemlError(
            "has no samples with labels to measure with", data.dataset.name, "use labelled data"
        )
    values = outputs_of(model, x)
    flat = values.reshape(len(values), -1).astype("float64")
    return round(tasks.load(data.task).percent(flat, truth, threshold_of(ending(model))), 6)
