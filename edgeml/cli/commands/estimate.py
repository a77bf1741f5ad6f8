"""`edgeml estimate`: what a run's designs would need, before anything is synthesized."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgeml.cli import names as names_
from edgeml.cli import steps
from edgeml.cli.bands import print_bands
from edgeml.cli.console import OUT, print_json
from edgeml.cli.options import (
    BackendSetOption,
    ClockOption,
    FitOption,
    IiOption,
    JsonOption,
    MaxLatencyOption,
    McuOption,
    RunArgument,
    clock_of,
    comma_list,
    named,
)
from edgeml.errors import EdgemlError


def command(
    run: RunArgument,
    board: Annotated[
        str,
        named("--board", "Boards, separated by commas.", names_.boards, several=True),
    ] = "",
    mcu: McuOption = "",
    design: Annotated[
        str,
        named("--design", "verilog, hls4ml, or both separated by a comma.", names_.designs, several=True),
    ] = "verilog,hls4ml",
    clock: ClockOption = None,
    settings: BackendSetOption = None,
    max_latency: MaxLatencyOption = None,
    ii: IiOption = None,
    fit: FitOption = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Say how the estimates were checked, and how far off they were.")
    ] = False,
    layers: Annotated[bool, typer.Option("--layers", help="Show every layer's share as well.")] = False,
    json: JsonOption = False,
) -> None:
    """Estimate LUT, FF, DSP, BRAM, latency and interval, each with the interval it lies in.

    With --mcu, the flash, RAM, stack and instructions of the exported C, measured with GCC and QEMU, and
    whether it fits.

    --set takes the options of a back end: --set verilog.mode=stream, --set hls4ml.reuse_factor=8. With
    --max-latency, --ii or --fit the reuse factors are chosen, smallest cost first.
    """
    from edgeml import api, boards
    from edgeml.cli import estimates
    from edgeml.estimate import Ledger

    if mcu:
        if board:
            raise EdgemlError("are two questions", "--board and --mcu", "ask for one of them at a time")
        _microcontrollers(run, mcu, layers, json)
        return
    if not board:
        raise EdgemlError("nothing to estimate for", "--board, --mcu", "add --board NAME or --mcu NAME")
    names = comma_list(board, "--board")
    designs = estimates.designs(design)
    opened = api.load(run)
    chosen = estimates.settings(opened, clock_of(clock), settings or [])
    graph = opened.graph()
    ledger = Ledger.of_user()
    wish = estimates.Wish(max_latency, ii, fit)
    with steps.working("estimate") as tell:
        rows = [
            row
            for name in names
            for row in estimates.rows(
                graph,
                boards.load(name),
                designs,
                chosen,
                len(names) == 1,
                wish,
                ledger,
                estimates.counting(tell),
            )
        ]
    if json:
        print_json([row.document() for row in rows])
        return
    print_bands(OUT, estimates.COLUMNS, [cells for row in rows for cells in row.cells()], keys=2)
    for row in rows:
        if layers and row.estimate is not None:
            OUT.print()
            print_bands(OUT, estimates.LAYER_COLUMNS, estimates.layer_cells(row.estimate), title=row.title)
    for note in dict.fromkeys(note for row in rows for note in row.notes(verbose)):
        OUT.print(f"[dim]{note}[/]")


def _microcontrollers(run: Path, names: str, layers: bool, json: bool) -> None:
    """Print the footprint of a run's C on microcontrollers."""
    from edgeml.api_mcu import fit_mcus
    from edgeml.cli import footprints

    chosen = footprints.named_mcus(names)
    with steps.alone(run) as opened, steps.working("measure") as tell:
        rows = fit_mcus(opened, chosen, tell)
    if json:
        print_json([footprints.document(row) for row in rows])
        return
    footprints.show(rows)
    for figures in {row.mcu.core: row.figures for row in rows}.values() if layers else ():
        if figures is not None:
            OUT.print()
            OUT.print(footprints.layers(figures))
