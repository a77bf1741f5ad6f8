"""Coverage of vectors, against errors that are really made, one by one."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.checks import golden as vectors
from edgeml.checks.affine import affine_values
from edgeml.checks.artefacts import check_graph
from edgeml.checks.coverage import coverage, sums, unseen_weights
from edgeml.checks.result import Check, Result
from edgeml.ir import Graph, Node, evaluate_codes
from edgeml.ir.ops.const import Const
from tests.zoo import zoo

NETWORKS = ["mlp", "cnn_2d", "residual"]


def drawn(graph: Graph, count: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    return {
        name: rng.integers(
            graph.info(name).lo, graph.info(name).hi, (count, *graph.info(name).shape), endpoint=True
        )
        for name in graph.inputs
    }


def with_error(graph: Graph, weight: str, at: int) -> Graph:
    """The graph with one weight changed by one code."""
    op = graph.node(weight).op
    assert isinstance(op, Const)
    codes = op.codes.copy().reshape(-1)
    top = np.broadcast_to(np.asarray(op.type.hi), op.codes.shape).reshape(-1)
    codes[at] += 1 if codes[at] < top[at] else -1
    changed = Node(weight, Const(codes.reshape(op.codes.shape), op.type))
    return Graph(
        graph.name, [changed if node.name == weight else node for node in graph.nodes], graph.outputs
    )


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("count", [1, 3, 40])
def test_a_weight_is_shown_if_and_only_if_an_output_differs(name: str, count: int):
    graph = zoo()[name]
    codes = drawn(graph, count)
    right = evaluate_codes(graph, codes)
    rng = np.random.default_rng(9)
    for node in sums(graph):
        size = graph.info(node.inputs[1]).size
        chosen = np.sort(rng.choice(size, min(size, 25), replace=False))
        first, _ = unseen_weights(graph, codes, node, chosen)
        for at, vector in zip(chosen, first, strict=True):
            wrong = evaluate_codes(with_error(graph, node.inputs[1], int(at)), codes)
            apart = [(wrong[out] != right[out]).reshape(count, -1).any(1) for out in graph.outputs]
            differ = np.logical_or.reduce(apart)
            assert differ.any() == (vector >= 0), (node.name, at)
            assert vector < 0 or differ[vector]


def test_silent_inputs_and_unmet_casts_are_counted():
    graph = zoo()["mlp"]
    name = graph.inputs[0]
    still = {name: np.repeat(drawn(graph, 1)[name], 5, 0)}
    found = coverage(graph, still)
    assert found.silent == found.inputs == graph.info(name).size
    assert 0 < found.casts.unreached <= found.casts.ends and found.casts.first
    assert found.casts.unmet >= found.casts.ties - graph.info(found.casts.first[0]).size * 2
    assert len(found.lines) == 4


def test_executors_that_ran_fewer_vectors_are_named_beside_the_coverage():
    graph = zoo()["mlp"]
    of = coverage(graph, drawn(graph, 40)).model_copy(update={"samples": 30})
    all_of_them = Result(backend="onnxruntime", status="exact", samples=30, synthetic=10)
    rows = (
        all_of_them,
        all_of_them.model_copy(update={"backend": "qonnx", "samples": 3}),
        all_of_them.model_copy(update={"backend": "verilog", "synthetic": 2}),
        Result(backend="hls4ml", status="not-run", reason="not there"),
    )
    check = Check(model="mlp", samples=30, synthetic=10, results=rows, coverage=of)
    line = "these counts are of 30 samples and 10 synthetic vectors; fewer ran on qonnx, verilog"
    assert check.coverage_lines == (*of.lines, line)
    assert check.model_copy(update={"results": rows[:1]}).coverage_lines == of.lines
    assert check.model_copy(update={"coverage": None}).coverage_lines == ()


def test_work_that_is_used_up_leaves_weights_untried():
    graph = zoo()["mlp"]
    node = next(sums(graph))
    first, done = unseen_weights(graph, drawn(graph, 30), node, np.arange(20), work=0.0)
    assert done > 0 and np.count_nonzero(first == -2)


def test_a_check_says_what_its_vectors_show_and_synthetic_ones_show_more():
    graph = zoo()["mlp"]
    shape = graph.info(graph.inputs[0]).shape
    check = check_graph(graph, np.full((3, *shape), 0.25), ["evaluate"])
    assert check.coverage is not None
    alone = coverage(graph, vectors.make(graph, np.full((3, *shape), 0.25), synthetic=False).inputs)
    assert check.coverage.silent == 0 < alone.silent
    lost, left = (sum(row.unseen for row in found.weights) for found in (alone, check.coverage))
    assert left < lost


def test_the_first_sums_are_affine_in_the_inputs_and_fixed_by_zero_and_unit_vectors():
    graph = zoo()["mlp"]
    straight = affine_values(graph)
    first, *others = [node.name for node in sums(graph)]
    assert first in straight and not straight.intersection(others)
    name = graph.inputs[0]
    size = graph.info(name).size
    units = np.concatenate([np.zeros((1, size), np.int64), np.eye(size, dtype=np.int64)]).reshape(
        -1, *graph.info(name).shape
    )
    told = evaluate_codes(graph, {name: units}, [first])[first]
    given = drawn(graph, 50)
    rest = given[name].reshape(50, size) @ (told[1:] - told[0])
    np.testing.assert_array_equal(evaluate_codes(graph, given, [first])[first], told[0] + rest)
