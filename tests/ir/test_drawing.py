"""The picture of a graph, and its other forms: summary, pickle, copies."""

from __future__ import annotations

import copy
import pickle
import re
import time
from xml.etree import ElementTree

import numpy as np
import pytest

from edgeml.fixed import FixedType, FixedTypeArray
from edgeml.ir import Builder, Graph, Node, Note
from edgeml.ir.drawing import MOST_LAYERS, to_html, to_svg
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.relu import Relu
from tests import zoo

WIDE = FixedType(True, 6, 2)


def residual() -> Graph:
    build = Builder("residual")
    x = build.input((4,), WIDE, "x")
    weight = build.const(np.eye(4, dtype=np.int64), FixedType(False, 1, 0), "fc.weight")
    first = build.add(MatMul(), x, weight, name="fc.matmul")
    second = build.add(Relu(), first, name="relu.relu")
    return build.graph(build.add(Add(), second, x, name="sum"))


def deep(layers: int) -> Graph:
    build = Builder("deep")
    value = build.input((2,), WIDE, "x")
    for n in range(layers):
        value = build.add(Relu(), value, name=f"layer{n}.relu")
    return build.graph(value)


def texts(graph: Graph) -> list[str]:
    root = ElementTree.fromstring(to_svg(graph))
    return [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]


def test_boxes_say_name_ops_shape_type_and_constants():
    assert {"x", "fc", "relu", "sum", "mat_mul", "4 ap_fixed<6,4>", "16 constants"} <= set(texts(residual()))


def test_the_skip_connection_is_drawn_in_a_lane():
    svg = to_svg(residual())
    assert len(re.findall("<path d=[^>]*marker-end", svg)) == 4
    assert len(re.findall('<path d=.M[^C"]*H[^"]*V', svg)) == 1


@pytest.mark.parametrize("name", sorted(zoo.zoo()))
def test_every_graph_of_the_zoo(name):
    ElementTree.fromstring(to_svg(zoo.zoo()[name]))


def test_large_graphs_are_folded_and_fast():
    graph = deep(3000)
    begin = time.perf_counter()
    drawn = texts(graph)
    assert time.perf_counter() - begin < 2
    assert drawn.count("relu") == MOST_LAYERS
    assert f"{3001 - MOST_LAYERS} layers" in drawn


def test_html_has_the_notes_escaped():
    graph = residual()
    noted = Graph(graph.name, graph.nodes, graph.outputs, [Note("fc", "a <b> & c", exact=False)])
    assert "note: fc: a &lt;b&gt; &amp; c (not exact)" in to_html(noted)
    assert noted == graph
    assert noted.digest == graph.digest


def test_the_picture_refers_to_nothing_outside():
    assert not re.search(r"href|url\((?!#)|<script|@import|<image", to_svg(residual()))


class TestSummary:
    def test_lines(self):
        assert repr(residual()) == (
            "graph residual: x 4 fixed<6,4> -> sum 4 fixed<7,5>\n3 layers, 4 ops, 16 constants"
        )

    def test_is_short(self):
        assert len(repr(deep(500))) < 200


class TestCopies:
    def graphs(self) -> list[Graph]:
        build = Builder("per_element")
        x = build.input((2,), FixedTypeArray(True, [4, 5], [1, 2]), "x")
        return [residual(), build.graph(build.add(Relu(), x, name="relu"))]

    @pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
    def test_pickle(self, protocol):
        for graph in self.graphs():
            noted = Graph(graph.name, graph.nodes, graph.outputs, [Note("x", "something")])
            again = pickle.loads(pickle.dumps(noted, protocol))
            assert again == graph
            assert again.digest == graph.digest
            assert again.notes == noted.notes
            assert str(again) == str(graph)

    def test_returned_arrays_are_read_only(self):
        again = pickle.loads(pickle.dumps(residual()))
        with pytest.raises(ValueError, match="read-only"):
            again.constant("fc.weight")[0, 0] = 5
        with pytest.raises(ValueError, match="read-only"):
            again.info("sum").lo[0] = 5

    def test_a_pickle_that_does_not_verify_is_refused(self):
        name, nodes, outputs, notes = residual().__reduce__()[1]
        with pytest.raises(Exception, match="not defined"):
            Graph(name, [node for node in nodes if node.name != "fc.matmul"], outputs, notes)

    def test_copies(self):
        for graph in self.graphs():
            assert copy.deepcopy(graph) == graph
            assert copy.copy(graph) == graph
            node = graph.nodes[-1]
            assert copy.deepcopy(node) == node == pickle.loads(pickle.dumps(node))
            assert isinstance(node, Node)
            assert copy.deepcopy([graph])[0].digest == graph.digest
            info = pickle.loads(pickle.dumps(graph.info(node.name)))
            assert (info.shape, info.type) == (graph.info(node.name).shape, graph.info(node.name).type)
