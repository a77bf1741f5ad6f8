"""Random float models quantized by onnxruntime's own quantize_static, in QDQ or QOperator form."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from tests.importers.qonnx_pieces import linear, pools
from tests.importers.qonnx_pieces.net import End, Net, Piece

_INPUT = (2, 6, 6)


def quantized(seed: int, folder: Path) -> bytes:
    """The file of a random model; the same for the same seed."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Samples(CalibrationDataReader):
        def __init__(self) -> None:
            data = np.random.default_rng(seed)
            self.left = [{"x": data.uniform(0, 1, (1, *_INPUT)).astype(np.float32)} for _ in range(4)]

        def get_next(self):
            return self.left.pop() if self.left else None

    rng = np.random.default_rng(seed)
    source, target = folder / "float.onnx", folder / "int8.onnx"
    onnx.save(_float_model(rng, seed), source)
    form = QuantFormat.QDQ if rng.random() < 0.6 else QuantFormat.QOperator
    signed = rng.random() < 0.4
    activation = QuantType.QInt8 if signed else QuantType.QUInt8
    weights = QuantType.QUInt8 if activation is QuantType.QUInt8 and rng.random() < 0.2 else QuantType.QInt8
    logging.disable(logging.WARNING)
    try:
        quantize_static(
            source,
            target,
            Samples(),
            quant_format=form,
            per_channel=bool(rng.random() < 0.5),
            reduce_range=bool(rng.random() < 0.2),
            activation_type=activation,
            weight_type=weights,
            extra_options={"ActivationSymmetric": bool(rng.random() < 0.2)},
        )
    finally:
        logging.disable(logging.NOTSET)
    return target.read_bytes()


class FloatNet(Net):
    """A net whose weights are floats: the quantizer comes later, and for all of it."""

    def weights(self, shape: tuple[int, ...], axis: int) -> str:
        del axis
        return self.const(self.rng.normal(0, 0.4, shape))

    def bias(self, outputs: int) -> str:
        return self.const(self.rng.normal(0, 0.3, outputs))


def conv(net: Net, end: End) -> End | None:
    if not end.spatial:
        return None
    channels = end.shape[0]
    groups = net.any_of(1, 1, channels)
    filters = groups * net.below(1, 3 if groups > 1 else 6)
    attributes, shape = linear.geometry(net, end.shape[1:])
    weights = net.weights((filters, channels // groups, *attributes["kernel_shape"]), 0)
    inputs = [end.name, weights] + ([net.bias(filters)] if net.chance(0.7) else [])
    x = net.node("Conv", *inputs, group=groups, **attributes)
    kind = net.any_of("", "", "Relu", "Relu", "Clip", "LeakyRelu", "Sigmoid")
    if kind == "Clip":
        x = net.node(kind, x, net.const(0.0), net.const(net.any_of(1.0, 6.0)))
    elif kind:
        x = net.node(kind, x, **_attributes(kind))
    return End(x, (filters, *shape))


def pool(net: Net, end: End) -> End | None:
    if not end.spatial or min(end.shape[1:]) < 2:
        return None
    attributes, shape = pools.window(net, end.shape[1:])
    kind = net.any_of("MaxPool", "AveragePool")
    if kind == "AveragePool":
        attributes["count_include_pad"] = int("ceil_mode" not in attributes and net.chance(0.5))
    return End(net.node(kind, end.name, **attributes), (end.shape[0], *shape))


def both(net: Net, end: End) -> End | None:
    """The sum, product or concatenation of two paths."""
    if not end.spatial:
        return None
    channels = end.shape[0]
    other = net.node("Conv", end.name, net.weights((channels, channels, 1, 1), 0), kernel_shape=[1, 1])
    kind = net.any_of("Add", "Add", "Mul", "Concat")
    if kind == "Concat":
        return End(net.node(kind, end.name, other, axis=1), (2 * channels, *end.shape[1:]))
    x = net.node(kind, *net.rng.permutation([end.name, other]).tolist())
    return End(net.node("Relu", x) if net.chance(0.3) else x, end.shape)


def moved(net: Net, end: End) -> End | None:
    if not end.spatial:
        return None
    channels, height, width = end.shape
    kind = net.any_of("Transpose", "Resize", "Pad", "DepthToSpace", "Slice")
    if kind == "Transpose":
        return End(net.node(kind, end.name, perm=[0, 1, 3, 2]), (channels, width, height))
    if kind == "Resize" and height * width < 40:
        flags: dict[str, Any] = {
            "mode": "nearest",
            "coordinate_transformation_mode": "asymmetric",
            "nearest_mode": "floor",
        }
        scales = net.const([1.0, 1.0, 2.0, 2.0])
        return End(net.node(kind, end.name, "", scales, **flags), (channels, 2 * height, 2 * width))
    if kind == "Pad":
        x = net.node(kind, end.name, net.integers(0, 0, 1, 0, 0, 0, 0, 1), net.const(0.0))
        return End(x, (channels, height + 1, width + 1))
    if kind == "DepthToSpace" and channels % 4 == 0:
        return End(net.node(kind, end.name, blocksize=2), (channels // 4, 2 * height, 2 * width))
    if kind == "Slice" and height > 2:
        x = net.node(kind, end.name, net.integers(1), net.integers(height), net.integers(2))
        return End(x, (channels, height - 1, width))
    return None


def gate(net: Net, end: End) -> End | None:
    """A function that onnxruntime leaves in floats, between two convolutions."""
    if not end.spatial:
        return None
    between = conv(net, end)
    if between is None:
        return None
    x = net.node(net.any_of("HardSigmoid", "HardSwish"), between.name)
    return conv(net, End(x, between.shape))


PIECES: tuple[Piece, ...] = (conv, conv, conv, pool, both, both, moved, gate)


def _float_model(rng: np.random.Generator, seed: int) -> onnx.ModelProto:
    net = FloatNet(rng, False, "", 17, False)
    end: End = End("x", _INPUT)
    for _ in range(net.below(1, 5)):
        # a pooling in front of the first quantizer works on floats
        piece = net.any_of(*PIECES) if net.nodes else conv
        following = piece(net, end)
        if following is not None and min(following.shape) > 0 and np.prod(following.shape) <= 300:
            end = following
    if net.chance(0.3):
        end = End(net.node("GlobalAveragePool", end.name), (end.shape[0], 1, 1))
    end = End(net.node("Flatten", end.name), (int(np.prod(end.shape)),))
    end = linear.product(net, end, 5)
    if net.chance(0.3):
        kind = net.any_of("Sigmoid", "LeakyRelu", "Softmax")
        end = End(net.node(kind, end.name, **_attributes(kind)), end.shape)
    net.nodes.append(helper.make_node("Identity", [end.name], ["y"], name="end"))
    return _model(net, seed)


def _attributes(kind: str) -> dict[str, Any]:
    return {"LeakyRelu": {"alpha": 0.125}, "Softmax": {"axis": 1}}.get(kind, {})


def _model(net: Net, seed: int) -> onnx.ModelProto:
    graph = helper.make_graph(
        net.nodes,
        f"float_{seed}",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, *_INPUT])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 5])],
        net.constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", net.opset)], ir_version=8)
