"""csynth.rpt of Vitis HLS (hls_compile.rpt of v++): the tree of all modules of a solution in one table.

In this table "-" is a resource that is not used as well as one that is not known, so it is read as not
known. The reports of the single modules distinguish them and take precedence.
"""

from __future__ import annotations

import re

from edgeml.figures import LayerFigures, Usage
from edgeml.vendor.base import Format, Level, Reading, VendorReport, exactly, halves, mhz
from edgeml.vendor.formats.hls_module import solution
from edgeml.vendor.tables import TableRow, table_at

# The fixed columns are counted from the left, the resources behind them from the right.
_LATENCY, _LATENCY_NS, _INTERVAL = 3, 4, 6
_RESOURCES = ("bram", "dsp", "ff", "lut", "uram")


def read(report: VendorReport) -> Reading:
    """The estimate of the top, with the modules right below it as layers."""
    _, title = report.need(r"== Synthesis Summary Report of '(.+)'", "title")
    start, _ = report.need(r"\+ Performance & Resource Estimates", "table of estimates")
    table = table_at(report, start)
    if table is None or not table.rows or not table.head:
        report.fail("the table of estimates is empty", start + 1)
    names = tuple(table.head[-1][i].lower() for i in range(len(table.head[-1]) - 5, len(table.head[-1])))
    if names != _RESOURCES:
        report.fail(f"the last columns are {', '.join(names)}; {', '.join(_RESOURCES)} expected", start + 1)
    rows = [row for row in table.rows if re.match(r"\s*[+*o]\s", row.cells[0])]
    if not rows:
        report.fail("the table of estimates names no module", start + 1)
    top = rows[0]
    if len(top) <= _INTERVAL + len(_RESOURCES):
        report.fail(f"the table of estimates has only {len(top)} columns", top.line)
    cycles, nanoseconds, interval = (
        report.number(top[column], top.line) for column in (_LATENCY, _LATENCY_NS, _INTERVAL)
    )
    version = report.value("Version").split(" ")[0]
    return Reading(
        report=report.path,
        tool=f"Vitis HLS {version}".strip(),
        model=title[1],
        root=solution(report.path),
        level=Level.ESTIMATED,
        part=report.value("Target device"),
        usage=_usage(report, top),
        layers=tuple(_layer(report, row) for row in rows[1:] if _is_module(row) and row.depth == 1),
        cycles=exactly(cycles),
        ii=exactly(interval),
        clock_mhz=_clock(cycles, nanoseconds),
        names_top=True,
    )


def _clock(cycles: float | None, nanoseconds: float | None) -> float | None:
    """The clock from the latency in cycles and in ns (four digits); the report does not state it."""
    if not cycles or not nanoseconds:
        return None
    clock = mhz(nanoseconds / cycles)
    return None if clock is None else float(f"{clock:.4g}")


def _is_module(row: TableRow) -> bool:
    return row.cells[0].strip().startswith("+")


def _layer(report: VendorReport, row: TableRow) -> LayerFigures:
    return LayerFigures(
        layer=row.label.lstrip("+ ").rstrip("*"),
        usage=_usage(report, row),
        cycles=exactly(report.number(row[_LATENCY], row.line)),
        ii=exactly(report.number(row[_INTERVAL], row.line)),
    )


def _usage(report: VendorReport, row: TableRow) -> Usage:
    bram, dsp, ff, lut, uram = (report.number(row[i], row.line) for i in range(len(row) - 5, len(row)))
    return Usage(lut=exactly(lut), ff=exactly(ff), dsp=exactly(dsp), bram=halves(bram), uram=exactly(uram))


FORMATS = (Format("HLS summary", ("*.rpt",), r"^== Synthesis Summary Report of '", read, rank=3),)
