"""Log1p: a real function, for the quantizer that follows."""

from __future__ import annotations

from edgeml.keras.onnx_builder import FloatOnnxBuilder
from edgeml.keras.operations._families import real_function


def write(build: FloatOnnxBuilder, x: str) -> str:
    """log(1 + x)."""
    return build.add("Log", [build.add("Add", [x, build.const(1)])])


OPERATION = real_function(write, lambda keras, x, y: keras.ops.log1p(keras.ops.relu(x)))
