"""Rsqrt: a real function, for the quantizer that follows."""

from __future__ import annotations

from edgeml.keras.onnx_builder import FloatOnnxBuilder
from edgeml.keras.operations._families import real_function


def write(build: FloatOnnxBuilder, x: str) -> str:
    """1 / sqrt(x)."""
    return build.add("Reciprocal", [build.add("Sqrt", [x])])


OPERATION = real_function(write, lambda keras, x, y: keras.ops.rsqrt(keras.ops.relu(x) + 1))
