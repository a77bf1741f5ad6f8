"""Networks of HGQ2 with bits for each element, and the integers that it traces: run in .venv-hgq2.

    python tests/hgq2/networks.py FOLDER

Weights and bits are random; integer bits of what wraps are traced on data, as HGQ2 does before it writes
hardware. FOLDER/NAME.keras is the model, FOLDER/NAME.npz samples x, the results y of da4ml's integers for the
traced model, and those of the Keras model, own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from da4ml.converter import trace_model
from da4ml.trace import comb_trace
from hgq.config import LayerConfigScope, QuantizerConfig, QuantizerConfigScope
from hgq.layers import QAdd, QConv1D, QConv2D, QDense, QMaximum, QMaxPooling2D
from hgq.quantizer import Quantizer
from hgq.utils import trace_minmax

SAMPLES = 60


def dense() -> keras.Model:
    """As HGQ2's examples have it: bits per weight and per input."""
    return keras.Sequential(
        [keras.Input((12,)), QDense(10, activation="relu"), QDense(8, activation="relu"), QDense(4)]
    )


def convolutional() -> keras.Model:
    """Two convolutions with pooling, one with zeros around."""
    layers = [
        QConv2D(3, 3, activation="relu", padding="same"),
        QMaxPooling2D(2),
        QConv2D(4, 2, strides=2, activation="relu"),
        keras.layers.Flatten(),
        QDense(3),
    ]
    return keras.Sequential([keras.Input((6, 6, 2)), *layers])


def skip() -> keras.Model:
    """A layer around which the value goes as well, and a rounded result."""
    x = inputs = keras.Input((8,))
    x = QDense(8, activation="relu")(x)
    y = QDense(8, activation="relu")(x)
    x = QAdd()([x, y])
    z = QDense(6, activation="relu")(x)
    x = QMaximum()([QDense(6)(x), z])
    x = QDense(3, enable_oq=True)(x)
    return keras.Model(inputs, x)


def branches() -> keras.Model:
    """A quantizer behind the input, two branches along a sequence that meet."""
    x = inputs = keras.Input((10, 3))
    x = Quantizer(QuantizerConfig("kif", "datalane", round_mode="RND_CONV", overflow_mode="WRAP"))(x)
    a = QConv1D(4, 3, padding="same", activation="relu")(x)
    b = QConv1D(4, 1, activation="relu")(x)
    x = QAdd()([a, b])
    x = keras.layers.Flatten()(x)
    return keras.Model(inputs, QDense(3)(x))


def saturating() -> keras.Model:
    """Values that saturate, rounded down, with one width for all."""
    conf = QuantizerConfig(
        "kif",
        "datalane",
        i0=1,
        f0=3,
        round_mode="TRN",
        overflow_mode="SAT",
        homogeneous_axis=None,
        heterogeneous_axis=(),
    )
    return keras.Sequential(
        [
            keras.Input((12,)),
            QDense(10, activation="relu"),
            QDense(6, activation="relu", iq_conf=conf),
            QDense(4, iq_conf=conf),
        ]
    )


NETWORKS: tuple[Callable[[], keras.Model], ...] = (dense, convolutional, skip, branches, saturating)


def draw_bits(model: keras.Model, rng: np.random.Generator) -> None:
    """Random weights, and random bits for each element of every quantizer; some are zero."""
    for layer in model._flatten_layers():
        for variable in layer._trainable_variables:
            shape, name = variable.shape, variable.name
            if name in ("f", "b", "i") and np.prod(shape) == 1:
                continue  # one width for all, as the network says
            if name in ("f", "b"):
                variable.assign(rng.integers(0, 6, shape))
            elif name == "i":
                variable.assign(rng.integers(0, 3, shape))
            else:
                variable.assign(rng.normal(0, 0.7, shape))


def written(build: Callable[[], keras.Model], folder: Path) -> None:
    """The model and what it gives."""
    keras.utils.set_random_seed(1)
    rng = np.random.default_rng(5)
    with (
        QuantizerConfigScope(place="all", default_q_type="kbi", overflow_mode="SAT_SYM"),
        QuantizerConfigScope(place="datalane", default_q_type="kif", overflow_mode="WRAP"),
        LayerConfigScope(enable_ebops=True, beta0=1e-6),
    ):
        model = build()
    draw_bits(model, rng)
    x = rng.normal(0, 1.5, (SAMPLES, *model.input_shape[1:])).astype(np.float32)
    trace_minmax(model, x, verbose=False)
    logic = comb_trace(*trace_model(model))
    y = logic.predict(x.astype(np.float64).reshape(len(x), -1))
    own: Any = np.asarray(model(x)).reshape(len(x), -1)
    model.save(folder / f"{build.__name__}.keras")
    np.savez(folder / f"{build.__name__}.npz", x=x, y=y, own=own)


def main(folder: str) -> None:
    """Write all of them."""
    for build in NETWORKS:
        written(build, Path(folder))


if __name__ == "__main__":
    main(sys.argv[1])
