"""Random Keras models quantized in full to int8 by TensorFlow's own converter."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import numpy as np

from edgeml.keras.backend import import_keras

_INPUT = (6, 6, 2)


def converted(seed: int) -> bytes:
    """The file of a random model; the same for the same seed."""
    import tensorflow as tf

    keras = import_keras()
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    model = _model(keras, rng)
    for layer in model.layers:
        layer.set_weights([rng.normal(0, 0.4, values.shape) for values in layer.get_weights()])
    data = rng.uniform(-1, 1, (4, 1, *_INPUT)).astype(np.float32)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: iter([[sample] for sample in data])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    converter._experimental_disable_per_channel = bool(rng.random() < 0.2)
    with redirect_stdout(StringIO()):  # Keras tells where it saved what it converts
        return converter.convert()


def _model(keras: Any, rng: np.random.Generator) -> Any:
    layers = keras.layers
    x = inputs = keras.Input(_INPUT, batch_size=1)
    for _ in range(int(rng.integers(1, 5))):
        x = _piece(layers, rng, x)
    x = layers.GlobalAveragePooling2D()(x) if rng.random() < 0.3 else layers.Flatten()(x)
    if rng.random() < 0.3:
        x = layers.Dense(6, activation=rng.choice(["relu", "tanh", "sigmoid"]))(x)
    end = rng.choice(["softmax", "sigmoid"]) if rng.random() < 0.4 else None
    return keras.Model(inputs, layers.Dense(5, activation=end)(x))


def _piece(layers: Any, rng: np.random.Generator, x: Any) -> Any:
    kind = rng.choice(["conv", "conv", "depthwise", "add", "concat", "max", "mean", "pad"])
    options: dict[str, Any] = {
        "padding": str(rng.choice(["same", "valid"])) if min(x.shape[1:3]) > 2 else "same",
        "strides": int(rng.integers(1, 3)),
    }
    activation = str(rng.choice(["linear", "relu", "relu6"]))
    if kind == "conv":
        filters, size = int(rng.integers(1, 6)), int(rng.integers(1, 4))
        return layers.Conv2D(filters, size, activation=activation, use_bias=rng.random() < 0.7, **options)(x)
    if kind == "depthwise":
        return layers.DepthwiseConv2D(
            3, activation=activation, depth_multiplier=int(rng.integers(1, 3)), **options
        )(x)
    if kind == "add":
        y = layers.Add()([x, layers.Conv2D(x.shape[-1], 1)(x)])
        return layers.ReLU()(y) if rng.random() < 0.5 else y
    if kind == "concat":
        return layers.Concatenate()([x, layers.Conv2D(2, 1, activation=activation)(x)])
    if kind == "pad":
        return layers.ZeroPadding2D(((1, 0), (0, 1)))(x)
    pool = layers.MaxPooling2D if kind == "max" else layers.AveragePooling2D
    return pool(2, padding=options["padding"])(x)
