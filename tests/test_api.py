"""The Python surface takes the spellings that people try."""

from __future__ import annotations

import numpy as np
import pytest

import edgeml
from edgeml import backends
from edgeml.errors import EdgemlError
from tests.zoo import zoo


@pytest.fixture(scope="module")
def graph() -> edgeml.Graph:
    return zoo()["mlp"]


@pytest.mark.parametrize("name", backends.names())
def test_every_option_of_every_back_end_can_be_given(graph: edgeml.Graph, name: str) -> None:
    """An option may be called as a parameter of `emit` is: backend, name, board, graph, target."""
    backend = backends.load(name)
    if backend.missing():
        pytest.skip(backend.missing())
    options = backend.options({})
    for key in type(options).model_fields:
        assert len(edgeml.emit(graph, name, **{key: getattr(options, key)}))


@pytest.mark.parametrize("word", ["graph", "target", "name", "settings", "self"])
def test_no_word_is_taken_by_emit_itself(graph: edgeml.Graph, word: str) -> None:
    with pytest.raises(EdgemlError, match=f"unknown key '{word}'"):
        edgeml.emit(graph, "onnx", **{word: 1})


def test_the_hls_back_end_by_both_of_its_names(graph: edgeml.Graph) -> None:
    pytest.importorskip("hls4ml")
    one = edgeml.emit(graph, "hls4ml", backend="Vivado")
    assert one.digest == edgeml.emit(graph, "hls4ml", hls_backend="vivado").digest
    assert one.digest != edgeml.emit(graph, "hls4ml").digest
    with pytest.raises(EdgemlError, match="given twice"):
        edgeml.emit(graph, "hls4ml", backend="Vivado", hls_backend="Vivado")


def test_the_remedy_of_a_misspelt_option_works(graph: edgeml.Graph) -> None:
    with pytest.raises(EdgemlError, match="did you mean backend") as error:
        edgeml.emit(graph, "hls4ml", backnd="Vivado")
    assert "backend" in error.value.hint and edgeml.emit(graph, "hls4ml", backend="Vivado")


def test_a_back_end_by_keyword_or_none(graph: edgeml.Graph) -> None:
    assert edgeml.emit(graph, backend="onnx").digest == edgeml.emit(graph, "onnx").digest
    for words in ({}, {"backend": ""}, {"backend": 3}):
        with pytest.raises(EdgemlError, match="no back end is named"):
            edgeml.emit(graph, **words)
    with pytest.raises(EdgemlError, match="unknown back end 'Vivado'"):
        edgeml.emit(graph, "Vivado")


def test_a_check_takes_the_names_that_it_prints(graph: edgeml.Graph) -> None:
    x = np.random.default_rng(0).random((4, 16))
    found = edgeml.check(graph, x, ["onnxruntime", "evaluate"])
    assert [row.backend for row in found.results] == ["evaluate", "onnxruntime"]
    assert found["onnx"] is found["onnxruntime"] and found["onnx"].status == "exact"
