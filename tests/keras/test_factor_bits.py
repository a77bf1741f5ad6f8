"""Factors that nothing quantizes: 24 bits are exact arithmetic, on samples the fewest with the same codes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("qkeras")

import keras
import qkeras
from qkeras import QActivation

from edgeml.ir import evaluate_codes, input_codes
from edgeml.keras.factor_bits import fewest_factor_bits, lower_on_samples
from edgeml.keras.lower import lower_model
from edgeml.presets import Lowering


def bits(width: int, integer: int = 0) -> Any:
    return qkeras.quantized_bits(width, integer, alpha=1)


SAMPLES = np.random.default_rng(4).normal(0, 1.5, (200, 6)).astype(np.float32)


def model(end: bool = True) -> Any:
    """Two batch normalizations, the second one with or without a quantizer behind it."""
    rng = np.random.default_rng(9)
    x = source = keras.Input((6,), name="x")
    x = QActivation(bits(6, 2), name="q")(x)
    for name, units in (("one", 5), ("two", 4)):
        x = qkeras.QDense(units, name=name, kernel_quantizer=bits(5), bias_quantizer=bits(5))(x)
        x = keras.layers.BatchNormalization(name=f"{name}_bn")(x)
        if end or name == "one":
            x = QActivation(bits(5, 2), name=f"{name}_act")(x)
    built = keras.Model(source, x, name="net")
    for layer in built.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            size = layer.gamma.shape[0]
            layer.set_weights(
                [rng.uniform(0.3, 1.7, size), rng.normal(size=size), rng.normal(size=size), np.ones(size)]
            )
        elif layer.get_weights():
            layer.set_weights([rng.normal(0, 0.4, w.shape) for w in layer.get_weights()])
    return built


def codes(graph: Any) -> dict[str, np.ndarray]:
    kept = [name for name in graph.infos if name.endswith("_act")]
    return evaluate_codes(graph, input_codes(graph, SAMPLES), kept)


def test_the_fewest_bits_keep_the_codes_and_one_less_does_not():
    built = model()
    exact = lower_model(built, "net")
    chosen = lower_on_samples(built, "net", False, Lowering(), SAMPLES)
    expected, found = codes(exact.graph), codes(chosen.graph)
    assert expected.keys() == found.keys() == {"one_act", "two_act"}
    assert all(np.array_equal(expected[name], found[name]) for name in expected)
    widths = fewest_factor_bits(
        exact.graph,
        lambda width: lower_model(built, "net", options=Lowering(factor_bits=width)).graph,
        {"x": SAMPLES},
    )
    assert set(widths) == {"one_bn", "two_bn"}
    assert all(3 < width < 24 for width in widths.values())
    for layer, width in widths.items():
        fewer = Lowering(factor_bits={**widths, layer: width - 1})
        other = codes(lower_model(built, "net", options=fewer).graph)
        assert any(not np.array_equal(expected[name], other[name]) for name in expected)
    notes = [note.text for note in chosen.notes if "a factor is rounded" in note.text]
    assert [note.split("to ")[1].split(" ")[0] for note in notes] == [str(width) for width in widths.values()]


def test_24_bits_are_exact_arithmetic_on_the_float32_constants():
    built = model()
    graph = lower_model(built, "net").graph
    layer = built.get_layer("one_bn")
    factor = np.asarray(
        keras.ops.rsqrt(keras.ops.convert_to_tensor(layer.moving_variance) + layer.epsilon)
        * keras.ops.convert_to_tensor(layer.gamma)
    )
    values = evaluate_codes(graph, input_codes(graph, SAMPLES), ["one", "one_bn"])
    before = np.ldexp(values["one"].astype(float), -np.asarray(graph.info("one").type.frac))
    after = np.ldexp(values["one_bn"].astype(float), -np.asarray(graph.info("one_bn").type.frac))
    product = before * factor.astype(float)
    offset = after - product
    assert np.ptp(offset, axis=0) == pytest.approx(0, abs=1e-12)
    expected = np.asarray(layer.beta) - np.asarray(layer.moving_mean) * factor
    assert offset[0] == pytest.approx(expected, abs=1e-6)


def test_no_quantizer_behind_stated_bits_or_no_samples_choose_nothing():
    open_ended = model(end=False)
    lowered = lower_on_samples(open_ended, "net", False, Lowering(), SAMPLES)
    layers = {note.layer for note in lowered.notes if "a factor is rounded" in note.text}
    assert layers == {"one_bn"}
    built = model()
    for options, samples in ((Lowering(factor_bits=9), SAMPLES), (Lowering(), None)):
        expected = lower_model(built, "net", options=options)
        assert lower_on_samples(built, "net", False, options, samples).graph == expected.graph


def few_codes(activation: Any) -> Any:
    """A batch normalization in front of a quantizer of few bits, with a falling channel."""
    rng = np.random.default_rng(3)
    x = source = keras.Input((6,), name="x")
    x = QActivation(bits(6, 2), name="q")(x)
    x = qkeras.QDense(5, name="one", kernel_quantizer=bits(5), bias_quantizer=bits(5))(x)
    x = keras.layers.BatchNormalization(name="one_bn")(x)
    x = QActivation(activation, name="one_act")(x)
    built = keras.Model(source, x, name="net")
    built.get_layer("one").set_weights([rng.normal(0, 0.4, (6, 5)), rng.normal(0, 0.4, 5)])
    gamma = np.array([0.7, -1.1, 1.3, 0.4, -0.3])
    built.get_layer("one_bn").set_weights([gamma, rng.normal(size=5), rng.normal(size=5), np.ones(5)])
    return built


@pytest.mark.parametrize(
    "activation", [qkeras.quantized_relu(2, 1), qkeras.binary(alpha=1), qkeras.ternary(alpha=1)], ids=str
)
def test_few_codes_are_told_by_comparisons_of_all_24_bits(activation: Any):
    built = few_codes(activation)
    exact = lower_model(built, "net", options=Lowering(threshold_bits=0))
    for lowered in (lower_model(built, "net"), lower_on_samples(built, "net", False, Lowering(), SAMPLES)):
        assert "one_bn" not in lowered.graph.infos and "one_bn" not in lowered.layer_values
        assert any(node.name.startswith("one_bn.threshold") for node in lowered.graph.nodes)
        assert [note.layer for note in lowered.graph.notes if not note.exact] == ["one_bn"]
        assert not any("rounded to" in note.text for note in lowered.graph.notes)
        wide = np.random.default_rng(0).normal(0, 2, (4000, 6)).astype(np.float32)
        expected, found = (evaluate_codes(g, input_codes(g, wide)) for g in (exact.graph, lowered.graph))
        assert np.array_equal(expected["one_act"], found["one_act"])


def test_stated_bits_of_a_factor_are_a_multiplier():
    built = few_codes(qkeras.quantized_relu(2, 1))
    for options in (Lowering(factor_bits=9), Lowering(factor_bits={"one_bn": 9}), Lowering(threshold_bits=0)):
        assert "one_bn" in lower_on_samples(built, "net", False, options, SAMPLES).graph.infos
