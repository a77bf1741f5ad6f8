"""`edgeml export`: write a run's graph for one or more back ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from edgeml import backends
from edgeml.cli import names as names_
from edgeml.cli import steps
from edgeml.cli.console import OUT, print_json
from edgeml.cli.options import (
    BackendSetOption,
    BoardOption,
    ClockOption,
    FitOption,
    IiOption,
    JsonOption,
    MaxLatencyOption,
    McuOption,
    RunArgument,
    ToOption,
    clock_of,
    comma_list,
    named,
    without_none,
)
from edgeml.errors import EdgemlError, unknown_name

if TYPE_CHECKING:
    from edgeml.checks.exported import Exported


def command(
    run: RunArgument,
    to: ToOption = "all",
    board: BoardOption = None,
    mcu: McuOption = "",
    hls_backend: Annotated[
        str | None,
        named("--hls-backend", "Vitis, Vivado, Quartus, oneAPI, Catapult or Libero.", names_.hls_backends),
    ] = None,
    clock: ClockOption = None,
    io_type: Annotated[
        str | None,
        named("--io-type", "io_parallel or io_stream.", names_.io_types),
    ] = None,
    reuse_factor: Annotated[
        int | None, typer.Option("--reuse-factor", help="For every layer of hls4ml.")
    ] = None,
    max_latency: MaxLatencyOption = None,
    ii: IiOption = None,
    fit: FitOption = False,
    settings: BackendSetOption = None,
    json: JsonOption = False,
) -> None:
    """Write ONNX, QONNX, hls4ml projects and more into the run folder.

    --set takes the options of a back end: --set hls4ml.strategy=Resource. --max-latency, --ii and --fit
    choose the reuse factors of the hls4ml project and the Verilog, smallest cost first.

    --mcu adds flags and memory of microcontrollers to the C and says whether it fits.

    What can be written is written. Exits with 1 if only some of the back ends that were named could be.
    """
    from edgeml import pipeline
    from edgeml.cli import estimates, footprints
    from edgeml.estimate import designs

    names = list(backends.names()) if to == "all" else comma_list(to, "--to")
    for name in names:
        backends.load(name)
    controllers = footprints.for_export(mcu, names)
    shortcuts = without_none(
        {"board": board, "backend": hls_backend, "io_type": io_type, "reuse_factor": reuse_factor}
    )
    with steps.alone(run) as opened:
        built_for, chosen = opened.settings({"hls4ml": shortcuts}, settings or (), clock_mhz=clock_of(clock))
        for group in chosen:
            if group not in backends.names():
                raise unknown_name("back end", group, backends.names(), "--set")
        wish = estimates.Wish(max_latency, ii, fit)
        folded = set(designs()) & set(names)
        if wish and not folded:
            raise EdgemlError(
                "are for hls4ml and Verilog only",
                "--max-latency, --ii and --fit",
                "add --to hls4ml or --to verilog",
            )
        target = board or (None if "verilog" in names else chosen.get("hls4ml", {}).get("board"))
        if wish and target is None:
            raise EdgemlError("need a board", "--max-latency, --ii and --fit", "add --board")
        refused: dict[str, str] = {}
        graph = opened.graph()
        targets = {"hls4ml": chosen.get("hls4ml", {}).get("board"), "verilog": board}
        for design in (name for name in targets if name in folded):
            options, named_here = chosen.get(design, {}), board is not None
            with steps.refusing(design, refused):
                chosen[design] = estimates.laid_out(design, graph, options, wish, targets[design], named_here)
        with steps.working("export") as tell:
            rows = pipeline.export(opened, names, chosen, tell, refused)
            fits = footprints.written(opened, controllers, tell) if _is_written(rows) else ()
    reasons = [row.reason for row in rows if row.backend in names and row.reason]
    if reasons and len(names) == 1:
        raise EdgemlError(reasons[0], names[0])
    if json:
        print_json([asdict(row) for row in rows])
    else:
        OUT.print(steps.exported_table(rows))
        if folded:
            OUT.print(f"built for: {built_for.text()}", markup=False)
        footprints.show(fits)
    if to != "all" and reasons:
        raise typer.Exit(1)


def _is_written(rows: Sequence[Exported]) -> bool:
    """True if the C was written."""
    return any(row.backend == "c" and row.files for row in rows)
