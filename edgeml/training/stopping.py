"""Early stopping on any figure, by Keras' own callback: `training.early_stopping` has its arguments.

The figure is one of the loop's (loss, accuracy, val_loss, val_accuracy) or one of the task on the validation
part, "val_" and its name: val_f1, val_balanced_accuracy, val_r2, val_mae. The epoch in which it was best is
the one whose weights are kept.

Invariant: the callback sees the rows of all epochs, also after an interruption, and nothing but them; so a
training that was interrupted stops where the other one does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from edgeml import tasks
from edgeml.datasets import Array
from edgeml.errors import EdgemlError, unknown_name
from edgeml.keras.backend import import_keras
from edgeml.presets import KerasClass
from edgeml.tasks import TaskFigure
from edgeml.training.named import built
from edgeml.training.progress import EpochRow

_WHERE = "training.early_stopping"
_OWN = {
    "restore_best_weights": "leave it out; edgeml keeps the weights of the best epoch",
    "verbose": "leave it out",
}
_LOSSES = ("loss", "val_loss")
_SHARES = ("accuracy", "val_accuracy")


def stopping_callback(arguments: Mapping[str, Any]) -> Any:
    """Keras' EarlyStopping; None if there are no arguments.

    Raises:
        EdgemlError: it has no such argument (near matches given), or refuses a value.
        MissingToolError: TensorFlow is not installed.
    """
    if not arguments:
        return None
    mode = arguments.get("mode", "auto")
    if mode not in ("auto", "min", "max"):
        raise EdgemlError(f"mode is {mode!r}", _WHERE, "use auto, min or max")
    chosen = import_keras().callbacks.EarlyStopping
    return built(chosen, KerasClass(name="EarlyStopping", **arguments), _WHERE, {}, _OWN)


class EarlyStop:
    """The decision after each epoch.

    Args:
        arguments: of Keras' EarlyStopping; without any nothing is decided here.
        task: its name.
        counts: true if there are accuracies.
        threshold: above it one output means yes.
        metrics: those of the training by name, and what is better, "max" or "min".

    Raises:
        EdgemlError: the callback has no such argument, or the figure is none of the task.
    """

    def __init__(
        self,
        arguments: Mapping[str, Any],
        task: str,
        counts: bool,
        threshold: float,
        metrics: Mapping[str, str],
    ) -> None:
        self._callback = stopping_callback(arguments)
        self._task, self._threshold = tasks.load(task), threshold
        self._loop = (*_LOSSES, *(_SHARES if counts else ()), *metrics)
        better = {name: "min" if name in _LOSSES else metrics.get(name, "max") for name in self._loop}
        self._model = SimpleNamespace(stop_training=False)
        self.of_task = False
        if self._callback is not None:
            self._callback.set_model(self._model)
            self._callback.on_train_begin()
            self.of_task = self._callback.monitor not in self._loop
            if not self.of_task and self._callback.mode == "auto":
                self._callback.mode = better[self._callback.monitor]
            if not self._callback.mode:
                what = f"Keras does not say whether more of {self._callback.monitor} is better"
                raise EdgemlError(what, _WHERE, "set its mode to min or max")

    @property
    def active(self) -> bool:
        """True if it decides, in place of `training.patience`."""
        return self._callback is not None

    @property
    def stops(self) -> bool:
        """True after the epoch that is to be the last."""
        return bool(self._model.stop_training)

    def monitored(self, outputs: Array, truth: Array) -> float | None:
        """The figure of the task on the validation part, if that is what is watched.

        Args:
            outputs: of the model, (samples, ...).
            truth: classes (samples,) or numbers (samples, n).

        Raises:
            EdgemlError: the task has no such figure.
        """
        if not self.of_task:
            return None
        flat = outputs.reshape(len(outputs), -1).astype(float)
        rows = self._task.figures(flat, truth, self._threshold)
        figures = {f"val_{row.name}": row for row in rows if not row.baseline}
        name = self._callback.monitor
        if name not in figures:
            error = unknown_name("figure", name, [*self._loop, *figures], f"{_WHERE}.monitor")
            hint = f"{error.hint} (a metric of Keras has to stand in training.metrics)"
            raise EdgemlError(error.what, error.where, hint)
        self._direct(figures[name])
        return figures[name].value

    def _direct(self, figure: TaskFigure) -> None:
        if self._callback.mode == "auto":
            self._callback.mode = "max" if figure.better == "higher" else "min"

    def see(self, row: EpochRow) -> None:
        """Show an epoch to the callback."""
        if self._callback is not None:
            self._callback.on_epoch_end(row.epoch - 1, {self._callback.monitor: self._value(row)})

    def again(self, rows: Sequence[EpochRow], outputs: Array, truth: Array) -> None:
        """Show the epochs before an interruption; outputs and truth tell the direction of the figure."""
        if rows:
            self.monitored(outputs, truth)
        for row in rows:
            self.see(row)

    def score(self, row: EpochRow) -> float | None:
        """The figure, larger for a better epoch; None if the epochs are not judged here."""
        if self._callback is None:
            return None
        value = self._value(row)
        return value if self._callback.mode == "max" else -value

    def _value(self, row: EpochRow) -> float:
        name = self._callback.monitor
        value = row.monitored if self.of_task else row.metrics.get(name, getattr(row, name, None))
        return math.nan if value is None else float(value)
