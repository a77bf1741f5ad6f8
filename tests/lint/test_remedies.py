"""Every `--set` that a remedy names is tried: the finding is there before it, and gone with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgeml
from edgeml import presets
from edgeml.lint import load, names
from edgeml.onnx_model import OnnxPort, OnnxWriter
from edgeml.settings import assignments
from edgeml.training.build import build_model
from tests.diagnose.runs import PRESET, WEIGHTS, data_file
from tests.ptq import nets

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

LINES = {(name, line) for name in names() for line in re.findall(r"`--set ([^`]+)`", load(name).remedy)}
"""Rule and line."""

Settings = dict[str, Any]


def of_preset(folder: Path, settings: Settings) -> Any:
    """The lint of `tests.diagnose.runs`' preset, untrained."""
    return edgeml.lint(preset_file(folder), settings=settings)


def of_model(folder: Path, settings: Settings) -> Any:
    """The lint of its model with weights set by hand."""
    preset = presets.load(preset_file(folder))
    model = build_model(preset, presets.choose(preset, assignments(settings)))
    model.set_weights([np.asarray(values, np.float32) for values in WEIGHTS])
    return edgeml.lint(model, data=folder / "sums.npz")


def of_quantized(folder: Path, settings: Settings) -> Any:
    """The lint of a float network quantized after training, its values to 1.1 at 2 bits.

    A step of 1/4, which clips a fifth of them, has a smaller mean squared error than one of 1/2.
    """
    writer, size = OnnxWriter(), 3
    weights = writer.constant(np.eye(size, dtype=np.float32), "w")
    writer.node("MatMul", ["x", weights], "fc1")
    writer.node("MatMul", [writer.node("Relu", ["fc1"], "act1"), weights], "y")
    ports = [OnnxPort("x", ("n", size))], [OnnxPort("y", ("n", size))]
    (folder / "net.onnx").write_bytes(nets.finished(writer, *ports))
    x = np.random.default_rng(0).uniform(0, 1.1, (300, size)).astype(np.float32)
    np.savez(folder / "data.npz", x=x, y=x.argmax(axis=1))
    plain = {"quantize.inputs": 8, **settings}
    files = folder / "net.onnx", folder / "data.npz", folder / "run"
    run = edgeml.quantize(*files, activations=2, corrections=(), settings=plain, overwrite=True)
    return edgeml.lint(run.folder)


def preset_file(folder: Path) -> Path:
    """A preset whose hidden type ends at 1 and whose values reach 4."""
    file = folder / "sums.py"
    file.write_text(PRESET.replace("DATA", str(data_file(folder))).replace("INTEGER", "0"))
    return file


CASES: dict[tuple[str, str], tuple[Callable[[Path, Settings], Any], str, Settings, Settings]] = {
    ("clips_much", "quantizers.layers.NAME.activations.integer=N"): (
        of_model,
        "act",
        {},
        {"quantizers.layers.act.activations.integer": 2},
    ),
    ("clips_much", "quantize.layers.NAME.activations=N"): (
        of_quantized,
        "act1_quant.quantized",
        {},
        {"quantize.layers.act1.activations": 8},
    ),
    ("input_range", "quantizers.inputs.integer=N"): (
        of_preset,
        "x",
        {"quantizers.inputs.integer": 0},
        {"quantizers.inputs.integer": 2},
    ),
    ("input_range", "data.scaling=unit"): (
        of_preset,
        "x",
        {"quantizers.inputs.integer": 0},
        {"data.scaling": "unit"},
    ),
    ("reuse_factor", "targets.reuse_factor=N"): (
        of_preset,
        "fc",
        {"targets.reuse_factor": 3},
        {"targets.reuse_factor": 2},
    ),
    ("weights_clipped", "quantizers.layers.NAME.weights.integer=1"): (
        of_model,
        "logits",
        {"quantizers.weights.integer": -1},
        {"quantizers.layers.logits.weights.integer": 1},
    ),
}
"""The subject, the layer that is named, settings that break the rule, and those of the remedy."""

ONLY_TAKEN = {("rounded_factor", "lowering.factor_bits=N")}
"""More bits make a factor's error smaller, and the finding stays: it is rounded all the same."""


def test_every_line_is_tried() -> None:
    assert CASES.keys() | ONLY_TAKEN == LINES


@pytest.mark.parametrize(("rule", "line"), CASES, ids=[line for _, line in CASES])
def test_the_line_takes_the_finding_away(rule: str, line: str, tmp_path: Path) -> None:
    lint, layer, before, remedy = CASES[rule, line]
    pattern = re.escape(line).replace("NAME", "[a-z0-9]+").replace("=N", "=[0-9]+")
    assert any(re.fullmatch(pattern, setting) for setting in _plain(remedy)), "the case tries another line"
    assert layer in [finding.layer for finding in lint(tmp_path, before)[rule].findings]
    row = lint(tmp_path, before | remedy)[rule]
    assert row.status != "not-run", row.reason
    assert layer not in [finding.layer for finding in row.findings]


def _plain(settings: Settings) -> list[str]:
    return [f"{key}={value}" for key, value in settings.items()]


def test_more_bits_of_factors_are_nearer(tmp_path: Path) -> None:
    """A factor of 0.7 in a batch normalization, at 3 bits and at 12."""
    import keras

    from tests.lint.nets import activation, dense, model_of

    norm = keras.layers.BatchNormalization(name="norm")
    model = model_of(activation("quantized_bits(6, 1, alpha=1)", "q"), dense(2, "fc"), norm)
    norm.set_weights([np.full(2, value, np.float32) for value in (0.7, 0, 0, 1)])
    x = np.random.default_rng(0).uniform(-1, 1, (50, 4)).astype(np.float32)
    np.savez(tmp_path / "x.npz", x=x)
    texts = []
    for bits in (3, 12):
        row = edgeml.lint(model, data=tmp_path / "x.npz", settings={"lowering.factor_bits": bits})[
            "rounded_factor"
        ]
        assert [finding.layer for finding in row.findings] == ["norm"]
        texts.append(row.findings[0].text)
    assert texts[0] != texts[1]
