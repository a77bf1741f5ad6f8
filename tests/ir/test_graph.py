"""Graph, Node, Builder and ValueInfo: what verifies, what is refused, names, equality, digest."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, FixedTypeArray, IntArray
from edgeml.ir import Builder, Graph, Node
from edgeml.ir.attributes import conform, decode, encode, split
from edgeml.ir.graph import NAME, valid_name
from edgeml.ir.info import ValueInfo, guard
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.relu import Relu
from tests.strategies import graph_codes, graphs
from tests.zoo import conv, dense, fixed, ufixed, zoo

T = FixedType(True, 8, 4)
X = Node("x", Input((3,), T))


@pytest.mark.parametrize(
    ("nodes", "outputs", "message"),
    [
        ([X, X], ["x"], r"x \(input\): is defined twice"),
        ([X, Node("y", Relu(), ("z",))], ["y"], "reads 'z', which is not defined before it"),
        ([X, Node("y", Relu(), ("y",))], ["y"], "reads 'y', which is not defined before it"),
        ([Node("y", Relu(), ("x",)), X], ["y"], "reads 'x', which is not defined before it"),
        ([X], ["y"], "output 'y' is not defined"),
        ([X], [], "at least one output"),
        ([X], ["x", "x"], "an output is given twice"),
        ([Node("c", Const(np.array([1]), T))], ["c"], "at least one input"),
        ([X, Node("y", Relu(), ())], ["y"], "takes 1 inputs, got 0"),
        ([X, Node("y", Relu(), ("x", "x"))], ["y"], "takes 1 inputs, got 2"),
        ([X, Node("y", MatMul(), ("x", "x"))], ["y"], "input 2 must be a constant"),
        ([X, Node("a b", Relu(), ("x",))], ["a b"], "is not a name"),
        ([X, Node("%y", Relu(), ("x",))], ["%y"], "is not a name"),
        ([X, Node("y\n", Relu(), ("x",))], ["y\n"], "is not a name"),
        ([X, Node("", Relu(), ("x",))], [""], "is not a name"),
    ],
)
def test_graphs_that_do_not_verify(nodes, outputs, message):
    with pytest.raises(EdgemlError, match=message):
        Graph("g", nodes, outputs)


@pytest.mark.parametrize("name", ["", "a b", "a\nb", "é", "1a", "a}", "a-b"])
def test_graph_names(name):
    with pytest.raises(EdgemlError, match="is not a name for a graph"):
        Graph(name, [X], ["x"])
    build = Builder(name)
    build.append(X)
    assert NAME.fullmatch(build.graph("x").name)


@given(st.text())
def test_any_text_becomes_a_name(text):
    assert NAME.fullmatch(valid_name(text))
    build = Builder("g")
    first = build.input((1,), T, text)
    second = build.add(Relu(), first, name=text)
    third = build.add(Relu(), second, name=text)
    assert len({first, second, third}) == 3
    assert build.graph(third).outputs == (third,)


def test_values_beyond_63_bits_are_refused_where_they_arise():
    build = Builder("wide")
    x = build.input((4,), FixedType(True, 40, 0), "x")
    w = build.const(np.full((4, 1), 2**21), FixedType(True, 30, 0), "w")
    with pytest.raises(EdgemlError, match=r"y \(mat_mul\): the sum of products needs about 64 bits"):
        build.add(MatMul(), x, w, name="y")
    w = build.const(np.full((4, 1), 2**19), FixedType(True, 30, 0), "w2")
    assert build.info(build.add(MatMul(), x, w)).scalar.width == 61


def test_guard_covers_partial_sums():
    """Bounds cancel in the end, but not in every order of the sum."""
    build = Builder("cancel")
    x = build.input((2,), FixedType(False, 40, 0), "x")
    w = build.const([[2**23], [-(2**23)]], FixedType(True, 25, 0), "w")
    with pytest.raises(EdgemlError, match="needs about"):
        build.add(MatMul(), x, w)
    guard(np.array([2.0**62 - 1024]), "fine")
    with pytest.raises(EdgemlError, match="it needs about 64 bits"):
        guard(np.array([1.0, 2.0**62]), "it")


def test_equality_and_hash():
    zoo_graphs = list(zoo().values())
    assert len(set(zoo_graphs)) == len(zoo_graphs)
    one, two = (Graph("g", [X, Node("y", Relu(), ("x",))], ["y"]) for _ in range(2))
    assert one == two
    assert hash(one) == hash(two)
    assert one.digest == two.digest
    assert one != Graph("h", one.nodes, one.outputs)
    assert one != Graph("g", one.nodes, ["x"])
    assert one != Graph("g", [X, Node("y", Relu(), ("x",)), Node("z", Relu(), ("y",))], ["y"])
    assert one != "g"
    assert Relu() != Add()


def test_ops_differ_by_each_attribute():
    base = Conv((1,), ((0, 0),), (1,), 1)
    for other in (
        Conv((2,), ((0, 0),), (1,), 1),
        Conv((1,), ((0, 1),), (1,), 1),
        Conv((1,), ((0, 0),), (2,), 1),
        Conv((1,), ((0, 0),), (1,), 2),
    ):
        assert base != other
    assert Const(np.array([1, 2]), T) != Const(np.array([1, 3]), T)
    assert Const(np.array([1, 2]), T) != Const(np.array([[1, 2]]), T)
    assert Const(np.array([1, 2]), T) != Const(np.array([1, 2]), FixedType(True, 8, 3))


def test_attributes_of_numpy_and_lists_are_made_plain():
    op = Conv([np.int64(1)], [[np.int32(0), 1]], np.array([1]).tolist(), np.int8(1))  # pyright: ignore[reportArgumentType]
    assert op == Conv((1,), ((0, 1),), (1,), 1)
    assert hash(op) == hash(Conv((1,), ((0, 1),), (1,), 1))
    assert type(op.strides[0]) is int
    with pytest.raises(FrozenInstanceError):
        op.groups = 2  # pyright: ignore[reportAttributeAccessIssue]


def test_digest_sees_every_bit():
    """Also beyond the eight hex digits that the text shows of each array."""
    digests = set()
    for code in range(-8, 8):
        build = Builder("g")
        x = build.input((1,), T)
        digests.add(build.graph(build.add(Add(), x, build.const([code], FixedType(True, 4, 0)))).digest)
    assert len(digests) == 16


def test_users_and_nodes():
    graph = zoo()["shared_weights"]
    assert [node.name for node in graph.users["shared.weight"]] == ["fc1", "fc2"]
    assert graph.users["fc2"] == ()
    assert [node.name for node in zoo()["square"].users["input"]] == ["square"]
    assert graph.node("fc1").layer == "fc1"
    assert graph.node("shared.weight").layer == "shared"
    assert graph.constant("shared.weight").shape == (3, 3)
    with pytest.raises(EdgemlError, match="fc1: is not a constant"):
        graph.constant("fc1")


def test_bounds_cannot_be_overwritten():
    graph = zoo()["mlp"]
    for node in graph.nodes:
        info = graph.info(node.name)
        for end in (info.lo, info.hi):
            with pytest.raises(ValueError, match="read-only"):
                end[...] = 0
    with pytest.raises(TypeError):
        graph.infos["fc1"] = graph.infos["fc2"]  # pyright: ignore[reportIndexIssue]


def test_value_info():
    info = ValueInfo.full((2, 3), FixedTypeArray(True, [4, 6, 8], [0, 5, 2]))
    assert info.size == 6
    assert info.frac == 5
    assert info.scalar == FixedType(True, 11, 5)
    assert info.magnitude == 128
    assert not info.is_constant
    assert str(info) == "2x3 fixed<4..8,1..6>"
    lo, hi = info.aligned(5)
    assert lo[0].tolist() == [-8 * 32, -32, -128 * 8]
    assert hi[1].tolist() == [7 * 32, 31, 127 * 8]
    assert ValueInfo.exact(np.array([3]), np.array([3]), 0).is_constant
    assert str(ValueInfo.full((), T)) == "scalar fixed<8,4>"


@given(st.data())
def test_random_graphs_verify_again(data):
    graph = data.draw(graphs())
    again = Graph(graph.name, graph.nodes, graph.outputs)
    for name, info in graph.infos.items():
        other = again.info(name)
        assert (info.shape, info.type) == (other.shape, other.type)
        assert np.array_equal(info.lo, other.lo)
        assert np.array_equal(info.hi, other.hi)
    assert data.draw(graph_codes(graph)).keys() == set(graph.inputs)


class TestBuilder:
    def test_first_bad_op_is_refused_and_forgotten(self):
        build = Builder("g")
        x = build.input((3,), T)
        with pytest.raises(EdgemlError, match="not defined"):
            build.add(Relu(), "nothing")
        assert [node.name for node in build.nodes] == [x]
        assert build.add(Relu(), x) == "relu"
        assert build.add(Relu(), x) == "relu_2"
        assert build.node("relu_2") is build.nodes[-1]
        assert build.node("nothing") is None

    def test_constants_must_be_whole(self):
        with pytest.raises(EdgemlError, match="whole numbers"):
            Builder("g").const([0.5], T)

    def test_given_values(self):
        build = Builder("part", values={"x": ValueInfo.full((3,), T)})
        y = build.add(Relu(), "x")
        assert build.info(y).lo.tolist() == [0, 0, 0]
        with pytest.raises(EdgemlError, match="not defined before it"):
            build.graph(y)
        with pytest.raises(EdgemlError, match="must be a constant"):
            build.add(MatMul(), "x", "x")


class TestAttributes:
    @pytest.mark.parametrize(
        "value",
        [True, False, 0, -3, 2**70, (), (1,), ((1, 2), (3, 4)), T, FixedType(False, 3, -5), np.arange(3)],
        ids=str,
    )
    def test_come_back(self, value):
        arrays = {}
        text = encode(value, "op.key", arrays)
        again = decode(text, arrays)
        assert np.array_equal(again, value) if isinstance(value, np.ndarray) else again == value
        assert type(again) is type(value)

    def test_arrays_inside_tuples(self):
        arrays = {}
        text = encode((np.array([1]), FixedTypeArray(True, [3], [1])), "op.key", arrays)
        assert text == "[@op.key.0, fixed<@op.key.1.width,@op.key.1.frac>]"
        first, second = decode(text, arrays)
        assert first.tolist() == [1]
        assert second == FixedTypeArray(True, [3], [1])

    def test_two_arrays_of_one_name(self):
        arrays = {}
        encode(np.array([1]), "a.b", arrays)
        with pytest.raises(EdgemlError, match=r"a\.b: two arrays would have this name"):
            encode(np.array([2]), "a.b", arrays)

    def test_not_an_attribute(self):
        with pytest.raises(TypeError, match="cannot be a float"):
            encode(0.5, "op.key", {})

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "[",
            "[1",
            "[1,",
            "[1 2]",
            "]",
            "1 2",
            "fixed<1",
            "fixed<70,0>",
            "fixed<@a,@b>",
            "@a",
            "RND_",
            "-",
            "?",
        ],
    )
    def test_malformed(self, text):
        with pytest.raises(EdgemlError):
            decode(text, {})

    @pytest.mark.parametrize("text", ["a", "a=", "=1", "a=1 b=2,", "a=1, a=2", "a=1,, b=2", "1a=2", ","])
    def test_malformed_lists(self, text):
        with pytest.raises(EdgemlError, match="key=value expected"):
            split(text)

    def test_lists(self):
        assert split("") == {}
        assert split("a=[1, [2, 3]], b=fixed<1,2>") == {"a": "[1, [2, 3]]", "b": "fixed<1,2>"}

    @pytest.mark.parametrize(
        ("value", "kind"),
        [
            (True, int),
            (1.0, int),
            ("1", int),
            (1, bool),
            ((1, 2, 3), tuple[int, int]),
            (3, tuple[int, ...]),
            (1, FixedType),
            (None, int | bool),
        ],
    )
    def test_other_kinds_are_refused(self, value, kind):
        with pytest.raises(EdgemlError, match="is no"):
            conform(value, kind)

    def test_an_array_is_named_by_its_shape_not_printed(self):
        with pytest.raises(EdgemlError, match=r"^an array of int64 of shape \(1000,\) is no int$"):
            conform(np.arange(1000), int)
        with pytest.raises(EdgemlError, match=r"^\[0, 1, 2, 3, 4, 5, \.\.\.\] is no FixedType$"):
            conform(list(range(1000)), FixedType)

    @pytest.mark.parametrize("kind", [IntArray, NDArray[np.int64], IntArray | None])
    def test_an_array_is_taken_by_every_python(self, kind):
        """NumPy's NDArray is a `type` alias from 2.5 on."""
        taken = conform([[1, 2], [3, 4]], kind)
        assert taken.dtype == np.int64
        assert not taken.flags.writeable

    def test_kinds(self):
        assert conform(True, bool) is True
        assert conform([(1, 2)], tuple[tuple[int, int], ...]) == ((1, 2),)
        assert conform(T, FixedType | FixedTypeArray) is T


def test_building_is_fast():
    """An MLP and a CNN of usual size, inferred by the builder and again by the graph: far below a second."""
    import time

    start = time.process_time()
    build = Builder("mnist_mlp")
    x = build.input((784,), ufixed(8, 0))
    for seed, units in enumerate((256, 64, 32, 10)):
        x = build.cast(dense(build, x, f"fc{seed}", units, fixed(6, 1), fixed(6, 1), seed), ufixed(6, 2))
    build.graph(x)
    build = Builder("mnist_cnn")
    x = build.input((28, 28, 1), ufixed(8, 0))
    for seed, filters in enumerate((8, 16)):
        x = build.cast(conv(build, x, f"conv{seed}", (3, 3), filters, seed, weight=fixed(6, 1)), ufixed(6, 2))
    build.graph(x)
    assert time.process_time() - start < 1.0
