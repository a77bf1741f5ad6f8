"""The steps of hardware: synthesize a run, and file a vendor tool's reports under it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgeml.boards.target import BoardTarget, TargetRequest, resolve
from edgeml.checks import golden as vectors
from edgeml.errors import EdgemlError
from edgeml.pipeline.step import Tell, alone, quiet
from edgeml.runs import Run

if TYPE_CHECKING:
    from edgeml.boards import Board
    from edgeml.estimate import Ledger, Preflight
    from edgeml.figures import Hardware
    from edgeml.synth.request import Request
    from edgeml.vendor import Unread


@dataclass(frozen=True)
class Synthesis:
    """The result of a synthesis.

    Args:
        folder: RUN/synth/BOARD.
        hardware: the figures; None if no tool here gives any for the board.
        project: the vendor's project; None for open boards.
        not_run: why the vendor's tool did not run; "" if it did.
        notes: of the project.
        preflight: the estimate before any tool ran, with the chosen layout.
    """

    folder: Path
    hardware: Hardware | None
    project: Path | None = None
    not_run: str = ""
    notes: tuple[str, ...] = ()
    preflight: Preflight | None = None


def clock_for(
    run: Run, board: Board, clock_mhz: float | None, settings: Mapping[str, Any] | None = None
) -> BoardTarget:
    """The target of `synth`: the requested clock, else the run's, else the board's.

    Args:
        run: whose targets count.
        board: the target.
        clock_mhz: `--clock`.
        settings: options of the Verilog back end. A clock among them is the vendor's tool's as well; for
            open tools it is that of the stages alone.
    """
    own = (settings or {}).get("clock_mhz")
    return resolve(
        TargetRequest(board, clock_mhz if own is None or board.flow.is_open else own), run.target_request
    )


@alone
def synth(
    run: Run, board: Board, request: Request, ledger: Ledger, tell: Tell = quiet, say: Tell = quiet
) -> Synthesis:
    """Synthesize the run's Verilog for a board; an open board ends in a bitstream.

    Args:
        run: a lowered run.
        board: the target.
        request: clock, last step, seed, what the layout has to meet.
        ledger: earlier results, which narrow the estimate; what the tools count is added to it.
        tell: called with a line about each step that begins.
        say: called, before any tool runs, with lines on the fit, the chosen layout and a quicker one.

    Raises:
        EdgemlError: the model does not fit, no layout meets the goal, an integer differs, or a tool failed;
            names the log.
        MissingToolError: a tool is missing.
    """
    from edgeml.boards import Flow
    from edgeml.estimate import record
    from edgeml.synth import flow
    from edgeml.synth.read import best
    from edgeml.synth.vectors import Vectors
    from edgeml.synth.vendors import projects

    graph = run.graph()
    golden = vectors.read(run.golden_file, graph, run.origin)
    folder = run.folder / "synth" / board.name
    tell("estimate")
    golden_vectors = Vectors(golden.inputs, golden.expected)
    built_for = clock_for(run, board, request.clock_mhz, request.settings)
    steps = flow.SynthesisFlow(
        graph, golden_vectors, board, folder, replace(request, clock_mhz=built_for.clock_mhz), ledger, tell
    )
    for line in (*steps.preflight.lines(), steps.hint()):
        say(line)
    hardware = steps.run(tell)
    if board.flow not in (Flow.VIVADO, Flow.VITIS, Flow.QUARTUS) or request.until is not None:
        return Synthesis(folder, hardware, preflight=steps.preflight)
    tell(f"{board.flow.value} project")
    done = projects.vendor_project(folder / "verilog", board, folder, golden_vectors, seconds=request.seconds)
    notes = done.notes
    if done.hardware:
        hardware = best(done.hardware)
        hardware.write(folder / flow.RESULT)
        try:
            record(graph, board, hardware, steps.job.options, ledger)
        except EdgemlError as error:
            notes = (*notes, f"Not kept in the ledger: {error}.")
    return Synthesis(folder, hardware, done.project, done.not_run, notes, steps.preflight)


@alone
def read_reports(
    run: Run, directory: Path, board: Board, ledger: Ledger, skip: Sequence[str] = ()
) -> tuple[list[Hardware], list[str], tuple[Unread, ...]]:
    """File a vendor tool's reports under the run; what they say of the network alone goes into the ledger.

    Args:
        run: a lowered run.
        directory: where the reports lie, at any depth.
        board: which board they are of.
        ledger: where they are kept.
        skip: names of files to leave out.

    Returns:
        All figures; why some are not kept in the ledger, a sentence each; and the reports that could not be
        read.

    Raises:
        EdgemlError: no report can be read, or one is of something else; nothing is written then.
    """
    from edgeml.estimate import designs, record
    from edgeml.synth.read import best, file_reports

    graph = run.graph()
    rows, unread = file_reports(run.folder, directory, board.name, graph.name, graph.digest, skip)
    lines: list[str] = []
    for design in designs():
        mine = [row for row in rows if row.design == design and row.total.present()]
        try:
            if mine:
                chosen = best([row for row in mine if row.alone] or mine)
                record(graph, board, chosen, _laid_out(run, chosen, board, directory), ledger)
        except EdgemlError as error:
            lines.append(f"Not kept in the ledger: {error}.")
    return rows, lines, unread


def _laid_out(run: Run, row: Hardware, board: Board, directory: Path) -> dict[str, Any]:
    """The options that the artefact behind some figures was written with, from its manifest.

    Raises:
        EdgemlError: there is none, or it does not state them.
    """
    from edgeml.backends.hls4ml.manifest import Hls4mlManifest
    from edgeml.synth.read import verilog_manifest

    if row.design == "hls4ml":
        return Hls4mlManifest.read(run.hls4ml).settings(str(run.hls4ml))
    manifest = verilog_manifest(run.folder, board.name, directory, row)
    if manifest is None or not manifest.clock_mhz:  # without a clock, adders per stage were given
        raise EdgemlError("does not state the options of the project", str(directory), "export again")
    return manifest.layout
