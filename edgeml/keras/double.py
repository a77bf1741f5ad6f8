"""A Keras model in float64: a copy of its layers with the same weights, and with stated roundings.

What float32 rounds can so be told from what a lowering gets wrong: the layers and quantizers are Keras' and
QKeras' own, only the number format is another. Where types are stated for a layer in float
(`lowering.float_type`), its copy has its weights rounded to them.

Invariant: nothing here is taken from the exact graph.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from edgeml.fixed import quantize, to_float
from edgeml.keras.layers._linear import quantizer_of
from edgeml.presets.lowering import Lowering, StatedType, Tensor

_KIND = "float64"
_ROUNDED: Mapping[str, Tensor] = {
    "kernel": "weight",
    "depthwise_kernel": "weight",
    "pointwise_kernel": "weight",
    "bias": "bias",
}


@contextmanager
def double_precision() -> Generator[None]:
    """A context in which Keras and QKeras compute in float64; both ask for the type when they are called."""
    import keras

    before = keras.config.floatx()
    keras.config.set_floatx(_KIND)
    try:
        yield
    finally:
        keras.config.set_floatx(before)


def in_double(model: Any, options: Lowering) -> Any:
    """The same model in float64, to be run within `double_precision`.

    Args:
        model: a Keras model in float32.
        options: how it is lowered: the types stated for its layers in float.

    Returns:
        A new model with the same calls of layers.

    Raises:
        ValueError, TypeError: Keras cannot build a layer in float64.
    """
    import keras

    def copied(layer: Any) -> Any:
        if isinstance(layer, keras.Model):
            return keras.models.clone_model(layer, clone_function=copied)
        return type(layer).from_config({**layer.get_config(), "dtype": _KIND})

    copy = keras.models.clone_model(model, clone_function=copied)
    copy.set_weights(model.get_weights())
    for layer in copy._flatten_layers():
        for name, tensor in _ROUNDED.items():
            weight = getattr(layer, name, None)
            stated = options.stated(layer.name, tensor)
            if weight is None or stated is None or quantizer_of(layer, f"{name}_quantizer") is not None:
                continue
            weight.assign(_in_type(np.asarray(weight), stated))
    return copy


def _in_type(values: Any, stated: StatedType) -> Any:
    return to_float(quantize(values, stated.type, stated.rounding, stated.overflow), stated.type.frac)


def tensor_in_type(values: Any, stated: StatedType) -> Any:
    """A tensor of Keras rounded to a stated type."""
    import keras

    return keras.ops.convert_to_tensor(_in_type(np.asarray(values), stated), dtype=_KIND)
