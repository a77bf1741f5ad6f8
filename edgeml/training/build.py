"""From a preset to its Keras model, and the errors of a build function with its file and name.

A build function that returns plain Keras layers gets their quantized twins, see `quantized_model`.

Invariant: the model that comes back is a Keras model, named after the preset, and every layer that the
quantizers single out exists in it.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from edgeml.errors import EdgemlError, unknown_name
from edgeml.keras.backend import import_keras
from edgeml.keras.quantized_model import quantized
from edgeml.presets import Choices, Preset, Sizes, choose
from edgeml.presets.sizes import SIZES

if TYPE_CHECKING:
    import keras


def build_model(preset: Preset, choices: Choices | None = None) -> keras.Model:
    """The untrained quantization-aware model.

    Args:
        preset: whose build function is called.
        choices: its quantizers and sizes are what that function gets; of weights beyond
            `training.max_parameters` none is allocated. The preset's own if None.

    Raises:
        EdgemlError: the build function fails or returns something else, the model has too many weights or a
            Normalization without statistics, or `quantizers.layers` names a layer that the model does not
            have.
        MissingToolError: TensorFlow or QKeras is not installed.
    """
    keras = import_keras()
    chosen = choices or choose(preset)
    quantizers = chosen.quantizers
    where = f"{preset.file}, {getattr(preset.build, '__name__', 'build')}()"
    try:
        with _bounded(chosen.training.max_parameters, where):
            model = _called(preset.build, chosen)
    except EdgemlError:
        raise
    except Exception as error:  # the user's own code can raise anything
        raise EdgemlError(f"{type(error).__name__}: {error}", where) from error
    if not isinstance(model, keras.Model):
        raise EdgemlError(f"returned a {type(model).__name__}", where, "return a keras.Model")
    if not model.built:
        raise EdgemlError("the model's input shape is unknown", where, "start it with keras.Input(shape)")
    _refuse_unadapted(model, where)
    for name in quantizers.layers:
        layers = [layer.name for layer in model.layers]
        if name not in layers:
            raise unknown_name("layer", name, layers, f"{preset.name}: quantizers.layers")
    model = quantized(model, quantizers)
    model.name = preset.name
    return model


def _refuse_unadapted(model: Any, where: str) -> None:
    """Refuse a Normalization that Keras would run with mean 0 and variance 1, because nobody stated them."""
    import keras

    for layer in model._flatten_layers():
        if not isinstance(layer, keras.layers.Normalization) or layer.input_mean is not None:
            continue
        if not np.any(layer.mean) and np.all(np.asarray(layer.variance) == 1):
            raise EdgemlError(
                f"{layer.name} is a Normalization without statistics",
                where,
                "give it mean and variance, call its adapt(samples) in the build function, or use "
                "data.scaling=standard instead, which is fitted to the training part",
            )


def _called(build: Callable[..., Any], choices: Choices) -> Any:
    """The result of a build function, which takes the quantizers if its layers are QKeras' own."""
    names = list(inspect.signature(build).parameters)
    sizes = {SIZES: Sizes(choices.model.sizes)} if SIZES in names else {}
    return build(choices.quantizers, **sizes) if len(names) > len(sizes) else build(**sizes)


@contextmanager
def _bounded(most: int, where: str) -> Iterator[None]:
    """A context in which Keras refuses the weight with which all layers have more than `most` numbers."""
    import keras

    original, total = keras.layers.Layer.add_weight, 0

    def counted(layer: Any, shape: Any = None, *args: Any, **kwargs: Any) -> Any:
        nonlocal total
        total += math.prod((shape,) if isinstance(shape, int) else shape or ())
        if total > most:
            raise EdgemlError(
                f"the model has more than {most:,} weights with layer {layer.name!r}",
                where,
                f"make it smaller, or set training.max_parameters={total} if you want this",
            )
        return original(layer, shape, *args, **kwargs)

    keras.layers.Layer.add_weight = counted
    try:
        yield
    finally:
        keras.layers.Layer.add_weight = original
