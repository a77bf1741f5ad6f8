"""The certificate says what is true: intervals hold, carriers are those of the model."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from edgeml.backends.onnx import BACKEND
from edgeml.backends.onnx.certificate import certificate
from edgeml.fixed import FixedType, cover
from edgeml.ir import Builder, evaluate_codes
from tests.zoo import codes, fixed, zoo

GRAPHS = zoo()


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_rows_are_consistent(name: str) -> None:
    graph = GRAPHS[name]
    refused = {refusal.node for refusal in BACKEND.refusals(graph, BACKEND.options({}))}
    rows = certificate(graph)
    assert len({row.node for row in rows}) == len(rows)
    for row in rows:
        assert row.lo <= row.hi
        assert row.headroom == row.width - row.needed >= 0
        assert cover(row.lo, row.hi, 0).width <= row.needed
        assert (row.carrier == "none") == (row.node in refused)
        if row.carrier != "none":
            assert row.margin >= 0
            assert row.margin + row.bits == {"float32": 24, "float64": 53}[row.carrier]


@pytest.mark.parametrize("name", ["mlp", "cnn_2d", "residual", "moves", "lookup", "cast_per_element"])
def test_no_code_leaves_its_interval(name: str) -> None:
    graph = GRAPHS[name]
    inputs = codes(graph, 300, seed=6)
    rows = [row for row in certificate(graph) if row.node in graph.infos]
    values = evaluate_codes(graph, inputs, [row.node for row in rows])
    for row in rows:
        info = graph.info(row.node)
        aligned = values[row.node] << (info.frac - np.asarray(info.type.frac))
        assert row.lo <= aligned.min()
        assert aligned.max() <= row.hi


def test_headroom_of_a_type_that_is_wider_than_its_interval() -> None:
    build = Builder("headroom")
    x = build.input((3,), FixedType(False, 4, 4))
    graph = build.graph(build.cast(x, fixed(9, 5), name="act"))
    (row,) = [row for row in certificate(graph) if row.node == "act"]
    assert (row.width, row.needed, row.headroom) == (9, 5, 4)  # 0..15 and a sign


def test_carriers_are_those_of_the_weights_in_the_file() -> None:
    for name in ("mlp", "wide_products"):
        graph = GRAPHS[name]
        model = onnx.load_from_string(BACKEND.emit(graph)["exact.onnx"])
        types = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
        found = {
            node.name: "float32" if types[node.input[1]] == onnx.TensorProto.FLOAT else "float64"
            for node in model.graph.node
            if node.op_type == "Gemm"
        }
        assert found
        assert found == {row.node: row.carrier for row in certificate(graph) if row.node in found}
