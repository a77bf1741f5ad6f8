"""`edgeml vendor`: read the reports that vendors' tools left in a folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from edgeml.cli import steps
from edgeml.cli.bands import print_bands
from edgeml.cli.console import OUT, print_json
from edgeml.cli.options import JsonOption

if TYPE_CHECKING:
    from edgeml.figures import Hardware
    from edgeml.vendor import VendorFolder

_COLUMNS = (
    "design",
    "stage",
    "folder",
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
_LAYER_COLUMNS = ("layer", "LUT", "FF", "DSP", "BRAM", "URAM", "cycles", "II")


def command(
    folder: Annotated[Path, typer.Argument(help="A project's folder, edgeml's or any other, or one report.")],
    skip: Annotated[
        list[str] | None, typer.Option("--skip", metavar="PATTERN", help="Leave out files of such names.")
    ] = None,
    layers: Annotated[bool, typer.Option("--layers", help="Show the layers of every design too.")] = False,
    json: JsonOption = False,
) -> None:
    """Read what Vivado, Vitis or Vivado HLS, Quartus, Intel HLS and Catapult left in a folder.

    A report that cannot be read is named with its line and the reason, and keeps no other back; a figure
    that a report does not state is shown as a dash, never as zero. Exits with 0 if all was read, with 1 if
    something was not, with 2 if nothing was.
    """
    from edgeml import vendor

    with steps.working("reading reports"):
        contents = vendor.scan(folder, skip or ())
    if json:
        designs = [row.model_dump(mode="json", by_alias=True) for row in contents.rows]
        print_json([*designs, *({"report": item.where, "not_read": item.reason} for item in contents.unread)])
    else:
        _show(folder, contents, layers)
    if contents.unread:
        raise typer.Exit(1)


def _show(folder: Path, contents: VendorFolder, layers: bool) -> None:
    title = f"vendor reports in {escape(str(folder))}"
    print_bands(OUT, _COLUMNS, [_row(row) for row in contents.rows], title, keys=2, texts=(2, 3))
    OUT.print("[dim]MHz; watts; BRAM in whole blocks of the part; a dash: the reports do not say[/]")
    for row in contents.rows:
        for note in row.notes:
            OUT.print(
                f"{row.model or row.reports[0]}, {row.reached or 'unknown stage'}: {note}", markup=False
            )
    for row in contents.rows if layers else ():
        if row.layers:
            _layers(row)
    for item in contents.unread:
        OUT.print(f"[yellow]NOT READ[/] {escape(item.where)}: {escape(item.reason)}")


def _row(row: Hardware) -> list[str]:
    from edgeml.figures import figure_text

    used = row.total
    return [
        escape(row.model),
        row.reached or "?",
        escape(_folder(row)),
        escape(row.tool),
        escape(row.part) or "-",
        *(figure_text(figure) for figure in (used.lut, used.ff, used.dsp, used.bram, used.uram)),
        figure_text(row.cycles),
        figure_text(row.ii),
        f"{row.clock_mhz:.4g}" if row.clock_mhz else "-",
        f"{row.fmax_mhz.value:.4g}" if row.fmax_mhz else "-",
        f"{row.power_w.value:.3g}" if row.power_w else "-",
    ]


def _folder(row: Hardware) -> str:
    """The folder of its reports, below the one that was named; it tells designs of one name apart."""
    return os.path.commonpath([str(Path(name).parent) for name in row.reports]) or "."


def _layers(row: Hardware) -> None:
    from edgeml.figures import figure_text

    kinds = [
        [
            escape(layer.layer),
            *(figure_text(getattr(layer.usage, kind)) for kind in ("lut", "ff", "dsp", "bram", "uram")),
            figure_text(layer.cycles),
            figure_text(layer.ii),
        ]
        for layer in row.layers
    ]
    OUT.print()
    print_bands(OUT, _LAYER_COLUMNS, kinds, f"{escape(row.model)}, {row.reached}, by layer")
