"""`edgeml vendor`: read the reports that vendors' tools left in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeml.cli.console import OUT, print_json, table
from edgeml.cli.options import JsonOption

if TYPE_CHECKING:
    from edgeml.figures import Figure, Hardware

_COLUMNS = (
    "design",
    "stage",
    "tool",
    "part",
    "LUT",
    "FF",
    "DSP",
    "BRAM",
    "URAM",
    "cycles",
    "II",
    "clock",
    "Fmax",
    "power",
)


def command(
    folder: Annotated[Path, typer.Argument(help="A project's folder, edgeml's or anybody's, or one report.")],
    skip: Annotated[
        list[str] | None, typer.Option("--skip", metavar="PATTERN", help="Leave out files of such names.")
    ] = None,
    layers: Annotated[bool, typer.Option("--layers", help="Show the layers of every design too.")] = False,
    json: JsonOption = False,
) -> None:
    """Read what Vivado, Vitis or Vivado HLS, Quartus, Intel HLS and Catapult left in a folder.

    A report of an unknown format is an error with its file and line; a figure that a report does not state
    is shown as a dash, never as zero.
    """
    from edgeml import vendor

    found = vendor.read(folder, skip or ())
    if json:
        print_json([row.model_dump(mode="json", by_alias=True) for row in found])
        return
    OUT.print(table(_COLUMNS, [_row(row) for row in found], f"vendor reports in {folder}"))
    OUT.print("[dim]MHz; watts; BRAM in whole blocks of the part; a dash: the reports do not say[/]")
    for row in found:
        for note in row.notes:
            OUT.print(
                f"{row.model or row.reports[0]}, {row.reached or 'unknown stage'}: {note}", markup=False
            )
    for row in found if layers else ():
        if row.layers:
            OUT.print(_layers(row))


def _row(row: Hardware) -> list[str]:
    used = row.total
    return [
        row.model,
        row.reached or "?",
        row.tool,
        row.part or "-",
        *(_shown(figure) for figure in (used.lut, used.ff, used.dsp, used.bram, used.uram)),
        _shown(row.cycles),
        _shown(row.ii),
        f"{row.clock_mhz:.4g}" if row.clock_mhz else "-",
        f"{row.fmax_mhz.value:.4g}" if row.fmax_mhz else "-",
        f"{row.power_w.value:.3g}" if row.power_w else "-",
    ]


def _layers(row: Hardware) -> object:
    kinds = [
        [
            layer.layer,
            *(_shown(getattr(layer.usage, kind)) for kind in ("lut", "ff", "dsp", "bram", "uram")),
            _shown(layer.cycles),
            _shown(layer.ii),
        ]
        for layer in row.layers
    ]
    title = f"{row.model}, {row.reached}, by layer"
    return table(("layer", "LUT", "FF", "DSP", "BRAM", "URAM", "cycles", "II"), kinds, title)


def _shown(figure: Figure | None) -> str:
    return "-" if figure is None else f"{figure.value:,g}" if figure.value % 1 else f"{int(figure.value):,}"
