"""HGQ2 with da4ml for `benchmarks.front`: trained by benchmarks/hgq2_side.py in .venv-hgq2, one process for
the training and one for the Verilog of each checkpoint.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.front import ROOT, counted, digest_of, in_time, units
from benchmarks.front_rows import FrontLimits, FrontRow, RowsFile, spread
from edgeml import presets
from edgeml.errors import EdgemlError
from edgeml.presets import Preset, prepare
from edgeml.tools._process import run as run_process

SIDE = "HGQ2 + da4ml"
PEER = ROOT / ".venv-hgq2/bin/python"
MOST_EBOPS = {"fashion_mnist": 30_000, "mnist": 30_000}
"""EBOPs of HGQ2's checkpoints that are synthesized, about as many LUTs as edgeml's of most bit operations."""

_SECONDS = 7200.0
_PARTS = ("x_train", "y_train", "x_val", "y_val", "x_test", "y_test")


def missing() -> str:
    """The reason for which HGQ2 cannot be run; empty if it can."""
    return "" if PEER.is_file() else "there is no .venv-hgq2 (scripts/hgq2-environment makes it)"


def peer_settings(preset: Preset, seed: int, epochs: int) -> dict[str, Any]:
    """The settings that HGQ2's side shares with a preset; `input_type`: sign, integer, fractional bits."""
    form, training = preset.quantizers.inputs, preset.training
    return {
        "units": units(preset),
        "input_type": [int(form.signed), form.integer, form.bits - form.integer - form.signed],
        "batch_size": training.batch_size,
        "learning_rate": training.learning_rate,
        "first": training.bit_penalty.first,
        "last": training.bit_penalty.last,
        "seed": seed,
        "epochs": epochs,
    }


def train(dataset: str, seed: int, epochs: int, folder: Path) -> dict[str, Any]:
    """Train to the end, or go on, and return epochs and seconds.

    Raises:
        EdgemlError: the folder has a training of other settings, or the script fails.
    """
    preset = presets.load(f"{dataset}_learned")
    settings, file = json.dumps(peer_settings(preset, seed, epochs)), folder / "settings.json"
    if file.is_file() and json.loads(file.read_text()) != json.loads(settings):
        raise EdgemlError("holds a training of other settings", str(folder), "delete the folder")
    if not (folder / "trained.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        data = prepare(preset.data)
        np.savez(folder / "data.npz", **{name: getattr(data, name) for name in _PARTS})
        file.write_text(settings)
        _script([folder], folder / "hgq2.log", _SECONDS)
    return json.loads((folder / "trained.json").read_text())


def front_files(folder: Path, most: float) -> list[tuple[Path, float, float]]:
    """Checkpoints that no other beats, with EBOPs up to `most` and validation accuracy, the cheapest first.

    HGQ2 keeps more of them: those with the EBOPs or the accuracy of another.
    """
    pattern = re.compile(r"val_accuracy=([\d.e+-]+)_ebops=([\d.e+-]+)")
    points: list[tuple[Path, float, float]] = []
    for file in folder.glob("*.keras"):
        figures = pattern.search(file.stem)
        assert figures is not None
        points.append((file, float(figures[2]), float(figures[1])))
    front: list[tuple[Path, float, float]] = []
    for point in sorted(points, key=lambda point: (point[1], -point[2], point[0])):
        if point[1] <= most and (not front or point[2] > front[-1][2]):
            front.append(point)
    return front


def theirs(rows: RowsFile, dataset: str, seed: int, epochs: int, points: int, limits: FrontLimits) -> None:
    """Put the rows of HGQ2 with da4ml that are not complete.

    Raises:
        EdgemlError: its script fails; names the log.
    """
    if rows.complete(SIDE, seed, points, limits):
        return
    folder = ROOT / "runs/front" / dataset / f"hgq2-{seed}"
    training = train(dataset, seed, epochs, folder)
    digest = digest_of(folder / "history.jsonl")
    front = front_files(folder / "checkpoints", MOST_EBOPS.get(dataset, float("inf")))
    for line in rows.begin(SIDE, seed, digest, len(front)):
        print(line, flush=True)
    for number in spread(len(front), points):
        file, ebops, validation = front[number]
        row = rows.get(SIDE, seed, number) or FrontRow(
            SIDE, seed, number, None, validation, ebops, **training, training=digest, front=len(front)
        )
        if not row.ended(limits):
            _measure(rows, row, folder, file, limits)


def _measure(rows: RowsFile, row: FrontRow, folder: Path, file: Path, limits: FrontLimits) -> None:
    """Put the row of a checkpoint."""
    out = folder / str(row.point)

    def written() -> dict[str, Any]:
        if not (out / "point.json").is_file():
            out.mkdir(exist_ok=True)
            _script([folder, f"checkpoints/{file.name}", out.name], out.with_suffix(".log"), limits.design)
        point = json.loads((out / "point.json").read_text())
        return {
            "accuracy": point["test_accuracy"],
            "val_accuracy": point["val_accuracy"],
            "latency": point["latency"],
        }

    if row.accuracy is None:
        row = in_time("da4ml", row, limits.design, written)
    if row.accuracy is None:
        rows.put(row)
        return
    sources = [file for file in sorted((out / "src").rglob("*.v")) if _needed(file)]
    counted(rows, row, sources, "model", "clk", limits)


def _script(arguments: list[Path | str], log: Path, seconds: float) -> None:
    """Run benchmarks/hgq2_side.py in its environment."""
    command = [str(PEER), str(ROOT / "benchmarks/hgq2_side.py"), *map(str, arguments)]
    environment = {"PYTHONPATH": "", "KERAS_BACKEND": "jax"}
    run_process(command, log.parent, log, seconds, environment)


def _needed(file: Path) -> bool:
    """True for all but da4ml's lookup table, which Yosys cannot read and these networks do not have."""
    return file.name not in ("lookup_table.v", "model_wrapper.v")
