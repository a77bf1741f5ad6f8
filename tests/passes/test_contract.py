"""The contract of passes, over the folder: same integers, kept promises, nothing left for a second time."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, is_dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeml import passes
from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, Overflow, Round
from edgeml.ir import Builder, Graph, Node, evaluate_codes
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.relu import Relu
from edgeml.ir.ops.scale import Scale
from edgeml.passes import Pass
from edgeml.passes.postpone_casts import PostponeCasts
from tests.strategies import graph_codes, graphs
from tests.zoo import codes, zoo

QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large)
ALL = pytest.mark.parametrize("name", passes.names())


def same_integers(before: Graph, after: Graph, inputs) -> None:
    expected, got = evaluate_codes(before, inputs), evaluate_codes(after, inputs)
    assert list(expected) == list(got)
    for output, values in expected.items():
        np.testing.assert_array_equal(got[output], values, err_msg=f"{output}\n{before}\n{after}")


@ALL
def test_the_class_is_a_frozen_dataclass_of_the_files_name(name):
    kind = passes.load(name)
    assert issubclass(kind, Pass) and is_dataclass(kind)
    instance: Any = kind()
    with pytest.raises(FrozenInstanceError):
        instance.anything = 1
    assert kind.__module__ == f"edgeml.passes.{name}"


@ALL
def test_the_zoo_keeps_its_integers(name):
    for graph in zoo().values():
        after = passes.load(name)().apply(graph)
        assert not passes.load(name)().ensures(after)
        assert passes.load(name)().apply(after) is after
        same_integers(graph, after, codes(graph, 8))


@settings(max_examples=100, suppress_health_check=QUIET)
@given(graph=graphs(), data=st.data())
def test_random_graphs_keep_their_integers(graph, data):
    """By every pass: to draw a graph takes longer than to try them all on it."""
    inputs = data.draw(graph_codes(graph))
    for name in passes.names():
        after = passes.load(name)().apply(graph)
        assert not passes.load(name)().ensures(after), name
        same_integers(graph, after, inputs)


@settings(max_examples=60, suppress_health_check=QUIET)
@given(graph=graphs(), data=st.data())
def test_prepared_graphs_keep_their_integers_and_need_no_second_preparation(graph, data):
    after = passes.prepare(graph)
    assert passes.prepare(after) is after
    same_integers(graph, after, data.draw(graph_codes(graph)))


def test_preparation_is_made_of_passes_of_the_folder():
    assert set(passes.PREPARATION) <= set(passes.names())


def test_an_unknown_pass_is_named():
    with pytest.raises(EdgemlError, match="fold_constant"):
        passes.load("fold_constant")


def computed_constant() -> Graph:
    build = Builder("computed")
    x = build.input((3,), FixedType(True, 6, 2), "x")
    a = build.const([1, 2, 3], FixedType(True, 4, 2), "a")
    b = build.add(Add(), a, build.add(Scale(1), a, name="twice"), name="b")
    build.add(Relu(), x, name="unread")
    return build.graph(build.add(Add(), x, b, name="y"))


def test_a_value_of_constants_becomes_a_constant():
    graph = passes.load("fold_constants")().apply(computed_constant())
    op = graph.node("b").op
    assert isinstance(op, Const)
    assert op.codes.tolist() == [3, 6, 9]
    assert {node.name for node in passes.prepare(graph).nodes} == {"x", "b", "y"}


@dataclass(frozen=True)
class Broken(Pass):
    """Does what it is told, right or wrong."""

    result: Graph
    before: str = ""
    after: str = ""

    def requires(self, graph: Graph) -> str:
        return self.before

    def rewrite(self, graph: Graph) -> Graph:
        return self.result

    def ensures(self, graph: Graph) -> str:
        return self.after


def plain(frac: int = 2, shape: tuple[int, ...] = (3,), output: str = "y", name: str = "plain") -> Graph:
    build = Builder(name)
    x = build.input(shape, FixedType(True, 6, frac), "x")
    return build.graph(build.add(Relu(), x, name=output))


def scaled() -> Graph:
    return Graph("plain", [plain().nodes[0], Node("y", Scale(1), ("x",))], ["y"])


def with_sign() -> Graph:
    type_ = FixedType(True, 6, 2)
    return Graph("plain", [plain().nodes[0], Node("y", Cast(type_, Round.TRN, Overflow.SAT), ("x",))], ["y"])


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (plain(3), "the input x is another one"),
        (plain(shape=(4,)), "the input x is another one"),
        (plain(output="z"), "other inputs or outputs"),
        (plain(name="other"), "another name"),
        (scaled(), "the output y has another LSB"),
        (with_sign(), "the output y has got a sign"),
        (
            Graph(
                "plain",
                [
                    plain().nodes[0],
                    Node("c", Const(np.zeros((2, 3), np.int64), FixedType(True, 2, 2))),
                    Node("y", Add(), ("x", "c")),
                ],
                ["y"],
            ),
            r"the output y has the shape \(2, 3\), it had \(3,\)",
        ),
    ],
)  # fmt: skip
def test_a_pass_that_changes_the_interface_is_stopped(result, message):
    with pytest.raises(EdgemlError, match=f"the pass Broken went wrong: .*{message}"):
        Broken(result).apply(plain())


def test_conditions_before_and_after_are_checked():
    with pytest.raises(EdgemlError, match="the pass Broken cannot start: node y is composite"):
        Broken(plain(), before="node y is composite").apply(plain())
    with pytest.raises(EdgemlError, match="the pass Broken went wrong: y is unread"):
        Broken(plain(), after="y is unread").apply(plain())


def test_a_pass_without_conditions_cannot_be_made():
    with pytest.raises(TypeError, match="ensures"):
        type("Hasty", (Pass,), {"rewrite": lambda self, graph: graph, "requires": lambda self, graph: ""})()


def test_a_cast_stays_before_pooling_that_ends_in_another_sign():
    build = Builder("pooled")
    x = build.input((2, 1, 1), FixedType(False, 1, 0), "x")
    cast = build.add(Cast(FixedType(True, 3, 0), Round.TRN, Overflow.SAT), x)
    graph = build.graph(build.add(MaxPool((2, 1), (1, 1), ((0, 0), (0, 0))), cast, name="y"))
    assert graph.info("y").type.signed is False
    after = PostponeCasts().apply(graph)
    same_integers(graph, after, {"x": np.asarray([[[[0]], [[1]]], [[[0]], [[0]]]])})
    assert after.info("y").type == graph.info("y").type
