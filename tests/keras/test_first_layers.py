"""Layers before the input's quantizer: scaling, normalization, inputs whose type is stated."""

from __future__ import annotations

import numpy as np
import pytest

import edgeml
from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.runner import keras_codes
from tests.keras.exactness import assert_same, corner_data, randomize

keras, qkeras = import_keras(), import_qkeras()
layers = keras.layers


def bits(width=8, integer=0, **settings):
    return qkeras.quantized_bits(width, integer, alpha=1.0, **settings)


def model(*first, shape=(4, 3), after=True):
    stack = [qkeras.QActivation(bits(keep_negative=False), name="q")] if after else []
    tail = [layers.Flatten(), qkeras.QDense(3, kernel_quantizer=bits(4), bias_quantizer=bits(4), name="fc")]
    built = keras.Sequential([keras.Input(shape, name="x"), *first, *stack, *tail])
    weights = [layer.get_weights() for layer in first]
    randomize(built)
    for layer, before in zip(first, weights, strict=True):
        layer.set_weights(before)
    return built


def pixels(samples=64, shape=(4, 3)):
    return np.random.default_rng(0).integers(0, 256, (samples, *shape)).astype(np.float32)


def same(built, x, **options):
    graph = edgeml.lower(built, **options)
    assert np.array_equal(edgeml.evaluate(graph, x), np.asarray(built(x)))
    assert np.ptp(edgeml.evaluate(graph, x)) > 0
    assert np.array_equal(keras_codes(built, graph, x)[graph.outputs[0]], edgeml.evaluate(graph, x, raw=True))
    return graph


class TestPowersOfTwo:
    @pytest.mark.parametrize("scale", [1 / 256, 0.5, 4.0])
    def test_become_the_type_of_the_input(self, scale):
        lowered = assert_same(model(layers.Rescaling(scale)), corner_data((4, 3)) * np.float32(1 / scale))
        assert lowered.notes == ()
        kind = lowered.graph.info("x").type
        assert isinstance(kind, FixedType)
        assert kind.frac == 8 + int(np.log2(scale))

    def test_moved_and_twice(self):
        first = [layers.Rescaling(1 / 64), layers.Permute((2, 1)), layers.Rescaling(0.25)]
        assert_same(model(*first), pixels())

    def test_normalization(self):
        assert_same(model(layers.Normalization(axis=None, mean=0.0, variance=2.0**16)), pixels())


class TestStatedInput:
    @pytest.mark.parametrize("scale", [(1 / 255, 0.0), (1 / 127.5, -1.0), (0.01, 0.3)])
    def test_rescaling_is_a_table_with_its_quantizer(self, scale):
        graph = same(model(layers.Rescaling(*scale)), pixels(), input_type="ufixed<8,8>")
        assert all(note.exact for note in graph.notes)
        assert "the input is rounded to ufixed<8,8>" in graph.notes[0].text

    def test_dyadic_constants_are_exact_without_a_quantizer(self):
        same(
            model(layers.Rescaling(0.75, -1.25), after=False), pixels(), input_type="ufixed<8,8>", strict=True
        )

    def test_rescaling_per_channel(self):
        built = model(layers.Rescaling([0.5, 0.25, 0.125], [0.0, 1.0, -0.5]))
        same(built, pixels(), input_type="ufixed<8,8>", strict=True)

    def test_normalization_of_everything(self):
        same(
            model(layers.Normalization(axis=None, mean=127.0, variance=3000.0)),
            pixels(),
            input_type="ufixed<8,8>",
        )

    @pytest.mark.parametrize("invert", [False, True])
    def test_normalization_per_channel_is_noted(self, invert):
        layer = layers.Normalization(
            mean=[100, 120, 90], variance=[2000, 3100, 990], invert=invert, name="norm"
        )
        built = model(layer)
        graph = edgeml.lower(built, input_type="ufixed<8,8>")
        assert {note.layer for note in graph.notes if not note.exact} == {"norm"}
        apart = np.abs(edgeml.evaluate(graph, pixels()) - np.asarray(built(pixels())))
        assert np.mean(apart > 0) < 0.1
        with pytest.raises(EdgemlError, match="norm: cannot be exact"):
            edgeml.lower(built, input_type="ufixed<8,8>", strict=True)

    def test_adapted(self):
        layer = layers.Normalization()
        layer.adapt(pixels(200).reshape(-1, 4, 3))
        built = model(layer)
        graph = edgeml.lower(built, input_type="ufixed<8,8>")
        assert np.abs(edgeml.evaluate(graph, pixels()) - np.asarray(built(pixels()))).max() < 0.1

    def test_no_quantizer_behind_the_input_at_all(self):
        same(model(after=False), pixels(), input_type="ufixed<8,8>", strict=True)

    def test_by_name(self):
        built = model(after=False)
        named = edgeml.lower(built, input_type={"x": "ufixed<8,8>"})
        assert named == edgeml.lower(built, input_type=FixedType(False, 8, 0))
        with pytest.raises(EdgemlError, match="unknown layer 'y' or it is no input"):
            edgeml.lower(model(after=False), input_type={"y": "ufixed<8,8>"})

    def test_other_executors(self):
        built = model(layers.Rescaling(1 / 255))
        result = edgeml.check(
            edgeml.lower(built, input_type="ufixed<8,8>"), pixels(), ["evaluate", "onnx", "qonnx"]
        )
        assert result.ok
        assert len(result.compared) == 3


@pytest.mark.parametrize(
    ("first", "says"),
    [
        (layers.Rescaling(1 / 255), "scales the input 'x', which has no type"),
        (layers.Rescaling(0.5, 1.0), "which has no type"),
        (layers.Normalization(mean=[1, 2, 3], variance=[1, 1, 1]), "which has no type"),
    ],
)
def test_without_a_type_it_is_refused_and_the_remedy_works(first, says):
    built = model(first)
    with pytest.raises(EdgemlError, match=says) as caught:
        edgeml.lower(built)
    assert "edgeml.lower(model, input_type='ufixed<8,8>')" in caught.value.hint
    edgeml.lower(built, input_type="ufixed<8,8>")


def test_no_type():
    with pytest.raises(EdgemlError, match='input_type.*write a type such as "ufixed<8,8>"'):
        edgeml.lower(model(), input_type="uint8")
