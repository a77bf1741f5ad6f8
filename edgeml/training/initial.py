"""Initial values of kernels: one of Keras' initializers by name, with its own arguments.

    --set training.initializer=he_normal        Glorot (Xavier), He, LeCun, orthogonal, truncated normal, ...

Invariant: equal seeds give equal kernels; every layer draws with a seed of its own. What is no kernel
(biases, factors of batch normalization) begins as its layer says.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from edgeml.errors import EdgemlError, excerpt
from edgeml.keras.backend import import_keras
from edgeml.presets import KerasClass
from edgeml.training.named import built, keras_class

_WHERE = "training.initializer"
_REFUSED = {
    "Constant": "gives all units the same kernel, so that they learn the same; use glorot_uniform",
    "Zeros": "gives all units the same kernel, so that they learn the same; use glorot_uniform",
    "Ones": "gives all units the same kernel, so that they learn the same; use glorot_uniform",
    "STFT": "is a transform and not an initial value; use glorot_uniform",
}
_OWN = {"seed": "leave it out; it follows from the run's seed", "name": "leave it out"}
KERNELS = ("kernel", "depthwise_kernel", "pointwise_kernel")
"""The names of weights that are multiplied with a layer's input."""


def initializer_of(stated: KerasClass, seed: int) -> Any:
    """A new `keras.initializers.Initializer`; None for "auto".

    Args:
        stated: such as KerasClass(name="he_normal").
        seed: of its random numbers.

    Raises:
        EdgemlError: Keras has no such initializer or argument, or refuses a value.
        MissingToolError: TensorFlow is not installed.
    """
    if stated.name == "auto":
        if stated.arguments:
            raise EdgemlError(f"auto takes no {', '.join(stated.arguments)}", _WHERE, "name the initializer")
        return None
    module = import_keras().initializers
    chosen = keras_class("initializer", module, module.Initializer, stated, _WHERE, _REFUSED, ["auto"])
    seeded = {"seed": seed} if "seed" in inspect.signature(chosen).parameters else {}
    return built(chosen, stated, _WHERE, seeded, _OWN)


def initialize(model: Any, stated: KerasClass, seed: int) -> None:
    """Give the kernels of a model, and of models inside it, their initial values.

    Args:
        model: of Keras, built; changed in place.
        stated: the initializer; "auto" changes nothing.
        seed: of the run.

    Raises:
        EdgemlError: as `initializer_of`; or a kernel has a shape that it is not made for.
    """
    kernels = [] if stated.name == "auto" else [w for w in model.trainable_weights if w.name in KERNELS]
    for place, kernel in enumerate(kernels):
        own = int(np.random.default_rng([seed, place]).integers(0, 2**31))
        try:
            kernel.assign(initializer_of(stated, own)(kernel.shape))
        except (TypeError, ValueError) as error:
            text = " ".join(str(error).split())
            raise EdgemlError(f"Keras refuses it for {kernel.path}: {excerpt(text, 200)}", _WHERE) from None
