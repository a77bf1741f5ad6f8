"""Recurrent layers in float: counterparts of QKeras' layers, and the RNN, LSTM and GRU nodes of ONNX.

ONNX has sequences as (steps, batch, features), weights as (directions, gates * units, features) and its own
order of the gates.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.keras.handlers import (
    FloatLayerWriter,
    LayerExample,
    LayerHandler,
    LayerKind,
    LayerLowering,
    example,
)
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.layers._float import QUANTIZED, function_of, settings_of
from edgeml.keras.layers._recurrent_steps import FloatStep, onnx_activation, write_steps
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor

_BITS = "quantized_bits(6, 1, alpha=1.0)"


def recurrent_example(refused: str = "", **settings: Any) -> LayerExample:
    """Five steps of three features, three units; a layer of QKeras has quantized weights."""
    weights = {} if refused else {"kernel_quantizer": _BITS, "recurrent_quantizer": _BITS}
    if not refused and settings.get("use_bias", True):
        weights["bias_quantizer"] = _BITS
    return example((5, 3), refused=refused, units=3, **weights, **settings)


def recurrent_layer(name: str, lower: LayerLowering, *examples: LayerExample) -> LayerHandler:
    """The handler of a recurrent layer of QKeras; `name` is the class of its float counterpart."""
    return LayerHandler(
        kind=LayerKind.QUANTIZED,
        lower=lower,
        float_layer=_counterpart(name),
        float_onnx=QUANTIZED,
        examples=examples,
    )


def _counterpart(name: str) -> Callable[[Any], Any]:
    def float_layer(layer: Any) -> Any:
        import keras

        cls = getattr(keras.layers, name)
        config = settings_of(layer, cls)
        for attribute in ("activation", "recurrent_activation"):
            if attribute in config:
                config[attribute] = function_of(getattr(layer.cell, attribute), layer.name)
        return cls.from_config(config)

    return float_layer


def float_recurrent(
    quantized: LayerLowering, write: FloatLayerWriter, *examples: LayerExample
) -> LayerHandler:
    """The handler of a recurrent layer of Keras: lowered only as QKeras' layer, which its lowering says."""
    return keras_layer(LayerKind.QUANTIZED, quantized, write, *examples)


def recurrent_node(
    op: str, order: tuple[int, ...], attributes: tuple[str, ...], step: FloatStep
) -> FloatLayerWriter:
    """A writer of a recurrent layer as one node, or step by step where the builder unrolls.

    Args:
        op: "RNN", "LSTM" or "GRU".
        order: of ONNX' gates, by their place in Keras' kernel.
        attributes: of the layer that are activations, in ONNX' order.
        step: one step of the layer.
    """

    def write(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
        if build.unrolled:
            return write_steps(build, layer, inputs[0], step)
        steps, _ = inputs[0].shape
        value = build.channels_last(inputs[0])
        name = build.add("Transpose", [value.name], perm=[1, 0, 2])
        if layer.go_backwards:
            name = backwards(build, name)
        weights = [
            build.const(_blocks(np.asarray(layer.cell.kernel), order, layer.units).T[np.newaxis]),
            build.const(_blocks(np.asarray(layer.cell.recurrent_kernel), order, layer.units).T[np.newaxis]),
        ]
        if layer.use_bias:
            bias = np.asarray(layer.cell.bias)
            both = bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])
            weights.append(build.const(_blocks(both, order, layer.units).reshape(1, -1)))
        named = [onnx_activation(build, getattr(layer, attribute)) for attribute in attributes]
        options: dict[str, Any] = {
            "hidden_size": layer.units,
            "activations": [function for function, _, _ in named],
            "activation_alpha": [alpha for _, alpha, _ in named],
            "activation_beta": [beta for _, _, beta in named],
        }
        if op == "GRU":
            options["linear_before_reset"] = int(layer.reset_after)
        every = build.add(op, [name, *weights], **options)  # (steps, 1, batch, units)
        if layer.return_sequences:
            rows = build.add("Squeeze", [every, build.const([1], np.int64)])
            return FloatTensor(build.add("Transpose", [rows], perm=[1, 0, 2]), (steps, layer.units))
        last = build.add("Slice", [every, build.const([-1], np.int64), build.const([steps], np.int64)])
        squeezed = build.add("Squeeze", [last, build.const([0, 1], np.int64)])
        return FloatTensor(squeezed, (layer.units,))

    return write


def backwards(build: FloatOnnxBuilder, name: str, axis: int = 0) -> str:
    """A tensor with one axis backwards."""
    ends = [build.const([end], np.int64) for end in (-1, np.iinfo(np.int64).min, axis, -1)]
    return build.add("Slice", [name, *ends])


def _blocks(array: NDArray[np.float32], order: tuple[int, ...], units: int) -> NDArray[np.float32]:
    blocks = array.reshape(array.shape[0], len(order), units)
    return blocks[:, order].reshape(array.shape)
