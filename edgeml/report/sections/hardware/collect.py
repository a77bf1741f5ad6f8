"""The figures of a run's designs, by estimates and by tools, gathered from the run folder.

Invariant: a file that is damaged or of another graph, and a design that cannot be estimated, is a sentence in
`gaps`, never a figure. Results of tools are read as they lie there, estimates are made anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from edgeml import boards
from edgeml.backends.hls4ml.manifest import Hls4mlManifest
from edgeml.backends.verilog.manifest import MANIFEST, VerilogManifest
from edgeml.boards import Board
from edgeml.designs import Design
from edgeml.errors import EdgemlError
from edgeml.estimate import EMPTY, Ledger, design_title, designs, estimate
from edgeml.estimate.entrance import load
from edgeml.figures import Hardware
from edgeml.report.sections.hardware.facts import (
    BoardFacts,
    HardwareFacts,
    latency_rows,
    resource_rows,
)
from edgeml.report.source import RunSource

if TYPE_CHECKING:
    from edgeml.ir import Graph
    from edgeml.runs import Run

COMPARED = ("icebreaker", "tangnano20k", "ulx3s-85f", "arty-a7-35t", "zcu104")
"""Boards that a run is estimated for beside its own if no others are named: a small, two middle and two
larger ones of five families."""


def collect(source: RunSource) -> HardwareFacts:
    """Figures of the run's designs on its target board and on boards to compare with."""
    return gather(source.run, source.graph, source.boards, source.ledger)


def gather(run: Run, graph: Graph, boards: Sequence[Board] = (), ledger: Ledger = EMPTY) -> HardwareFacts:
    """Figures of the run's designs on its target board and on boards to compare with.

    Args:
        run: whose.
        graph: its exact graph.
        boards: boards to compare with; none: those the run was exported or synthesized for, and `COMPARED`.
        ledger: earlier results of tools, which narrow the estimates.
    """
    read, unread = results(run, graph)
    whole = _shipped((run.config.targets.board, *(item.board for item in read)))
    others = {board.name: board for board in boards} or _shipped((*made_for(run), *COMPARED))
    estimated, impossible = estimates(run, graph, whole, others, bool(boards), ledger)
    hardware, loaded = (*read, *estimated), {**others, **whole}
    named = dict.fromkeys(item.board for item in hardware if item.board in loaded)
    gaps = (*unread, *impossible)
    nothing = " ".join(gaps) or "no source tells"
    return HardwareFacts.of(
        {"resources": nothing, "latency": nothing},
        target=run.config.targets.board,
        compared=tuple(others),
        boards=tuple(BoardFacts.of(loaded[name]) for name in named),
        hardware=hardware,
        resources=resource_rows(hardware),
        latency=latency_rows(hardware),
        gaps=gaps,
    )


def made_for(run: Run) -> tuple[str, ...]:
    """Names of the boards that something in the run was exported or synthesized for."""
    names = [path.parent.parent.name for path in sorted(run.folder.glob(f"synth/*/verilog/{MANIFEST}"))]
    with suppress(EdgemlError):  # that a project is damaged is for the check to say
        names.append(str((Hls4mlManifest.read(run.hls4ml).options or {}).get("board") or ""))
    return tuple(names)


def on_target(run: Run, graph: Graph, ledger: Ledger) -> tuple[Hardware, ...]:
    """Estimates of another graph, laid out like the run's designs, on the run's target board; no layers."""
    estimated, _ = estimates(run, graph, {}, _shipped((run.config.targets.board,)), ledger=ledger)
    return tuple(estimated)


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


def estimates(
    run: Run,
    graph: Graph,
    whole: Mapping[str, Board],
    others: Mapping[str, Board],
    requested: bool = False,
    ledger: Ledger = EMPTY,
) -> tuple[list[Hardware], list[str]]:
    """Estimates of the Verilog and of the hls4ml project as the run's settings lay them out.

    Args:
        run: whose settings; the Verilog of a board may have been laid out for that board's own clock.
        graph: the exact graph.
        whole: boards by name, estimated layer by layer.
        others: further boards, estimated without layers.
        requested: the others were named by the user, so each that cannot be estimated gets a sentence.
        ledger: earlier results of tools, which narrow the intervals.

    Returns:
        The estimates, and what could not be estimated.
    """
    estimated: list[Hardware] = []
    gaps: list[str] = []
    for design in designs():
        title = design_title(design)
        for name, board in {**whole, **others}.items():
            unsuited = load(design).unsuited(board)
            if unsuited and name != run.config.targets.board:
                if requested and name in others:
                    gaps.append(f"No estimate of the {title} on {board.title}: {unsuited}.")
                continue
            try:
                item = estimate(graph, board, design, _options(run, design, board), ledger=ledger)
            except EdgemlError as error:
                gaps.append(f"No estimate of the {title} on {board.title}: {error}.")
                break  # what keeps a design from one board nearly always keeps it from all
            estimated.append(item if name in whole else item.model_copy(update={"layers": ()}))
    return estimated, gaps


def _options(run: Run, design: Design, board: Board) -> dict[str, Any]:
    """Options of a design, as it was written for the board or else as the run's settings say."""
    if design == "verilog":
        for folder in (run.folder / "synth" / board.name / "verilog", run.folder / "verilog"):
            if (folder / MANIFEST).is_file():
                manifest = VerilogManifest.read(folder)
                return {**(manifest.options or {}), **manifest.layout}
    options = run.settings(board=board)[1].get(design, {})
    return {key: value for key, value in options.items() if key not in ("board", "part")}


def _shipped(names: Iterable[str]) -> dict[str, Board]:
    """The boards that ship with edgeml, by name, each once."""
    have = set(boards.names())
    return {name: boards.load(name) for name in dict.fromkeys(names) if name in have}
