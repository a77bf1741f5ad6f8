"""Microcontrollers as the command line shows them: a model's footprint, and whether it fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rich.markup import escape

from edgeml import mcus
from edgeml.api_mcu import fit_mcus
from edgeml.cli.bands import Bands
from edgeml.cli.console import OUT
from edgeml.cli.estimates import STYLES
from edgeml.cli.options import comma_list
from edgeml.errors import EdgemlError
from edgeml.figures import Figure
from edgeml.files import write_atomic
from edgeml.footprint import CoreFigures, McuFit, project_files
from edgeml.report.words import amount
from edgeml.runs import Run

COLUMNS = ("mcu", "core", "flash", "RAM", "stack", "instructions", "ms", "verdict")
LAYER_COLUMNS = ("layer", "code", "constants", "instructions", "share", "cycles")


def named_mcus(text: str) -> list[str]:
    """The microcontrollers of `--mcu`: names or files, separated by commas, or all.

    Raises:
        EdgemlError: one is unknown, or its file is damaged.
    """
    names = comma_list(text, "--mcu")
    chosen = list(mcus.names()) if names == ["all"] else names
    for name in chosen:
        mcus.load(name)
    return chosen


def written(run: Run, chosen: Sequence[str], tell: Callable[[str], None]) -> tuple[McuFit, ...]:
    """The fit on each, with its flags and memory in the folder of the C."""
    fits = fit_mcus(run, chosen, tell) if chosen else ()
    for row in fits:
        for name, content in project_files(row).files.items():
            path = run.folder / "c" / name
            path.parent.mkdir(exist_ok=True)
            write_atomic(path, content)
    return fits


def for_export(text: str, back_ends: Sequence[str]) -> list[str]:
    """The microcontrollers of an export's `--mcu`; none if the option is not given.

    Raises:
        EdgemlError: one is unknown, its file is damaged, or no C is exported.
    """
    if text and "c" not in back_ends:
        raise EdgemlError("is for C only", "--mcu", "add --to c")
    return named_mcus(text) if text else []


def show(rows: Sequence[McuFit]) -> None:
    """Print the table and the notes; nothing if there are no rows."""
    if rows:
        OUT.print(table(rows))
    for note in notes(rows):
        OUT.print(note)


def table(rows: Sequence[McuFit]) -> Bands:
    """A row for each microcontroller."""
    return Bands(COLUMNS, [list(_cells(row)) for row in rows], keys=1)


def _cells(row: McuFit) -> Iterator[str]:
    flash, ram = row.needs
    least = "" if row.figures else "at least "
    yield escape(row.mcu.name)
    yield row.mcu.core
    yield f"{least}{flash.figure.value:,.0f}"
    yield f"{least}{ram.figure.value:,.0f}"
    yield f"{row.figures.stack:,}" if row.figures else "-"
    yield f"{row.figures.instructions:,.0f}" if row.figures else "-"
    yield "-" if row.latency is None else _milliseconds(row.latency)
    yield f"[{STYLES[row.verdict]}]{row.verdict}[/]"


def _milliseconds(latency: Figure) -> str:
    return latency.scaled(1e-6).text(amount)


def layers(figures: CoreFigures) -> Bands:
    """A row for each layer on a core."""
    rows = [
        [
            escape(one.layer or "(calls and input test)"),
            f"{one.code:,}",
            f"{one.constants:,}",
            f"{one.instructions:,.0f}",
            f"{one.instructions / figures.instructions:.0%}" if figures.instructions else "-",
            one.cycles.text(lambda value: f"{value:,.0f}"),
        ]
        for one in figures.layers
    ]
    return Bands(LAYER_COLUMNS, rows, title=f"layers on {figures.core}")


def notes(rows: Sequence[McuFit]) -> list[str]:
    """Notes below the table: missing bytes, reasons for missing figures, the meaning of the figures."""
    lines = [
        escape(f"{row.mcu.name}: {'; '.join([*row.lacking, *filter(None, [row.widest])])}")
        for row in rows
        if row.verdict == "does not fit"
    ]
    lines += [escape(_unmeasured(row)) for row in rows if row.reason]
    if any(row.figures for row in rows):
        lines.append(
            "[dim]bytes of the model alone, with stack, inputs and outputs, at -O2; instructions counted by "
            "QEMU; milliseconds are an estimate from the core's cycles without wait states[/]"
        )
    return list(dict.fromkeys(lines))


def _unmeasured(row: McuFit) -> str:
    core = row.mcu.core
    return f"{core} was not measured: {row.reason.removeprefix(f'{core}: ')}"


def document(row: McuFit) -> dict[str, Any]:
    """The row as JSON."""
    flash, ram = row.needs
    return {
        "mcu": row.mcu.name,
        "core": row.mcu.core,
        "verdict": row.verdict,
        "flash": flash.figure.value,
        "flash_capacity": flash.capacity,
        "ram": ram.figure.value,
        "ram_capacity": ram.capacity,
        "latency_ns": None if row.latency is None else row.latency.model_dump(mode="json"),
        "missing": list(row.lacking),
        "widest": row.widest,
        "reason": row.reason,
        "figures": None if row.figures is None else row.figures.model_dump(mode="json"),
    }
