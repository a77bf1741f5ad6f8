"""evaluate: data in, data out, chunks, constants, several inputs and outputs, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, FixedTypeArray, Overflow, Round, quantize, to_float
from edgeml.ir import Builder, evaluate, evaluate_codes, input_codes, ops
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.relu import Relu
from tests.ir.op_case import within
from tests.strategies import STEPS, Limits, graph_codes, graphs
from tests.zoo import codes, zoo

MLP = "mlp"


@given(st.data())
def test_all_values_within_their_bounds(data):
    graph = data.draw(graphs(max_nodes=12))
    results = evaluate_codes(graph, data.draw(graph_codes(graph)), keep=[node.name for node in graph.nodes])
    for name, result in results.items():
        assert within(result, graph.info(name)), name


@settings(max_examples=300)
@given(st.data())
def test_a_verified_graph_evaluates_however_far_the_types_of_its_elements_are_apart(data):
    """Elements far apart in LSB need more than 63 bits at one LSB: a graph is refused, or it runs."""
    graph = data.draw(graphs(max_nodes=6, max_width=63, spread=40))
    results = evaluate_codes(graph, data.draw(graph_codes(graph)), keep=[node.name for node in graph.nodes])
    for name, result in results.items():
        assert within(result, graph.info(name)), name


def test_random_graphs_have_every_op():
    assert set(STEPS) | {"input", "const"} == set(ops.names())


@pytest.mark.parametrize("op", sorted(STEPS))
@given(data=st.data())
@settings(max_examples=25)
def test_each_op_is_refused_or_evaluates_on_elements_far_apart(op, data):
    build = Builder("far")
    shape = (2, 3, 4)
    x = build.input(shape, FixedTypeArray(True, [5, 7, 3, 63], [0, 60, -20, 2]))
    limits = Limits(frozenset(STEPS), tuple(Round), tuple(Overflow), 8, 63, per_element=True, spread=60)
    try:
        STEPS[op](data.draw, build, x, [x], limits)
    except EdgemlError:
        return
    nodes = [node.name for node in build.nodes]
    graph = build.graph(nodes[-1])
    evaluate_codes(graph, data.draw(graph_codes(graph)), keep=nodes)


@pytest.mark.parametrize("name", zoo())
def test_zoo_within_its_bounds(name):
    graph = zoo()[name]
    results = evaluate_codes(graph, codes(graph, 40), keep=[node.name for node in graph.nodes])
    for node in graph.nodes:
        assert within(results[node.name], graph.info(node.name)), node.name


def test_more_samples_than_a_chunk():
    graph = zoo()[MLP]
    inputs = codes(graph, 600)
    whole = evaluate_codes(graph, inputs)["fc3"]
    parts = [
        evaluate_codes(graph, {"input": inputs["input"][i : i + 100]})["fc3"] for i in range(0, 600, 100)
    ]
    np.testing.assert_array_equal(whole, np.concatenate(parts))


def test_floats_in_and_values_out():
    graph = zoo()[MLP]
    inputs = codes(graph, 8)["input"]
    x = to_float(inputs, 8)
    expected = evaluate_codes(graph, {"input": inputs})["fc3"]
    np.testing.assert_array_equal(evaluate(graph, x, raw=True), expected)
    np.testing.assert_array_equal(evaluate(graph, x), to_float(expected, graph.info("fc3").frac))
    assert evaluate(graph, x).dtype == np.float64
    assert evaluate(graph, x, raw=True).dtype == np.int64


def test_values_of_types_per_element():
    graph = zoo()["cast_per_channel_modes"]
    x = np.array([[[1.0, 3.5, -2.25], [3.0, -0.5, 0.125]]])
    info = graph.info("act")
    np.testing.assert_array_equal(
        evaluate(graph, x), quantize(x, info.type, Round.TRN, Overflow.WRAP) * 2.0**-info.type.frac
    )


def test_constants_are_given_per_sample():
    graph = zoo()["constant_output"]
    results = evaluate_codes(graph, codes(graph, 5))
    assert {name: result.shape for name, result in results.items()} == {
        "sum": (5, 3),
        "double": (5, 3),
        "c": (5, 3),
    }
    assert results["c"][4].tolist() == [1, -2, 3]
    results["c"][0] = 9  # a result belongs to the caller
    assert evaluate_codes(graph, codes(graph, 1))["c"].tolist() == [[1, -2, 3]]


def test_inner_values():
    graph = zoo()[MLP]
    kept = evaluate_codes(graph, codes(graph, 3), keep=["act1", "fc1", "input", "act1"])
    assert list(kept) == ["act1", "fc1", "input"]
    with pytest.raises(EdgemlError, match="there is no value 'act9'"):
        evaluate_codes(graph, codes(graph, 3), keep=["act9"])


TWO = "several_inputs_outputs"


class TestInputs:
    def test_forms_of_one_input(self):
        graph = zoo()[MLP]
        x = np.linspace(0, 1, 32, dtype=np.float32).reshape(2, 16)
        expected = evaluate(graph, x)
        for form in (x.tolist(), [x], (x,), {"input": x}, x.astype(np.float64)):
            np.testing.assert_array_equal(evaluate(graph, form), expected)
        np.testing.assert_array_equal(evaluate(graph, x[:1].tolist()), expected[:1])

    def test_one_sample_of_rank_two_is_no_list_of_inputs(self):
        graph = zoo()["matmul_rank_3"]
        x = np.ones((1, 3, 4))
        np.testing.assert_array_equal(evaluate(graph, x.tolist()), evaluate(graph, x))
        np.testing.assert_array_equal(evaluate(graph, [x.tolist()]), evaluate(graph, x))

    def test_forms_of_two_inputs(self):
        graph = zoo()[TWO]
        a, b = np.full((2, 4), -1.5), np.full((2, 4), 2.25)
        expected = evaluate(graph, {"a": a, "b": b})
        assert list(expected) == ["sum", "high", "low"]
        for form in ([a, b], (a, b), {"b": b, "a": a}, np.stack([a, b])):
            found: Any = evaluate(graph, form)
            for name, value in found.items():
                np.testing.assert_array_equal(value, expected[name])

    @pytest.mark.parametrize(
        ("name", "x", "message"),
        [
            (MLP, np.zeros((2, 15)), r"input input: data of shape \(2, 15\) given, \(samples, 16\) expected"),
            (MLP, np.zeros(16), "data of shape"),
            (MLP, np.zeros((1, 16, 1)), "data of shape"),
            (MLP, 3.0, "data of shape"),
            (MLP, [[1.0], [1.0, 2.0]], "rows of different lengths"),
            (MLP, [[[1.0], [1.0, 2.0]]], "rows of different lengths"),
            (MLP, [["1"] * 16], "numbers expected"),
            (MLP, [[None] * 16], "numbers expected"),
            (MLP, np.full((1, 16), 1j), "numbers expected"),
            (MLP, np.full((1, 16), np.nan), "input input: 16 of 16 values are NaN or infinite"),
            (MLP, np.full((1, 16), -np.inf), "NaN or infinite"),
            (MLP, np.full((1, 16), 1e300), "NaN or infinite"),
            (MLP, {"x": np.zeros((1, 16))}, "inputs x given, input expected"),
            (MLP, {}, "inputs  given, input expected"),
            (TWO, [np.zeros((1, 4))], "1 inputs given, 2 expected: a, b"),
            (TWO, 3.0, "1 inputs given, 2 expected"),
            (TWO, {"a": np.zeros((1, 4))}, "inputs a given, a, b expected"),
            (TWO, [np.zeros((1, 4)), np.zeros((2, 4))], r"different numbers of samples: \[1, 2\]"),
            (TWO, [np.zeros((1, 4)), np.zeros((1, 5))], "input b: data of shape"),
        ],
    )
    def test_refused(self, name, x, message):
        with pytest.raises(EdgemlError, match=message):
            evaluate(zoo()[name], x)

    @pytest.mark.parametrize(
        ("inputs", "message"),
        [
            ({}, "input: no codes given"),
            ({"input": np.zeros((1, 15), int)}, "codes of shape"),
            ({"input": np.zeros(16, int)}, "codes of shape"),
            ({"input": np.full((1, 16), 256)}, "codes from 256 to 256 do not fit ufixed<8,0>"),
            ({"input": np.full((1, 16), -1)}, "do not fit"),
            ({"input": np.full((1, 16), 0.5)}, "input: whole numbers"),
            ({"input": np.full((1, 16), 2**64 - 1, np.uint64)}, "whole numbers within 64 bits"),
        ],
    )
    def test_refused_codes(self, inputs, message):
        with pytest.raises(EdgemlError, match=message):
            evaluate_codes(zoo()[MLP], inputs)

    def test_narrow_and_unsigned_codes_are_taken_as_they_are(self):
        graph = zoo()[MLP]
        inputs = codes(graph, 6)["input"]
        narrow: dict[str, Any] = {"input": inputs.astype(np.uint8)}
        np.testing.assert_array_equal(
            evaluate_codes(graph, narrow)["fc3"],
            evaluate_codes(graph, {"input": inputs})["fc3"],
        )

    def test_no_samples(self):
        graph = zoo()[MLP]
        assert evaluate(graph, np.zeros((0, 16))).shape == (0, 5)

    def test_floats_become_float32_first(self):
        """As Keras takes them: 0.1 in float64 and in float32 differ far below, and only float32 counts."""
        build = Builder("fine")
        graph = build.graph(build.input((1,), FixedType(True, 60, 58), "x"))
        assert input_codes(graph, [[0.1]])["x"].tolist() == [[int(float(np.float32(0.1)) * 2**58)]]

    def test_rounding_and_overflow_of_the_input(self):
        for rounding in Round:
            for overflow in Overflow:
                build = Builder("g")
                x = build.add(Input((4,), FixedType(True, 3, 1), rounding, overflow), name="x")
                graph = build.graph(build.add(Relu(), x))
                floats = np.array([[0.25, -0.75, 9.0, -2.0]])
                expected = quantize(floats, FixedType(True, 3, 1), rounding, overflow)
                np.testing.assert_array_equal(input_codes(graph, floats)["x"], expected)

    def test_an_input_is_never_computed(self):
        op = Input((3,), FixedType(True, 4, 0))
        with pytest.raises(EdgemlError, match="an input without a value"):
            op.evaluate([], [], op.infer())
