"""Whole boards after packing, and some of them after routing, against synthesis and the estimate.

    python -m benchmarks.placed measure                 # icebreaker and ulx3s-85f; goes on where it stopped
    python -m benchmarks.placed measure --routed --boards icebreaker
    python -m benchmarks.placed write                   # placement.json and docs/estimates-placed.md

The designs of benchmarks/designs.py get a board's top with its self-test, as `edgeml synth` would write it,
are synthesized once and packed by nextpnr, which takes seconds and says what the whole board uses: placing
and routing move cells and add none. `--routed` goes all the way, for the clock, from the same netlist. On
Gowin only routing tells (a register takes a LUT to get its input through), so `tangnano20k` is only routed,
a few designs, and tests what is borrowed from ECP5.

Kept in benchmarks/results/placed.json, one line per design, board and stage; what is there is not measured
again. A design that has a clock or a number of adders per stage of its own keeps it; the others get the
flow's. `placement` fits and tests on these rows, `placed_page` writes the page.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import placed_page, placement
from benchmarks.designs import Design, designs
from benchmarks.errors import COVERAGE
from benchmarks.placement import CELLS
from edgeml import boards, families
from edgeml.backends.verilog import BACKEND
from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.backends.verilog.options import VerilogOptions
from edgeml.boards import Board
from edgeml.fixed import IntArray
from edgeml.ir import Graph, evaluate_codes
from edgeml.synth import place
from edgeml.synth.top import TOP, emit
from edgeml.synth.top.payload import sample_bytes
from edgeml.synth.vectors import Vectors
from edgeml.tools import failure, run, yosys
from edgeml.tools import load as load_tool

RESULTS = Path(__file__).with_name("results") / "placed.json"
SIZES = RESULTS.with_name("ice40.json")
ROOM = 0.9
"""A design is routed if packing says that it takes no more of the board; beyond that routing may not end."""

_VECTORS = 64
_SEED = 1
_SECONDS = 1800.0


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.placed")
    parser.add_argument("step", choices=("measure", "write"))
    parser.add_argument("--boards", nargs="*", default=list(CELLS))
    parser.add_argument("--routed", action="store_true", help="place and route as well, where there is room")
    parser.add_argument("--most", type=float, default=1e9, help="LUTs of the largest network")
    parser.add_argument("--only", nargs="*", default=[], help="names of designs")
    parser.add_argument("--minutes", type=float, default=1e9, help="begin nothing later than that")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "edgeml-placed")
    args = parser.parse_args()
    if args.step == "write":
        return _written(list(results().values()))
    end = time.monotonic() + args.minutes * 60
    stage = "routed" if args.routed else "packed"
    for design in _ordered(args.most):
        for name in args.boards:
            chosen = (not args.only or design.name in args.only) and time.monotonic() < end
            if chosen and (name, design.name, stage) not in results():
                _measure(design, boards.load(name), stage, args.work / name / design.name)
    return 0


def _written(results: list[dict[str, Any]]) -> int:
    """Fit, test and write; 1 if the intervals miss more than a tenth of the held-out boards."""
    rows, fitted = placement.fit(results, options_of)
    placement.write(rows, fitted)
    placed_page.write(rows, fitted, results, options_of)
    return int(any((packing.spread["whole"].inside or 0) < COVERAGE for packing in fitted.values()))


def _ordered(most: float) -> list[Design]:
    """Small networks first, so that many are there soon."""
    sizes = {row["design"]: row["lut"] for row in map(json.loads, SIZES.read_text().splitlines())}
    chosen = [design for design in designs() if sizes[design.name] <= most]
    return sorted(chosen, key=lambda design: sizes[design.name])


def _measure(design: Design, board: Board, stage: str, folder: Path) -> None:
    if stage == "routed":
        packed = results().get((board.name, design.name, "packed"))
        if board.name in CELLS and (packed is None or not _has_room(packed, board)):
            return
        row = routed(design, board, folder)
    else:
        row = packed_row(design, board, folder)
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a") as file:
        file.write(json.dumps(row) + "\n")
    sys.stdout.write(f"{row}\n"[:200].rstrip() + "\n")
    sys.stdout.flush()


def _has_room(packed: Mapping[str, Any], board: Board) -> bool:
    """True if routing will end: there is room among the cells, and there are blocks enough."""
    used = {kind: packed["synthesis"]["whole"][kind]["value"] for kind in ("dsp", "bram")}
    enough = all(number <= (getattr(board.resources, kind) or 0) for kind, number in used.items())
    return enough and packed["whole"][CELLS[board.name]] <= ROOM * board.resources.lut


def results() -> dict[tuple[str, str, str], dict[str, Any]]:
    """The results so far, by board, design and stage."""
    rows = [json.loads(line) for line in RESULTS.read_text().splitlines()] if RESULTS.is_file() else []
    return {(row["board"], row["design"], row["stage"]): row for row in rows}


def options_of(design: Design, board: Board) -> VerilogOptions:
    """The layout of `edgeml synth` for the design, but for the options that the design states."""
    flow = families.mapped(board).open
    assert flow is not None
    return BACKEND.options({"clock_mhz": board.clock_mhz * flow.margin, **design.options})


# ---------------------------------------------------------------- measuring


def _synthesized(design: Design, board: Board, folder: Path) -> dict[str, Any]:
    """Emit, synthesize, count; the counts stay beside the netlist for the next stage."""
    cache = folder / "synthesized.json"
    if cache.is_file():
        return json.loads(cache.read_text())
    source, family = folder / "verilog", families.mapped(board)
    BACKEND.emit(design.graph, options_of(design, board)).replace(source)
    manifest = VerilogManifest.read(source)
    inputs = _codes(design.graph)
    top = emit(manifest, board, Vectors(inputs, evaluate_codes(design.graph, inputs, design.graph.outputs)))
    top.files.write(source)
    passes = f"{family.mapping.passes} {family.mapping.core}".strip()
    names = [source / name for name in top.sources(manifest)]
    synthesized = yosys.synthesize(
        names,
        TOP,
        passes,
        folder,
        pads=family.mapping.pads,
        output="synthesis",
        seconds=_SECONDS,
        oldest=family.mapping.oldest,
    )
    network = _sum(cells for path, cells in synthesized.instances.items() if path[:1] == ("u_network",))
    around = _sum(cells for path, cells in synthesized.instances.items() if path[:1] != ("u_network",))
    row = {
        "synthesis": {
            part: family.usage(cells).model_dump(mode="json", exclude_none=True)
            for part, cells in (("whole", synthesized.cells), ("network", network), ("top", around))
        },
        "cells": {"network": network, "top": around},
        "ports": {
            "in_bits": manifest.input.bits,
            "out_bits": manifest.output.bits,
            "out_beats": manifest.output.beats,
            "sample": sample_bytes(manifest.input),
            "result": sample_bytes(manifest.output),
            "identity": len(top.identity.encode()),
            "vectors": top.vectors,
        },
        "mode": manifest.mode,
        "yosys": synthesized.version,
        "constraints": f"verilog/{top.constraints}",
        "synthesis_seconds": round(synthesized.seconds, 1),
    }
    cache.write_text(json.dumps(row))
    return row


def packed_row(design: Design, board: Board, folder: Path) -> dict[str, Any]:
    """One design, synthesized with its board's top and packed."""
    synthesized = _synthesized(design, board, folder)
    program, words = _placer(board, synthesized)
    log = folder / "pack.log"
    done = run(
        [*words, "--pack-only", "--write", "packed.json"],
        folder,
        log,
        _SECONDS,
        program.environment,
        check=False,
    )
    if done.code:
        raise failure(done)
    parts = packed_parts(json.loads((folder / "packed.json").read_bytes()))
    whole = _sum(kinds for kinds in parts.values())
    options = options_of(design, board)
    return {
        "board": board.name,
        "design": design.name,
        "stage": "packed",
        "tools": f"yosys {synthesized['yosys']}, {program.path.name} {program.version}",
        **{key: synthesized[key] for key in ("synthesis", "cells", "ports", "mode")},
        "whole": {kind: number for kind, number in whole.items() if "/" not in kind},
        "network": parts["u_network"],
        "top": _sum(kinds for name, kinds in parts.items() if name != "u_network"),
        "clock_mhz": board.clock_mhz,
        "pipelined_mhz": options.clock_mhz if options.adders_per_stage is None else 0.0,
        "synthesis_seconds": synthesized["synthesis_seconds"],
        "seconds": round(done.seconds, 1),
    }


