"""The readers: what each one reads, a good file of it, and the ways it is damaged.

To add a reader, add a function that writes a good file and gives its case, here or, for the C back end,
microcontrollers and projects of others, in `emitted.py`; `test_all.py` says which module
of edgeml reads files and is not here.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from edgeml import boards, presets
from edgeml.backends.hls4ml import manifest as hls4ml_manifest
from edgeml.backends.hls4ml.weights import check_weights
from edgeml.backends.verilog.manifest import MANIFEST, VerilogManifest
from edgeml.checks import exported, golden
from edgeml.checks.result import Check
from edgeml.datasets import ColumnPlan
from edgeml.datasets._base import Column
from edgeml.estimate.ledger import Ledger
from edgeml.explore.baseline import Baseline
from edgeml.explore.record import StudyRecord
from edgeml.explore.request import StudyRequest
from edgeml.figures import Hardware
from edgeml.ir import saved
from edgeml.keras.kinds import layer_kinds
from edgeml.keras.notes import Notes
from edgeml.prove.result import Proof, Proofs, ProofStep, Verdict, Witness
from edgeml.reading import read_json
from edgeml.report.comparison.compare import compare
from edgeml.report.comparison.facts import Comparison
from edgeml.report.facts import Facts
from edgeml.runs import Run
from edgeml.share import share_dir
from edgeml.synth import place, steps
from edgeml.synth.counts import CellCounts
from edgeml.tools import yosys
from edgeml.training import history, state
from edgeml.training.progress import EpochRow
from edgeml.training.repeats import Repeats
from edgeml.training.small.front import Checkpoint, FrontFile
from tests.explore.made_up import BASE, question, sample_record
from tests.readers.case import Case
from tests.readers.damage import any_arrays, any_bytes, any_json, any_lines
from tests.readers.emitted import emitted_cases
from tests.report.hardware import estimated
from tests.report.samples import sample_check, sample_facts, sample_graph, sample_inputs
from tests.synth.test_place import REPORT
from tests.synth.top.cores import parallel
from tests.tools.test_yosys import NETLIST, OLD


def _text(document: Any) -> bytes:
    return (json.dumps(document, indent=1) + "\n").encode()


def _graph() -> dict[str, Case]:
    files = saved.save(sample_graph())
    structure, integers = files["graph.json"], files["graph.npz"]

    def read(path: Path) -> Any:
        return saved.load(path.parent)

    both = ("ir.saved", "ir.graph_file", "ir.text", "ir.parse", "ir.attributes", "archives", "reading")
    return {
        "graph.json": Case(
            both, "graph.json", structure, read, (any_bytes, any_json), {"graph.npz": integers}
        ),
        "graph.npz": Case(
            both, "graph.npz", integers, read, (any_bytes, any_arrays), {"graph.json": structure}
        ),
    }


def _golden() -> Case:
    graph = sample_graph()
    made = golden.make(graph, sample_inputs(20), np.arange(20) % 3)
    with mock.patch("edgeml.checks.golden.write_atomic") as written:
        golden.save(made, Path("golden.npz"))
    content = written.call_args.args[1]
    return Case(
        ("checks.golden", "archives"),
        "golden.npz",
        content,
        lambda path: golden.read(path, graph),
        (any_bytes, any_arrays),
    )


def _config() -> bytes:
    from edgeml.presets import prepare
    from edgeml.runconfig import RunConfig

    preset = presets.load("iris_mlp")
    choices = presets.choose(preset)
    return RunConfig.of(preset, choices, prepare(choices.data)).to_toml().encode()


def _state() -> bytes:
    row = EpochRow("qat", 1, 0.1, 1 / 3, 0.3, 1e-30, 1.0)
    arrays = [np.ones((2, 3), np.float32), np.arange(4, dtype=np.uint32)]
    with mock.patch("edgeml.training.state.write_atomic") as written:
        state.save_state(
            Path("s.npz"), state.TrainingState("qat", 0.1, 2, 1 / 3, 0.7, 3, (row,), arrays, arrays, arrays)
        )
    return written.call_args.args[1]


CHECKPOINT = Checkpoint(epoch=1, strength=0.5, cost=99.0, val_loss=0.25, val_accuracy=0.5)
PROOF = Proof(
    backend="onnx",
    verdict=Verdict.REFUTED,
    steps=(ProofStep(value="fc", ops="mat_mul", argument="units", vectors=3),),
    witness=Witness(inputs={"x": [0.5]}, output="y", index=(0,), expected=1, got=2, origin="random inputs"),
)


def _columns() -> bytes:
    columns = [Column("height"), Column("colour", ("blue", "red"))]
    raw = np.array([[1.5, 0], [np.nan, 1], [2.5, 1]], np.float32)
    return ColumnPlan.fit(columns, raw, "median", "one_hot").to_json().encode()


def _history() -> bytes:
    with mock.patch("edgeml.training.history.write_atomic") as written:
        history.write_history(Path("h.csv"), [EpochRow("qat", n, 0.1, 1.5, 0.5, 0.25, 1.0) for n in (1, 2)])
    return written.call_args.args[1].encode()


def _hls() -> bytes:
    port = {"value": "x", "layer": "x", "shape": [4], "frac": 3}
    document = {
        "schema": 1,
        "backend": "Vitis",
        "project": "myproject",
        "inputs": [port],
        "outputs": [port],
        "values": [port],
    }
    return _text(document)


def _ledger(path: Path) -> Any:
    ledger = Ledger(path)
    return ledger.unread(), ledger.entries()


def _entry() -> bytes:
    entry = {
        "schema_version": 1, "when": "2026-01-01T00:00:00+00:00", "design": "verilog", "family": "xilinx7",
        "part": "xc7z020clg400-1", "tool": "Vivado 2024.1", "source": "vendor", "scope": "network",
        "graph": "0" * 64, "settings": "parallel", "real": {"lut": 100.0},
        "estimated": {"lut": 90.0},
    }  # fmt: skip
    return (json.dumps(entry) + "\n").encode() * 2


def _steps(path: Path) -> Any:
    return steps.read_notes(path)


def cases() -> dict[str, Case]:
    """All readers that are quick, by name."""
    os.environ.pop("EDGEML_LIMITS", None)
    log, graph = Path("the.log"), sample_graph()
    figures = json.dumps(estimated("0" * 64, "ulx3s-85f").model_dump(mode="json", by_alias=True)).encode()
    return {
        **_graph(),
        **emitted_cases(),
        "golden.npz": _golden(),
        "config.toml": Case(
            ("runconfig", "settings"), "config.toml", _config(), lambda path: Run.open(path.parent)
        ),
        "board.toml": Case(
            ("boards.model", "settings"),
            "mine.toml",
            (share_dir("hw") / "boards" / "ulx3s-85f.toml").read_bytes(),
            boards.load,
        ),
        "preset": Case(
            ("presets",), "mine.py", (share_dir("models") / "iris_mlp.py").read_bytes(), presets.load
        ),
        "check.json": Case(
            ("checks.result", "documents"),
            "check.json",
            sample_check(sample_graph(), True).to_json().encode(),
            Check.read,
            (any_bytes, any_json),
        ),
        "report.json": Case(
            ("report.facts",),
            "report.json",
            sample_facts().to_json().encode(),
            Facts.read,
            (any_bytes, any_json),
        ),
        **{
            name: Case(
                (f"explore.{module}", "documents"),
                name,
                document.to_json().encode(),
                read,
                (any_bytes, any_json),
            )
            for name, module, document, read in (
                ("study.json", "request", question(), StudyRequest.read),
                ("base.json", "baseline", BASE, Baseline.read),
                ("explore.json", "record", sample_record(), StudyRecord.read),
            )
        },
        "comparison.json": Case(
            ("report.comparison.facts",),
            "comparison.json",
            compare([(Path("a"), sample_facts()), (Path("b"), sample_facts())], Path()).to_json().encode(),
            Comparison.read,
            (any_bytes, any_json),
        ),
        "export results": Case(
            ("checks.exported",),
            exported.FILE,
            _text(
                {"schema": 1, "graph": graph.digest, "rows": {"hls4ml": {"backend": "hls4ml", "files": 3}}}
            ),
            lambda path: exported.reason(path.parent, "hls4ml", graph),
            (any_bytes, any_json),
            wanted=False,
        ),
        "proofs": Case(
            ("prove.result",),
            "prove.json",
            Proofs(model="m", graph=graph.digest, results=(PROOF,)).to_json().encode(),
            Proofs.read,
            (any_bytes, any_json),
        ),
        "front of checkpoints": Case(
            ("training.small.front",),
            "front.json",
            FrontFile(points=(Checkpoint(epoch=1, strength=0.5, cost=99.0, val_loss=0.25, val_accuracy=0.5),))
            .to_json()
            .encode(),
            FrontFile.read,
            (any_bytes, any_json),
        ),
        "folds and seeds": Case(
            ("training.repeats",),
            "repeats.json",
            Repeats(folds=2, seeds=1, split="stratified", figures=(), rows=()).to_json().encode(),
            Repeats.read,
            (any_bytes, any_json),
        ),
        "rules of columns": Case(
            ("presets.stored",),
            "columns.json",
            _columns(),
            lambda path: ColumnPlan.from_dict(read_json(path, "rules of columns"), str(path)),
            (any_bytes, any_json),
        ),
        "notes.json": Case(
            ("keras.notes",),
            "notes.json",
            _text({"schema": 1, "graph": "0" * 64, "notes": [], "float32": ["fc"], "differences": []}),
            Notes.read,
            (any_bytes, any_json),
        ),
        "classes of layers": Case(
            ("keras.kinds",),
            "model.json",
            _text({"class_name": "Functional", "config": {"name": "net", "trainable": True, "layers": []}}),
            layer_kinds,
            (any_bytes, any_json),
            wanted=False,
        ),
        "hardware figures": Case(("figures",), "result.json", figures, Hardware.read, (any_bytes, any_json)),
        "history.csv": Case(("training.history",), "history.csv", _history(), history.read_history),
        "state of a training": Case(
            ("training.state", "archives"),
            ".training.npz",
            _state(),
            state.load_state,
            (any_bytes, any_arrays),
        ),
        "Verilog manifest": Case(
            ("backends.verilog.manifest",),
            MANIFEST,
            parallel().manifest.to_json().encode(),
            lambda path: VerilogManifest.read(path.parent),
            (any_bytes, any_json),
        ),
        "hls4ml manifest": Case(
            ("backends.hls4ml.manifest",),
            hls4ml_manifest.MANIFEST,
            _hls(),
            lambda path: hls4ml_manifest.Hls4mlManifest.read(path.parent),
            (any_bytes, any_json),
        ),
        "hls4ml weights": Case(
            ("backends.hls4ml.weights",),
            "w2.txt",
            b"1.0, -0.5, 0.25",
            lambda path: check_weights(path.parent),
            beside={"w2.h": b"weight2_t w2[3] = {1.0, -0.5, 0.25};\n"},
            wanted=False,
        ),
        "hls4ml header": Case(
            ("backends.hls4ml.weights",),
            "w2.h",
            b"weight2_t w2[3] = {1.0, -0.5, 0.25};\n",
            lambda path: check_weights(path.parent),
            beside={"w2.txt": b"1.0, -0.5, 0.25"},
        ),
        "nextpnr report": Case(
            ("synth.place",),
            "report.json",
            _text(REPORT),
            lambda path: place.read_report(path, log),
            (any_bytes, any_json),
        ),
        "Yosys statistics": Case(
            ("tools.yosys",),
            "stat.json",
            OLD.encode(),
            lambda path: yosys.count_cells(yosys.read_stat(path, log), "top"),
        ),
        "Yosys netlist": Case(
            ("tools.yosys",),
            "netlist.json",
            _text(NETLIST),
            lambda path: yosys.count_instances(path, "top", log),
            (any_bytes, any_json),
        ),
        "ledger": Case(
            ("estimate.ledger",), "ledger.jsonl", _entry(), _ledger, (any_bytes, any_lines), wanted=False
        ),
        "counts of cells": Case(
            ("synth.counts",),
            "counts.json",
            CellCounts.of({(): {"LUT4": 3}, ("u_core",): {"LUT4": 2}}).to_json().encode(),
            CellCounts.read,
            (any_bytes, any_json),
        ),
        "steps of a synthesis": Case(
            ("synth.steps",),
            "steps.json",
            _text(
                {
                    "schema": 1,
                    "steps": {
                        "verilog": {
                            "key": "a",
                            "outputs": ["b"],
                            "stage": {"name": "v", "tool": "", "seconds": 1},
                        }
                    },
                }
            ),
            _steps,
            (any_bytes, any_json),
            wanted=False,
        ),
    }
