"""REVISION.fit.rpt and REVISION.fit.summary of Quartus (II, Standard, Pro): resources after the fitter.

Devices with adaptive logic count ALMs ("Logic utilization (in ALMs)"); older ones count logic elements, of
which the 4-input functions are taken as LUTs. Two 9-bit multiplier elements are one block. The report has
the RAM blocks and, in its table by entity, the share of every instance; the summary of old versions has
neither. Block RAMs are M9K, M10K or M20K: blocks of the part, as everywhere in edgeml.
"""

from __future__ import annotations

import itertools
import re

from edgeml.figures import LayerFigures, Usage
from edgeml.vendor.base import Format, Level, Reading, Share, VendorReport, exactly
from edgeml.vendor.formats._quartus import Cells, cells_under, lines_of, logic, number, text, tool
from edgeml.vendor.tables import ReportTable, TableRow, table_at


def read(report: VendorReport) -> Reading:
    """The report: summary, resource usage and entities."""
    start, _ = report.need(r"^; Fitter Summary\s", "fitter summary")
    cells = cells_under(report, start)
    usage = report.find(r"^; Fitter Resource Usage Summary\s")
    more = cells_under(report, usage[0]) if usage else {}
    return _reading(report, {**more, **cells}, _entities(report))


def read_summary(report: VendorReport) -> Reading:
    """The summary: lines of "name : value"."""
    return _reading(report, lines_of(report), ())


def _reading(report: VendorReport, cells: Cells, layers: tuple[LayerFigures, ...]) -> Reading:
    status = cells.get("Fitter Status", ("", 1))
    if not status[0].lower().startswith("successful"):
        report.fail(f"the fitter did not succeed: {status[0] or 'no status'}", status[1])
    lut, notes = logic(report, cells)
    if lut is None:
        report.fail(
            "neither ALMs nor combinational functions nor logic elements are stated", len(report.lines)
        )

    def count(*names: str) -> float | None:
        return number(report, cells, *names)

    multipliers = count("Embedded Multiplier 9-bit elements")
    blocks = count("Total RAM Blocks", "M20K blocks", "M10K blocks", "M9K blocks", "M20Ks", "M10Ks", "M9Ks")
    if blocks is None and count("Total block memory bits") == 0:
        blocks = 0.0
    registers = count("Total registers", "Total dedicated logic registers", "Dedicated logic registers")
    dsp = count("Total DSP Blocks", "DSP block 18-bit elements")
    return Reading(
        report=report.path,
        tool=tool(cells),
        model=text(cells, "Revision Name"),
        root=report.path.parent,
        level=Level.ROUTED,
        part=text(cells, "Device"),
        usage=Usage(
            lut=exactly(lut),
            ff=exactly(registers),
            dsp=exactly(dsp if multipliers is None else multipliers / 2),
            bram=exactly(blocks),
        ),
        layers=layers,
        notes=notes,
    )


def share(report: VendorReport, module: str) -> Share | None:
    """The resources of one of edgeml's modules and of its layers; None if it has no instance.

    A layer is an instance of MODULE_LAYER, however deep; logic that no layer has is in the whole only.
    """
    table = _table(report)
    rows = list(table.rows) if table is not None else []
    for index, row in enumerate(rows):
        if table is not None and _module(row.label) == module:
            layers = [
                LayerFigures(layer=name.removeprefix(f"{module}_"), usage=_usage(report, table, below))
                for below in _inside(row, rows[index + 1 :])
                if (name := _module(below.label)).startswith(f"{module}_") and name != f"{module}_core"
            ]
            return _usage(report, table, row), tuple(layers)
    return None


def _inside(row: TableRow, following: list[TableRow]) -> list[TableRow]:
    """The rows of the tree that lie below a row, however deep."""
    return list(itertools.takewhile(lambda below: below.depth > row.depth, following))


def _table(report: VendorReport) -> ReportTable | None:
    start = report.find(r"^; Fitter Resource Utilization by Entity\s")
    table = table_at(report, start[0], ";") if start else None
    if table is None or not table.rows or table.column("Compilation Hierarchy Node") is None:
        return None
    return table


def _entities(report: VendorReport) -> tuple[LayerFigures, ...]:
    """The first level of the hierarchy that has several instances."""
    table = _table(report)
    if table is None:
        return ()
    rows = list(table.rows)
    level = [rows[0]]
    while len(level) == 1:
        inner = _children(level[0], rows)
        if not inner:
            break
        level = inner
    if level == [rows[0]]:
        return ()
    return tuple(LayerFigures(layer=_name(row.label), usage=_usage(report, table, row)) for row in level)


def _children(of: TableRow, rows: list[TableRow]) -> list[TableRow]:
    below = _inside(of, rows[rows.index(of) + 1 :])
    nearest = min((row.depth for row in below), default=0)
    return [row for row in below if row.depth == nearest]


def _name(label: str) -> str:
    """The instance of "|module:instance|"."""
    return re.sub(r"^.*:", "", label.strip("|"))


def _module(label: str) -> str:
    """The module of "|module:instance|"; that of the root, "|module", too."""
    return label.strip("|").partition(":")[0]


def _usage(report: VendorReport, table: ReportTable, row: TableRow) -> Usage:
    def cell(*names: str) -> float | None:
        column = table.column(*names)
        return None if column is None or column >= len(row) else report.number(row[column], row.line)

    return Usage(
        lut=exactly(cell("ALMs needed [=A-B+C]", "ALMs needed", "LUT-Only LCs")),
        ff=exactly(cell("Dedicated Logic Registers")),
        dsp=exactly(cell("DSP Blocks")),
        bram=exactly(cell("M20Ks", "M10Ks", "M9Ks")),
    )


FORMATS = (
    Format("Quartus fitter report", ("*.fit.rpt",), r"^Fitter report for ", read, share=share),
    Format("Quartus fitter summary", ("*.fit.summary",), r"^Fitter Status : ", read_summary, rank=1),
)
