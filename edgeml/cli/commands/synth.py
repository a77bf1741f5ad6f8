"""`edgeml synth`: real synthesis for a board, as far as open tools go, to a bitstream for open boards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape

from edgeml.cli import names as names_
from edgeml.cli import steps
from edgeml.cli.bands import print_bands
from edgeml.cli.console import ERR, OUT, print_json, say, show_error
from edgeml.cli.options import (
    ClockOption,
    ClusterOption,
    FitOption,
    IiOption,
    JsonOption,
    MaxLatencyOption,
    RunArgument,
    VerilogSetOption,
    clock_of,
    comma_list,
    named,
)
from edgeml.errors import EdgemlError, MissingToolError, unknown_name

if TYPE_CHECKING:
    from edgeml.boards import Board
    from edgeml.estimate import Ledger
    from edgeml.figures import Hardware
    from edgeml.pipeline import Synthesis
    from edgeml.runs import Run
    from edgeml.synth.request import Request

_WORDS = {
    "estimate": "estimating",
    "verilog": "writing Verilog",
    "check": "simulating the network",
    "simulation": "simulating the whole board",
    "synthesis": "synthesizing",
    "place": "placing and routing (this takes minutes)",
    "bitstream": "packing the bitstream",
}


def command(
    run: RunArgument,
    board: Annotated[
        str,
        named("--board", "Boards or their .toml files, separated by commas.", names_.boards, several=True),
    ],
    clock: ClockOption = None,
    until: Annotated[
        Literal["synthesis", "place", "bitstream"] | None,
        typer.Option("--until", help="Stop after this step."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the placement.")] = 1,
    limit: Annotated[float, typer.Option("--limit", help="Most minutes for any one program.")] = 120.0,
    read: Annotated[
        Path | None, typer.Option("--read", help="Read the vendor's reports in this folder instead.")
    ] = None,
    hls: Annotated[
        bool, typer.Option("--hls", help="Run the run's hls4ml project through Vitis HLS instead.")
    ] = False,
    skip: Annotated[
        list[str] | None,
        typer.Option("--skip", metavar="PATTERN", help="With --read: leave out files of such names."),
    ] = None,
    max_latency: MaxLatencyOption = None,
    ii: IiOption = None,
    fit: FitOption = False,
    settings: VerilogSetOption = None,
    cluster: ClusterOption = "",
    json: JsonOption = False,
) -> None:
    """Synthesize the run's Verilog for a board; boards with open tools end in a bitstream.

    The Verilog is written for --clock (else the run's clock, else the board's) and simulated first. Steps
    whose inputs did not change are not run again. --set takes options of the Verilog back end: --set
    verilog.reuse_factor=8, or verilog.reuse_factor.fc1=8 for one layer. --max-latency, --ii and --fit
    choose them, smallest cost first.
    Several boards are synthesized one after the other, with --cluster at the same time.
    Exits with 1 if a design is slower than its clock or one of several boards failed, with --read also if a
    report could not be read.
    """
    from edgeml import api, boards, pipeline
    from edgeml.cli import estimates
    from edgeml.settings import set_values
    from edgeml.synth.request import Request

    names = comma_list(board, "--board")
    opened, targets = api.load(run), [boards.load(name) for name in names]
    target = targets[0]
    wish = estimates.Wish(max_latency, ii, fit)
    if wish and (hls or read is not None):
        raise EdgemlError(
            "choose a layout for the run's Verilog; with --hls or --read there is nothing to choose",
            "--max-latency, --ii and --fit",
            "edgeml export RUN --to hls4ml takes them for the hls4ml project",
        )
    if hls or read is not None:
        _refuse_several(names, cluster)
    if hls:
        read = opened.folder / "hls4ml"
        if (reason := _hls(read, limit * 60)) is not None:
            _say_not_run(read, target, reason, json)
            return
    if read is not None:
        _read(opened, read, target, skip or [], json)
        return
    clock_of(clock)
    if not 0 < limit <= 7 * 24 * 60:
        raise EdgemlError("must be minutes above 0 and up to a week", "--limit")
    chosen = set_values({}, settings or [])
    for group in chosen:
        if group != "verilog":
            raise unknown_name("back end", group, ["verilog"], "--set")
    verilog_settings = chosen.get("verilog", {})
    requests: list[Request] = []
    for one in targets:
        mhz = pipeline.clock_for(opened, one, clock, verilog_settings).clock_mhz
        goal = wish.goal(estimates.clock_ns("verilog", {"clock_mhz": mhz, **verilog_settings}, one))
        requests.append(Request(clock, until, seed, verilog_settings, limit * 60, goal))
    with steps.at_work(opened.folder):
        failed = _synthesized(opened, names, requests, cluster, json)
    if failed:
        raise typer.Exit(1)


def _synthesized(run: Run, names: list[str], requests: list[Request], cluster: str, json: bool) -> bool:
    """Synthesize for boards and show the results; true if one misses its clock or failed.

    Raises:
        EdgemlError: the one board failed.
    """
    from edgeml.estimate import Ledger

    documents, failed = list[object](), False
    with steps.working("synth") as tell:
        results = _results(
            run, names, requests, Ledger.of_user(), cluster, lambda what: tell(_WORDS.get(what, what))
        )
        for board, result in results:
            if isinstance(result, EdgemlError):
                if len(names) == 1:
                    raise result
                show_error(result)
                documents.append({"board": board.name, "error": str(result)})
                failed = True
                continue
            documents.append(_document(result))
            if not json:
                _show(result, board)
            failed |= result.hardware is not None and result.hardware.misses_clock
    if json:
        print_json(documents[0] if len(names) == 1 else documents)
    return failed


def _results(
    run: Run,
    names: list[str],
    requests: list[Request],
    ledger: Ledger,
    cluster: str,
    tell: Callable[[str], None],
) -> Iterator[tuple[Board, Synthesis | EdgemlError]]:
    """Each board with its synthesis or error: one after the other here, or at the same time on a cluster."""
    from edgeml import boards, pipeline
    from edgeml.pipeline.board_jobs import synth_on
    from edgeml.pipeline.cluster_pool import ClusterPool

    if cluster:
        with ClusterPool(cluster) as pool:
            for name, result in synth_on(run, names, requests, ledger, pool, tell, _print_line):
                yield boards.load(name), result
        return
    for name, request in zip(names, requests, strict=True):
        board = boards.load(name)
        result: Synthesis | EdgemlError
        try:
            result = pipeline.synth(run, board, request, ledger, tell, _print_line)
        except EdgemlError as error:
            result = error
        yield board, result


def _refuse_several(names: list[str], cluster: str) -> None:
    """Refuse several boards, or other machines, where a vendor's tool or its reports are asked for.

    Raises:
        EdgemlError: says which.
    """
    if len(names) > 1:
        raise EdgemlError("are of one board", "--hls and --read", f"state one: --board {names[0]}")
    if cluster:
        raise EdgemlError("work on this machine", "--hls and --read", "leave --cluster out")


def _print_line(line: str) -> None:
    """Print a line of the preflight on standard error."""
    if line:
        say(escape(line))


def _hls(project: Path, seconds: float) -> str | None:
    """Run Vitis HLS; returns the reason if it was not run, else None."""
    from edgeml.synth.vendors.hls import build

    with steps.working("synth") as tell:
        tell("Vitis HLS (this takes minutes)")
        try:
            build(project, seconds=seconds)
        except MissingToolError as error:
            return str(error)
    return None


def _say_not_run(project: Path, board: Board, reason: str, json: bool) -> None:
    """Print NOT RUN for a vendor's tool that is missing."""
    if json:
        row = {"design": "hls4ml", "board": board.name, "project": str(project), "not_run": reason}
        print_json([row])
        return
    OUT.print(f"project: {project}", markup=False)
    OUT.print(f"[yellow]NOT RUN[/] hls: {escape(reason)}")


