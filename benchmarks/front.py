"""Accuracy against LUTs: uniform and learned widths, beside HGQ2 with da4ml, all through the same Yosys.

    .venv/bin/python -m benchmarks.front --dataset digits [--seeds 0,1] [--points 6] [--sides A,B] [--anew]

A data set has a preset DATASET_learned; DATASET_mlp, uniform widths, stands beside it if its topology is the
same, and DATASET_tables and DATASET_votes, of tables, where there are such. The same split of data, topology,
batch size, learning rate and schedule of the penalty, the same seeds. edgeml's presets are trained into
runs/front/ and go on from there; HGQ2 (`benchmarks.front_peer`) is NOT RUN where .venv-hgq2 is missing. Each
design is also placed and routed on an ECP5 (`benchmarks.front_placed`). The checkpoints of both sides lie on
fronts of validation figures; the test part gives the accuracy shown.

Rows are kept in benchmarks/results/front-DATASET.json, each as soon as its 7-series figures are there and
once more with those of ECP5, so that the same call goes on where it was interrupted; a side whose rows are
complete is not trained. Rows of another training than the one in runs/front/ are replaced. `--anew` forgets
the rows of the seeds and sides first.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import front_placed
from benchmarks.front_rows import ECP5_FLOW, FrontLimits, FrontRow, RowsFile, read_rows, spread
from edgeml import pipeline, presets
from edgeml.backends.verilog import BACKEND
from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.errors import EdgemlError
from edgeml.ir import Graph, evaluate_codes, input_codes
from edgeml.presets import Preset
from edgeml.runs import Run
from edgeml.scratch import scratch_folder
from edgeml.tools import yosys
from edgeml.training.build import build_model
from edgeml.training.history import read_history
from edgeml.training.progress import EpochRow, SilentProgress
from edgeml.training.small.pick import front_of, pick
from edgeml.training.train import train

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks/results"
PASSES = "synth_xilinx -family xc7 -flatten -nodsp -noiopad -noclkbuf"
MOST_OPERATIONS = {"fashion_mnist": 10_000, "mnist": 10_000, "nsl_kdd": 5_000}
"""Bit operations of edgeml's checkpoints that are synthesized; those above take Yosys hours together."""

LIMIT = 3600.0
"""Seconds that each tool may take for a design."""


def in_time(what: str, row: FrontRow, limit: float, figures: Callable[[], dict[str, Any]]) -> FrontRow:
    """The row with the figures of a tool, or with the tool as the one whose time was up."""
    try:
        return replace(row, stopped="", limit=0.0, **figures())
    except EdgemlError as error:
        if "took longer than" not in error.what:
            raise
        print(error, flush=True)
        return replace(row, stopped=what, limit=limit)


def counted(
    rows: RowsFile, row: FrontRow, sources: Iterable[Path], top: str, clock: str, limits: FrontLimits
) -> None:
    """Put a row with the cells of a design, then once more with those of ECP5 and the clock there.

    Figures that the row has are not measured again.

    Raises:
        EdgemlError: a tool failed; names the log.
    """
    files = list(sources)
    with scratch_folder() as name:
        folder = Path(name)

        def seven() -> dict[str, Any]:
            result = yosys.synthesize(files, top, PASSES, folder, seconds=limits.design)
            by_kind = {"luts": "LUT", "carries": "CARRY4", "registers": "FD"}
            cells = {
                field: sum(n for kind, n in result.cells.items() if kind.startswith(prefix))
                for field, prefix in by_kind.items()
            }
            return {**cells, "yosys": result.version}

        def ecp5() -> dict[str, Any]:
            return front_placed.placed(files, top, clock, folder / "ecp5", limits.ecp5)

        if row.luts is None:
            row = rows.put(in_time("Yosys for 7 series", row, limits.design, seven))
        if row.luts is not None and not row.ended(limits):
            rows.put(in_time(ECP5_FLOW, row, limits.ecp5, ecp5))


def accuracy(graph: Graph, x: Any, y: Any) -> float:
    """The share of samples whose largest output is their class; a single output's sign says it."""
    (name,) = graph.outputs
    codes = evaluate_codes(graph, input_codes(graph, x), [name])[name]
    return float(np.mean((codes.argmax(axis=1) if codes.shape[1] > 1 else codes[:, 0] > 0) == y))


def measure(rows: RowsFile, run: Run, row: FrontRow, limits: FrontLimits) -> None:
    """Put the row of a run of edgeml's, whose Verilog is pipelined for 100 MHz as by default."""
    kept_row = rows.get(*row.key)
    if kept_row and kept_row.ended(limits):
        return
    graph = pipeline.lower(run)
    if kept_row:
        row = kept_row
    else:
        data = run.data()
        figures = [accuracy(graph, data.x_test, data.y_test), accuracy(graph, data.x_val, data.y_val)]
        row = replace(row, accuracy=figures[0], val_accuracy=figures[1])
    with scratch_folder() as name:
        source = Path(name)
        BACKEND.emit(graph, BACKEND.options({})).write(source)
        manifest = VerilogManifest.read(source)
        files = [source / file for file in manifest.files]
        counted(rows, replace(row, latency=manifest.latency), files, manifest.top, "aclk", limits)


