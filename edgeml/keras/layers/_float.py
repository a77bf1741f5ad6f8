"""Float counterparts of layers: Keras layers of the same name and settings, without quantizers.

Invariant: no setting is dropped silently. What the other class does not take is QKeras' own (quantizers,
their constraints and initializers) or is written beside it, as an activation behind a pooling layer.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from edgeml.errors import EdgemlError
from edgeml.keras.handlers import Absent
from edgeml.keras.layers._functions import COUNTERPARTS
from edgeml.keras.quantizers import float_activation

NORM, ACTIVATION = ".batchnorm", ".activation"
"""Suffixes of the layer's own name for the parts of a layer that becomes several."""

QUANTIZED = Absent("the float model has the float counterpart of this layer in its place")
"""The float ONNX of a QKeras layer."""


def itself(layer: Any) -> Any:
    """A layer of the same Keras class."""
    return _built(layer, type(layer))


def counterpart(name: str) -> Callable[[Any], Any]:
    """A layer of the Keras class that a QKeras class extends, by its name in `keras.layers`."""

    def float_layer(layer: Any) -> Any:
        import keras

        cls = getattr(keras.layers, name)
        function = _function(layer)
        if function == "linear" or "activation" in _arguments(cls):
            return _built(layer, cls)
        parts = [cls.from_config(settings_of(layer, cls)), as_layer(function, f"{layer.name}{ACTIVATION}")]
        return _chain(layer, parts)

    return float_layer


def folded_counterpart(name: str) -> Callable[[Any], Any]:
    """The float counterpart of a layer with a folded batch normalization: the layers before folding.

    That is one small model: a Keras layer of the class `name`, a BatchNormalization and the activation.
    """

    def float_layer(layer: Any) -> Any:
        import keras

        cls = getattr(keras.layers, name)
        linear = cls.from_config({**settings_of(layer, cls), "activation": "linear"})
        config = {**settings_of(layer, keras.layers.BatchNormalization), "name": f"{layer.name}{NORM}"}
        parts = [linear, keras.layers.BatchNormalization.from_config(config)]
        function = _function(layer)
        if function != "linear":
            parts.append(as_layer(function, f"{layer.name}{ACTIVATION}"))
        return _chain(layer, parts)

    return float_layer


def activation_layer(layer: Any) -> Any:
    """The activation of a layer that is nothing else, as a Keras layer."""
    return as_layer(_function(layer), layer.name)


def as_layer(function: Any, name: str) -> Any:
    """An activation of Keras (an identifier, a function or a layer) as a layer of this name."""
    import keras

    if isinstance(function, keras.layers.Layer):
        return type(function).from_config({**function.get_config(), "name": name})
    if function == "relu":
        return keras.layers.ReLU(name=name)
    return keras.layers.Activation(function, name=name)


def _built(layer: Any, cls: Any) -> Any:
    config = settings_of(layer, cls)
    if "activation" in config:
        config["activation"] = _function(layer)
    try:
        return cls.from_config(config)
    except (TypeError, ValueError) as error:  # RandomShear(x_factor=0.3) is one of those in Keras 3.15
        raise EdgemlError(
            f"Keras cannot build this {cls.__name__} again from its own settings",
            layer.name,
            "use other settings; what a number makes symmetric, such as a factor, may be given as (0, most)",
        ) from error


def _chain(layer: Any, parts: list[Any]) -> Any:
    import keras

    return keras.Sequential([keras.Input(layer.input.shape[1:]), *parts], name=layer.name)


def settings_of(layer: Any, cls: type) -> dict[str, Any]:
    """The part of a layer's configuration that another class takes, without QKeras."""
    arguments = _arguments(cls)
    return {key: _plain(value) for key, value in layer.get_config().items() if key in arguments}


def _function(layer: Any) -> Any:
    """The Keras activation that a layer's own one is or approximates; "linear" if it has none.

    Raises:
        EdgemlError: it has no float counterpart.
    """
    return function_of(getattr(layer, "activation", None), layer.name)


def function_of(activation: Any, where: str) -> Any:
    """The Keras activation that one is or approximates; "linear" for None.

    Args:
        activation: a function of Keras or QKeras, or a quantizer.
        where: its layer.

    Raises:
        EdgemlError: it has no float counterpart.
    """
    if activation is None or getattr(activation, "__name__", "") == "linear":
        return "linear"
    name = getattr(activation, "__name__", "")
    home = (getattr(activation, "__module__", None) or type(activation).__module__).split(".")[0]
    if home == "keras":
        return activation
    if home == "qkeras" and name in COUNTERPARTS:
        return COUNTERPARTS[name]
    if home != "qkeras" or name:
        raise EdgemlError(
            f"the activation {name or type(activation).__name__} has no float counterpart",
            where,
            "use an activation of Keras or a quantizer of QKeras",
        )
    return float_activation(activation, where)


def _arguments(cls: type) -> set[str]:
    """The names that a Keras layer class and its bases take."""
    names = {"name", "trainable", "dtype"}
    for base in cls.__mro__:
        if base is not object and "__init__" in vars(base):
            names |= set(inspect.signature(base.__init__).parameters)
    return names


def _plain(value: Any) -> Any:
    """A configuration value without QKeras: initializers unwrapped, constraints of quantizers dropped."""
    if not isinstance(value, dict) or "qkeras" not in str(
        value.get("module", value.get("registered_name", ""))
    ):
        return value
    if value.get("class_name") == "QInitializer":
        return _plain(value["config"].get("initializer"))
    return None
