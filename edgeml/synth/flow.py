"""The flow of one run on one board: Verilog, checked, synthesized, placed, packed.

    RUN/synth/BOARD/verilog/      the network for this board's clock and, for open boards, the board's top
                    synthesis/    netlist.json, stat.json, counts.json
                    place/        the placed design, report.json
                    logs/         all that the tools said
                    BOARD.bit     the bitstream (.bin, .fs)
                    result.json   the figures; steps.json: what ran last

Open boards get the whole board: the top with its serial line and self-test is simulated before it is
synthesized. For the others Yosys gives the figures of the network alone, its ports not bound to pins; where
Yosys does not know the FPGA, the flow ends with the checked Verilog, which a vendor's project needs.

Invariant: what is synthesized was simulated before, integer for integer; figures exist only of files that do.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from edgeml._version import __version__
from edgeml.backends.verilog import BACKEND
from edgeml.backends.verilog.manifest import Manifest
from edgeml.backends.verilog.options import Options
from edgeml.backends.verilog.runner import Simulation
from edgeml.boards import Board
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.estimate import record, refuse_if_too_big
from edgeml.figures import Figure, Hardware, Stage
from edgeml.files import write_atomic
from edgeml.fixed import IntArray
from edgeml.ir import Graph
from edgeml.synth import families, layers, result, synthesis
from edgeml.synth.steps import Step, run_steps
from edgeml.synth.top import TOP, Top, emit, simulate
from edgeml.tools import load as load_tool
from edgeml.tools import place, yosys
from edgeml.tools.base import Found
from edgeml.tools.process import failure, run

Until = Literal["synthesis", "place", "bitstream"]
UNTIL: tuple[Until, ...] = ("synthesis", "place", "bitstream")
RESULT = "result.json"

_NETWORK = ("u_network",)
_CHECKED = 1000
_DESIGN = "verilog"


@dataclass(frozen=True)
class Vectors:
    """Golden vectors: codes (samples, *shape) by input and by output."""

    inputs: Mapping[str, IntArray]
    expected: Mapping[str, IntArray]


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Args:
        clock_mhz: to design for; None: the board's.
        until: the last step; None: as far as the board's flow goes.
        seed: of the placement.
        settings: options of the Verilog back end; clock_mhz among them takes the place of the flow's choice.
        seconds: time limit of each program.
    """

    clock_mhz: float | None = None
    until: Until | None = None
    seed: int = 1
    settings: Mapping[str, Any] | None = None
    seconds: float = 7200.0