class TrainingSeconds(SilentProgress):
    """Wall time of a training, that before an interruption included, in a file.

    Args:
        file: with the seconds so far.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._began = time.monotonic() - self.seconds

    @property
    def seconds(self) -> float:
        """The seconds that the file says."""
        return float(self.file.read_text()) if self.file.is_file() else 0.0

    def epoch(self, row: EpochRow) -> None:
        """Write them."""
        self.file.write_text(f"{time.monotonic() - self._began:.0f}\n")


def trained(preset: Preset, seed: int, folder: Path) -> tuple[Run, float]:
    """A trained run and the seconds that it took."""
    clock = folder.with_name(f"{folder.name}.seconds.txt")
    if not (folder / "config.toml").is_file():
        clock.unlink(missing_ok=True)
    progress = TrainingSeconds(clock)
    run = train(preset, folder, presets.choose(preset, seed=seed), progress)
    return run, progress.seconds


def presets_of(dataset: str) -> list[str]:
    """The presets of a data set that are measured."""
    learned, uniform, *tables = (f"{dataset}_{kind}" for kind in ("learned", "mlp", "tables", "votes"))
    there = [name for name in (uniform, *tables) if name in presets.names()]
    return [
        learned,
        *(
            name
            for name in there
            if name in tables or units(presets.load(name)) == units(presets.load(learned))
        ),
    ]


def ours(rows: RowsFile, dataset: str, name: str, seed: int, points: int, limits: FrontLimits) -> None:
    """Put the rows of a preset that are not complete."""
    if rows.complete(name, seed, points, limits):
        return
    place = ROOT / "runs/front" / dataset
    run, seconds = trained(presets.load(name), seed, place / f"{name}-{seed}")
    digest = digest_of(run.history_file)
    most = MOST_OPERATIONS.get(dataset, float("inf"))
    front = [point for point in front_of(run).points if point.cost <= most] if run.front.is_dir() else []
    for line in rows.begin(name, seed, digest, len(front) or 1):
        print(line, flush=True)
    whole = FrontRow(
        name, seed, 0, None, 0.0, None, epochs=len(read_history(run.history_file)), seconds=seconds,
        training=digest, front=len(front) or 1,
    )  # fmt: skip
    if not front:
        measure(rows, run, whole, limits)
    for point in spread(len(front), points):
        chosen = pick(run, point + 1, place / f"{name}-{seed}-{point + 1}")
        measure(rows, chosen, replace(whole, point=point, operations=front[point].cost), limits)


def digest_of(file: Path) -> str:
    """The digest of a training's history."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]


def units(preset: Preset) -> list[int]:
    """Outputs of the dense layers of a preset."""
    return [layer.units for layer in build_model(preset).layers if hasattr(layer, "units")]


def main() -> None:
    """Measure what is not measured yet, and write the page."""
    from benchmarks import front_page, front_peer

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    datasets = sorted(name.removesuffix("_learned") for name in presets.names() if name.endswith("_learned"))
    parser.add_argument("--dataset", default="digits", choices=datasets)
    parser.add_argument("--seeds", default="0,1", help="seeds between commas; none: write the page alone")
    parser.add_argument("--points", type=int, default=6, help="checkpoints of each front, evenly spread")
    parser.add_argument("--sides", help="presets and hgq2, between commas; by default all of the data set")
    parser.add_argument("--epochs", type=int, default=400, help="of HGQ2's training")
    parser.add_argument("--anew", action="store_true", help="forget the rows that are there")
    parser.add_argument("--seconds", type=float, default=LIMIT, help="limit of each tool and design")
    parser.add_argument("--ecp5-seconds", type=float, default=LIMIT, help="the same for ECP5; 0: without it")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/benchmarks-front.md")
    options = parser.parse_args()
    dataset, points = options.dataset, options.points
    limits = FrontLimits(options.seconds, options.ecp5_seconds)
    seeds = [int(seed) for seed in options.seeds.split(",") if seed]
    every = [*presets_of(dataset), "hgq2"]
    sides = options.sides.split(",") if options.sides else every
    if not set(sides) <= set(every):
        parser.error(f"--sides: {dataset} has {', '.join(every)}")
    missing = front_peer.missing()
    if missing:
        sides = [side for side in sides if side != "hgq2"]
    rows = RowsFile(RESULTS / f"front-{dataset}.json")
    if options.anew:
        rows.discard([front_peer.SIDE if side == "hgq2" else side for side in sides], seeds)
    for seed in seeds:
        for side in sides:
            if side == "hgq2":
                front_peer.theirs(rows, dataset, seed, options.epochs, points, limits)
            else:
                ours(rows, dataset, side, seed, points, limits)
    measured_sets = {name: read_rows(RESULTS / f"front-{name}.json") for name in datasets}
    options.out.write_text("\n".join(front_page.page(measured_sets, missing)).rstrip() + "\n")


if __name__ == "__main__":
    main()
