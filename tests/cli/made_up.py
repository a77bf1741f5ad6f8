"""A run folder with long names, and steps that give long answers without working: the command line alone."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from edgeml import pipeline, presets
from edgeml.checks.result import Check, Difference, Result
from edgeml.estimate.ledger import LedgerEntry
from edgeml.figures import Figure, Hardware, Hop, LayerFigures, Stage, Usage
from edgeml.fixed import FixedType
from edgeml.importers import measured
from edgeml.ir import Builder, Graph, saved
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.keras.difference import LayerDifference
from edgeml.keras.notes import LayerNote, Notes
from edgeml.pipeline import Exported, Synthesis
from edgeml.ptq.record import QUANTIZE_FILE, QuantizationRecord, TensorRow
from edgeml.runs import Run, RunConfig
from edgeml.tasks import TaskFigure
from tests.explore.made_up import sample_record, write_study

LONG = "a_name_of_a_layer_with_forty_characters_"
WHY = f"{LONG}: ap_fixed<1234567,1234> is wider than 1,024 bits (/a/folder/far/away/{LONG}/{LONG}.log)"


def graph() -> Graph:
    """Two wide sums whose bounds have many digits."""
    build = Builder("iris_mlp")
    x = build.input((4,), FixedType(True, 24, 5), f"{LONG}x")
    weight = build.const(np.full((4, 3), 1 << 20), FixedType(True, 24, 2), f"{LONG}w")
    product = build.add(MatMul(), x, weight, name=f"{LONG}1")
    return build.graph(build.add(Add(), product, product, name=f"{LONG}2"))


RESULTS = (
    Result(backend="onnxruntime", status="exact", samples=1_000_000, synthetic=123_456, seconds=12345.67),
    Result(
        backend="hls4ml",
        status="mismatch",
        samples=1_000_000,
        synthetic=123_456,
        mismatches=123_456_789,
        max_abs_lsb=1 << 40,
        first=Difference(op=LONG, index=(999_999, 63, 63, 127), expected=-(1 << 40), got=1 << 41),
        reason=WHY,
    ),
    Result(backend="verilog", status="not-run", reason=WHY),
)
FIGURE = Figure(value=123_456, low=100_000, high=1_234_567)
PLACED = Hardware(
    design="verilog",
    settings="parallel, 48 MHz",
    model="iris_mlp",
    board="icebreaker",
    part="iCE40UP5K-SG48",
    source="place-and-route",
    total=Usage(lut=FIGURE, ff=FIGURE, dsp=FIGURE, bram=FIGURE),
    layers=(LayerFigures(layer=LONG, op="mat_mul", usage=Usage(lut=FIGURE, ff=FIGURE, dsp=FIGURE)),),
    cycles=Figure(value=3),
    clock_mhz=12.0,
    fmax_mhz=Figure(value=16.3),
    critical_path=(Hop(layer=LONG, ns=61.35, what=f"39 cells from {LONG}{LONG}{LONG}, 38.0 ns of wires"),),
    stages=(
        Stage(name="place", tool="nextpnr-ice40", version="0.4-123-g1234567890", seconds=90.7, log=LONG),
    ),
    notes=(f"The clock is clk12 {LONG} {LONG} {LONG}",),
)

ENTRY = LedgerEntry(
    when="2026-11-28T23:00:00+00:00",
    design="verilog",
    family="ultrascaleplus",
    part="xcu250-figd2104-2L-e",
    tool=f"{LONG} 2026.1.1234567890",
    source="place-and-route",
    graph="0" * 64,
    settings="parallel",
    real=dict.fromkeys(("lut", "ff", "dsp", "bram"), 1_234_567),
    estimated=dict.fromkeys(("lut", "ff", "dsp", "bram"), 7_654_321),
)

RECORD = QuantizationRecord(
    samples="1,024 samples of the training part, judged on 5,000 of the validation part",
    measure="accuracy",
    judged=5000,
    float_percent=98.765,
    percent=98.7,
    sqnr_db=32.1,
    bit_operations=1_234_567_890,
    widest=9_876_543_210,
    method="percentile",
    corrections=("rounding", "bias"),
    dropped=("equalize",),
    tensors=(
        TensorRow(
            layer=LONG,
            tensor="weights",
            name=f"{LONG}.weights",
            bits=16,
            type="fixed<16,-12..-10>",
            sqnr_db=123.45,
            saturated=0.001234,
        ),
    ),
    remarks=(f"{LONG} has the value 0 on every calibration sample",),
    seconds=12.3,
)


FIGURES = tuple(TaskFigure("mse", f"{WHY} and on", 12345.678901) for _ in range(3))
OUTCOME = measured.MeasuredOutcome(
    "multi_label", WHY, 1_000_000, FIGURES, FIGURES[:1], not_run=WHY, remark=f"{WHY}; --set data.scaling=unit"
)


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run folder with long names, and steps that give long answers without working."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EDGEML_LEDGER", str(tmp_path / "ledger.jsonl"))
    (tmp_path / "ledger.jsonl").write_bytes(ENTRY.line())
    preset = presets.load("iris_mlp")
    choices = presets.choose(preset, (), seed=3)
    folder = tmp_path / "runs" / LONG
    run = Run.create(folder, RunConfig.of(preset, choices, presets.prepare(choices.data)))
    saved.save(graph()).write(folder)
    notes = (LayerNote(layer=LONG, text=WHY, exact=False), LayerNote(layer="a", text="b", exact=True))
    rows = (
        LayerDifference(
            layer=LONG, samples=1000, elements=123_456_789, differing=123_456, max_lsb=1234.5, max_abs=0.5
        ),
    )
    kept = Notes(graph=graph().digest, notes=notes, float32=(), differences=rows)
    run.notes_file.write_text(kept.model_dump_json(by_alias=True), encoding="utf-8")
    check = Check(model="iris_mlp", graph=graph().digest, samples=1_000_000, synthetic=9, results=RESULTS)
    run.report_file("json").write_text("{}", encoding="utf-8")
    run.check_file.write_text(check.to_json(), encoding="utf-8")
    exported = [Exported("onnx", 2, ""), Exported("hls4ml", 0, WHY), Exported("qonnx", 1234, "")]

    def gives(what: Any) -> Any:
        return lambda *args, **names: what

    monkeypatch.setattr(pipeline, "export", gives(exported))
    monkeypatch.setattr(pipeline, "check", gives(check))
    monkeypatch.setattr(pipeline, "lower", gives(graph()))
    monkeypatch.setattr(pipeline, "synth", gives(Synthesis(folder / "synth", PLACED)))
    monkeypatch.setattr(pipeline, "report", gives(SimpleNamespace(headline=lambda: [WHY], failed={})))
    RECORD.write(folder / QUANTIZE_FILE)
    write_study(folder, sample_record())
    monkeypatch.setattr(measured, "measured_outcome", gives(OUTCOME))
    for name, *does in (
        ("training.train", "train"),
        ("importers.run", "import_model"),
        ("ptq.run", "float_source", "quantize_model"),
    ):
        module = ModuleType(f"edgeml.{name}")
        for function in does:
            setattr(module, function, gives(run))
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return Path("runs") / LONG
