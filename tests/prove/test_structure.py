"""The structure that ops state is true: evaluated, and a false one would be noticed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeml import backends
from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, FixedTypeArray, IntArray, Overflow, Round
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.relu import Relu
from edgeml.ir.structure import NONE, Form, Structure
from edgeml.passes import prepare
from edgeml.prove.arguments import prove_stage, steps_of
from edgeml.prove.prove import prove_folder
from edgeml.prove.result import Verdict
from edgeml.prove.segment import GraphSegment
from edgeml.prove.sharing import groups_of, shared_codes
from edgeml.scratch import scratch_folder
from edgeml.stages import ArtefactStage, Elements
from edgeml.stages.assembling import of_shape
from tests.strategies import graphs
from tests.zoo import random_codes


def holds(segment: GraphSegment, rng: np.random.Generator) -> None:
    """The structure of a segment is what random codes show of it."""
    structure = segment.structure
    lo = np.concatenate([part.reshape(-1) for part in segment.lo])
    hi = np.concatenate([part.reshape(-1) for part in segment.hi])
    codes = rng.integers(lo, hi, (6, lo.size), endpoint=True)
    result = run(segment, codes)
    if structure.affine and structure.form is not Form.CONSTANT:
        # f(a) - f(b) + f(c) is f(a - b + c) where all of them are within bounds
        swapped = codes.copy()
        at = rng.integers(lo.size)
        swapped[:, at] = codes[::-1, at]
        back = codes[::-1].copy()
        back[:, at] = codes[:, at]
        assert np.array_equal(run(segment, swapped) + run(segment, back), result + result[::-1])
    if not len(structure.places):
        return
    # Elements that a result does not depend on change nothing.
    flat = structure.places.reshape(len(structure.places), -1)
    for out in rng.choice(flat.shape[1], min(3, flat.shape[1]), replace=False):
        free = np.setdiff1d(np.arange(lo.size), flat[:, out])
        other = codes.copy()
        other[:, free] = rng.integers(lo[free], hi[free], (len(codes), free.size), endpoint=True)
        assert np.array_equal(run(segment, other)[:, out], result[:, out])
    if structure.form in (Form.MONOTONE, Form.FUNCTION):
        alike(segment, lo, hi, rng)
    if structure.form in (Form.MONOTONE, Form.MAXIMUM, Form.MINIMUM):
        above = np.maximum(codes, codes[::-1])
        assert np.all(run(segment, above) >= result)


def alike(segment: GraphSegment, lo: IntArray, hi: IntArray, rng: np.random.Generator) -> None:
    """Elements of one rule give one result for one code."""
    structure = segment.structure
    rules, places = structure.rules.reshape(-1), structure.places[0].reshape(-1)
    first, last = int(lo.min(initial=0)), int(hi.max(initial=0))
    step = max(1, (last - first) // 20)
    for code in {*range(first, last + 1, step), *rng.choice(np.concatenate([lo, hi]), 4).tolist()}:
        result = run(segment, np.clip(code, lo, hi)[np.newaxis])[0]
        there = (places != NONE) & (lo[places] <= code) & (code <= hi[places])
        for rule in np.unique(rules[there]):
            assert len(np.unique(result[there & (rules == rule)])) == 1


def run(segment: GraphSegment, codes: IntArray) -> IntArray:
    parts, first = {}, 0
    for name in segment.sources:
        info = segment.graph.info(name)
        parts[name] = codes[:, first : first + info.size].reshape(len(codes), *info.shape)
        first += info.size
    return segment.evaluate(parts).reshape(len(codes), -1)


@given(graphs(), st.integers(0, 2**32 - 1))
@settings(max_examples=25)
def test_every_value_of_random_graphs_has_the_structure_that_its_ops_state(graph: Graph, seed: int) -> None:
    core, rng = prepare(graph), np.random.default_rng(seed)
    for node in core.nodes:
        sources = [name for name in node.inputs if name not in core.constants]
        if sources and node.name not in core.inputs:
            holds(GraphSegment(core, list(dict.fromkeys(sources)), node.name), rng)
            holds(GraphSegment(core, core.inputs, node.name), rng)


@given(graphs())
@settings(max_examples=5)
def test_random_graphs_are_proven_or_the_op_is_named(graph: Graph) -> None:
    never_refuted(graph)


@pytest.mark.slow
@given(graphs())
@settings(max_examples=60)
def test_more_random_graphs_are_proven_or_the_op_is_named(graph: Graph) -> None:
    never_refuted(graph)


def never_refuted(graph: Graph) -> None:
    backend = backends.load("onnx")
    if backend.refusals(graph, backend.options({})):
        return
    with scratch_folder() as folder:
        backend.emit(graph).write(Path(folder) / "onnx")
        (proof,) = prove_folder(Path(folder), graph, ["onnx"]).results
    assert proof.verdict is Verdict.PROVEN or proof.reason
    assert proof.verdict is not Verdict.REFUTED


def test_the_steps_of_a_function_are_found_on_both_sides() -> None:
    def stairs(points: IntArray) -> IntArray:
        return np.stack([points // 100, (points >= 777).astype(np.int64)], axis=1)

    points = steps_of(stairs, 0, 1000, 10_000)
    assert points is not None
    expected = {0, 1000, 776, 777} | {n for k in range(100, 1001, 100) for n in (k - 1, k)}
    assert set(points.tolist()) == expected
    assert steps_of(stairs, 0, 1000, 10) is None


def wide() -> Graph:
    """A cast of 34 bits, of which not every code can be tried."""
    build = Builder("wide")
    x = build.input((3,), FixedType(True, 34, 20), "x")
    return build.graph(build.cast(x, FixedType(True, 6, 2), name="narrow"))


def test_codes_are_shared_among_elements_of_one_rule() -> None:
    """Every code of every bound is met, in fewer vectors than there are codes."""
    build = Builder("shared")
    x = build.input((6,), FixedType(True, 10, 4), "x")
    kinds = FixedTypeArray(True, np.array([4, 4, 4, 4, 5, 5]), np.array([2, 2, 2, 2, 3, 3]))
    segment = GraphSegment(build.graph(build.cast(x, kinds, name="y")), ["x"], "y")
    groups = groups_of(segment.structure, segment.structure, 6)
    assert sorted(map(len, groups)) == [2, 4]
    lo, hi = np.array([-9, -9, 0, 0, -5, -5]), np.array([20, 20, 40, 40, 6, 9])
    vectors = np.concatenate(list(shared_codes(groups, lo, hi, 1000)))
    assert np.all((lo <= vectors) & (vectors <= hi))
    assert len(vectors) < 30
    for members in groups:
        wanted = {code for at in members for code in range(int(lo[at]), int(hi[at]) + 1)}
        assert wanted <= set(vectors[:, members].reshape(-1).tolist())


def test_a_wide_value_is_proven_by_its_steps() -> None:
    segment = GraphSegment(wide(), ["x"], "narrow")

    def artefact(change: int) -> ArtefactStage:
        def compute(codes: Mapping[str, IntArray]) -> IntArray:
            return segment.evaluate({"x": codes["x"] + change * (codes["x"] > 0)})

        return ArtefactStage("narrow", ("x",), segment.structure, "", compute)

    right = prove_stage(artefact(0), segment)
    assert not right.missing
    assert right.difference is None
    assert right.vectors < 300
    wrong = prove_stage(artefact(1), segment)
    assert wrong.difference is not None


def test_a_wrapping_cast_is_no_monotone_function() -> None:
    build = Builder("wraps")
    x = build.input((2,), FixedType(True, 8, 4), "x")
    graph = build.graph(build.cast(x, FixedType(True, 4, 4), overflow=Overflow.WRAP, name="y"))
    assert GraphSegment(graph, ["x"], "y").structure.form is Form.FUNCTION


def test_a_false_structure_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An op that claims to be monotone and is not fails the test of random graphs."""
    build = Builder("wraps")
    x = build.input((2,), FixedType(True, 8, 4), "x")
    graph = build.graph(build.cast(x, FixedType(True, 4, 4), overflow=Overflow.WRAP, name="y"))
    honest = Cast.structure

    def boastful(self: Cast, *args: object) -> Structure:
        stated = honest(self, *args)  # type: ignore[arg-type]
        return Structure(Form.MONOTONE, stated.shape, stated.places, stated.rules)

    monkeypatch.setattr(Cast, "structure", boastful)
    with pytest.raises(AssertionError):
        holds(GraphSegment(graph, ["x"], "y"), np.random.default_rng(0))


