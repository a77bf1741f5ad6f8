"""The training of learned widths as a Keras callback: the penalty's strength, and the front's checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeml.keras.backend import import_keras
from edgeml.keras.learned import learned_layers
from edgeml.presets import BitPenalty, Pruning
from edgeml.training.small.front import Checkpoint, Front

keras = import_keras()


class WidthTraining(keras.callbacks.Callback):
    """Sets the strength before every epoch, and offers the model to the front after it.

    Args:
        penalty: the schedule.
        front: where checkpoints are kept.
        pruning: beside it. While outputs keep more inputs than their fan-in, no checkpoint is kept: the
            sums of a layer without learned widths are no part of its bit operations.
    """

    def __init__(self, penalty: BitPenalty, front: Front, pruning: Pruning) -> None:
        super().__init__()
        self.penalty, self.front, self.strength = penalty, front, penalty.first
        self.pruning = pruning

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Set the strength."""
        self.strength = self.penalty.strength(epoch, self.params["epochs"])
        for layer in learned_layers(self.model):
            layer.strength.assign(self.strength)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Offer the model to the front."""
        if self.pruning.fan_in and self.pruning.done(epoch, self.params["epochs"]) < 1:
            return
        figures = logs or {}
        point = Checkpoint(
            epoch=epoch + 1,
            strength=self.strength,
            cost=bit_operations(self.model),
            val_loss=float(figures["val_loss"]),
            val_accuracy=figures.get("val_accuracy"),
        )
        self.front.offer(point, [variable.numpy() for variable in self.model.variables])


def bit_operations(model: Any) -> float:
    """Effective bit operations of one sample in the layers with learned widths."""
    return sum(layer.bit_operations() for layer in learned_layers(model))


def calibrate(model: Any, x: Any) -> None:
    """Give the inputs of layers with learned widths the integer bits that the samples need.

    Args:
        model: with the weights that its training starts from.
        x: samples, (n, ...).
    """
    for layer in learned_layers(model):
        for state in (layer.input_peak, layer.input_sign):
            state.assign(keras.ops.zeros_like(state))
    for start in range(0, len(x), _CALIBRATED):
        model(x[start : start + _CALIBRATED], training=True)


_CALIBRATED = 1000  # samples at a time
