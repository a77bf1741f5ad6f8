"""Runs that were quantized after training, in every back end: exact, or not run for want of a tool."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import edgeml
from tests.ptq import nets

pytestmark = pytest.mark.slow

EVERYWHERE = ("onnx", "qonnx", "hls4ml", "verilog", "c")


@pytest.mark.parametrize(
    ("content", "targets", "bits"),
    [(nets.mlp_model(), EVERYWHERE, 4), (nets.residual_model(), ("onnx", "qonnx", "c"), 8)],
    ids=["mlp", "batch_norm_and_skip"],
)
def test_every_artefact_is_exact(content: bytes, targets: tuple[str, ...], bits: int, tmp_path: Path) -> None:
    file, x = tmp_path / "net.onnx", nets.draw(40, 80, *((6,) if len(targets) == 5 else (6, 6, 2)))
    file.write_bytes(content)
    np.savez(tmp_path / "data.npz", x=x)
    run = edgeml.quantize(file, tmp_path / "data.npz", tmp_path / "run", bits=bits)
    edgeml.export(run, list(targets))
    rows = {row.backend: row for row in edgeml.check(run, backends=["evaluate", "source", *targets]).results}
    assert all(row.status in ("exact", "not-run") for row in rows.values()), rows
    assert {rows[name].status for name in ("evaluate", "source", "onnxruntime", "qonnx", "c")} == {"exact"}
    assert not [row.reason for row in rows.values() if "could not be exported" in row.reason]


@pytest.mark.parametrize("kind", ["SimpleRNN", "LSTM", "GRU"])
def test_recurrent_layers_are_exact(kind: str, tmp_path: Path) -> None:
    nets.recurrent_model(kind).save(tmp_path / "net.keras")
    np.savez(tmp_path / "data.npz", x=nets.draw(41, 60, 3, 3))
    files = tmp_path / "net.keras", tmp_path / "data.npz", tmp_path / "run"
    run = edgeml.quantize(*files, bits=6, corrections=())
    edgeml.export(run, ["onnx", "c"])
    rows = {row.backend: row for row in edgeml.check(run, backends=["evaluate", "onnx", "c"]).results}
    assert all(row.status in ("exact", "not-run") for row in rows.values()), rows
    assert rows["onnxruntime"].status == "exact"


def test_a_layer_on_every_step_is_exact(tmp_path: Path) -> None:
    """In a batch of all steps, no tensor would have the batch of the samples."""
    import keras

    layers = keras.layers
    inner = layers.Conv1D(3, 2, activation="relu", name="conv")
    stack = [keras.Input((2, 5, 2)), layers.TimeDistributed(inner, name="each"), layers.Flatten()]
    keras.Sequential([*stack, layers.Dense(3, name="logits")]).save(tmp_path / "net.keras")
    np.savez(tmp_path / "data.npz", x=nets.draw(42, 60, 2, 5, 2))
    run = edgeml.quantize(tmp_path / "net.keras", tmp_path / "data.npz", tmp_path / "run", bits=6)
    edgeml.export(run, ["onnx", "c"])
    rows = {row.backend: row for row in edgeml.check(run, backends=["evaluate", "onnx", "c"]).results}
    assert rows["evaluate"].status == rows["onnxruntime"].status == "exact"
    assert rows["c"].status in ("exact", "not-run")


def test_its_report_shows_the_sensitivity(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(nets.mlp_model())
    np.savez(tmp_path / "data.npz", x=nets.draw(40, 80, 6))
    run = edgeml.quantize(tmp_path / "net.onnx", tmp_path / "data.npz", tmp_path / "run", sensitivity=True)
    edgeml.report(run)
    assert "Points of agreement lost against float" in run.report_file("html").read_text(encoding="utf-8")