def test_windows_name_their_elements_and_padding_none() -> None:
    build = Builder("pool")
    x = build.input((2, 2, 1), FixedType(False, 4, 0), "x")
    y = build.add(MaxPool((2, 2), (1, 1), ((1, 0), (0, 0))), build.add(Relu(), x), name="y")
    structure = GraphSegment(build.graph(y), ["x"], "y").structure
    assert structure.form is Form.MAXIMUM
    assert structure.uniform
    assert structure.places[:, 0, 0, 0].tolist() == [NONE, NONE, 0, 1]
    assert sorted(structure.places[:, 1, 0, 0].tolist()) == [0, 1, 2, 3]


def test_codes_of_a_strategy_are_within_the_type() -> None:
    kind = FixedType(True, 5, 2)
    drawn = random_codes((4,), kind, 0)
    assert drawn.min() >= kind.lo
    assert drawn.max() <= kind.hi


@pytest.mark.parametrize(
    ("elements", "factors", "drop"),
    [
        (Elements(np.array([1, 1]), np.array([0, 0]), np.zeros(2, bool)), [[8, 0], [0, 0]], 0),
        (Elements(np.array([4, 1]), np.array([0, 1]), np.zeros(2, bool)), [[12, 4], [5, -1]], 2),
        (Elements(np.array([1, 1]), np.array([0, 1]), np.array([False, True])), [[3, 99], [5, 7]], 0),
    ],
    ids=["always equal", "multiples of four", "not there"],
)
def test_facts_about_elements_are_used_and_needed(
    elements: Elements, factors: list[list[int]], drop: int
) -> None:
    """An artefact that is equal only where the facts hold, and only where its elements are there."""
    build = Builder("facts")
    x = build.input((2,), FixedType(True, 5, 0), "x")
    weights = build.const(np.array([[3, 1], [5, -1]]), FixedType(True, 4, 0), "w")
    graph = build.graph(build.add(MatMul(), x, weights, name="y"))

    def run(codes: Mapping[str, IntArray]) -> IntArray:
        if drop:  # the first wire lacks the lowest bits of its element
            return np.stack([codes["x"][:, 0] >> drop, codes["x"][:, 1]], axis=1) @ np.array(factors)
        return codes["x"] @ np.array(factors)

    def proof(known: Elements | None) -> bool:
        segment = GraphSegment(graph, ["x"], "y", known)
        stage = ArtefactStage("y", ("x",), segment.structure, "", run, known)
        return prove_stage(stage, segment).difference is None

    assert proof(elements)
    assert not proof(None)


