"""Keras' metrics on the validation part after every epoch: `training.metrics` names them.

A metric sees what its formula is about: probabilities of a classifier or of yes and no, also where the model
ends in logits, whole labels or one-hot ones as it asks for them, and numbers of a regression or autoencoder.

Invariant: a metric that does not fit the task is refused with those that do before anything is trained; the
weights are those of a training without metrics.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgeml import tasks
from edgeml.datasets import Array
from edgeml.errors import EdgemlError
from edgeml.keras.backend import import_keras
from edgeml.keras.registry import snake_case
from edgeml.presets import KerasClass
from edgeml.tasks import Truth
from edgeml.training.callbacks import guarded
from edgeml.training.ending import Ending
from edgeml.training.named import built, keras_class

_WHERE = "training.metrics"
_NUMBERS = (
    "ConcordanceCorrelation",
    "CosineSimilarity",
    "LogCoshError",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "PearsonCorrelation",
    "R2Score",
    "RootMeanSquaredError",
)
_WHOLE = ("SparseCategoricalAccuracy", "SparseCategoricalCrossentropy", "SparseTopKCategoricalAccuracy")
_CLASSES = (
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "TopKCategoricalAccuracy",
    *_WHOLE,
)
_AREA = "is for the areas of a segmentation; use F1Score"
_BASE = "is a base of others; name one of those, such as mean_absolute_error"
_REFUSED = {
    **dict.fromkeys(("BinaryIoU", "IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU"), _AREA),
    **dict.fromkeys(("Mean", "MeanMetricWrapper", "Sum"), _BASE),
    "Accuracy": "compares numbers for equality; edgeml gives the accuracy itself",
}
_OWN = {
    "from_logits": "leave it out; edgeml gives the metric probabilities",
    "name": "leave it out",
    "dtype": "leave it out",
    "num_labels": "leave it out",
    "multi_label": "leave it out; it follows from the task",
}


class EpochMetrics:
    """The metrics of one training.

    Args:
        stated: Keras' metrics with their arguments, such as KerasClass(name="auc", curve="PR").
        task: its name.
        end: the kind of numbers at the model's end.
        outputs: how many there are.

    Raises:
        EdgemlError: Keras has no such metric or argument, or it does not fit the task.
        MissingToolError: TensorFlow is not installed.
    """

    def __init__(self, stated: Sequence[KerasClass], task: str, end: Ending, outputs: int) -> None:
        self._name, self._task, self._end, self._outputs = task, tasks.load(task), end, outputs
        self._metrics = {f"val_{_column(one)}": self._metric_of(one) for one in stated}
        if len(self._metrics) < len(stated):
            raise EdgemlError("one metric is named twice", _WHERE, "name each once")

    @property
    def modes(self) -> dict[str, str]:
        """The better direction by name, "max" or "min"; "" where Keras states none."""
        better = {"up": "max", "down": "min"}
        return {name: better.get(str(metric._direction), "") for name, metric in self._metrics.items()}

    def values(self, targets: Array, outputs: Array) -> dict[str, float]:
        """The figure of each metric by "val_" and its name.

        Args:
            targets: classes (samples,) or numbers (samples, n).
            outputs: of the model, (samples, ...).

        Raises:
            EdgemlError: Keras fails on these numbers.
        """
        if not self._metrics:
            return {}
        flat = outputs.reshape(len(outputs), -1)
        return {
            name: guarded(lambda metric=metric: self._value(metric, targets, flat), f"{_WHERE}, {name}")
            for name, metric in self._metrics.items()
        }

    def _metric_of(self, stated: KerasClass) -> Any:
        chosen = _class(stated)
        self._check(chosen.__name__)
        return built(chosen, stated, _WHERE, {}, _OWN)

    def _check(self, name: str) -> None:
        """Refuse a metric of another task."""
        where = f"{_WHERE}, {name}"
        numbers = self._task.truth in (Truth.NUMBERS, Truth.INPUT) and not self._task.yes_no
        if numbers and name not in _NUMBERS:
            what = f"is about classes, and the results of the task {self._name} are numbers"
            raise EdgemlError(what, where, "use mean_absolute_error, root_mean_squared_error or r2_score")
        if not numbers and name in _NUMBERS:
            what = f"is about numbers, and the task {self._name} has right and wrong"
            raise EdgemlError(what, where, "use auc, precision, recall or f1_score")
        if name in _CLASSES and (self._outputs == 1 or self._task.truth is not Truth.CLASSES):
            what = "is about several classes, of which a sample has one"
            raise EdgemlError(what, where, "use binary_accuracy, auc, precision or recall")

    def _value(self, metric: Any, targets: Array, outputs: Array) -> float:
        import tensorflow as tf

        kind, values = type(metric).__name__, tf.constant(outputs)
        if kind not in _NUMBERS and self._end == "logits":
            several = self._outputs > 1 and self._task.truth is Truth.CLASSES
            values = tf.nn.softmax(values) if several else tf.sigmoid(values)
        truth = tf.constant(targets)
        if self._task.truth is Truth.CLASSES and kind not in _WHOLE:
            truth = truth[:, None] if self._outputs == 1 else tf.one_hot(truth, self._outputs)
        metric.reset_state()
        metric.update_state(truth if kind in _WHOLE else tf.cast(truth, tf.float32), values)
        result = metric.result()
        return float(tf.reduce_mean(result))  # one per class as their mean


def check_metrics(stated: Sequence[KerasClass]) -> None:
    """Refuse a metric that Keras does not have, before a model is built.

    Raises:
        EdgemlError: no such metric or argument, or a value that Keras refuses.
        MissingToolError: TensorFlow is not installed.
    """
    for one in stated:
        built(_class(one), one, _WHERE, {}, _OWN)


def _class(stated: KerasClass) -> type:
    module = import_keras().metrics
    return keras_class("metric", module, module.Metric, stated, _WHERE, _REFUSED)


def _column(stated: KerasClass) -> str:
    """The metric's name in a column: with its arguments, where there are any."""
    parts = [snake_case(_class(stated).__name__)]
    return "_".join([*parts, *(f"{key}_{value}" for key, value in stated.arguments.items())])