def _document(synthesis: Synthesis) -> dict[str, object]:
    from edgeml.cli import estimates

    hardware = synthesis.hardware
    return {
        "folder": str(synthesis.folder),
        "meets_clock": None if hardware is None or hardware.fmax_mhz is None else not hardware.misses_clock,
        "project": str(synthesis.project or ""),
        "not_run": synthesis.not_run,
        **(estimates.solution(synthesis.preflight) if synthesis.preflight is not None else {}),
        "result": hardware.model_dump(mode="json", by_alias=True) if hardware is not None else None,
    }


def _read(run: Run, reports: Path, board: Board, skip: list[str], json: bool) -> None:
    from edgeml import pipeline
    from edgeml.estimate import Ledger
    from edgeml.synth.read import best

    rows, notes, unread = pipeline.read_reports(run, reports, board, Ledger.of_user(), skip)
    for note in notes:
        ERR.print(f"[dim]{escape(note)}[/]")
    for item in unread:
        ERR.print(f"[yellow]NOT READ[/] {escape(item.where)}: {escape(item.reason)}")
    if json:
        print_json([row.model_dump(mode="json", by_alias=True) for row in rows])
    else:
        for row in rows:
            _figures(row, board)
    # An estimate that a later stage of the same design supersedes fails nothing.
    designs = dict.fromkeys(row.design for row in rows)
    nearest = [best([row for row in rows if row.design == design]) for design in designs]
    if unread or any(row is not None and row.misses_clock for row in nearest):
        raise typer.Exit(1)


