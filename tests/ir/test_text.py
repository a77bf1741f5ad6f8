"""The canonical text: what it looks like, and that nothing malformed is read."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType
from edgeml.ir import Builder
from edgeml.ir.ops.add import Add
from edgeml.ir.parse import parse
from edgeml.ir.text import arrays_of, to_text
from tests.strategies import graphs
from tests.zoo import zoo

HEAD = "graph g\n"
X = "%x = input() {shape=[3], type=fixed<8,4>, rounding=RND_CONV, overflow=SAT} : 3 fixed<8,4>\n"
END = "return %x"


def test_the_text_of_a_graph():
    build = Builder("small")
    x = build.input((2,), FixedType(False, 4, 0), "x")
    y = build.add(Add(), x, build.const([1, -1], FixedType(True, 2, 0), "c"), name="y")
    assert str(build.graph(y)) == (
        "graph small\n"
        "%x = input() {shape=[2], type=ufixed<4,4>, rounding=RND_CONV, overflow=SAT} : 2 ufixed<4,4>\n"
        "%c = const() {codes=@c.codes#138653ee, type=fixed<2,2>} : 2 fixed<2,2>\n"
        "%y = add(%x, %c) : 2 fixed<6,6> in [-1, 16]\n"
        "return %y"
    )


@pytest.mark.parametrize("name", zoo())
def test_comes_back(name):
    graph = zoo()[name]
    text = to_text(graph)
    assert parse(text, arrays_of(graph)) == graph
    assert parse(text + "\n", arrays_of(graph)) == graph


@given(st.data())
def test_random_graphs_come_back(data):
    graph = data.draw(graphs())
    assert parse(str(graph), arrays_of(graph)) == graph


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "starts with 'graph NAME'"),
        ("graph g", "starts with 'graph NAME'"),
        (HEAD + X, "starts with 'graph NAME'"),
        (X + END, "starts with 'graph NAME'"),
        ("graph a b\n" + X + END, "is not a name for a graph"),
        (HEAD + X + "return x", "names start with %"),
        (HEAD + X + "return %x, ", "output 'x,' is not defined"),
        (HEAD + X + "return %y", "output 'y' is not defined"),
        (HEAD + X + "nonsense\n" + END, "line 3: cannot read 'nonsense'"),
        (HEAD + X + "%y = rely(%x) : 3\n" + END, "line 3: unknown op 'rely' .did you mean relu"),
        (HEAD + X + "%y = relu(x) : 3\n" + END, "line 3: names start with %"),
        (
            HEAD + X + "%y = relu(%x) {axis=0} : 3\n" + END,
            "line 3: relu: has not exactly the attributes axis",
        ),
        (
            HEAD + X + "%y = concat(%x) {} : 3\n" + END,
            "line 3: concat: has not exactly the attributes .none.",
        ),
        (
            HEAD + X + "%y = concat(%x) {axis=fixed<4,2>} : 3\n" + END,
            r"line 3: concat.axis: fixed<4,2> is no",
        ),
        (HEAD + X + "%y = concat(%x) {axis=0, axis=0} : 3\n" + END, "line 3: .*every key once"),
        (HEAD + X + "%y = concat(%x) {axis=0 0} : 3\n" + END, "line 3: cannot read '0'"),
        (HEAD + X + "%y = concat(%x) {axis=7} : 3\n" + END, "axis 7 for shape"),
        (HEAD + X + "%y = reshape(%x) {shape=" + "[" * 10**5 + "} : 3\n" + END, "line 3: .*"),
        (HEAD + X.replace(", overflow", " overflow") + END, "line 2: cannot read"),
        (HEAD + X.replace("SAT", "SATURATE") + END, "line 2: cannot read the attribute 'SATURATE'"),
        (HEAD + X.replace("<8,4>", "<80,4>") + END, "line 2: fixed-point type: a width of 80 bits"),
        (HEAD + X.replace("[3]", "[3") + END, "line 2"),
        (
            HEAD + X + "%c = const() {codes=@c.codes#00000000, type=fixed<4,2>} : 3\n" + END,
            "'c.codes' is missing",
        ),
    ],
)
def test_malformed(text, message):
    with pytest.raises(EdgemlError, match=message):
        parse(text, {})


@pytest.mark.parametrize("name", ["conv_1d_all", "cast_per_element", "several_inputs_outputs", "moves"])
def test_one_character_away(name):
    """A text with a character removed either fails with one error or says the same of every op."""
    graph = zoo()[name]
    text, arrays = str(graph), arrays_of(graph)
    for position in range(len(text)):
        line = text[: text.find("\n", position)].rsplit("\n", 1)[-1]
        start = text.rfind("\n", 0, position) + 1
        colon = line.find(" : ")
        if 0 <= colon <= position - start:
            continue  # what stands behind the colon is only there to be read
        try:
            other = parse(text[:position] + text[position + 1 :], arrays)
        except EdgemlError:
            continue
        assert other != graph or text[position] in " #0123456789abcdef", text[
            max(0, position - 20) : position + 20
        ]


def test_arrays_are_those_of_the_text():
    graph = zoo()["mlp"]
    arrays = arrays_of(graph)
    arrays["fc2.weight.codes"] = arrays["fc2.weight.codes"] + 1
    with pytest.raises(EdgemlError, match=r"'fc2\.weight\.codes' is not the one the text was written for"):
        parse(str(graph), arrays)


def test_other_weights_other_text():
    one, two = (_constant(np.array([code])) for code in (1, 2))
    assert str(one) != str(two)
    assert re.sub("#[0-9a-f]{8}", "", str(one)).replace("[-7, 8]", "[-6, 9]") == re.sub(
        "#[0-9a-f]{8}", "", str(two)
    )


def _constant(codes):
    build = Builder("g")
    x = build.input((1,), FixedType(True, 4, 0))
    return build.graph(build.add(Add(), x, build.const(codes, FixedType(True, 4, 0))))