def routed(design: Design, board: Board, folder: Path) -> dict[str, Any]:
    """The same netlist, placed and routed."""
    synthesized = _synthesized(design, board, folder)
    program, _ = _placer(board, synthesized)
    flow = families.mapped(board).open
    assert flow is not None
    values = {"constraints": synthesized["constraints"], "placed": flow.placed}
    words = [word.format(**values) for word in flow.place]
    log, report = folder / "place.log", "report.json"
    done = place.place(
        program, "synthesis/netlist.json", TOP, [*board.nextpnr, *words], folder, report, log,
        mhz=board.clock_mhz, seed=_SEED, seconds=_SECONDS, outputs=[flow.placed],
    )  # fmt: skip
    report_ = place.read_report(folder / report, log)
    options = options_of(design, board)
    return {
        "board": board.name,
        "design": design.name,
        "stage": "routed",
        "tools": f"yosys {synthesized['yosys']}, {program.path.name} {program.version}",
        "whole": {kind: number for kind, number in report_.used.items() if number},
        "clock_mhz": board.clock_mhz,
        "pipelined_mhz": options.clock_mhz if options.adders_per_stage is None else 0.0,
        "fmax_mhz": report_.clocks[0].achieved,
        "seed": _SEED,
        "seconds": round(done.seconds, 1),
    }


