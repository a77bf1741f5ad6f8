"""Channels: any factors leave what a network computes as it is, and additions tie channels together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from edgeml.onnx_model import OnnxPort, OnnxWriter
from edgeml.ptq.channels import channel_map, scaled
from edgeml.ptq.net import FloatNet
from edgeml.ptq.source import read_float
from edgeml.ptq.tensors import TensorRunner
from tests.ptq import nets


def branched(curve: str = "Relu") -> FloatNet:
    """Depthwise and grouped convolutions, pooling, Concat, a flattened image, a curve in front of the end."""
    writer, same = OnnxWriter(), {"auto_pad": "SAME_UPPER"}

    def conv(source: str, name: str, shape: tuple[int, ...], groups: int = 1) -> str:
        kernel = writer.constant(nets.draw(len(name) + shape[0], *shape, scale=0.5), f"{name}_w")
        writer.node("Conv", [source, kernel], name, "", group=groups, **same)
        return writer.node("Relu", [name], f"{name}_relu")

    first = conv("image", "first", (4, 2, 3, 3))
    depthwise = conv(first, "depthwise", (8, 1, 3, 3), 4)
    grouped = conv(first, "grouped", (6, 2, 1, 1), 2)
    joined = writer.node("Concat", [depthwise, grouped], "joined", axis=1)
    pooled = writer.node("MaxPool", [joined], "pooled", kernel_shape=[2, 2], strides=[2, 2])
    turned = writer.node("Transpose", [pooled], "turned", perm=[0, 2, 3, 1])
    flat = writer.node("Flatten", [turned], "flat")
    writer.node("MatMul", [flat, writer.constant(nets.draw(3, 14 * 9, 5), "w")], "hidden")
    writer.node(curve, ["hidden"], "curve")
    writer.node("Gemm", ["curve", writer.constant(nets.draw(4, 3, 5), "v")], "y", transB=1)
    ports = [OnnxPort("image", ("n", 2, 6, 6))], [OnnxPort("y", ("n", 3))]
    return read_float(nets.finished(writer, *ports), "x.onnx", "net")


def computed(net: FloatNet, x: Any) -> Any:
    return TensorRunner(net.model(), "").run(x, tuple(net.outputs))[0]


@pytest.mark.parametrize("network", [nets.mlp, nets.residual, branched])
def test_any_factors_leave_the_outputs_as_they_are(network: Callable[[], FloatNet]) -> None:
    net = network()
    channels = channel_map(net)
    draw = np.random.default_rng(0)
    factors = np.where(channels.free, np.exp(draw.normal(size=len(channels.free))), 1.0)
    changed, x = scaled(net, channels, factors), draw.normal(size=(5, *net.shape)).astype(np.float32)
    np.testing.assert_allclose(computed(changed, x), computed(net, x), rtol=1e-3, atol=1e-3)
    assert all(
        not np.allclose(changed.constants[layer.weights], net.constants[layer.weights])
        for layer in net.layers
    )


def test_an_addition_ties_its_terms() -> None:
    net = nets.residual()
    channels = channel_map(net)
    first, second, end = net.layers
    np.testing.assert_array_equal(channels.written(first), channels.written(second))
    np.testing.assert_array_equal(channels.written(first), channels.read(end))
    assert len(np.unique(channels.read(end))) == 4 and np.all(channels.free[channels.read(end)])
    assert channels.groups(("act1", "act2")) == (("act1", "act2"),)


def test_a_curve_and_both_ends_fix_what_they_touch() -> None:
    net = branched("Sigmoid")
    channels = channel_map(net)
    *_, hidden, last = net.layers
    for fixed in (channels.written(hidden), channels.read(last), channels.written(last)):
        assert not np.any(channels.free[fixed])
    assert not np.any(channels.free[channels.ids[net.source]])
    assert channels.groups(("curve",)) == ()
    assert np.all(channels.free[channels.read(hidden)])
    (flat,) = (node.outputs[0] for node in net.nodes if node.op_type == "Flatten")
    np.testing.assert_array_equal(channels.ids[flat][:14], channels.ids[flat][14:28])  # channels last
