"""Magnitude pruning as a Keras callback: masks by epoch, kept by constraints after every step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from edgeml.errors import unknown_name
from edgeml.keras.backend import import_keras
from edgeml.presets.pruning import Pruning
from edgeml.training.small.front import Checkpoint, Front
from edgeml.training.small.masks import masks

keras = import_keras()


class MaskConstraint(keras.constraints.Constraint):
    """The constraint that a weight had, and zeros where the mask has them.

    Args:
        before: the weight's own constraint, or None.
        shape: of the weight.
    """

    def __init__(self, before: Any, shape: tuple[int, ...]) -> None:
        self.before = before
        self.mask = keras.Variable(np.ones(shape, np.float32), trainable=False, name="mask")

    def __call__(self, weight: Any) -> Any:
        """The constrained weight."""
        return (weight if self.before is None else self.before(weight)) * self.mask


class PruningTraining(keras.callbacks.Callback):
    """Masks the weights before every epoch, and offers the model to the front once all is pruned.

    Args:
        pruning: the schedule.
        front: where checkpoints are kept; None if another callback keeps them.
        start: values of all variables with which the phase began, for rewinding.
    """

    def __init__(self, pruning: Pruning, front: Front | None, start: Sequence[Any]) -> None:
        super().__init__()
        self.pruning, self.front, self.start, self.remaining = pruning, front, start, 0

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Constrain the weights; refuse what could not be pruned in the end."""
        layers = prunable(self.model, self.pruning)
        masks(_kernels(layers), self.pruning)
        for layer in layers:
            for weight in _masked(layer, self.pruning):
                weight.constraint = MaskConstraint(weight.constraint, tuple(weight.shape))

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Prune, and rewind where it is asked for and all is pruned for the first time."""
        layers = prunable(self.model, self.pruning)
        epochs = self.params["epochs"]
        current = masks(_kernels(layers), self.pruning, self.pruning.done(epoch, epochs))
        if self.pruning.rewind and self.pruning.ends(epoch, epochs):
            for variable, value in zip(self.model.variables, self.start, strict=True):
                variable.assign(value)
        self.remaining = int(sum(mask.sum() for mask in current.values()))
        for layer in layers:
            mask = current[layer.name]
            for weight in _masked(layer, self.pruning):
                own = mask if weight is layer.kernel else mask.reshape(-1, mask.shape[-1]).max(axis=0)
                weight.constraint.mask.assign(own)
                weight.assign(weight * own)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Offer the model to the front, if it is this callback's."""
        if self.front is None:
            return
        figures = logs or {}
        point = Checkpoint(
            epoch=epoch + 1,
            cost=self.remaining,
            val_loss=float(figures["val_loss"]),
            val_accuracy=figures.get("val_accuracy"),
        )
        self.front.offer(point, [variable.numpy() for variable in self.model.variables])

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Give the weights their own constraints back."""
        for layer in prunable(self.model, self.pruning):
            for weight in _masked(layer, self.pruning):
                weight.constraint = weight.constraint.before


def prunable(model: Any, pruning: Pruning) -> list[Any]:
    """The layers whose kernels are pruned, in the order of the model.

    Raises:
        EdgemlError: `skip` or `fan_in` names a layer that there is not.
    """
    layers = [layer for layer in model._flatten_layers(include_self=False) if has_kernel(layer)]
    names = [layer.name for layer in layers]
    for setting, stated in (("skip", pruning.skip), ("fan_in", pruning.fan_in)):
        for name in stated:
            if name not in names:
                raise unknown_name("layer", name, names, f"training.pruning.{setting}")
    if not pruning.share:
        return [layer for layer in layers if layer.name in pruning.fan_in]
    spared = [*pruning.skip, *(names[-1:] if pruning.pattern == "neuron" else [])]
    return [layer for layer in layers if layer.name in pruning.fan_in or layer.name not in spared]


def has_kernel(layer: Any) -> bool:
    """True for dense layers and convolutions over all channels."""
    kernel = getattr(layer, "kernel", None)
    return kernel is not None and len(kernel.shape) >= 2 and not hasattr(layer, "depthwise_kernel")


def _kernels(layers: Sequence[Any]) -> dict[str, Any]:
    return {layer.name: layer.kernel.numpy() for layer in layers}


def _masked(layer: Any, pruning: Pruning) -> list[Any]:
    """The weights of a layer that its mask holds for."""
    whole = pruning.pattern == "neuron" and layer.name not in pruning.fan_in and layer.use_bias
    return [layer.kernel, layer.bias] if whole else [layer.kernel]
