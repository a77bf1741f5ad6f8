"""Shared parts of Quartus' reports: tables of names and values, the version, the count of logic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from edgeml.vendor.base import VendorReport
from edgeml.vendor.tables import table_below

Cells: TypeAlias = Mapping[str, tuple[str, int]]
"""Values by name, each with its line."""


def cells_under(report: VendorReport, title: int) -> dict[str, tuple[str, int]]:
    """The first two columns of the table whose title stands at index `title`; {} if nothing follows it."""
    table = table_below(report, title, ";")
    rows = (*table.head, *table.rows) if table else ()
    return {row.label: (row[1], row.line) for row in reversed(rows) if len(row) > 1}


def lines_of(report: VendorReport) -> dict[str, tuple[str, int]]:
    """Lines of "name : value"."""
    cells: dict[str, tuple[str, int]] = {}
    for line, content in enumerate(report.lines, 1):
        name, colon, value = content.partition(" : ")
        if colon:
            cells[name.strip()] = (value.strip(), line)
    return cells


def text(cells: Cells, *names: str) -> str:
    """The first existing value among the names."""
    return next((cells[name][0] for name in names if name in cells), "")


def number(report: VendorReport, cells: Cells, *names: str) -> float | None:
    """The first existing value among the names, as a number; None if there is none.

    Raises:
        EdgemlError: it is no number.
    """
    name = next((name for name in names if name in cells), None)
    return None if name is None else report.number(*cells[name])


def tool(cells: Cells) -> str:
    """Program and version, such as Quartus 18.1.0 or Quartus 23.1.0 Pro."""
    version = text(cells, "Quartus Prime Version", "Quartus II Version", "Quartus II 64-Bit Version") or next(
        (value for name, (value, _) in cells.items() if name.startswith("Quartus")), ""
    )
    words = version.removeprefix("Version ").split()
    return f"Quartus {words[0] if words else ''}{' Pro' if 'Pro Edition' in version else ''}".strip()


def logic(
    report: VendorReport, cells: Cells, alms: Sequence[str] = ()
) -> tuple[float | None, tuple[str, ...]]:
    """The count of LUTs, with a note if it is not of ALMs; None if the report has none.

    Args:
        report: the report.
        cells: its values.
        alms: further names that the ALMs go by.
    """
    alms_used = number(report, cells, "Logic utilization (in ALMs)")
    alms_used = number(report, cells, *alms) if alms_used is None else alms_used
    if alms_used is not None:
        return alms_used, ()
    functions = number(report, cells, "Total combinational functions", "Combinational ALUTs")
    if functions is not None:
        return functions, ("LUTs are combinational functions; the report counts no ALMs",)
    elements = number(report, cells, "Total logic elements", "Total logic cells")
    if elements is not None:
        return elements, ("LUTs are logic elements, a 4-input table and a register each",)
    return None, ()
