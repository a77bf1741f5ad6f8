"""Inline activations: a QKeras quantizer, or a Keras function by name.

`linear`, `relu` and what is made of straight pieces (`_piecewise`) are exact. Every other element-wise
function of Keras (tanh, sigmoid, gelu, ...) is real: its result waits for the quantizer that follows and
becomes one table with it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.ir.ops.max import Max
from edgeml.ir.ops.min import Min
from edgeml.ir.ops.relu import Relu
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers import _piecewise
from edgeml.keras.layers._functions import COUNTERPARTS, FUNCTIONS
from edgeml.keras.layers._softmax import probabilities
from edgeml.keras.pending import PendingFunction
from edgeml.keras.quantizers import lower_activation
from edgeml.keras.quantizers._ops import exact_in_float32, scaled
from edgeml.keras.quantizers._stated import sigmoid_table

ELEMENTWISE = frozenset([*FUNCTIONS, *COUNTERPARTS])
"""Functions of Keras and QKeras that work element by element, by name."""

LEAKY_SLOPE = 0.2
"""Of keras.activations.leaky_relu by name."""


def activate(activation: Any, builder: LayerBuilder, value: str) -> str:
    """The value after an inline activation (a quantizer object, a function, or None).

    Raises:
        EdgemlError: the activation is not covered.
    """
    if activation is None:
        return value
    name = getattr(activation, "__name__", "")
    if not name:
        return lower_activation(activation, builder, value, "quantized")
    if name == "linear":
        return value
    if not activation.__module__.startswith(("keras.", "qkeras.")):
        raise builder.refuse(
            f"the activation {activation.__module__}.{name} is not one of Keras", "use a quantizer"
        )
    if name == "relu":
        return relu(builder, value)
    if name == "softmax":
        return softmax(builder, value, activation)
    if name == "sigmoid":
        return sigmoid(builder, value, activation)
    pieces = _piecewise.lower(activation, builder, value)
    if pieces is not None:
        return pieces
    if name == "leaky_relu" and not isinstance(builder.floats.get(value), PendingFunction):
        return leaky(builder, value, LEAKY_SLOPE, activation)
    if name in ELEMENTWISE:
        return real(builder, value, activation, name)
    raise builder.refuse(
        f"the activation {name} is not covered",
        "use relu, a QActivation, or a function of keras.activations that works element by element",
    )


def relu(builder: LayerBuilder, value: str) -> str:
    """max(value, 0), also of a value that is not quantized yet."""
    if isinstance(builder.floats.get(value), PendingFunction):
        return builder.function(value, lambda x: np.maximum(x, np.float32(0)), "relu")
    return builder.add(Relu(), value, part="relu")


def leaky(builder: LayerBuilder, value: str, slope: float, layer: Any) -> str:
    """x where positive, slope * x elsewhere.

    With a slope that the layer's factor bits (17) hold it is exact. Any other slope waits for a quantizer,
    to be a table with it; where that is impossible the slope is rounded, and a note says so.
    """
    real_slope = float(np.float32(slope))

    def ops(source: str) -> str:
        product = scaled(builder, source, real_slope, "slope")
        return builder.add(Max() if real_slope <= 1 else Min(), source, product, part="leaky")

    if real_slope == 0:
        return builder.add(Relu(), value, part="relu")
    if value not in builder.floats and exact_in_float32(builder, value, np.asarray(real_slope)):
        return ops(builder.exact(value))
    return builder.function(value, keras_function(layer), f"leaky ReLU of slope {slope}", approximate=ops)


def real(builder: LayerBuilder, value: str, function: Any, name: str) -> str:
    """A real element-wise function as Keras computes it."""
    return builder.function(value, keras_function(function), name)


def softmax(builder: LayerBuilder, value: str, function: Any) -> str:
    """Softmax along the last axis: logits as the last layer, two tables and a sum elsewhere."""
    builder.exact(value)

    def table(source: str) -> str:
        return probabilities(builder, source)

    meaning = "the class is the largest logit"
    return builder.function(
        value,
        keras_function(function),
        "softmax",
        table,
        meaning,
        vector=True,
        probabilities=lambda pending, type: probabilities(builder, pending.source, type),
    )


def sigmoid(builder: LayerBuilder, value: str, function: Any) -> str:
    """Sigmoid: the logits as the last layer, a table with its quantizer elsewhere."""
    builder.exact(value)
    meaning = "the probability is above one half where the logit is above zero"
    return builder.function(
        value,
        keras_function(function),
        "sigmoid",
        logits=meaning,
        probabilities=lambda pending, type: sigmoid_table(builder, pending, type),
    )


def keras_function(function: Any) -> Any:
    """A Keras function on NumPy float32."""

    def apply(x: NDArray[np.float32]) -> NDArray[np.float32]:
        import keras

        return np.asarray(keras.ops.convert_to_numpy(function(keras.ops.convert_to_tensor(x))), np.float32)

    return apply
