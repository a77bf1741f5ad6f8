"""A diagnosis of models that were quantized after training: the layer, and settings that can be pasted."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest

import edgeml
from edgeml.diagnose.again import again
from edgeml.diagnose.score import Measure
from edgeml.ptq.record import QUANTIZE_FILE, QuantizationRecord
from edgeml.ptq.tensors import TensorRunner
from edgeml.runs import Run
from tests.cli.command import Shell
from tests.ptq import nets


def quantized(folder: Path, numbers: bool = False) -> Run:
    """`nets.mlp_model`, its hidden result at 2 bits, with its own float outputs or classes as the truth."""
    net, x = nets.mlp(), nets.draw(40, 600, 6)
    (outputs,) = TensorRunner(net.model(), "").run(x, tuple(net.outputs))
    (folder / "net.onnx").write_bytes(nets.mlp_model())
    np.savez(folder / "data.npz", x=x, y=outputs if numbers else outputs.argmax(axis=1))
    files = folder / "net.onnx", folder / "data.npz", folder / "run"
    return edgeml.quantize(*files, activations=2, settings={"quantize.inputs": 8})


def test_the_layer_is_named_and_the_command_wins_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    run = quantized(tmp_path)
    result = edgeml.diagnose(run)
    assert result.measure is Measure.ACCURACY
    assert result.in_float > result.fixed + 0.05
    worst = max(result.layers, key=lambda row: row.only_float or 0)
    assert worst.layer == "act1_quant"
    best = max(result.changes, key=lambda change: change.gain)
    assert best.settings == ("quantize.layers.act1.activations=4",)
    assert best.gain > 0.02
    assert result.not_run[0] == "weights in float: edgeml quantize --sensitivity measures them"
    command = shlex.split(again(run, best.settings))
    assert command[:2] == ["edgeml", "quantize"]
    outcome = Shell(monkeypatch, capfd)(*command[1:], "--out", str(tmp_path / "again"))
    assert outcome.code == 0, outcome.err
    before, after = (
        QuantizationRecord.read(folder / QUANTIZE_FILE) for folder in (run.folder, tmp_path / "again")
    )
    assert after.percent > before.percent + 2
    assert {row.bits for row in after.tensors if row.name == "act1"} == {4}


def test_a_regression_is_scored_by_its_explained_variance(tmp_path: Path) -> None:
    result = edgeml.diagnose(quantized(tmp_path, numbers=True))
    assert result.measure is Measure.EXPLAINED
    assert 0.99 < result.in_float <= 1
    assert 0 < result.fixed < 0.98
    assert max(result.layers, key=lambda row: row.only_float or 0).layer == "act1_quant"
    assert result.changes[0].settings[0].startswith("quantize.layers.act1.activations=")
