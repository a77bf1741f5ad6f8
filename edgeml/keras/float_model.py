"""The float counterpart of a quantized model: same topology, same layer names, no quantizers.

It is the baseline that quantization is compared with, and its weights are where quantization-aware training
starts. Every layer's file says what its counterpart is (`LayerHandler.float_layer`), every quantizer's file
which activation it approximates (`QuantizerHandler.float_activation`); operations stay as they are.

Invariant: what has no float counterpart is refused by name; nothing is dropped silently.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from edgeml.errors import EdgemlError
from edgeml.keras import layers
from edgeml.keras.backend import import_keras
from edgeml.keras.handlers import Absent
from edgeml.keras.layers._float import NORM

if TYPE_CHECKING:
    import keras

OWN_STATE = (
    "iteration",
    *("kernel_fraction", "bias_fraction", "input_fraction"),
    *("input_integer", "input_peak", "input_sign", "strength"),
)
"""Weights that no float layer has: the training steps of folded layers, and learned widths."""


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


def _float_layer(layer: Any) -> Any:
    if not isinstance(layer, import_keras().layers.Layer):
        return type(layer).from_config(layer.get_config())  # an operation of `keras.ops`
    handler = layers.handler(layer, layer.name)
    if isinstance(handler.float_layer, Absent):
        raise EdgemlError(
            f"{type(layer).__name__} has no float counterpart: {handler.float_layer.because}", layer.name
        )
    return handler.float_layer(layer)


def copy_weights(source: keras.Model, target: keras.Model) -> None:
    """Give every weight of `target` the value that the weight of the same layer and name has in `source`.

    Raises:
        EdgemlError: a weight of `target` is not in `source`, or has another shape there.
    """
    values = {key: value for layer in _leaves(source) for key, value in _weights(layer)}
    for layer in _leaves(target):
        for key, weight in _weights(layer):
            if key[1] in OWN_STATE:
                continue
            if key not in values:
                raise EdgemlError(f"{source.name} has no weight {key[1]}", layer.name)
            if values[key].shape != weight.shape:
                shapes = f"{tuple(values[key].shape)} and {tuple(weight.shape)}"
                raise EdgemlError(f"{key[1]} has different shapes, {shapes}", layer.name)
            weight.assign(values[key])
        if hasattr(layer, "finalize_state"):  # Normalization computes with what it derived from its weights
            layer.finalize_state()


def _leaves(model: keras.Model) -> list[keras.Layer]:
    """The layers of a model and of the models inside it."""
    return [
        leaf for layer in model.layers for leaf in (_leaves(layer) if hasattr(layer, "layers") else [layer])
    ]


def _weights(layer: keras.Layer) -> list[tuple[tuple[str, str, int], Any]]:
    """Weights by layer and name, and by their place among those of one name: Bidirectional has two of each.

    What QKeras calls "depthwise_kernel" Keras calls "kernel".
    """
    owner = layer.name.removesuffix(NORM)  # QKeras keeps them in the folded layer
    met: Counter[str] = Counter()
    named: list[tuple[tuple[str, str, int], Any]] = []
    for weight in layer.weights:
        name = weight.name.removeprefix("depthwise_")
        named.append(((owner, name, met[name]), weight))
        met[name] += 1
    return named
