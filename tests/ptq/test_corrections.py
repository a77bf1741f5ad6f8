"""Corrections: the contract of all, and the formulas of each."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from edgeml.ptq import corrections
from edgeml.ptq.choice import weight_type
from edgeml.ptq.corrections import LayerState
from edgeml.ptq.moments import moments, operands
from edgeml.ptq.net import FloatNet
from edgeml.ptq.tensors import TensorRunner
from tests.ptq import nets


def state(bits: int = 3, outputs: int = 2, inputs: int = 4) -> tuple[LayerState, np.ndarray, np.ndarray]:
    """A layer of `nets.mlp`'s kind with correlated inputs; and its inputs in float and quantized."""
    net = nets.mlp()
    target = nets.draw(21, outputs, inputs).astype(np.float64)
    kind = weight_type(target, bits, 0, per_channel=True)
    x = nets.draw(22, 200, inputs) @ nets.draw(23, inputs, inputs) + 1
    rounded = np.rint(x * 4) / 4
    layer = net.layers[0]
    layer_state = LayerState(
        target, kind.rounded(target), np.zeros(outputs), kind, moments(layer, (inputs, outputs), x, rounded)
    )
    return layer_state, x, rounded


def error(of: LayerState, x: np.ndarray, quantized: np.ndarray) -> float:
    """Mean squared error of the sums, their means aside."""
    sums = quantized @ of.weights.T - x @ of.target.T
    return float(np.sum(np.var(sums, axis=0)))


@pytest.mark.parametrize("name", corrections.names())
def test_every_correction_changes_a_network_or_a_layer_and_keeps_the_contract(name: str) -> None:
    correction = corrections.load(name)
    assert (correction.before is None) != (correction.layer is None)
    assert correction.summary
    if correction.before is not None:
        for net in (nets.mlp(), nets.residual()):
            x = np.random.default_rng(1).normal(size=(9, *net.shape)).astype(np.float32)
            outputs = tuple(net.outputs)
            (plain,), (changed,) = (
                TensorRunner(each.model(), "").run(x, outputs) for each in (net, correction.before(net))
            )
            np.testing.assert_allclose(changed, plain, rtol=1e-3, atol=1e-4)
    if correction.layer is not None:
        before, x, quantized = state()
        after = correction.layer(before)
        np.testing.assert_array_equal(after.type.rounded(after.weights), after.weights)
        assert error(after, x, quantized) <= error(before, x, quantized) + 1e-9


def test_rounding_finds_what_no_single_change_makes_better() -> None:
    before, x, quantized = state(outputs=3, inputs=8)
    change = corrections.load("rounding").layer
    assert change is not None
    after = change(before)
    scale = 2.0 ** before.type.exponents(2)
    assert np.all(np.abs(after.weights - before.target) * scale <= 1)
    assert error(after, x, quantized) < 0.9 * error(before, x, quantized)
    for row, column, step in product(range(3), range(8), (-1, 1)):
        other = after.weights.copy()
        other[row, column] += step / scale[row, 0]
        code = other[row, column] * scale[row, 0]
        if abs(other[row, column] - before.target[row, column]) * scale[row, 0] < 1 and abs(code) <= 3:
            assert error(replace(after, weights=other), x, quantized) >= error(after, x, quantized) * 0.999


def test_bias_keeps_the_mean_of_every_sum() -> None:
    before, x, quantized = state()
    change = corrections.load("bias").layer
    assert change is not None
    after = change(before)
    mean = (quantized @ after.weights.T).mean(axis=0) + after.bias
    np.testing.assert_allclose(mean, (x @ before.target.T).mean(axis=0) + before.bias, rtol=1e-6)


def test_equalization_gives_equal_ranges() -> None:
    change = corrections.load("equalize").before
    assert change is not None
    net = change(nets.mlp())
    first, second = (np.abs(net.constants[layer.weights]) for layer in net.layers)
    np.testing.assert_allclose(first.max(axis=0), second.max(axis=1), rtol=1e-4)


@pytest.mark.parametrize(
    ("attributes", "shape"),
    [
        ({"pads": [1, 1, 1, 1]}, (4, 2, 3, 3)),
        ({"strides": [2, 1], "pads": [0, 1, 2, 0]}, (4, 2, 3, 2)),
        ({"dilations": [2, 2]}, (4, 2, 2, 2)),
        ({"auto_pad": "SAME_UPPER", "strides": [2, 2]}, (4, 2, 3, 3)),
        ({"auto_pad": "SAME_LOWER"}, (4, 2, 2, 2)),
        ({"group": 2}, (4, 1, 3, 3)),
    ],
)
def test_operands_of_a_convolution_are_its_sums(attributes: dict, shape: tuple[int, ...]) -> None:
    net, x = convolution(attributes, shape), nets.draw(31, 2, 2, 7, 6)
    (layer,) = net.layers
    groups = int(attributes.get("group", 1))
    rows = operands(layer, shape, x)
    weights = net.constants[layer.weights].reshape(groups, shape[0] // groups, -1)
    sums = np.einsum("gri,goi->rgo", rows, weights).reshape(-1, shape[0])
    (y,) = TensorRunner(net.model(), "").run(x.transpose(0, 2, 3, 1), tuple(net.outputs))
    np.testing.assert_allclose(sums, np.moveaxis(y, 1, -1).reshape(-1, shape[0]), rtol=1e-4, atol=1e-4)


def convolution(attributes: dict, shape: tuple[int, ...]) -> FloatNet:
    from edgeml.onnx_model import OnnxPort, OnnxWriter
    from edgeml.ptq.source import read_float

    writer = OnnxWriter()
    writer.node("Conv", ["x", writer.constant(nets.draw(32, *shape), "w")], "y", **attributes)
    ports = [OnnxPort("x", ("n", 2, 7, 6))], [OnnxPort("y", ("n", 4, "h", "w"))]
    return read_float(nets.finished(writer, *ports), "x.onnx", "net")