class Flow:
    """The steps of a run on a board.

    Args:
        graph: the exact graph.
        vectors: its golden vectors.
        board: the target.
        folder: RUN/synth/BOARD.
        request: what is asked for.

    Raises:
        EdgemlError: the board has no open flow as far as that, the graph cannot be written as Verilog, or
            the design certainly does not fit the board.
        MissingToolError: a program that is needed is not there, or too old.
    """

    def __init__(self, graph: Graph, vectors: Vectors, board: Board, folder: Path, request: Request) -> None:
        self._graph, self._vectors, self._board, self._folder = graph, vectors, board, folder
        self._request = request
        known = any(board.family in families.load(name).boards for name in families.names())
        self._known = families.of(board) if known or request.until or board.flow.is_open else None
        self._until = _last(board, self._known, request.until)
        serial = board.pins is not None and board.pins.uart_rx is not None
        self._whole = board.flow.is_open and (serial or self._until != "synthesis")
        self.clock_mhz = request.clock_mhz or board.clock_mhz
        slowest = min((clock.mhz for clock in board.clocks if clock.pin), default=0.0)
        if self._whole and self.clock_mhz < slowest:
            raise EdgemlError(
                f"its oscillator gives {slowest:g} MHz, and the top has no PLL to make {self.clock_mhz:g}",
                board.name,
                f"--clock {slowest:g} or more",
            )
        flow = self._known.open if self._known is not None else None
        margin = flow.margin if flow is not None and board.flow.is_open else 1.0
        wanted = {"clock_mhz": min(1000.0, self.clock_mhz * margin), **(request.settings or {})}
        self.options: Options = BACKEND.options(wanted)
        refuse_if_too_big(graph, board, "verilog", self.options, tool="yosys")
        self._tools = {name: self._find(name) for name in self._needed()}
        self._top: Top | None = None

    def run(self, tell: Callable[[str], None]) -> Hardware | None:
        """All steps; result.json holds the figures after each.

        Returns:
            The figures; None if Yosys does not know the FPGA.

        Raises:
            EdgemlError: a step failed, an integer differs, or the design does not fit the board.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "logs").mkdir(exist_ok=True)
        steps = [self._emit(), self._check()]
        if self._whole:
            steps.append(self._simulate())
        if self._known is not None:
            steps.append(self._synthesize())
        if self._until != "synthesis":
            steps.append(self._place())
        if self._until == "bitstream":
            steps.append(self._pack())
        found: list[Hardware] = []

        def after(stages: Sequence[Stage]) -> None:
            step = steps[len(stages) - 1].name
            if step not in UNTIL:
                return
            made = self._figures(stages)
            if step == "synthesis" and (told := self._remember(made)):
                made = made.model_copy(update={"notes": (*made.notes, told)})
            found.append(made)
            found[-1].write(self._folder / RESULT)
            if step == "synthesis":
                result.refuse_what_does_not_fit(found[-1].total, self._board, "Yosys")

        run_steps(steps, self._folder, tell, after)
        return found[-1] if found else None

    # ------------------------------------------------------------ steps

    def _emit(self) -> Step:
        def work() -> Stage:
            start = time.monotonic()
            BACKEND.emit(self._graph, self.options).replace(self._folder / _DESIGN)
            if self._whole:
                self._board_top().files.write(self._folder / _DESIGN)
            return _own("verilog", start)

        shape = f"{self._graph.digest} {self._board.model_dump_json()} {self.options.model_dump_json()}"
        return Step("verilog", (), (self._folder / _DESIGN,), f"{__version__} {shape} {self._whole}", work)

    def _check(self) -> Step:
        target = self._folder / "check.json"

        def work() -> Stage:
            start = time.monotonic()
            runner = Simulation()
            if missing := runner.available():
                raise MissingToolError(f"the Verilog cannot be checked: {missing}", "verilator")
            given = {name: codes[:_CHECKED] for name, codes in self._vectors.inputs.items()}
            found = runner.run(self._folder / _DESIGN, self._graph, given)
            for name, codes in found.items():
                differ = codes != self._vectors.expected[name][:_CHECKED]
                wrong = np.flatnonzero(differ.reshape(len(codes), -1).any(1))
                if len(wrong):
                    raise EdgemlError(
                        f"the Verilog gives other integers than the graph for {len(wrong)} of {len(codes)} "
                        f"samples, first for number {wrong[0]}",
                        f"{self._folder / _DESIGN}, {name}",
                        "this is a bug in edgeml; edgeml check RUN --with verilator tells which op",
                    )
            samples = len(next(iter(found.values())))
            write_atomic(target, json.dumps({"samples": samples, "mismatches": 0}) + "\n")
            return _own("check", start, "verilator")

        return Step("check", (self._folder / _DESIGN,), (target,), str(_CHECKED), work)

    def _simulate(self) -> Step:
        target = self._folder / "simulation.json"

        def work() -> Stage:
            start = time.monotonic()
            manifest = self._manifest()
            inputs, expected = self._vectors.inputs, self._vectors.expected
            design, top = self._folder / _DESIGN, self._board_top()
            done = simulate(design, manifest, self._board, top, inputs, expected)
            told = {"vectors": done.vectors, "runs": done.runs, "clocks": done.clocks}
            write_atomic(target, json.dumps(told) + "\n")
            return _own("simulation", start, "verilator")

        return Step("simulation", (self._folder / _DESIGN,), (target,), "", work)

    def _synthesize(self) -> Step:
        out = self._folder / "synthesis"
        found = self._tools["yosys"]
        passes = f"{self._family.passes} {self._family.core}".strip()
        pads = self._family.pads if self._whole else ""

        def work() -> Stage:
            made = yosys.synthesize(
                [self._folder / _DESIGN / name for name in self._sources()],
                self._top_name(),
                passes,
                self._folder,
                pads=pads,
                output=out.name,
                log="logs/synthesis.log",
                seconds=self._request.seconds,
                found=found,
            )
            self._family.usage(made.cells)  # an unknown cell is refused before anything is noted
            counts = [[list(path), cells] for path, cells in made.instances.items()]
            write_atomic(out / "counts.json", json.dumps(counts) + "\n")
            return self._stage("synthesis", "yosys", made.seconds, "logs/synthesis.log")

        outputs = (out / "netlist.json", out / "counts.json")
        return Step("synthesis", (self._folder / _DESIGN,), outputs, f"{passes} {pads} {found}", work)

    def _place(self) -> Step:
        flow = self._family.open
        assert flow is not None
        found = self._tools[flow.placer]
        placed, report = f"place/{flow.placed}", "place/report.json"

        def work() -> Stage:
            done = place.place(
                found,
                "synthesis/netlist.json",
                TOP,
                [*self._board.nextpnr, *self._words(flow.place)],
                self._folder,
                report,
                self._folder / "logs" / "place.log",
                mhz=self.clock_mhz,
                seed=self._request.seed,
                seconds=self._request.seconds,
                outputs=[placed],
            )
            place.read_report(self._folder / report, done.log)
            return self._stage("place", flow.placer, done.seconds, "logs/place.log")

        inputs = (self._folder / "synthesis" / "netlist.json", self._folder / _DESIGN)
        settings = f"{self._board.nextpnr} {self.clock_mhz} {self._request.seed} {found}"
        return Step("place", inputs, (self._folder / placed, self._folder / report), settings, work)

    def _pack(self) -> Step:
        flow = self._family.open
        assert flow is not None
        found = self._tools[flow.packer]
        target, log = self._folder / self._bitstream(), self._folder / "logs" / "bitstream.log"

        def work() -> Stage:
            target.unlink(missing_ok=True)
            words = [found.path, *self._words(flow.pack)]
            limit = self._request.seconds
            done = run(words, self._folder, log, limit, found.environment, check=False, keep_command=True)
            if done.code:
                raise failure(done)
            if not target.is_file() or not target.stat().st_size:
                raise EdgemlError(f"wrote no {target.name}", flow.packer, f"all output is in {log}")
            return self._stage("bitstream", flow.packer, done.seconds, "logs/bitstream.log")

        inputs = (self._folder / "place" / flow.placed,)
        return Step("bitstream", inputs, (target,), f"{self._board.nextpnr} {found}", work)

    # ------------------------------------------------------------ figures

    def _remember(self, found: Hardware) -> str:
        """Put the network's own share, without the board around it, into the ledger beside its estimate.

        Returns:
            Why that could not be done; "" if it was. A ledger that cannot be written ends no synthesis.
        """
        prefix = _NETWORK if self._whole else ()
        cells: dict[str, int] = {}
        for path, part in self._instances().items():
            if path[: len(prefix)] == tuple(prefix):
                for kind, number in part.items():
                    cells[kind] = cells.get(kind, 0) + number
        network = found.model_copy(update={"total": self._family.usage(cells), "alone": True})
        try:
            record(self._graph, self._board, network, self.options)
        except EdgemlError as error:
            return f"Not kept in the ledger: {error}."
        return ""

    def _instances(self) -> dict[tuple[str, ...], dict[str, int]]:
        """Cells by the module instance they are in."""
        counts = json.loads((self._folder / "synthesis" / "counts.json").read_bytes())
        return {tuple(path): cells for path, cells in counts}

    def _figures(self, stages: Sequence[Stage]) -> Hardware:
        """All that is known after these stages."""
        ran = {stage.name for stage in stages}
        manifest = self._manifest()
        instances = self._instances()
        ops = synthesis.layer_ops(self._graph)
        prefix = _NETWORK if self._whole else ()
        cells: dict[str, int] = {}
        for part in instances.values():
            for kind, number in part.items():
                cells[kind] = cells.get(kind, 0) + number
        found = Hardware(
            design="verilog",
            settings=synthesis.settings(manifest),
            model=manifest.model,
            graph=manifest.graph,
            board=self._board.name,
            part=self._board.part,
            source="synthesis",
            total=self._family.usage(cells),
            alone=not self._whole,
            layers=layers.shares(instances, self._family, self._top_name(), prefix, ops),
            cycles=Figure(value=manifest.latency),
            ii=Figure(value=manifest.interval),
            clock_mhz=self.clock_mhz,
            stages=tuple(stages),
            notes=tuple(self._notes()),
        )
        if "place" not in ran:
            return found
        log = self._folder / "logs" / "place.log"
        report = place.read_report(self._folder / "place" / "report.json", log)
        path = result.hops(report.path, prefix, ops)
        share = result.unattributed(path)
        told = [
            "Shares of layers are counted in the netlist before placement, the total after it.",
            f"{share:.0%} of the critical path is in no layer." if path else "No path between registers.",
        ]
        return found.model_copy(
            update={
                "source": "place-and-route",
                "total": result.placed_usage(report, self._family, found.total),
                "fmax_mhz": Figure(value=round(report.clocks[0].achieved, 3)) if report.clocks else None,
                "critical_path": path,
                "bitstream": self._bitstream() if "bitstream" in ran else "",
                "notes": (*found.notes, *told),
            }
        )

    def _notes(self) -> list[str]:
        notes = [self._family.note] if self._family.note else []
        if self._whole:
            return [*notes, *self._board_top().notes]
        alone = "The network alone, without a top module for the board; its ports are not bound to pins."
        return [*notes, alone]

    # ------------------------------------------------------------ small things

    @property
    def _family(self) -> families.Family:
        """The family; asked for only where there is one."""
        assert self._known is not None
        return self._known

    def _find(self, name: str) -> Found:
        return load_tool(name).need(self._family.oldest if name == "yosys" else ())

    def _needed(self) -> list[str]:
        flow = self._known.open if self._known is not None else None
        names = ["yosys"] if self._known is not None else []
        if self._until != "synthesis" and flow is not None:
            names.append(flow.placer)
        if self._until == "bitstream" and flow is not None:
            names.append(flow.packer)
        return names

    def _manifest(self) -> Manifest:
        return Manifest.read(self._folder / _DESIGN)

    def _board_top(self) -> Top:
        if self._top is None:
            given, wanted = self._vectors.inputs, self._vectors.expected
            self._top = emit(self._manifest(), self._board, given, wanted)
        return self._top

    def _top_name(self) -> str:
        return TOP if self._whole else self._manifest().top

    def _sources(self) -> Sequence[str]:
        manifest = self._manifest()
        return self._board_top().sources(manifest) if self._whole else manifest.files

    def _bitstream(self) -> str:
        flow = self._family.open
        return f"{self._board.name}{flow.suffix}" if flow is not None else ""

    def _words(self, templates: Sequence[str]) -> list[str]:
        flow = self._family.open
        assert flow is not None
        device = next((word for word in self._board.nextpnr if word.startswith("family=")), "")
        values = {
            "constraints": f"{_DESIGN}/{self._board_top().constraints}",
            "placed": f"place/{flow.placed}",
            "bitstream": self._bitstream(),
            "device": device.removeprefix("family="),
        }
        return [template.format(**values) for template in templates]

    def _stage(self, name: str, tool: str, seconds: float, log: str) -> Stage:
        found = self._tools[tool]
        return Stage(
            name=name, tool=found.path.name, version=found.version, seconds=round(seconds, 2), log=log
        )


def _own(name: str, start: float, tool: str = "edgeml") -> Stage:
    version = __version__ if tool == "edgeml" else ""
    return Stage(name=name, tool=tool, version=version, seconds=round(time.monotonic() - start, 2))


def _last(board: Board, family: families.Family | None, asked: Until | None) -> Until:
    """The last step that is asked for, or that the board's flow has."""
    flow = family.open if family is not None and board.flow.is_open else None
    most: Until = "synthesis" if flow is None else "bitstream" if flow.packer else "place"
    if asked is None:
        return most
    if UNTIL.index(asked) > UNTIL.index(most):
        raise EdgemlError(
            f"its flow is {board.flow.value}: open tools go no further than {most}",
            board.name,
            f"--until {most}; the vendor's tool does the rest",
        )
    return asked
