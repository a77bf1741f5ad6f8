"""From a preset to its Keras model, with the mistakes of a build function told as such.

Invariant: the model that comes back is a Keras model, named after the preset, and every layer that the
quantizers single out exists in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.errors import EdgemlError, unknown_name
from edgeml.keras.backend import import_keras
from edgeml.presets import Preset, Quantizers

if TYPE_CHECKING:
    import keras


def build_model(preset: Preset, quantizers: Quantizers) -> keras.Model:
    """The untrained quantization-aware model.

    Raises:
        EdgemlError: the build function fails or returns something else, or `quantizers.layers` names a
            layer that the model does not have.
        MissingToolError: TensorFlow or QKeras is not installed.
    """
    keras = import_keras()
    where = f"{preset.file}, {getattr(preset.build, '__name__', 'build')}()"
    try:
        model = preset.build(quantizers)
    except EdgemlError:
        raise
    except Exception as error:  # the user's own code can raise anything
        raise EdgemlError(f"{type(error).__name__}: {error}", where) from error
    if not isinstance(model, keras.Model):
        raise EdgemlError(f"returned a {type(model).__name__}", where, "return a keras.Model")
    if not model.built:
        raise EdgemlError("the model's input shape is unknown", where, "start it with keras.Input(shape)")
    for name in quantizers.layers:
        layers = [layer.name for layer in model.layers]
        if name not in layers:
            raise unknown_name("layer", name, layers, f"{preset.name}: quantizers.layers")
    model.name = preset.name
    return model
