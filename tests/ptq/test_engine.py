"""Quantized networks: the integers that are tried are those of the exact graph, and corrections pay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import edgeml
from edgeml import importers
from edgeml.errors import EdgemlError
from edgeml.importers import ImportOptions, SourceFile
from edgeml.ptq.engine import Calibrated, QuantizedNet, calibrated, quantized, quickly_quantized
from edgeml.ptq.net import FloatNet
from edgeml.ptq.tensors import TensorRunner
from tests.ptq import nets

ALL = ("equalize", "rounding", "bias")


def samples(net: FloatNet, count: int = 64) -> np.ndarray:
    return np.random.default_rng(7).normal(size=(count, *net.shape)).astype(np.float32)


def output(net: QuantizedNet, x: np.ndarray) -> np.ndarray:
    return net.runner().run(x, tuple(net.net.outputs))[0]


def noise(net: FloatNet, result: QuantizedNet, x: np.ndarray) -> float:
    (plain,) = TensorRunner(net.model(), "").run(x, tuple(net.outputs))
    return float(np.sum((output(result, x) - plain) ** 2))


@pytest.mark.parametrize("net", [nets.mlp(), nets.residual()], ids=["mlp", "residual"])
@pytest.mark.parametrize("bits", [8, 4])
def test_the_exact_graph_gives_the_integers_that_were_tried(net: FloatNet, bits: int) -> None:
    x = samples(net)
    source = calibrated(net, x, "mse", ALL)
    result = quantized(source, source.uniform(bits, bits, 8))
    content = result.model().SerializeToString()
    graph = importers.read(SourceFile(Path("x.onnx"), content), ImportOptions("net")).graph
    expected = edgeml.evaluate(graph, x)
    np.testing.assert_array_equal(output(result, x), np.asarray(expected, np.float32))
    weights = [codes for name, codes in graph.constants.items() if name.endswith(".weights")]
    assert len(weights) == len(net.layers)
    assert all(np.all((-(1 << bits - 1) <= codes) & (codes < 1 << bits - 1)) for codes in weights)
    assert not [op for op in graph.nodes if op.op.op_name() == "transpose"]


def test_what_additions_alone_read_has_more_bits() -> None:
    source = calibrated(nets.residual(), samples(nets.residual()), "mse", ())
    terms = [point.tensor for point in source.points if point.term]
    assert terms == ["conv2"]
    widths = source.uniform(6, 6, 8, terms=4)
    assert widths.activations == {**dict.fromkeys(widths.activations, 6), "conv2": 10}


def test_more_bits_are_closer() -> None:
    net = nets.residual()
    x = samples(net)
    source = calibrated(net, x, "mse", ALL)
    errors = [noise(net, quantized(source, source.uniform(bits, bits, 10)), x) for bits in (3, 5, 8, 12)]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 100 * errors[-1]


@pytest.mark.parametrize("name", ["rounding", "bias", "equalize"])
def test_a_correction_is_closer_than_none(name: str) -> None:
    net = nets.mlp()
    x = samples(net, 256)
    x = x + 2 * x[:, :1]  # features go together, as they do in data

    def error(*names: str) -> float:
        source = calibrated(net, x, "minmax", names, per_channel=False)
        return sum(noise(net, quantized(source, source.uniform(bits, 10, 10)), x) for bits in (4, 5, 6, 7))

    assert error(name) < error()


def test_a_layer_without_corrections_is_rounded_to_the_nearest() -> None:
    net = nets.mlp()
    source = calibrated(net, samples(net), "mse", ())
    result = quantized(source, source.uniform(6, 6, 8))
    (first, _) = net.layers
    weights = result.net.constants[first.weights]
    assert (
        np.abs(weights - net.constants[first.weights]).max()
        <= 2.0 ** -min(result.types[first.weights].fracs) / 2
    )
    np.testing.assert_array_equal(result.types[first.weights].rounded(weights), weights)


def test_a_quick_form_has_the_same_types() -> None:
    net = nets.mlp()
    source = calibrated(net, samples(net), "mse", ALL)
    widths = source.uniform(5, 5, 8).with_weights(net.layers[0].name, 3)
    memo: dict = {}
    quick, slow = quickly_quantized(source, widths, memo), quantized(source, widths)
    assert {name: kind for name, kind in quick.types.items() if not name.endswith("bias")} == {
        name: kind for name, kind in slow.types.items() if not name.endswith("bias")
    }
    assert set(memo) == {(net.layers[0].name, 3), (net.layers[1].name, 5)}
    assert quick.types[net.layers[0].weights].bits == 3


def test_the_same_samples_give_the_same_model() -> None:
    def content() -> bytes:
        net = nets.residual()
        source = calibrated(net, samples(net), "entropy", ALL)
        return quantized(source, source.uniform(4, 4, 8)).model().SerializeToString()

    assert content() == content()


def test_values_that_are_not_finite_are_refused_by_name() -> None:
    net = nets.mlp()
    broken = net.with_constants({net.layers[0].weights: np.full((6, 8), np.inf, np.float32)})
    with pytest.raises(EdgemlError, match="is not finite on the calibration data"):
        calibrated(broken, samples(net), "mse", ())


def test_a_dead_layer_has_a_type() -> None:
    net = nets.mlp()
    layer = net.layers[0]
    zeros = {layer.weights: np.zeros((6, 8), np.float32), layer.bias: np.full(8, -1, np.float32)}
    dead: Calibrated = calibrated(net.with_constants(zeros), samples(net), "entropy", ALL)
    result = quantized(dead, dead.uniform(4, 4, 8))
    assert np.all(
        output(result, samples(net))
        == result.types[net.layers[1].bias].rounded(result.net.constants[net.layers[1].bias])
    )