def test_a_part_with_another_number_of_elements_is_an_error() -> None:
    assert of_shape(np.zeros((5, 12), np.int64), (3, 4), "act").shape == (5, 3, 4)
    assert of_shape(np.zeros((0, 12), np.int64), (3, 4), "act").shape == (0, 3, 4)
    for results in (np.zeros((6, 8), np.int64), np.zeros((5, 24), np.int64)):  # six of 8 are three of 16
        with pytest.raises(EdgemlError, match="act: has (8|24) elements in the artefact, 12 in the graph"):
            of_shape(results, (3, 4), "act")


def test_a_product_with_a_value_of_one_code_has_vectors() -> None:
    """Both factors are sources; one of them never changes, and has no place."""
    build = Builder("product")
    x = build.input((2,), FixedType(True, 4, 3), "x")
    raised = build.add(Add(), x, build.const(np.array([40, 40]), FixedType(False, 6, 3), "b"))
    always = build.cast(raised, FixedType(False, 2, 0), Round.TRN, Overflow.SAT, name="always")
    core = build.graph(build.add(Mul(), x, always, name="y"))
    assert core.info("always").is_constant
    segment = GraphSegment(core, ["x", "always"], "y")
    stage = ArtefactStage("y", ("x", "always"), segment.structure, "", segment.evaluate)
    proof = prove_stage(stage, segment)
    assert (proof.missing, proof.difference) == ("", None)
