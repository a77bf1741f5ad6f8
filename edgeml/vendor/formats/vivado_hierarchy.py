"""report_utilization -hierarchical of Vivado, with or without percentages: the share of every instance."""

from __future__ import annotations

from edgeml.figures import LayerFigures, Usage
from edgeml.vendor.base import Format, Reading, Share, VendorReport, exactly
from edgeml.vendor.formats import _vivado
from edgeml.vendor.tables import ReportTable, TableRow, table_at


def read(report: VendorReport) -> Reading:
    """The whole design and its layers."""
    table = _table(report)
    top, *below = table.rows
    return Reading(
        report=report.path,
        tool=_vivado.tool(report),
        model=_vivado.design(report),
        root=report.path.parent,
        level=_vivado.level(report),
        part=report.value("Device"),
        usage=_usage(report, table, top),
        layers=_layers(report, table, top, below),
    )


def share(report: VendorReport, module: str) -> Share | None:
    """The resources of one of edgeml's modules and of its layers; None if it has no instance.

    A layer is an instance of MODULE_LAYER, however deep; logic that no layer has is in the whole only.
    """
    table = _table(report)
    for index, row in enumerate(table.rows):
        named = row[1] == module or (row[1] == "(top)" and row.label == module)
        if named and not row.label.startswith("("):
            inside = [r for r in table.rows[index + 1 :] if r.depth > row.depth]
            mine = [r for r in inside if r[1].startswith(f"{module}_") and r[1] != f"{module}_core"]
            layers = [
                LayerFigures(layer=r[1].removeprefix(f"{module}_"), usage=_usage(report, table, r))
                for r in mine
            ]
            return _usage(report, table, row), tuple(layers)
    return None


def _table(report: VendorReport) -> ReportTable:
    start, _ = report.need(r"^\|\s*Instance\s*\|\s*Module\s*\|", "table by instance")
    table = table_at(report, start - 1)
    if table is None or not table.rows:
        report.fail("the table by instance is empty", start + 1)
    if table.column("Total LUTs") is None or table.column("FFs") is None:
        report.fail("the table by instance lacks the columns Total LUTs and FFs", start + 1)
    return table


def _layers(
    report: VendorReport, table: ReportTable, top: TableRow, below: list[TableRow]
) -> tuple[LayerFigures, ...]:
    """The first level that has several instances: wrappers around a single one are looked through."""
    shown = [(row, _usage(report, table, row)) for row in _children(top, below)]
    while len(shown) == 1 and (inner := _children(shown[0][0], below)):
        shown = [(row, _usage(report, table, row)) for row in inner]
    return tuple(LayerFigures(layer=row.label, usage=usage) for row, usage in shown)


def _children(of: TableRow, rows: list[TableRow]) -> list[TableRow]:
    """The instances right below a row; "(name)" is the row's own logic and no instance."""
    children: list[TableRow] = []
    for row in rows:
        if row.line <= of.line:
            continue
        if row.depth <= of.depth:
            break
        if row.depth == of.depth + 2 and not row.label.startswith("("):
            children.append(row)
    return children


def _usage(report: VendorReport, table: ReportTable, row: TableRow) -> Usage:
    def cell(*names: str) -> float | None:
        column = table.column(*names)
        return None if column is None or column >= len(row) else report.number(row[column], row.line)

    whole, half = cell("RAMB36"), cell("RAMB18")
    return Usage(
        lut=exactly(cell("Total LUTs")),
        ff=exactly(cell("FFs")),
        dsp=exactly(cell("DSP48 Blocks", "DSP Blocks", "DSP Slices", "DSPs")),
        bram=None if whole is None or half is None else exactly(whole + half / 2),
        uram=exactly(cell("URAM")),
    )


FORMATS = (
    Format(
        "Vivado utilization by hierarchy",
        ("*.rpt", "*.txt"),
        r"^\| Command\s*:\s*report_utilization.*\s-hierarchical",
        read,
        rank=1,
        share=share,
    ),
)
