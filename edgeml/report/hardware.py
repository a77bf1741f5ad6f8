"""What estimates and tools say of a run's designs, gathered from the run folder.

Invariant: a file that is damaged or of another graph, and a design that cannot be estimated, is a sentence in
`gaps`, never a figure. Results of tools are read as they lie there, estimates are made anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgeml import boards
from edgeml.backends.verilog.manifest import MANIFEST, Manifest
from edgeml.errors import EdgemlError
from edgeml.estimate import estimate
from edgeml.estimate.model import Design
from edgeml.figures import Hardware
from edgeml.report.facts_hardware import DESIGNS, BoardFacts

if TYPE_CHECKING:
    from edgeml.ir import Graph
    from edgeml.runs import Run

COMPARED = ("icebreaker", "tangnano20k", "ulx3s-85f", "arty-a7-35t", "zcu104")
"""Boards that every run is estimated for beside its own: a small, two middle and two larger ones of five
families."""


@dataclass(frozen=True)
class Found:
    """What there is.

    Args:
        hardware: figures, a tool's and estimated ones.
        boards: every board that the figures name.
        gaps: what could not be had and why, a sentence each.
    """

    hardware: tuple[Hardware, ...] = ()
    boards: tuple[BoardFacts, ...] = ()
    gaps: tuple[str, ...] = ()


def look(run: Run, graph: Graph) -> Found:
    """Figures of the run's designs on its target board and on boards to compare with."""
    read, gaps = results(run, graph)
    guessed, more = estimates(run, graph, dict.fromkeys(item.board for item in read if item.board))
    found = [*read, *guessed]
    return Found(tuple(found), _boards(found), (*gaps, *more))


def results(run: Run, graph: Graph) -> tuple[list[Hardware], list[str]]:
    """The figures that tools left in RUN/synth, and why some of the files do not count."""
    read: list[Hardware] = []
    gaps: list[str] = []
    for path in sorted((run.folder / "synth").glob("*/result.json")):
        name = path.relative_to(run.folder).as_posix()
        try:
            item = Hardware.read(path)
        except EdgemlError as error:
            gaps.append(f"{name} {error.what}.")
            continue
        if item.graph and item.graph != graph.digest:
            gaps.append(f"{name} is of another graph, run edgeml synth again.")
            continue
        read.append(item)
    return read, gaps


def estimates(run: Run, graph: Graph, others: Iterable[str]) -> tuple[list[Hardware], list[str]]:
    """Estimates of the Verilog and of the hls4ml project as the run's settings lay them out.

    Args:
        run: its target board is estimated layer by layer.
        graph: its exact graph.
        others: further boards that a tool has spoken of, layer by layer as well; their Verilog may have been
            laid out for their own clock.

    Returns:
        The estimates, those of `COMPARED` without layers, and what could not be estimated.
    """
    target, known = run.config.targets.board, boards.names()
    whole = [name for name in dict.fromkeys((target, *others)) if name in known]
    wanted = [name for name in dict.fromkeys((*whole, *COMPARED)) if name in known]
    made: list[Hardware] = []
    gaps: list[str] = []
    designs: tuple[Design, ...] = ("verilog", "hls4ml")
    for design in designs:
        for name in wanted:
            board = boards.load(name)
            if design == "hls4ml" and board.hls4ml is None and name != target:
                continue
            try:
                item = estimate(graph, board, design, _options(run, design, name))
            except EdgemlError as error:
                gaps.append(f"No estimate of the {DESIGNS[design]} on {board.title}: {error}.")
                break  # what keeps a design from one board nearly always keeps it from all
            made.append(item if name in whole else item.model_copy(update={"layers": ()}))
    return made, gaps


def _options(run: Run, design: Design, board: str) -> dict[str, Any]:
    """Options of a design, as it was written for the board or else for the run."""
    if design == "hls4ml":
        return run.target_options()["hls4ml"]
    places = (run.folder / "synth" / board / "verilog", run.folder / "verilog")
    return next((_as_written(place) for place in places if (place / MANIFEST).is_file()), {})


def _as_written(folder: Path) -> dict[str, Any]:
    """Options of the Verilog that lies in a folder, as far as its manifest tells them."""
    manifest = Manifest.read(folder)
    found: dict[str, Any] = {"mode": manifest.mode}
    if manifest.clock_mhz:
        found["clock_mhz"] = manifest.clock_mhz
    if manifest.reuse_factor is not None:
        found["reuse_factor"] = manifest.reuse_factor
    return found


def _boards(found: list[Hardware]) -> tuple[BoardFacts, ...]:
    known = set(boards.names())
    names = dict.fromkeys(item.board for item in found if item.board in known)
    return tuple(BoardFacts.of(boards.load(name)) for name in names)
