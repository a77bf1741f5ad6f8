"""Accuracy against LUTs: uniform and learned widths, beside HGQ2 with da4ml, all through the same Yosys.

    .venv/bin/python -m benchmarks.front --dataset digits [--seeds 0,1] [--points 6] [--presets A,B] [--anew]

A data set has a preset DATASET_learned; DATASET_mlp, uniform widths, stands beside it if its topology is the
same, and DATASET_tables and DATASET_votes, of tables, where there are such. The same split of data, topology,
batch size, learning rate and schedule of the penalty, the same seeds. edgeml's presets are trained into
runs/front/ and go on from there; HGQ2 is trained by benchmarks/hgq2_side.py in .venv-hgq2, and is NOT RUN
where that is missing. Each design is also placed and routed on an ECP5 (`benchmarks.front_placed`). Rows are
kept in benchmarks/results/front-DATASET.json, so that a row that is there is not measured again; `--anew`
measures those of the seeds and presets again, from the trainings that runs/front/ has. The
checkpoints of both sides lie on fronts of validation figures; the test part gives the accuracy shown.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.front_placed import placed
from edgeml import pipeline, presets
from edgeml.backends.verilog import BACKEND
from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.errors import EdgemlError
from edgeml.ir import Graph, evaluate_codes, input_codes
from edgeml.presets import Prepared, Preset, prepare
from edgeml.runs import Run
from edgeml.scratch import scratch_folder
from edgeml.tools import yosys
from edgeml.tools._process import run as run_process
from edgeml.training.build import build_model
from edgeml.training.history import read_history
from edgeml.training.small.pick import front_of, pick
from edgeml.training.train import train

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks/results"
PEER = ROOT / ".venv-hgq2/bin/python"
PASSES = "synth_xilinx -family xc7 -flatten -nodsp -noiopad -noclkbuf"
MOST_OPERATIONS = {"mnist": 10_000, "nsl_kdd": 5_000}
"""Bit operations of edgeml's checkpoints that are synthesized; those above take Yosys hours together."""

PEER_SIDE = "HGQ2 + da4ml"
LIMIT = 3600.0
"""Seconds that each tool for ECP5 may take for a design."""

_SECONDS = 7200.0


@dataclass(frozen=True)
class FrontRow:
    """One design.

    Args:
        side: who trained it and wrote the Verilog.
        seed: of the training.
        point: of the front, counted from the cheapest one.
        accuracy: of the integers on the test part.
        val_accuracy: on the validation part, by which it was chosen.
        operations: effective bit operations as that side counts them; None for uniform widths.
        luts: LUT1 to LUT6.
        carries: CARRY4.
        registers: flip-flops.
        epochs: of that training, float baseline included.
        seconds: of that training.
        yosys: version.
        latency: clocks from a sample to its result; None in rows of before it was kept, as all below.
        ecp5_luts: LUT4 sites of an ECP5 that the network takes after routing.
        ecp5_registers: its flip-flops there.
        fmax_mhz: the clock that nextpnr reached there.
        placer: nextpnr's name and version.
        ecp5_passes: of Yosys; rows of before they were kept had every module by itself, which takes Yosys
            longer and finds less.
    """

    side: str
    seed: int
    point: int
    accuracy: float
    val_accuracy: float
    operations: float | None
    luts: int
    carries: int
    registers: int
    epochs: int
    seconds: float
    yosys: str
    latency: int | None = None
    ecp5_luts: int | None = None
    ecp5_registers: int | None = None
    fmax_mhz: float | None = None
    placer: str = ""
    ecp5_passes: str = "synth_ecp5 -noflatten -nodsp"


def read_rows(file: Path) -> list[FrontRow]:
    """The rows of a file of results; none where it is missing."""
    return [FrontRow(**row) for row in json.loads(file.read_text())] if file.is_file() else []


def spread(count: int, most: int) -> list[int]:
    """At most so many indices, evenly spread, ends included.

    >>> spread(9, 3), spread(2, 3)
    ([0, 4, 8], [0, 1])
    """
    return sorted({round(i * (count - 1) / max(1, most - 1)) for i in range(most)})


