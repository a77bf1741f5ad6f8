"""Expm1: a real function, for the quantizer that follows."""

from __future__ import annotations

from edgeml.keras.onnx_builder import FloatOnnxBuilder
from edgeml.keras.operations._families import real_function


def write(build: FloatOnnxBuilder, x: str) -> str:
    """exp(x) - 1."""
    return build.add("Sub", [build.add("Exp", [x]), build.const(1)])


OPERATION = real_function(write, lambda keras, x, y: keras.ops.expm1(x))
