"""The steps of a synthesis, each as a `FlowStep` of a `SynthesisJob`.

Invariant: what is synthesized was simulated before, integer for integer.
To add a step, write one more function here and name it in `flow`.
"""

from __future__ import annotations

import json
import time

import numpy as np

from edgeml._version import __version__
from edgeml.backends.verilog import BACKEND
from edgeml.backends.verilog.runner import Simulation
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.figures import Stage
from edgeml.files import write_atomic
from edgeml.synth import place as placer
from edgeml.synth.counts import FILE as COUNTS
from edgeml.synth.counts import CellCounts
from edgeml.synth.job import SynthesisJob
from edgeml.synth.steps import FlowStep
from edgeml.synth.top import TOP
from edgeml.synth.top import simulate as simulate_board
from edgeml.tools import failure, run, yosys

_CHECKED = 1000


def emit(job: SynthesisJob) -> FlowStep:
    """Emit the Verilog, and on open boards the top module."""

    def work() -> Stage:
        start = time.monotonic()
        BACKEND.emit(job.graph, job.options).replace(job.design)
        if job.whole:
            job.board_top.files.write(job.design)
        return _own("verilog", start)

    shape = f"{job.graph.digest} {job.board.model_dump_json()} {job.options.model_dump_json()}"
    return FlowStep("verilog", (), (job.design,), f"{__version__} {shape} {job.whole}", work)


def check(job: SynthesisJob) -> FlowStep:
    """Simulate the network with Verilator and compare every integer.

    Raises:
        MissingToolError: in the step: Verilator or its compiler is missing.
        EdgemlError: in the step: an integer differs; names the output and the first sample.
    """
    target = job.folder / "check.json"

    def work() -> Stage:
        start = time.monotonic()
        runner = Simulation()
        if missing := runner.available():
            raise MissingToolError(f"the Verilog cannot be checked: {missing}", "verilator")
        checked = job.vectors.first(_CHECKED)
        outputs = runner.run(job.design, job.graph, checked.inputs)
        for name, codes in outputs.items():
            differ = codes != checked.expected[name]
            wrong = np.flatnonzero(differ.reshape(len(codes), -1).any(1))
            if len(wrong):
                raise EdgemlError(
                    f"the Verilog gives other integers than the graph for {len(wrong)} of {len(codes)} "
                    f"samples, first for number {wrong[0]}",
                    f"{job.design}, {name}",
                    "this is a bug in edgeml; edgeml check RUN --with verilator tells which op",
                )
        samples = len(next(iter(outputs.values())))
        write_atomic(target, json.dumps({"samples": samples, "mismatches": 0}) + "\n")
        return _own("check", start, "verilator")

    return FlowStep("check", (job.design,), (target,), str(_CHECKED), work)


def simulate(job: SynthesisJob) -> FlowStep:
    """Simulate the whole board."""
    target = job.folder / "simulation.json"

    def work() -> Stage:
        start = time.monotonic()
        manifest = job.manifest
        design, top = job.design, job.board_top
        done = simulate_board(design, manifest, job.board, top, job.vectors)
        figures = {"vectors": done.vectors, "runs": done.runs, "clocks": done.clocks}
        write_atomic(target, json.dumps(figures) + "\n")
        return _own("simulation", start, "verilator")

    return FlowStep("simulation", (job.design,), (target,), "", work)


def synthesize(job: SynthesisJob) -> FlowStep:
    """Synthesize with Yosys."""
    out = job.folder / "synthesis"
    installed = job.tools["yosys"]
    passes = f"{job.family.mapping.passes} {job.family.mapping.core}".strip()
    pads = job.family.mapping.pads if job.whole else ""

    def work() -> Stage:
        synthesized = yosys.synthesize(
            [job.design / name for name in job.sources],
            job.top_name,
            passes,
            job.folder,
            pads=pads,
            output=out.name,
            log="logs/synthesis.log",
            seconds=job.request.seconds,
            installed=installed,
        )
        job.family.usage(synthesized.cells)  # an unknown cell is refused before anything is noted
        CellCounts.of(synthesized.instances).write(out / COUNTS)
        return _stage(job, "synthesis", "yosys", synthesized.seconds, "logs/synthesis.log")

    outputs = (out / "netlist.json", out / COUNTS)
    return FlowStep("synthesis", (job.design,), outputs, f"{passes} {pads} {installed}", work)


def place(job: SynthesisJob) -> FlowStep:
    """Place and route with nextpnr."""
    flow = job.open_flow
    installed = job.tools[flow.placer]
    placed, report = f"place/{flow.placed}", "place/report.json"

    def work() -> Stage:
        done = placer.place(
            installed,
            "synthesis/netlist.json",
            TOP,
            [*job.board.nextpnr, *job.words(flow.place)],
            job.folder,
            report,
            job.folder / "logs" / "place.log",
            mhz=job.clock_mhz,
            seed=job.request.seed,
            seconds=job.request.seconds,
            outputs=[placed],
        )
        placer.read_report(job.folder / report, done.log)
        return _stage(job, "place", flow.placer, done.seconds, "logs/place.log")

    inputs = (job.folder / "synthesis" / "netlist.json", job.design)
    settings = f"{job.board.nextpnr} {job.clock_mhz} {job.request.seed} {installed}"
    return FlowStep("place", inputs, (job.folder / placed, job.folder / report), settings, work)


def pack(job: SynthesisJob) -> FlowStep:
    """Make the bitstream.

    Raises:
        EdgemlError: in the step: the packer fails or writes nothing; names its log.
    """
    flow = job.open_flow
    installed = job.tools[flow.packer]
    target, log = job.folder / job.bitstream, job.folder / "logs" / "bitstream.log"

    def work() -> Stage:
        target.unlink(missing_ok=True)
        words = [installed.path, *job.words(flow.pack)]
        limit = job.request.seconds
        done = run(words, job.folder, log, limit, installed.environment, check=False, keep_command=True)
        if done.code:
            raise failure(done)
        if not target.is_file() or not target.stat().st_size:
            raise EdgemlError(f"wrote no {target.name}", flow.packer, f"all output is in {log}")
        return _stage(job, "bitstream", flow.packer, done.seconds, "logs/bitstream.log")

    inputs = (job.folder / "place" / flow.placed,)
    return FlowStep("bitstream", inputs, (target,), f"{job.board.nextpnr} {installed}", work)


def _stage(job: SynthesisJob, name: str, tool: str, seconds: float, log: str) -> Stage:
    installed = job.tools[tool]
    return Stage(
        name=name, tool=installed.path.name, version=installed.version, seconds=round(seconds, 2), log=log
    )


def _own(name: str, start: float, tool: str = "edgeml") -> Stage:
    version = __version__ if tool == "edgeml" else ""
    return Stage(name=name, tool=tool, version=version, seconds=round(time.monotonic() - start, 2))