def _placer(board: Board, synthesized: Mapping[str, Any]) -> tuple[Any, list[Any]]:
    """nextpnr, and its words for this board but for what it should do."""
    flow = families.mapped(board).open
    assert flow is not None
    placer = load_tool(flow.placer).need(())
    constraints = flow.place[:2]
    words = [placer.path, "--json", "synthesis/netlist.json", "--top", TOP, *board.nextpnr]
    return placer, [*words, *(word.format(constraints=synthesized["constraints"]) for word in constraints)]


def packed_parts(written: Mapping[str, Any]) -> dict[str, Counter[str]]:
    """Cells by kind of every part of the board, from the design that nextpnr writes after packing.

    A cell that nextpnr added to a carry chain has no part in its name; it belongs to its neighbour's. Beside
    the kinds there is, behind a stroke, why a cell is there: "/register" holds a flip-flop and no table of
    the netlist, "/carry" a carry alone, "/chain" was added to make a chain legal.
    """
    (module,) = written["modules"].values()
    cells = module["cells"]
    owner = {name: name.split(".")[0] for name in cells if "." in name}
    holders: dict[int, set[str]] = {}
    for name, cell in cells.items():
        for bits in cell["connections"].values():
            for bit in bits:
                holders.setdefault(bit, set()).add(name)
    for _ in range(3):  # an added cell may be the neighbour of another one
        for name in cells:
            if name.startswith("$nextpnr") and name not in owner:
                bits = {bit for port in cells[name]["connections"].values() for bit in port}
                near = sorted(
                    (len(holders[bit]), other) for bit in bits for other in holders[bit] if other in owner
                )
                if near:
                    owner[name] = owner[near[0][1]]
    parts: dict[str, Counter[str]] = {"u_network": Counter()}
    for name, cell in cells.items():
        kinds = parts.setdefault(owner.get(name, ""), Counter())
        kind = cell["type"]
        kinds[kind] += 1
        if kind in CELLS.values():
            if name.startswith("$nextpnr"):
                kinds[f"{kind}/chain"] += 1
            elif name.endswith("_DFFLC"):
                kinds[f"{kind}/register"] += 1
            elif name.endswith("$CARRY"):
                kinds[f"{kind}/carry"] += 1
    return parts


def _sum(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for part in counts:
        total.update(part)
    return dict(sorted(total.items()))


def _codes(graph: Graph) -> dict[str, IntArray]:
    rng = np.random.default_rng(0)
    codes: dict[str, IntArray] = {}
    for name in graph.inputs:
        info = graph.info(name)
        codes[name] = rng.integers(info.lo, np.asarray(info.hi) + 1, (_VECTORS, *info.shape))
    return codes


if __name__ == "__main__":
    sys.exit(main())
