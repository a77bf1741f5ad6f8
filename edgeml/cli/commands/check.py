"""`edgeml check`: run every artefact of a run and compare integers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from edgeml.cli import names as names_
from edgeml.cli import steps
from edgeml.cli.console import OUT, say
from edgeml.cli.options import JsonOption, RunArgument, SamplesOption, comma_list, named


def command(
    run: RunArgument,
    with_: Annotated[
        str,
        named(
            "--with",
            "all, or some of evaluate, keras, onnx, qonnx, hls4ml, verilog, c, board; also names of rows, "
            "and emulated cores such as cortex-m4, which all leaves out.",
            names_.checks,
            several=True,
        ),
    ] = "all",
    samples: SamplesOption = 0,
    port: Annotated[str, typer.Option("--port", help="Serial port of a board, such as /dev/ttyUSB0.")] = "",
    baud: Annotated[int, typer.Option("--baud", help="Baud rate of that port.")] = 115_200,
    log: Annotated[
        Path | None, typer.Option("--log", help="What a board said earlier, instead of a port.")
    ] = None,
    save_log: Annotated[
        Path | None, typer.Option("--save-log", help="Keep what the board on the port says.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Run the artefacts as they lie in the folder, on real test samples and vectors made from the graph.

    Every integer is compared. --samples is about the real ones; synthetic vectors
    are run whole but where each takes long, which the row says.

    With --port or --log, a real board as well.

    Exits with 1 if anything differs that was not announced when the model was lowered, naming the first op,
    or if an artefact that is there does not run to its end.
    """
    from edgeml import pipeline
    from edgeml.checks import bound
    from edgeml.checks.board import Wiring
    from edgeml.checks.result import Check

    names, wiring = comma_list(with_, "--with"), Wiring(port, log, baud, save_log)
    with steps.alone(run) as opened:
        changed = bound.sentence(opened)
        if changed:
            say(f"[bold yellow]changed[/] {escape(changed)}")
        with steps.working("check") as tell:
            result = pipeline.check(opened, names, samples, tell, wiring)
    if json:
        OUT.file.write(result.to_json())
    else:
        OUT.print(steps.check_table(result))
        others = len(Check.read(opened.check_file).results) - len(result.results)
        if others:
            say(f"check.json keeps {others} earlier row{'s' if others > 1 else ''}, each with its own date")
        if not result.synthetic:
            say(
                "golden.npz has no synthetic vectors, so ties, ends and silent inputs are not driven; "
                f"edgeml export {escape(str(opened.folder))} adds them"
            )
        for line in result.coverage_lines:
            say(escape(line))
        if not result.compared:
            say("[yellow]nothing was run[/], so nothing is proven")
    if not result.ok:
        raise typer.Exit(1)
