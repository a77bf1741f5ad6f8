"""Keras callbacks of a preset's own (checkpoints, logs, trackers), called as `keras.Model.fit` calls them.

The hooks of epochs and of the whole phase are called as in `fit`, with loss, accuracy, val_loss,
val_accuracy, learning_rate and the metrics. The hooks of batches are called too if a callback has any; every
batch then is a call into TensorFlow of its own, which costs speed.

Invariant: an error in a callback ends the training with one error that names the callback and the hook; what
a callback remembers in Python is not part of the training's state, so it begins anew after an interruption.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgeml.errors import EdgemlError
from edgeml.presets import Preset
from edgeml.training.progress import EpochRow

if TYPE_CHECKING:
    import keras

_BATCH_HOOKS = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")


class PhaseCallbacks:
    """The callbacks of one phase.

    Args:
        callbacks: in the order in which they are called.
        where: for messages: the file that made them.
    """

    def __init__(self, callbacks: Sequence[keras.callbacks.Callback] = (), where: str = "") -> None:
        self._callbacks, self._where = callbacks, where
        self.per_batch = any(_has_batch_hook(callback) for callback in callbacks)

    @staticmethod
    def of(preset: Preset, phase: str, folder: Path) -> PhaseCallbacks:
        """Those that the preset makes for a phase; none if it makes none.

        Raises:
            EdgemlError: its function fails or returns something else.
        """
        if preset.callbacks is None:
            return PhaseCallbacks()
        import keras

        make = preset.callbacks
        where = f"{preset.file}, {getattr(make, '__name__', 'callbacks')}()"
        callbacks = guarded(lambda: list(make(phase, folder)), where)
        for callback in callbacks:
            if not isinstance(callback, keras.callbacks.Callback):
                what = f"gave a {type(callback).__name__}"
                raise EdgemlError(what, where, "return a list of keras.callbacks.Callback")
        return PhaseCallbacks(callbacks, str(preset.file))

    def beside(self, callback: keras.callbacks.Callback) -> PhaseCallbacks:
        """These, and one of edgeml's own behind them."""
        return PhaseCallbacks((*self._callbacks, callback), self._where)

    def begin(self, model: Any, optimizer: Any, epochs: int, steps: int) -> None:
        """Tell them model and sizes; `model.optimizer` is there until `end`, for those that set the rate."""
        if self._callbacks:
            model.optimizer = optimizer
            model.stop_training = False
        for callback in self._callbacks:
            callback.set_params({"epochs": epochs, "steps": steps, "verbose": 0})
            callback.set_model(model)
        self.call("on_train_begin")

    def call(self, hook: str, *arguments: Any) -> None:
        """Call a hook of all of them.

        Raises:
            EdgemlError: one of them fails.
        """
        for callback in self._callbacks:
            function = getattr(callback, hook)
            where = f"{self._where}, {type(callback).__name__}.{hook}"
            guarded(lambda function=function: function(*arguments), where)

    def epoch_ended(self, row: EpochRow) -> None:
        """Call on_epoch_end with the numbers of an epoch."""
        logs = {key: value for key, value in asdict(row).items() if key not in ("phase", "epoch", "metrics")}
        logs |= row.metrics
        present = {key: value for key, value in logs.items() if value is not None}
        self.call("on_epoch_end", row.epoch - 1, present)

    def stops(self, model: Any) -> bool:
        """True if a callback ended the phase by `model.stop_training`."""
        return bool(self._callbacks) and model.stop_training

    def end(self, model: Any) -> None:
        """Call on_train_end; the model is without an optimizer again."""
        self.call("on_train_end")
        if self._callbacks:
            del model.optimizer


def _has_batch_hook(callback: Any) -> bool:
    import keras

    base = keras.callbacks.Callback
    return any(getattr(type(callback), hook) is not getattr(base, hook) for hook in _BATCH_HOOKS)


def guarded(function: Callable[[], Any], where: str) -> Any:
    """The function's result; whatever the user's code raises is one error.

    Raises:
        EdgemlError: names the exception and the place.
    """
    try:
        return function()
    except EdgemlError:
        raise
    except Exception as error:  # the user's own code can raise anything
        text = " ".join(str(error).split())
        raise EdgemlError(f"{type(error).__name__}: {text}", where) from error
