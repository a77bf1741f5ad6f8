"""Write a board's vendor project into a run, run it where the tool is, and read its figures back.

RUN/synth/BOARD/project/         the files for the tool; it runs build.tcl
RUN/synth/BOARD/project/reports/ what the tool wrote
RUN/synth/BOARD/vendor-fitted.json, vendor-synthesized.json
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from edgeml import tools, vendor
from edgeml.backends.verilog.manifest import MANIFEST, VerilogManifest
from edgeml.boards import Board, Flow
from edgeml.errors import EdgemlError
from edgeml.figures import Figure, Hardware, Stage
from edgeml.files import FileSet, read_bytes
from edgeml.quoting import comment
from edgeml.synth.vectors import Vectors
from edgeml.synth.vendors import quartus, vivado
from edgeml.synth.vendors.base import VendorProject
from edgeml.synth.vendors.network import network
from edgeml.tools import run

SECONDS = 6 * 3600.0
"""Time limit of a whole compilation."""

_WRITERS = {Flow.VIVADO: vivado.emit, Flow.VITIS: vivado.emit, Flow.QUARTUS: quartus.emit}
_COMMANDS = {"vivado": ("-mode", "batch", "-nojournal", "-notrace", "-source"), "quartus": ("-t",)}


@dataclass(frozen=True)
class Done:
    """The result of a vendor's project.

    Args:
        project: the folder that was written.
        settings: the chosen settings for the board.
        hardware: figures of the network, nearest to the hardware first; empty if the tool did not run.
        not_run: why it did not run; "" if it did.
        bitstream: path inside the project, "" if there is none.
        notes: what a reader must know.
    """

    project: Path
    settings: str
    hardware: tuple[Hardware, ...]
    not_run: str
    bitstream: str
    notes: tuple[str, ...]


def vendor_project(
    verilog: Path,
    board: Board,
    folder: Path,
    golden: Vectors,
    *,
    execute: bool = True,
    seconds: float = SECONDS,
) -> Done:
    """Write the project, and run it if its tool is here.

    Args:
        verilog: the emitted Verilog with its manifest, RUN/verilog.
        board: a board with a vendor's flow.
        folder: where the board's results go, RUN/synth/BOARD; the project is written to project/ in it.
        golden: the golden vectors.
        execute: whether to run the tool.
        seconds: its time limit.

    Raises:
        EdgemlError: the board has another flow, a file is missing, or the tool fails, hangs, or leaves no
            report or one that is not known; names the log.
    """
    project = project_of(verilog, board, golden)
    target = folder / "project"
    project.files.write(target)
    (target / "reports").mkdir(exist_ok=True)
    manifest = VerilogManifest.read(verilog)
    if not execute:
        return Done(target, project.settings, (), "it was not asked to run", "", project.notes)
    installed = tools.find(project.tool)
    if installed is None:
        why = f"{project.tool} is not installed: {tools.load(project.tool).install}"
        return Done(target, project.settings, (), why, "", project.notes)
    for old in (target / "reports").iterdir():
        old.unlink()  # reports of an earlier run are removed, so that those read below are of this run
    log = folder / f"{project.tool}.log"
    start = time.monotonic()
    run(
        [installed.path, *_COMMANDS[project.tool], project.script],
        target,
        log,
        seconds,
        installed.environment,
    )
    stage = Stage(
        name="compilation",
        tool=project.tool,
        version=installed.version,
        seconds=round(time.monotonic() - start, 3),
        log=log.name,
    )
    bitstream = _bitstream(target)
    try:
        read = vendor.scan(target / "reports")
    except EdgemlError as error:
        raise EdgemlError(
            error.what, error.where, f"{project.tool} ended; all its output is in {log}"
        ) from None
    rows = [_of_network(row, manifest, board, target, project, stage, bitstream) for row in read.rows]
    notes = (*project.notes, *(f"Not read: {item.where}: {item.reason}." for item in read.unread))
    if not any(row.reached == "fitted" and row.total.lut and row.fmax_mhz for row in rows):
        raise EdgemlError(
            "ended without reports of place, route and timing"
            + "".join(f"; not read: {item.where}: {item.reason}" for item in read.unread[:1]),
            project.tool,
            f"all output is in {log}",
        )
    for row in rows:
        row.write(folder / f"vendor-{row.reached or 'unknown'}.json")
    return Done(target, project.settings, tuple(rows), "", bitstream, notes)


def project_of(verilog: Path, board: Board, golden: Vectors) -> VendorProject:
    """The project's files, not written yet.

    Raises:
        EdgemlError: the board has another flow, or a file of the Verilog is missing.
    """
    write = _WRITERS.get(board.flow)
    if write is None:
        raise EdgemlError(
            f"goes through {board.flow.value}, which has no vendor project here",
            board.name,
            "edgeml list boards shows the flows",
        )
    manifest = VerilogManifest.read(verilog)
    sources = {name: read_bytes(verilog / name, f"file that {MANIFEST} lists") for name in manifest.files}
    project = write(manifest, sources, board, golden)
    files = {**project.files.files, "README.md": _readme(project, manifest, board).encode()}
    return replace(project, files=FileSet(files))


def _readme(project: VendorProject, manifest: VerilogManifest, board: Board) -> str:
    command = " ".join((tools.load(project.tool).executables[0], *_COMMANDS[project.tool], project.script))
    lines = [
        f"# {comment(f'{manifest.model} on {board.title}')}",
        "",
        f"{project.settings}. Run in this folder, unattended:",
        "",
        f"    {command}",
        "",
        "Reports appear in `reports/`; `edgeml vendor reports` reads them, `edgeml synth RUN --board "
        f"{board.name} --read .` files them under the run.",
        "",
        *(f"- {note}" for note in project.notes),
    ]
    return "\n".join([*lines, ""])


def _bitstream(target: Path) -> str:
    places = ("drivers/python/edgeml.bit", "edgeml.bit", "reports/edgeml.sof")
    return next((place for place in places if (target / place).is_file()), "")


def _of_network(
    row: Hardware,
    manifest: VerilogManifest,
    board: Board,
    target: Path,
    project: VendorProject,
    stage: Stage,
    bitstream: str,
) -> Hardware:
    """The row as one of this run: the network's share where the design has more than the network."""
    row = network(row, target / "reports", manifest) or row
    return row.model_copy(
        update={
            "design": "verilog",
            "model": manifest.model,
            "graph": manifest.graph,
            "board": board.name,
            "part": row.part or board.part,
            "settings": f"{manifest.mode}, {project.mhz:g} MHz",
            "clock_mhz": row.clock_mhz or project.mhz,
            "cycles": Figure(value=manifest.latency),
            "ii": Figure(value=manifest.interval),
            "stages": (stage,),
            "bitstream": f"project/{bitstream}" if bitstream and row.reached == "fitted" else "",
            "reports": tuple(f"project/reports/{name}" for name in row.reports),
            "notes": (*row.notes, "cycles are those that the Verilog promises and its simulation measures"),
        }
    )
