"""Small float ONNX models to quantize, with random weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.onnx_model import OnnxPort, OnnxVersion, OnnxWriter
from edgeml.ptq.net import FloatNet
from edgeml.ptq.source import read_float

VERSION = OnnxVersion(17, 10)


def draw(seed: int, *shape: int, scale: float = 1.0) -> Any:
    """Normal float32 numbers."""
    return (np.random.default_rng(seed).normal(0, scale, shape)).astype(np.float32)


def mlp_model(batch: int | str = "batch", end: str = "") -> bytes:
    """6-8-3: Gemm, Relu, MatMul, Add; channels between the two have very different ranges."""
    ranges = np.logspace(-1, 1, 8, dtype=np.float32)
    writer = OnnxWriter()
    first = writer.constant(draw(1, 6, 8) * ranges, "w1")
    bias = writer.constant(draw(2, 8) * ranges, "b1")
    writer.node("Gemm", ["x", first, bias], "fc1")
    writer.node("Relu", ["fc1"], "act1")
    writer.node("MatMul", ["act1", writer.constant(draw(3, 8, 3) / ranges[:, np.newaxis], "w2")], "fc2")
    last = writer.node("Add", ["fc2", writer.constant(draw(4, 3), "b2")], "logits")
    if end:
        last = writer.node(end, [last], "end")
    return finished(writer, [OnnxPort("x", (batch, 6))], [OnnxPort(last, (batch, 3))])


def residual_model(batch: int | str = "batch") -> bytes:
    """Channels first: Conv, BatchNormalization, Relu, a Conv beside it, Add, Relu, means, Flatten, Gemm."""
    writer, pads = OnnxWriter(), {"pads": [1, 1, 1, 1]}
    writer.node("Conv", ["image", writer.constant(draw(5, 4, 2, 3, 3), "k1")], "/net/conv1/Conv", "", **pads)
    norm = [writer.constant(values, name) for name, values in _norm(4).items()]
    writer.node("BatchNormalization", ["/net/conv1/Conv", *norm], "bn1")
    writer.node("Relu", ["bn1"], "act1")
    kernel = writer.constant(draw(6, 4, 4, 3, 3, scale=0.2), "k2")
    writer.node("Conv", ["act1", kernel], "conv2", "", **pads)
    writer.node("Add", ["act1", "conv2"], "add")
    writer.node("Relu", ["add"], "act2")
    writer.node("GlobalAveragePool", ["act2"], "pooled")
    writer.node("Flatten", ["pooled"], "flat")
    writer.node(
        "Gemm",
        ["flat", writer.constant(draw(7, 5, 4), "w3"), writer.constant(draw(8, 5), "b3")],
        "fc",
        transB=1,
    )
    return finished(writer, [OnnxPort("image", (batch, 2, 6, 6))], [OnnxPort("fc", (batch, 5))])


def mean_model() -> bytes:
    """Channels first: Conv, Relu, a mean over 36 pixels whose type is that of what it reads, MatMul."""
    writer = OnnxWriter()
    kernel = writer.constant(draw(13, 4, 2, 3, 3, scale=0.4), "k")
    writer.node("Relu", [writer.node("Conv", ["x", kernel], "conv", "", pads=[1, 1, 1, 1])], "act")
    writer.node("Flatten", [writer.node("GlobalAveragePool", ["act"], "pooled")], "flat")
    writer.node("MatMul", ["flat", writer.constant(draw(14, 4, 3), "w")], "y")
    return finished(writer, [OnnxPort("x", ("n", 2, 6, 6))], [OnnxPort("y", ("n", 3))])


def norm_model() -> bytes:
    """BatchNormalization of the input, which no layer can take up, and a MatMul."""
    writer = OnnxWriter()
    norm = [writer.constant(values, name) for name, values in _norm(6).items()]
    writer.node("BatchNormalization", ["x", *norm], "norm")
    writer.node("MatMul", ["norm", writer.constant(draw(16, 6, 3), "w")], "y")
    return finished(writer, [OnnxPort("x", ("n", 6))], [OnnxPort("y", ("n", 3))])


def _norm(channels: int) -> dict[str, Any]:
    return {
        "gamma": np.abs(draw(9, channels)) + 0.5,
        "beta": draw(10, channels),
        "mean": draw(11, channels),
        "variance": np.abs(draw(12, channels)) + 0.5,
    }


def finished(writer: OnnxWriter, inputs: list[OnnxPort], outputs: list[OnnxPort]) -> bytes:
    """The bytes of a model."""
    return writer.finish("net", inputs, outputs, VERSION).SerializeToString()


def mlp() -> FloatNet:
    """`mlp_model`, read."""
    return read_float(mlp_model(), "mlp.onnx", "mlp")


def residual() -> FloatNet:
    """`residual_model`, read."""
    return read_float(residual_model(), "residual.onnx", "residual")


def recurrent_model(kind: str, steps: int = 3) -> Any:
    """A Keras model: a recurrent layer of four units over `steps` rows of three values, and a Dense layer."""
    import keras

    keras.utils.set_random_seed(3)
    layer = getattr(keras.layers, kind)(4, name="cell")
    return keras.Sequential([keras.Input((steps, 3), name="x"), layer, keras.layers.Dense(2, name="out")])
