"""The float counterpart of a quantized model: same topology, same layer names, no quantizers.

It is the baseline that quantization is compared with, and its weights are where quantization-aware training
starts. A QKeras layer "QX" that extends the Keras layer "X" becomes that X, "QXBatchnorm" becomes X, a
BatchNormalization and the activation, as one small model of the layer's name; a quantizer becomes the
function it approximates (`_FUNCTIONS`). To cover another quantizer, add it there.

Invariant: what has no float counterpart is refused by name; nothing is dropped silently.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from edgeml.errors import EdgemlError
from edgeml.keras.backend import import_keras

if TYPE_CHECKING:
    import keras

_FUNCTIONS = {
    "quantized_bits": "linear",
    "quantized_linear": "linear",
    "quantized_po2": "linear",
    "quantized_relu": "relu",
    "quantized_relu_po2": "relu",
    "quantized_tanh": "tanh",
    "quantized_sigmoid": "sigmoid",
    "quantized_hswish": "hard_swish",
    "binary": "tanh",
    "ternary": "tanh",
    "stochastic_binary": "tanh",
    "stochastic_ternary": "tanh",
}
"""What each QKeras quantizer approximates, by its Keras name."""

_FOLDED = "Batchnorm"
"""How the names of QKeras layers end that have a batch normalization inside."""

_NORM, _ACTIVATION = ".batchnorm", ".activation"
"""What the parts of such a layer are called behind the layer's own name."""

_COUNTERS = ("iteration",)
"""Weights of folded layers that count training steps, which begin anew."""


def float_model(model: keras.Model) -> keras.Model:
    """The float counterpart, with fresh weights where shapes and names are those of `model`.

    Args:
        model: a sequential or functional model of Keras and QKeras layers.

    Raises:
        EdgemlError: a layer or activation has no float counterpart; names the layer.
    """
    keras = import_keras()
    if not isinstance(model, keras.Sequential) and not hasattr(model, "_nodes_by_depth"):
        raise EdgemlError(
            "a subclassed model has no list of layers",
            model.name,
            "build it with keras.Sequential or keras.Model",
        )
    clone = keras.models.clone_model(model, clone_function=_float_layer, recursive=True)
    clone.name = model.name
    copy_weights(model, clone)
    return clone


def copy_weights(source: keras.Model, target: keras.Model) -> None:
    """Give every weight of `target` the value that the weight of the same layer and name has in `source`.

    Raises:
        EdgemlError: a weight of `target` is not in `source`, or has another shape there.
    """
    values = {key: value for layer in _leaves(source) for key, value in _weights(layer)}
    for layer in _leaves(target):
        for key, weight in _weights(layer):
            if key[1] in _COUNTERS:
                continue
            if key not in values:
                raise EdgemlError(f"{source.name} has no weight {key[1]}", layer.name)
            if values[key].shape != weight.shape:
                shapes = f"{tuple(values[key].shape)} and {tuple(weight.shape)}"
                raise EdgemlError(f"{key[1]} has different shapes, {shapes}", layer.name)
            weight.assign(values[key])


def _leaves(model: keras.Model) -> list[keras.Layer]:
    """The layers of a model and of the models inside it."""
    return [
        leaf for layer in model.layers for leaf in (_leaves(layer) if hasattr(layer, "layers") else [layer])
    ]


def _weights(layer: keras.Layer) -> list[tuple[tuple[str, str], Any]]:
    """Weights by layer and name; what QKeras calls "depthwise_kernel" Keras calls "kernel"."""
    owner = layer.name.removesuffix(_NORM)  # QKeras keeps them in the folded layer
    return [((owner, weight.name.removeprefix("depthwise_")), weight) for weight in layer.weights]


def _float_layer(layer: keras.Layer) -> keras.Layer:
    import keras

    kind = type(layer).__name__
    home = type(layer).__module__.split(".")[0]
    if home == "qkeras" and kind in {"QActivation", "QAdaptiveActivation"}:
        return _activation_layer(layer)
    if home == "keras":
        cls: Any = type(layer)
    else:
        plain = kind.removesuffix(_FOLDED)
        cls = next((base for base in type(layer).__mro__[1:] if f"Q{base.__name__}" == plain), None)
        if home != "qkeras" or cls is None or not issubclass(cls, keras.layers.Layer):
            raise EdgemlError(
                f"the layer class {kind} has no float counterpart", layer.name, "use a Keras or QKeras layer"
            )
    if home == "qkeras" and kind.endswith(_FOLDED):
        return _folded_layers(layer, cls)
    config = _config(layer, cls)
    if "activation" in config:
        config["activation"] = _function(layer.activation, layer.name)
    return cls.from_config(config)


def _config(layer: keras.Layer, cls: type) -> dict[str, Any]:
    """The part of a layer's configuration that another class takes, without QKeras."""
    known = _arguments(cls)
    return {key: _plain(value) for key, value in layer.get_config().items() if key in known}


def _folded_layers(layer: Any, cls: Any) -> keras.Layer:
    """What a layer with a folded batch normalization is before it is folded."""
    import keras

    linear = cls.from_config({**_config(layer, cls), "activation": "linear"})
    config = {**_config(layer, keras.layers.BatchNormalization), "name": f"{layer.name}{_NORM}"}
    parts = [linear, keras.layers.BatchNormalization.from_config(config)]
    if _function(layer.activation, layer.name) not in ("linear", keras.activations.linear):
        last = _activation_layer(layer)
        last.name = f"{layer.name}{_ACTIVATION}"
        parts.append(last)
    return keras.Sequential([keras.Input(layer.input.shape[1:]), *parts], name=layer.name)


def _activation_layer(layer: Any) -> keras.Layer:
    import keras

    name = _function(layer.activation, layer.name)
    slope = float(getattr(layer.activation, "negative_slope", 0) or 0)
    if name == "relu":
        bound = getattr(layer.activation, "relu_upper_bound", None)
        return keras.layers.ReLU(max_value=bound, negative_slope=slope, name=layer.name)
    return keras.layers.Activation(name, name=layer.name)


def _function(activation: Any, layer: str) -> Any:
    """The Keras name of an activation, or the activation itself if it is one of Keras' own."""
    if activation is None:
        return "linear"
    kind = getattr(activation, "__name__", None) or type(activation).__name__
    home = (getattr(activation, "__module__", None) or type(activation).__module__).split(".")[0]
    if home == "keras":
        return activation
    if home != "qkeras" or kind not in _FUNCTIONS:
        raise EdgemlError(
            f"the activation {kind} has no float counterpart",
            layer,
            f"covered: {', '.join(sorted(_FUNCTIONS))}",
        )
    return _FUNCTIONS[kind]


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
