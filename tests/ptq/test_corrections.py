"""Corrections: the contract of all, and the formulas of each."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from edgeml.onnx_model import OnnxPort, OnnxWriter
from edgeml.ptq import corrections
from edgeml.ptq.choice import weight_type
from edgeml.ptq.corrections import ExpectedRounding, LayerState
from edgeml.ptq.moments import moments, operands
from edgeml.ptq.net import FloatNet
from edgeml.ptq.places import only_summed
from edgeml.ptq.source import read_float
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
            (plain,) = TensorRunner(net.model(), "").run(x, outputs)
            forms = correction.before(net, ExpectedRounding(x, 6, True))
            assert forms
            for form in forms:
                (changed,) = TensorRunner(form.model(), "").run(x, outputs)
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


def test_equalization_balances_activations_and_weights() -> None:
    change = corrections.load("equalize").before
    assert change is not None
    before, x = nets.mlp(), nets.draw(24, 400, 6)
    after, filled = change(before, ExpectedRounding(x, 6, True))

    def shares(net: FloatNet) -> tuple[np.ndarray, np.ndarray]:
        """Of its tensor's peak, what each channel reaches; and of its rows' peaks, what its weights reach."""
        (values,) = TensorRunner(net.model(), "", ("act1",)).run(x, ("act1",))
        weights = np.abs(net.constants[net.layers[1].weights])
        return values.max(axis=0) / values.max(), (weights / weights.max(axis=0)).max(axis=1)

    narrow = [min(side.min() for side in shares(net)) for net in (before, after)]
    assert narrow[0] < 0.02 and narrow[1] > 5 * narrow[0]
    full = np.minimum(1, 16 * shares(before)[0])  # no factor is larger than 16
    assert np.all(shares(filled)[0] > 0.6 * full), "the second form fills every channel"
    assert not np.all(shares(after)[0] > 0.6 * full)


def test_what_sums_alone_read_has_no_say_in_the_factors() -> None:
    """The convolution in front of the addition is wide; the sum behind it is multiplied, or averaged."""
    net = nets.residual()
    assert [name for name in ("act1", "conv2", "act2") if only_summed(net, name)] == ["conv2", "act2"]
    (_, conv2, *_) = net.layers

    def below(least: float) -> FloatNet:
        """Its first channel is so far below zero that the ReLU behind the addition gives nothing."""
        bias = net.constants[conv2.bias].copy()
        bias[0] = least
        return net.with_constants({conv2.bias: bias})

    np.testing.assert_allclose(filling_factors(below(-1000)), filling_factors(below(-100)), rtol=1e-5)


def filling_factors(net: FloatNet) -> np.ndarray:
    """Of each channel of the first layer, its factor over the first channel's, where values are filled."""
    change = corrections.load("equalize").before
    assert change is not None
    x = np.random.default_rng(2).normal(size=(50, *net.shape)).astype(np.float32)
    form = change(net, ExpectedRounding(x, 6, True))[-1]
    (layer, *_) = net.layers
    ratio = form.constants[layer.weights] / net.constants[layer.weights]
    rows = ratio.reshape(len(ratio), -1).mean(axis=1)
    return rows / rows[0]


def test_a_type_is_filled_by_equalization() -> None:
    """One channel of values up to 1.1: half of ufixed<4,1> is unused until the factor moves the peak."""
    writer = OnnxWriter()
    one = writer.constant(np.ones((1, 1), np.float32), "one")
    writer.node("MatMul", ["x", one], "fc1")
    writer.node("Relu", ["fc1"], "act1")
    writer.node("MatMul", ["act1", one], "y")
    ports = [OnnxPort("x", ("n", 1))], [OnnxPort("y", ("n", 1))]
    net = read_float(nets.finished(writer, *ports), "x.onnx", "net")
    x = np.linspace(0, 1.1, 200, dtype=np.float32).reshape(-1, 1)
    change = corrections.load("equalize").before
    assert change is not None
    for form in change(net, ExpectedRounding(x, 4, True)):
        (first, second) = form.layers
        factor = float(form.constants[first.weights].item())
        assert 1.6 < factor < 1.9
        assert float(form.constants[second.weights].item()) * factor == pytest.approx(1)


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
    writer = OnnxWriter()
    writer.node("Conv", ["x", writer.constant(nets.draw(32, *shape), "w")], "y", **attributes)
    ports = [OnnxPort("x", ("n", 2, 7, 6))], [OnnxPort("y", ("n", 4, "h", "w"))]
    return read_float(nets.finished(writer, *ports), "x.onnx", "net")
