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

from collections.abc import Callable, Sequence
from pathlib import Path

from edgeml import families
from edgeml.backends.verilog import BACKEND
from edgeml.boards import Board, target
from edgeml.errors import EdgemlError
from edgeml.estimate import Ledger, hint, preflight, refuse_if_too_big
from edgeml.figures import Hardware, Stage
from edgeml.ir import Graph
from edgeml.synth import counted, result, work
from edgeml.synth.job import SynthesisJob
from edgeml.synth.request import UNTIL, Request, last_step
from edgeml.synth.steps import run_steps
from edgeml.synth.vectors import Vectors
from edgeml.synth.wish import stage_clock
from edgeml.tools import InstalledTool
from edgeml.tools import load as load_tool

RESULT = "result.json"


def _quiet(what: str) -> None:
    """Ignore progress messages."""


class SynthesisFlow:
    """The steps of a run on a board.

    Args:
        graph: the exact graph.
        vectors: its golden vectors.
        board: the target.
        folder: RUN/synth/BOARD.
        request: settings, goal and last step.
        ledger: earlier results, which narrow the intervals; what the tools count is added to it.
        tell: called with the name of each step that begins.

    Attributes:
        preflight: the estimate before any tool ran, with the chosen layout if there is a goal.

    Raises:
        EdgemlError: the board has no open flow as far as that, the graph cannot be written as Verilog, the
            design certainly does not fit the board, or no layout meets the goal.
        MissingToolError: a program that is needed is not there, or too old.
    """

    def __init__(
        self,
        graph: Graph,
        vectors: Vectors,
        board: Board,
        folder: Path,
        request: Request,
        ledger: Ledger,
        tell: Callable[[str], None] = _quiet,
    ) -> None:
        of_board = families.of(board)
        is_mapped = of_board is not None and of_board.yosys is not None
        family = families.mapped(board) if is_mapped or request.until or board.flow.is_open else None
        self._until = last_step(board, family, request.until)
        serial = board.pins is not None and board.pins.uart_rx is not None
        whole = board.flow.is_open and (serial or self._until != "synthesis")
        clock_mhz = target.resolve(target.TargetRequest(board, request.clock_mhz)).clock_mhz
        slowest = min((clock.mhz for clock in board.clocks if clock.pin), default=0.0)
        if whole and clock_mhz < slowest:
            raise EdgemlError(
                f"its oscillator gives {slowest:g} MHz, and the top has no PLL to make {clock_mhz:g}",
                board.name,
                f"--clock {slowest:g} or more",
            )
        settings = {"clock_mhz": stage_clock(board, clock_mhz), **(request.settings or {})}
        options = BACKEND.options(settings)

        def pieces(count: int) -> None:
            tell(f"counting layouts: {count} pieces")

        self._pieces = pieces
        result = preflight(graph, board, "verilog", options, request.goal, "yosys", ledger, self._pieces)
        self.preflight = refuse_if_too_big(result, board)
        if self.preflight.solution is not None:
            options = BACKEND.options(
                {**settings, "reuse_factor": None, **self.preflight.solution.settings()}
            )
        tools = {name: _find(name, family) for name in self._needed(family)}
        self.job = SynthesisJob(
            graph, vectors, board, folder, request, clock_mhz, whole, family, options, tools, ledger
        )

    def hint(self) -> str:
        """A line with a layout that is placed sooner, unless the user chose one; "" if there is none."""
        job = self.job
        fixed = {"mode", "reuse_factor"} & set(job.request.settings or {})
        if job.request.goal or fixed:
            return ""
        return hint(job.graph, job.board, job.options, "yosys", self.preflight, job.ledger, self._pieces)

    def run(self, tell: Callable[[str], None]) -> Hardware | None:
        """All steps; result.json holds the figures after each.

        Returns:
            The figures; None if Yosys does not know the FPGA.

        Raises:
            EdgemlError: a step failed, an integer differs, or the design does not fit the board.
        """
        job = self.job
        (job.folder / "logs").mkdir(parents=True, exist_ok=True)
        steps = [work.emit(job), work.check(job)]
        if job.whole:
            steps.append(work.simulate(job))
        if job.mapped_family is not None:
            steps.append(work.synthesize(job))
        if self._until != "synthesis":
            steps.append(work.place(job))
        if self._until == "bitstream":
            steps.append(work.pack(job))
        rows: list[Hardware] = []

        def after(stages: Sequence[Stage]) -> None:
            step = steps[len(stages) - 1].name
            if step not in UNTIL:
                return
            row = counted.figures(job, stages)
            if step != "bitstream" and (problem := counted.remember(job, row)):
                row = row.model_copy(update={"notes": (*row.notes, problem)})
            rows.append(row)
            rows[-1].write(job.folder / RESULT)
            if step == "synthesis":
                result.refuse_what_does_not_fit(rows[-1].total, job.board, "Yosys")

        run_steps(steps, job.folder, tell, after)
        return rows[-1] if rows else None

    def _needed(self, family: families.Family | None) -> list[str]:
        """The programs of the requested steps."""
        if family is None:
            return []
        names = ["yosys"]
        if self._until != "synthesis" and family.open is not None:
            names.append(family.open.placer)
        if self._until == "bitstream" and family.open is not None:
            names.append(family.open.packer)
        return names


def _find(name: str, family: families.Family | None) -> InstalledTool:
    oldest = family.mapping.oldest if name == "yosys" and family is not None else ()
    return load_tool(name).need(oldest)