def counted(
    sources: Iterable[Path], top: str, clock: str, folder: Path, limit: float = LIMIT
) -> dict[str, Any]:
    """Cells of a design on both families and its clock on ECP5, by the fields of a row.

    A design that a tool for ECP5 has not done within `limit` seconds has no fields of ECP5.

    Raises:
        EdgemlError: a tool failed; names the log.
    """
    files = list(sources)
    result = yosys.synthesize(files, top, PASSES, folder)
    by_kind = {"luts": "LUT", "carries": "CARRY4", "registers": "FD"}
    cells: dict[str, Any] = {
        field: sum(n for kind, n in result.cells.items() if kind.startswith(prefix))
        for field, prefix in by_kind.items()
    }
    cells |= {"yosys": result.version}
    try:
        return cells | placed(files, top, clock, folder / "ecp5", limit)
    except EdgemlError as error:
        if "took longer than" not in error.what:
            raise
        print(error, flush=True)
        return cells


def synthesized(graph: Graph, limit: float = LIMIT) -> dict[str, Any]:
    """Cells of edgeml's Verilog, pipelined for 100 MHz as by default."""
    with scratch_folder() as name:
        source = Path(name) / "verilog"
        BACKEND.emit(graph, BACKEND.options({})).write(source)
        manifest = VerilogManifest.read(source)
        files = [source / file for file in manifest.files]
        cells = counted(files, manifest.top, "aclk", Path(name) / "synthesis", limit)
        return {**cells, "latency": manifest.latency}


def accuracy(graph: Graph, x: Any, y: Any) -> float:
    """The share of samples whose largest output is their class; a single output's sign says it."""
    (name,) = graph.outputs
    codes = evaluate_codes(graph, input_codes(graph, x), [name])[name]
    return float(np.mean((codes.argmax(axis=1) if codes.shape[1] > 1 else codes[:, 0] > 0) == y))


def measured(
    run: Run, side: str, point: int, operations: float | None, seconds: float, limit: float = LIMIT
) -> FrontRow:
    """The row of a run."""
    data, graph = run.data(), pipeline.lower(run)
    test, validation = accuracy(graph, data.x_test, data.y_test), accuracy(graph, data.x_val, data.y_val)
    cells = synthesized(graph, limit)
    seed, epochs = run.config.seed, len(read_history(run.history_file))
    return FrontRow(side, seed, point, test, validation, operations, epochs=epochs, seconds=seconds, **cells)


def trained(preset: Preset, seed: int, folder: Path) -> tuple[Run, float]:
    """A trained run, and the seconds that it took; those of a run that was there are in its folder."""
    began, clock = time.monotonic(), folder / "seconds.txt"
    run = train(preset, folder, presets.choose(preset, seed=seed))
    if not clock.is_file():
        clock.write_text(f"{time.monotonic() - began:.0f}\n")
    return run, float(clock.read_text())


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


def ours(
    dataset: str,
    names: Iterable[str],
    seed: int,
    points: int,
    known: set[tuple[str, int, int]],
    limit: float = LIMIT,
) -> Iterator[FrontRow]:
    """Rows of presets of a data set that are not known yet."""
    place = ROOT / "runs/front" / dataset
    for name in names:
        run, seconds = trained(presets.load(name), seed, place / f"{name}-{seed}")
        if not run.front.is_dir():
            if (name, seed, 0) not in known:
                yield measured(run, name, 0, None, seconds, limit)
            continue
        most = MOST_OPERATIONS.get(dataset, float("inf"))
        front = [point for point in front_of(run).points if point.cost <= most]
        for point in spread(len(front), points):
            if (name, seed, point) not in known:
                chosen = pick(run, point + 1, place / f"{name}-{seed}-{point + 1}")
                yield measured(chosen, name, point, front[point].cost, seconds, limit)


def units(preset: Preset) -> list[int]:
    """Outputs of the dense layers of a preset."""
    return [layer.units for layer in build_model(preset).layers if hasattr(layer, "units")]


