"""Augmentation: Keras' layers that change training samples at random, in front of the model.

They are no layers of the model: validation, float baseline's file, quantized model and exact graph never see
them. A build function may put such layers into the model instead; lowering leaves them off.

Invariant: the random numbers of an epoch follow from seed, phase and epoch alone, so that a resumed training
sees the samples that an uninterrupted one sees.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

from edgeml.errors import EdgemlError, excerpt
from edgeml.keras import layers
from edgeml.keras.backend import import_keras
from edgeml.keras.handlers import LayerKind
from edgeml.keras.registry import snake_case
from edgeml.presets import KerasClass, Prepared
from edgeml.training.named import built, keras_class

_WHERE = "training.augmentation"
_NOISE = ("GaussianNoise", "GaussianDropout")
_OWN = {
    "seed": "leave it out; it follows from the run's seed",
    "name": "leave it out",
    "dtype": "leave it out",
    "data_format": "leave it out; channels are the last axis",
}


def augmenter_of(stated: Sequence[KerasClass], data: Prepared, seed: int, phase: str) -> Augmenter | None:
    """The augmentation of a training's samples; None if none is stated.

    Args:
        stated: Keras' layers in their order, such as KerasClass(name="random_flip", mode="horizontal").
        data: the samples; images that the model takes as vectors are augmented as images.
        seed: of the run.
        phase: "float" or "qat".

    Raises:
        EdgemlError: Keras has no such layer or argument, it is no augmentation, or is one of images and the
            samples are none.
        MissingToolError: TensorFlow is not installed.
    """
    if not stated:
        return None
    images = data.dataset.sample_shape if len(data.dataset.sample_shape) == 3 else data.x_train.shape[1:]
    shape = images if len(images) == 3 else data.x_train.shape[1:]
    span = (float(data.x_train.min()), float(data.x_train.max()))
    return Augmenter([_layer(one, shape, span) for one in stated], shape, seed, phase)


def check_augmentation(stated: Sequence[KerasClass]) -> None:
    """Refuse what is no augmentation, before a model is built.

    Raises:
        EdgemlError: Keras has no such layer or argument, or it is no augmentation.
        MissingToolError: TensorFlow is not installed.
    """
    for one in stated:
        _built(one, (0.0, 1.0))


class Augmenter:
    """Layers in front of a model.

    Args:
        layers: in their order.
        shape: of a sample as they take it.
        seed: of the run.
        phase: "float" or "qat".
    """

    def __init__(self, layers: Sequence[Any], shape: tuple[int, ...], seed: int, phase: str) -> None:
        self._layers, self._shape = layers, shape
        self._seed = [seed, *phase.encode()]

    def begin(self, epoch: int) -> None:
        """Set the random numbers of an epoch, from 1."""
        for place, state in enumerate(self._states()):
            drawn = np.random.default_rng([*self._seed, epoch, place]).integers(0, 2**31, state.shape)
            state.assign(drawn.astype("uint32"))

    def __call__(self, samples: Any) -> Any:
        """Changed samples, of the same shape."""
        import keras

        changed = keras.ops.reshape(samples, (-1, *self._shape))
        for layer in self._layers:
            changed = layer(changed, training=True)
        return keras.ops.reshape(changed, keras.ops.shape(samples))

    def _states(self) -> list[Any]:
        return [state for layer in self._layers for state in layer.non_trainable_variables]


def _layer(stated: KerasClass, shape: tuple[int, ...], span: tuple[float, float]) -> Any:
    layer = _built(stated, span)
    if type(layer).__name__ not in _NOISE and len(shape) != 3:
        what = f"{type(layer).__name__} is for images, and samples have shape {shape}"
        raise EdgemlError(what, _WHERE, f"use {' or '.join(_NOISE)}")
    try:
        layer.build((None, *shape))
    except (TypeError, ValueError) as error:
        text = " ".join(str(error).split())
        raise EdgemlError(f"Keras refuses it: {excerpt(text, 200)}", f"{_WHERE}, {stated.name}") from None
    return layer


def _built(stated: KerasClass, span: tuple[float, float]) -> Any:
    """The layer; a range of values that is not stated is that of the samples."""
    keras = import_keras()
    chosen = keras_class("augmentation", _augmenting(keras), keras.layers.Layer, stated, _WHERE, {})
    if "value_range" in inspect.signature(chosen).parameters and "value_range" not in stated.arguments:
        stated = KerasClass(name=stated.name, **stated.arguments, value_range=span)
    return built(chosen, stated, _WHERE, {}, _OWN)


def _augmenting(keras: Any) -> Any:
    """The classes of `keras.layers` that augment, as a module to choose from."""
    module = ModuleType("keras.layers")
    files = {name for name in layers.names() if layers.load(name).kind is LayerKind.AUGMENTS}
    for name, kind in vars(keras.layers).items():
        if inspect.isclass(kind) and (snake_case(name) in files or name in _NOISE):
            setattr(module, name, kind)
    return module
