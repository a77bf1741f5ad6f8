"""Random float models quantized by onnxruntime's own quantize_static, in QDQ or QOperator form."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_INPUT = [2, 6, 6]


def quantized(seed: int, folder: Path) -> bytes:
    """The file of a random model; the same for the same seed."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Samples(CalibrationDataReader):
        def __init__(self) -> None:
            data = np.random.default_rng(seed)
            shape = (1, *_INPUT)
            self.left = [{"x": data.uniform(0, 1, shape).astype(np.float32)} for _ in range(4)]

        def get_next(self):
            return self.left.pop() if self.left else None

    rng = np.random.default_rng(seed)
    source, target = folder / "float.onnx", folder / "int8.onnx"
    onnx.save(_float_model(rng, seed), source)
    form = QuantFormat.QDQ if rng.random() < 0.6 else QuantFormat.QOperator
    kinds = (QuantType.QUInt8, QuantType.QInt8)
    logging.disable(logging.WARNING)
    try:
        quantize_static(
            source,
            target,
            Samples(),
            quant_format=form,
            per_channel=bool(rng.random() < 0.5),
            activation_type=kinds[int(rng.random() < 0.4) if form is QuantFormat.QDQ else 0],
            weight_type=QuantType.QInt8,
            extra_options={"ActivationSymmetric": bool(rng.random() < 0.2)},
        )
    finally:
        logging.disable(logging.NOTSET)
    return target.read_bytes()


def _float_model(rng: np.random.Generator, seed: int) -> onnx.ModelProto:
    nodes: list = []
    constants: list = []

    def const(values) -> str:
        constants.append(numpy_helper.from_array(np.asarray(values, np.float32), f"c{len(constants)}"))
        return f"c{len(constants) - 1}"

    def node(op: str, *inputs: str, **attributes) -> str:
        nodes.append(
            helper.make_node(op, list(inputs), [f"t{len(nodes)}"], name=f"n{len(nodes)}", **attributes)
        )
        return f"t{len(nodes) - 1}"

    x, shape = "x", list(_INPUT)
    for _ in range(int(rng.integers(1, 4))):
        # a pooling in front of the first quantizer works on floats
        kind = rng.choice(["conv", "conv", "depthwise", "max", "mean", "add", "concat"]) if nodes else "conv"
        channels, height, width = shape
        if kind in ("conv", "depthwise"):
            groups = channels if kind == "depthwise" else 1
            filters = channels * 2 if groups > 1 else int(rng.integers(1, 6))
            weights = rng.normal(0, 0.4, (filters, channels // groups, 3, 3))
            inputs = [x, const(weights)] + (
                [const(rng.normal(0, 0.3, filters))] if rng.random() < 0.7 else []
            )
            x = node("Conv", *inputs, kernel_shape=[3, 3], pads=[1, 1, 1, 1], group=groups)
            shape = [filters, height, width]
            if rng.random() < 0.6:
                x = node("Relu", x)
        elif kind == "max" and min(height, width) > 1:
            x = node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
            shape = [channels, height // 2, width // 2]
        elif kind == "mean" and min(height, width) > 1:
            x = node("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
            shape = [channels, height // 2, width // 2]
        elif kind in ("add", "concat"):
            other = node(
                "Conv", x, const(rng.normal(0, 0.4, (channels, channels, 1, 1))), kernel_shape=[1, 1]
            )
            x = node("Add", x, other) if kind == "add" else node("Concat", x, other, axis=1)
            shape = [channels * (1 if kind == "add" else 2), height, width]
    if rng.random() < 0.3:
        x = node("GlobalAveragePool", x)
        shape = [shape[0], 1, 1]
    x = node("Flatten", x)
    inputs = int(np.prod(shape))
    if rng.random() < 0.5:
        x = node("Gemm", x, const(rng.normal(0, 0.3, (5, inputs))), const(rng.normal(0, 0.3, 5)), transB=1)
    else:
        x = node("MatMul", x, const(rng.normal(0, 0.3, (inputs, 5))))
    if rng.random() < 0.2:
        x = node(str(rng.choice(["Sigmoid", "LeakyRelu"])), x)
    nodes.append(helper.make_node("Identity", [x], ["y"], name="end"))
    graph = helper.make_graph(
        nodes,
        f"float_{seed}",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, *_INPUT])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 5])],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
