"""Nested models: Keras' own values of what lies inside, outputs that lie inside among them."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.ir import evaluate_codes, input_codes
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.lower import lower, lower_model
from edgeml.keras.runner import keras_codes, keras_floats

keras, qkeras = import_keras(), import_qkeras()


def dense(units, name, activation=None):
    bits = qkeras.quantized_bits(6, 0, alpha=1)
    return qkeras.QDense(units, kernel_quantizer=bits, bias_quantizer=bits, activation=activation, name=name)


def act(name):
    return qkeras.QActivation(qkeras.quantized_bits(8, 2, alpha=1), name=name)


TAILS = {
    "dense": list,
    "softmax": lambda: [keras.layers.Activation("softmax", name="soft")],
    "softmax layer": lambda: [keras.layers.Softmax(name="soft")],
    "sigmoid": lambda: [keras.layers.Activation("sigmoid", name="soft")],
    "relu": lambda: [keras.layers.ReLU(name="relu")],
    "activation": lambda: [act("out")],
    "dropout": lambda: [keras.layers.Dropout(0.5, name="drop")],
}


def inner(tail, inline=None, name="inner"):
    return keras.Sequential([keras.Input((4,)), dense(3, "d", inline), *TAILS[tail]()], name=name)


def check(model, *names):
    """Every value of the graph that Keras can show, and `names` among them, are equal."""
    x = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    lowered = lower_model(model)
    graph = lowered.graph
    wanted = [node.name for node in graph.nodes if node.inputs]
    got = keras_codes(model, graph, x, wanted)
    want = evaluate_codes(graph, input_codes(graph, x), wanted)
    assert {*graph.outputs, *names} <= set(got)
    for name, codes in got.items():
        np.testing.assert_array_equal(codes, want[name], err_msg=name)
    return graph


@pytest.mark.parametrize("tail", sorted(TAILS))
def test_the_output_lies_inside(tail):
    source = keras.Input((4,))
    check(keras.Model(source, inner(tail)(act("a")(source))), "d")


@pytest.mark.parametrize("inline", ["softmax", "sigmoid", "relu"])
def test_an_inline_activation_at_the_end(inline):
    source = keras.Input((4,))
    check(keras.Model(source, inner("dense", inline)(act("a")(source))))


def test_values_inside_are_seen_as_well():
    source = keras.Input((4,))
    hidden = inner("activation")(act("a")(source))
    check(keras.Model(source, dense(2, "head")(hidden)), "d", "out", "head")


def test_nested_twice_called_twice_and_with_two_outputs():
    middle = keras.Input((4,))
    deep = inner("activation", name="deep")
    first = deep(act("m")(middle))
    pair = keras.Model(middle, [first, dense(2, "side")(first)], name="middle")
    source = keras.Input((4,))
    one, two = pair(act("a")(source))
    again, _ = pair(act("b")(source), training=False)
    graph = check(keras.Model(source, [keras.layers.Add(name="sum")([one, again]), two]), "sum", "side")
    assert len(graph.outputs) == 2


def test_the_values_seen_are_those_that_the_model_returns():
    source = keras.Input((4,))
    model = keras.Model(source, inner("activation")(act("a")(source)))
    x = np.random.default_rng(1).normal(size=(700, 4)).astype(np.float32)
    floats = keras_floats(model, lower(model), x)
    np.testing.assert_array_equal(floats["out"], np.asarray(model(x, training=False)))
