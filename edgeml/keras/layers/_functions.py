"""Activation functions that work element by element: their float ONNX, and their float counterparts.

`FUNCTIONS` is the list of the real functions that lowering turns into a table: a function without float ONNX
cannot be in it. Formulas and default parameters are those of `keras.activations`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from edgeml.keras.onnx_builder import FloatOnnxBuilder

Writer = Callable[..., str]
"""(builder, name of a tensor, parameters) to the name of the result."""


def node(op: str, **attributes: Any) -> Writer:
    """A function that is one ONNX op."""

    def write(build: FloatOnnxBuilder, x: str) -> str:
        return build.add(op, [x], **attributes)

    return write


def relu6(build: FloatOnnxBuilder, x: str) -> str:
    """min(max(x, 0), 6)."""
    return clip(build, x, 0, 6)


def clip(build: FloatOnnxBuilder, x: str, low: float, high: float) -> str:
    """min(max(x, low), high)."""
    return build.add("Clip", [x, build.const(low), build.const(high)])


def linear(build: FloatOnnxBuilder, x: str, factor: float, offset: float) -> str:
    """factor * x + offset."""
    product = build.add("Mul", [x, build.const(factor)])
    return build.add("Add", [product, build.const(offset)]) if offset else product


def leaky_relu(build: FloatOnnxBuilder, x: str, negative_slope: float = 0.2) -> str:
    """x where positive, negative_slope * x elsewhere."""
    return build.add("LeakyRelu", [x], alpha=float(negative_slope))


def elu(build: FloatOnnxBuilder, x: str, alpha: float = 1.0) -> str:
    """x where positive, alpha * (exp(x) - 1) elsewhere."""
    return build.add("Elu", [x], alpha=float(alpha))


def celu(build: FloatOnnxBuilder, x: str, alpha: float = 1.0) -> str:
    """max(x, 0) + min(alpha * (exp(x / alpha) - 1), 0)."""
    return build.add("Celu", [x], alpha=float(alpha))


def gelu(build: FloatOnnxBuilder, x: str, approximate: bool = False) -> str:
    """x * P(X <= x), X normal.

    `approximate` takes tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)) in place of the error function.
    """
    if approximate:
        cube = build.add("Mul", [build.add("Mul", [x, x]), x])
        inner = build.add("Add", [x, linear(build, cube, 0.044715, 0)])
        bend = build.add("Tanh", [linear(build, inner, math.sqrt(2 / math.pi), 0)])
    else:
        bend = build.add("Erf", [linear(build, x, math.sqrt(0.5), 0)])
    return build.add("Mul", [x, linear(build, bend, 0.5, 0.5)])


def silu(build: FloatOnnxBuilder, x: str) -> str:
    """x * sigmoid(x)."""
    return build.add("Mul", [x, build.add("Sigmoid", [x])])


def mish(build: FloatOnnxBuilder, x: str) -> str:
    """x * tanh(softplus(x))."""
    return build.add("Mul", [x, build.add("Tanh", [build.add("Softplus", [x])])])


def log_sigmoid(build: FloatOnnxBuilder, x: str) -> str:
    """-softplus(-x)."""
    return build.add("Neg", [build.add("Softplus", [build.add("Neg", [x])])])


def hard_shrink(build: FloatOnnxBuilder, x: str, threshold: float = 0.5) -> str:
    """x where |x| > threshold, else 0."""
    return build.add("Shrink", [x], lambd=float(threshold), bias=0.0)


def soft_shrink(build: FloatOnnxBuilder, x: str, threshold: float = 0.5) -> str:
    """x moved by threshold towards zero, and zero where it would pass it."""
    return build.add("Shrink", [x], lambd=float(threshold), bias=float(threshold))


def tanh_shrink(build: FloatOnnxBuilder, x: str) -> str:
    """x - tanh(x)."""
    return build.add("Sub", [x, build.add("Tanh", [x])])


def sparse_plus(build: FloatOnnxBuilder, x: str) -> str:
    """0 up to -1, (x + 1)^2 / 4 up to 1, x beyond: ((clip(x, -1, 1) + 1) / 2)^2 + max(x - 1, 0)."""
    half = linear(build, clip(build, x, -1, 1), 0.5, 0.5)
    beyond = build.add("Relu", [build.add("Sub", [x, build.const(1)])])
    return build.add("Add", [build.add("Mul", [half, half]), beyond])


def sparse_sigmoid(build: FloatOnnxBuilder, x: str) -> str:
    """clip(x / 2 + 1 / 2, 0, 1)."""
    return clip(build, linear(build, x, 0.5, 0.5), 0, 1)


def squareplus(build: FloatOnnxBuilder, x: str, b: float = 4) -> str:
    """(x + sqrt(x^2 + b)) / 2."""
    root = build.add("Sqrt", [build.add("Add", [build.add("Mul", [x, x]), build.const(b)])])
    return linear(build, build.add("Add", [x, root]), 0.5, 0)


def hard_tanh(build: FloatOnnxBuilder, x: str) -> str:
    """clip(x, -1, 1)."""
    return clip(build, x, -1, 1)


FUNCTIONS: Mapping[str, Writer] = {
    "celu": celu,
    "elu": elu,
    "exponential": node("Exp"),
    "gelu": gelu,
    "hard_shrink": hard_shrink,
    "hard_sigmoid": node("HardSigmoid", alpha=1 / 6, beta=0.5),
    "hard_silu": node("HardSwish"),
    "hard_swish": node("HardSwish"),
    "hard_tanh": hard_tanh,
    "leaky_relu": leaky_relu,
    "log_sigmoid": log_sigmoid,
    "mish": mish,
    "relu6": relu6,
    "selu": node("Selu"),
    "sigmoid": node("Sigmoid"),
    "silu": silu,
    "soft_shrink": soft_shrink,
    "softplus": node("Softplus"),
    "softsign": node("Softsign"),
    "sparse_plus": sparse_plus,
    "sparse_sigmoid": sparse_sigmoid,
    "squareplus": squareplus,
    "swish": silu,
    "tanh": node("Tanh"),
    "tanh_shrink": tanh_shrink,
}
"""Functions of `keras.activations` by name."""

COUNTERPARTS: Mapping[str, str] = {
    "binary_sigmoid": "sigmoid",
    "binary_tanh": "tanh",
    "hard_sigmoid": "sigmoid",
    "hard_tanh": "tanh",
    "smooth_sigmoid": "sigmoid",
    "smooth_tanh": "tanh",
}
"""Functions of `qkeras` by name, and the Keras function that each stands for in a quantized model."""
