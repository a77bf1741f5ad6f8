"""Ends of floats, which the graph rounds to 24 bits: announced, and a wrong weight is not passed over."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgeml import importers
from edgeml.checks import golden as vectors
from edgeml.checks.source import check_source
from edgeml.importers.run import import_model, lower_import, own_model
from edgeml.ir import Graph, Node
from edgeml.ir.ops.const import Const
from edgeml.keras.float32 import not_proven
from edgeml.keras.notes import LayerNote, Notes
from tests.importers.look_alikes import unusual

pytest.importorskip("qonnx", reason="the qonnx package is not installed")


def row(graph: Graph, model: importers.SourceModel, folder: Path):
    """The row of a check of a graph against the model, with the notes of its import."""
    notes = Notes(
        graph=graph.digest,
        model="file",
        source=model.title,
        not_compared="",
        notes=tuple(LayerNote(layer=n.layer, text=n.text, exact=n.exact) for n in graph.notes),
        float32=not_proven(graph),
        differences=(),
    )
    (folder / "notes.json").write_text(notes.to_json())
    x = np.random.default_rng(0).normal(0, 1, (40, 64)).astype(np.float32)
    return check_source(graph, vectors.make(graph, x), lambda: (model, "file"), folder / "notes.json")


def with_another_weight(graph: Graph, codes_off: int = 1) -> Graph:
    nodes = []
    for node in graph.nodes:
        op = node.op
        if isinstance(op, Const) and node.name.endswith(".weights"):
            codes = op.codes.copy()
            codes[np.unravel_index(int(np.argmin(np.abs(codes))), codes.shape)] += codes_off
            node = Node(node.name, replace(op, codes=codes), node.inputs)
        nodes.append(node)
    return Graph(graph.name, nodes, graph.outputs, graph.notes)


def test_an_end_in_floats_is_within_its_bound_and_a_wrong_weight_is_not(tmp_path):
    file = importers.SourceFile(Path("x.onnx"), unusual.end_in_floats())
    imported = importers.read(file, importers.ImportOptions("net"))
    found = row(imported.graph, imported.model, tmp_path)
    assert found.state == "announced" and found.holds and found.mismatches > 0
    wrong = row(with_another_weight(imported.graph), imported.model, tmp_path)
    assert wrong.state == "mismatch" and not wrong.holds


@pytest.mark.parametrize("bits", [8, 16])
def test_factors_of_fewer_bits_are_within_their_bound_and_a_wrong_weight_is_not(bits: int, tmp_path):
    """The bound has what the bits take away: the same model is read again with those of a float32."""
    (tmp_path / "net.onnx").write_bytes(unusual.end_in_floats())
    run = import_model(tmp_path / "net.onnx", tmp_path / "run", {"lowering": {"factor_bits": bits}})
    graph, model = lower_import(run), own_model(run)
    assert model.rounded is not None
    there = row(graph, model, tmp_path)
    assert there.state == "announced" and there.holds and there.mismatches > 0
    wrong = row(with_another_weight(graph, 8), model, tmp_path)
    assert wrong.state == "mismatch" and not wrong.holds