def _show(synthesis: Synthesis, board: Board) -> None:
    hardware = synthesis.hardware
    if hardware is None:
        OUT.print(
            f"Yosys has no cells of {board.family}: no figures; the checked Verilog is in {synthesis.folder}"
        )
    else:
        _figures(hardware, board)
        if hardware.bitstream:
            OUT.print(f"bitstream: {synthesis.folder / hardware.bitstream}", markup=False)
    if synthesis.project is not None:
        OUT.print(f"project: {synthesis.project}", markup=False)
        if synthesis.not_run:
            OUT.print(f"[yellow]NOT RUN[/] {board.flow.value}: {synthesis.not_run}")
    for note in synthesis.notes:
        OUT.print(f"[dim]{note}[/]")


def _figures(hardware: Hardware, board: Board) -> None:
    from edgeml.figures import figure_text

    title = f"{hardware.model} on {board.title}, {hardware.settings}; figures: {hardware.source}"
    print_bands(OUT, ("resource", "used", "board has", "share"), _resources(hardware, board), title)
    OUT.print()
    rows = [
        [
            layer.layer,
            layer.op,
            *(figure_text(layer.usage.present().get(k)) for k in ("lut", "ff", "dsp", "bram")),
        ]
        for layer in hardware.layers
    ]
    if rows:
        print_bands(OUT, ("layer", "op", "LUT", "FF", "DSP", "BRAM"), rows)
        OUT.print()
    if hardware.critical_path:
        total = sum(hop.ns for hop in hardware.critical_path)
        cells = [[hop.layer or "(no layer)", f"{hop.ns:.2f}", hop.what] for hop in hardware.critical_path]
        print_bands(
            OUT, ("critical path", "ns", "what"), [*cells, ["in all", f"{total:.2f}", ""]], texts=(2,)
        )
        OUT.print()
    if hardware.stages:
        cells = [
            [s.name, f"{s.tool} {s.version}".strip(), f"{s.seconds:.1f}", s.log] for s in hardware.stages
        ]
        print_bands(OUT, ("step", "program", "seconds", "log"), cells, texts=(3,))
    if latency := hardware.latency_text():
        OUT.print(latency)
    for note in hardware.notes:
        OUT.print(f"[dim]{note}[/]")
    if hardware.fmax_mhz is None or not hardware.clock_mhz:
        return
    if hardware.misses_clock:
        # A slow design that a vendor's flow reported has to be mended in that flow.
        remedy = (
            ""
            if hardware.source == "vendor"
            else ("; try another --seed, or --set verilog.clock_mhz=HIGHER for more registers")
        )
        ERR.print(
            f"[bold red]TOO SLOW[/]: good for {hardware.fmax_mhz.value:.2f} MHz, the clock is "
            f"{hardware.clock_mhz:g} MHz. The bitstream must not be trusted{remedy}"
        )
    else:
        OUT.print(
            f"[green]Fmax {hardware.fmax_mhz.value:.2f} MHz[/] for a clock of {hardware.clock_mhz:g} MHz"
        )


def _resources(hardware: Hardware, board: Board) -> list[list[str]]:
    from edgeml import fits

    rows: list[list[str]] = []
    for need in fits.needs(hardware.total, fits.capacities(board)):
        has = f"{need.capacity:,}" if need.capacity else "-"
        share = "-" if need.share is None else f"{need.share.value:.1%}"
        rows.append([need.kind.upper(), need.figure.text(), has, share])
    return rows
