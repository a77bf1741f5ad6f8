"""Regularizers and constraints of training, by Keras' names.

`training.regularizer` and `training.constraint` are of all kernels, `training.activity_regularizer` of the
activations within the network.

They hold in training alone; a layer's own of the build function is replaced by what is stated here.

Invariant: biases and factors of batch normalization are left as their layers have them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edgeml.errors import EdgemlError
from edgeml.keras.backend import import_keras
from edgeml.presets import KerasClass, Training
from edgeml.training.initial import KERNELS
from edgeml.training.named import built, keras_class

_REGULARIZER, _CONSTRAINT = "training.regularizer", "training.constraint"
ACTIVITY = "training.activity_regularizer"
_OWN = {"axis": "leave it out; a unit's weights are along all axes but the last"}


def regularizer_of(stated: KerasClass, where: str = _REGULARIZER) -> Any:
    """A new `keras.regularizers.Regularizer`; None for "none".

    Args:
        stated: such as KerasClass(name="l2", l2=1e-4).
        where: the setting, for messages.

    Raises:
        EdgemlError: Keras has no such regularizer or argument, or refuses a value.
        MissingToolError: TensorFlow is not installed.
    """
    if _is_none(stated, where):
        return None
    module = import_keras().regularizers
    chosen = keras_class("regularizer", module, module.Regularizer, stated, where, {}, ["none"])
    return built(chosen, stated, where, {}, {})


def constraint_of(stated: KerasClass, rank: int = 2) -> Any:
    """A new `keras.constraints.Constraint`; None for "none".

    Args:
        stated: such as KerasClass(name="max_norm", max_value=2.0).
        rank: of the kernel: norms are those of each unit's weights, along all axes but the last.

    Raises:
        EdgemlError: Keras has no such constraint or argument, or refuses a value.
        MissingToolError: TensorFlow is not installed.
    """
    if _is_none(stated, _CONSTRAINT):
        return None
    module = import_keras().constraints
    chosen = keras_class("constraint", module, module.Constraint, stated, _CONSTRAINT, {}, ["none"])
    constraint = built(chosen, stated, _CONSTRAINT, {}, _OWN)
    if hasattr(constraint, "axis"):
        constraint.axis = list(range(rank - 1))
    return constraint


def restrain(model: Any, training: Training) -> None:
    """Give the kernels and activations of a model what the settings state.

    Args:
        model: of Keras, built; changed in place.
        training: the settings.

    Raises:
        EdgemlError: as above; or a constraint stands beside pruning, which is one itself.
    """
    if training.constraint.name != "none" and training.pruning.prunes:
        hint = "leave it out, or training.pruning"
        raise EdgemlError("pruning holds the kernels by a constraint of its own", _CONSTRAINT, hint)
    for weight in model.trainable_weights:
        if weight.name not in KERNELS:
            continue
        if training.regularizer.name != "none":
            weight.regularizer = regularizer_of(training.regularizer)
        if training.constraint.name != "none":
            weight.constraint = constraint_of(training.constraint, len(weight.shape))
    if training.activity_regularizer.name != "none":
        for layer in _hidden_activations(model):
            layer.activity_regularizer = regularizer_of(training.activity_regularizer, ACTIVITY)


def _hidden_activations(model: Any) -> Iterator[Any]:
    """The layers with an activation that is not linear, but for those whose results leave the model."""
    keras = import_keras()
    kinds = (keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.PReLU, keras.layers.ELU)
    ends = {id(output._keras_history.operation) for output in model.outputs}
    for layer in model.layers:
        own = getattr(layer, "activation", None)
        curved = own is not None and own is not keras.activations.linear
        if id(layer) not in ends and (curved or isinstance(layer, kinds)):
            yield layer


def _is_none(stated: KerasClass, where: str) -> bool:
    if stated.name == "none" and stated.arguments:
        raise EdgemlError(f"none takes no {', '.join(stated.arguments)}", where, "name it")
    return stated.name == "none"