def theirs(
    data: Prepared,
    dataset: str,
    seed: int,
    epochs: int,
    points: int,
    known: set[tuple[str, int, int]],
    limit: float = LIMIT,
) -> Iterator[FrontRow]:
    """Rows of HGQ2 with da4ml that are not known yet.

    Raises:
        EdgemlError: its script fails; names the log.
    """
    side = PEER_SIDE
    folder = ROOT / "runs/front" / dataset / f"hgq2-{seed}"
    if not (folder / "front.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        parts = ("x_train", "y_train", "x_val", "y_val", "x_test", "y_test")
        np.savez(folder / "data.npz", **{name: getattr(data, name) for name in parts})
        settings = peer_settings(presets.load(f"{dataset}_learned"), seed, epochs, points)
        (folder / "settings.json").write_text(json.dumps(settings))
        command = [str(PEER), str(ROOT / "benchmarks/hgq2_side.py"), str(folder)]
        environment = {"PYTHONPATH": "", "KERAS_BACKEND": "jax"}
        run_process(command, folder, folder / "hgq2.log", _SECONDS, environment)
    front = json.loads((folder / "front.json").read_text())
    for number, point in enumerate(front["points"]):
        if (side, seed, number) in known:
            continue
        sources = [file for file in sorted((folder / str(number) / "src").rglob("*.v")) if _needed(file)]
        with scratch_folder() as scratch:
            cells = counted(sources, "model", "clk", Path(scratch), limit)
        yield FrontRow(
            side, seed, number, point["test_accuracy"], point["val_accuracy"], point["ebops"],
            epochs=front["epochs"], seconds=front["seconds"], latency=point["latency"], **cells,
        )  # fmt: skip


def peer_settings(preset: Preset, seed: int, epochs: int, points: int) -> dict[str, Any]:
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
        "points": points,
    }


def _needed(file: Path) -> bool:
    """True for all but da4ml's lookup table, which Yosys cannot read and these networks do not have."""
    return file.name not in ("lookup_table.v", "model_wrapper.v")


def main() -> None:
    """Measure what is not measured yet, and write the page."""
    from benchmarks import front_page

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    datasets = sorted(name.removesuffix("_learned") for name in presets.names() if name.endswith("_learned"))
    parser.add_argument("--dataset", default="digits", choices=datasets)
    parser.add_argument("--seeds", default="0,1", help="seeds between commas; none: write the page alone")
    parser.add_argument("--points", type=int, default=6, help="checkpoints of each front, evenly spread")
    parser.add_argument("--presets", help="of edgeml, between commas; by default all of the data set")
    parser.add_argument("--epochs", type=int, default=400, help="of HGQ2's training")
    parser.add_argument("--anew", action="store_true", help="measure again what has rows")
    parser.add_argument("--seconds", type=float, default=LIMIT, help="limit of each tool for ECP5 and design")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/benchmarks-front.md")
    options = parser.parse_args()
    dataset, points = options.dataset, options.points
    file = RESULTS / f"front-{dataset}.json"
    seeds = [int(seed) for seed in options.seeds.split(",") if seed]
    chosen = options.presets.split(",") if options.presets else presets_of(dataset)
    rows = read_rows(file)
    if options.anew:
        peers = [PEER_SIDE] if PEER.is_file() else []
        rows = [row for row in rows if row.seed not in seeds or row.side not in (*chosen, *peers)]
    known = {(row.side, row.seed, row.point) for row in rows}
    missing = "" if PEER.is_file() else "there is no .venv-hgq2 (scripts/hgq2-environment makes it)"
    data = prepare(presets.load(f"{dataset}_learned").data)
    for seed in seeds:
        sides = [ours(dataset, chosen, seed, points, known, options.seconds)]
        if not missing:
            sides.append(theirs(data, dataset, seed, options.epochs, points, known, options.seconds))
        for side in sides:
            for row in side:
                rows.append(row)
                print(row, flush=True)
                file.write_text(json.dumps([asdict(each) for each in rows], indent=1) + "\n")
    measured_sets = {name: read_rows(RESULTS / f"front-{name}.json") for name in datasets}
    options.out.write_text("\n".join(front_page.page(measured_sets, missing)).rstrip() + "\n")


if __name__ == "__main__":
    main()
