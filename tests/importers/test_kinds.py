"""The folders of ONNX nodes and TFLite operators: every file declares its part, the docs list them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeml.importers import onnx_nodes, tflite_ops
from edgeml.importers.onnx_reader.model import QONNX_DOMAINS

DOCS = Path(__file__).parents[2] / "docs" / "importing.md"


def plain(text: str) -> str:
    return text.replace("`", "").replace("_", "").lower()


@pytest.mark.parametrize("name", onnx_nodes.names())
def test_a_kind_of_onnx_node(name):
    assert onnx_nodes.domains(name) <= QONNX_DOMAINS | {"", "com.microsoft"}
    assert onnx_nodes.domains(name)
    assert callable(onnx_nodes.lowering(name))
    assert f" {plain(name)}," in plain(DOCS.read_text()).replace("\n", " ").replace(".", ",")


@pytest.mark.parametrize("name", tflite_ops.names())
def test_a_kind_of_tflite_operator(name):
    assert callable(tflite_ops.lowering(name))
    assert f" {plain(name)}," in plain(DOCS.read_text()).replace("\n", " ").replace(".", ",")
