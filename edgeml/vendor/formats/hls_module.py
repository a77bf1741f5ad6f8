"""MODULE_csynth.rpt of Vivado HLS (up to 2020.1) and Vitis HLS: one module's estimate.

Both tools lay it out alike; the multipliers' column is DSP48E in the old one and DSP in the new one, and
before 2019 the latency table has no times. The report of the top lists its instances, so that a design's
layers come from the top's own file. Layout: see docs/vendor.md for the public reports it was learned from.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgeml.figures import Figure, LayerFigures, Usage
from edgeml.vendor.base import Format, Level, Reading, VendorReport, between, exactly, halves, mhz
from edgeml.vendor.tables import ReportTable, TableRow, table_at

_REST = ("DSP", "Expression", "FIFO", "Memory", "Multiplexer", "Register")


@dataclass(frozen=True)
class _Times:
    """Latency and interval of a module, best and worst, and its kind of pipeline."""

    cycles: tuple[float | None, float | None]
    ii: tuple[float | None, float | None]
    kind: str


def read(report: VendorReport) -> Reading:
    """The estimate of one module."""
    _, title = report.need(r"== (Vivado|Vitis) HLS Report for '(.+)'", "title")
    performance, _ = report.need(r"^== Performance Estimates", "performance estimates")
    area, _ = report.need(r"^== Utilization Estimates", "utilization estimates", performance)
    clock = _rows(report, r"\+ Timing", performance, area)
    if not clock or len(clock[0]) < 3:
        report.fail("the timing table has no clock", performance + 1)
    target, estimated = (_nanoseconds(report, clock[0], column) for column in (1, 2))
    summary = _rows(report, r"\+ Latency", performance, area)
    if not summary:
        report.fail("the latency table has no row", performance + 1)
    times = _times(report, summary[0], 0)
    cycles, cycles_note = between("latency", *times.cycles)
    ii, ii_note = between("interval", *times.ii)
    total, rest = _total(report, area)
    instances = _instances(report, performance, area)
    return Reading(
        report=report.path,
        tool=f"{title[1]} HLS {report.value('Version').split(' ')[0]}".strip(),
        model=title[2],
        root=solution(report.path),
        level=Level.ESTIMATED,
        part=report.value("Target device"),
        usage=total,
        layers=tuple(layer for layer, _ in instances) + rest,
        cycles=cycles,
        ii=ii,
        clock_mhz=mhz(target),
        fmax_mhz=exactly(mhz(estimated)),
        notes=cycles_note + ii_note,
        parts=tuple((layer.layer, module) for layer, module in instances),
        dataflow=times.kind == "dataflow",
    )


def solution(path: Path) -> Path:
    """The solution's folder of ...solution1/syn/report/X and its like; else the file's own folder."""
    folder = path.parent
    return folder.parent.parent if folder.name == "report" and len(folder.parts) > 2 else folder


def usage(table: ReportTable, report: VendorReport, row: TableRow) -> Usage:
    """The resources in a row of an HLS table, by its head; 18-kbit halves become blocks."""

    def cell(*names: str) -> float | None:
        column = table.column(*names)
        return None if column is None or column >= len(row) else report.number(row[column], row.line)

    return Usage(
        lut=exactly(cell("LUT")),
        ff=exactly(cell("FF")),
        dsp=exactly(cell("DSP48E", "DSP")),
        bram=halves(cell("BRAM_18K", "BRAM")),
        uram=exactly(cell("URAM")),
    )


def _rows(report: VendorReport, pattern: str, start: int, end: int) -> tuple[TableRow, ...]:
    match = report.find(pattern, start)
    if match is None or match[0] >= end or _is_empty(report, match[0]):
        return ()
    table = table_at(report, match[0])
    return table.rows if table else ()


def _nanoseconds(report: VendorReport, row: TableRow, column: int) -> float | None:
    return report.number(row[column].removesuffix("ns").strip(), row.line)


def _times(report: VendorReport, row: TableRow, first: int) -> _Times:
    """Columns: latency min and max, times min and max (from 2019 on), interval min and max, kind."""
    cells = len(row) - first
    if cells not in (5, 7):
        report.fail(f"the latency table has {cells} columns, 5 or 7 expected", row.line)

    def number(column: int) -> float | None:
        return report.number(row[first + column], row.line)

    return _Times((number(0), number(1)), (number(cells - 3), number(cells - 2)), row[first + cells - 1])


def _total(report: VendorReport, area: int) -> tuple[Usage, tuple[LayerFigures, ...]]:
    table = table_at(report, area)
    if table is None or table.column("LUT") is None:
        report.fail("the utilization table has no column LUT", area + 1)
    rows = {row.label: row for row in table.rows}
    if "Total" not in rows:
        report.fail("the utilization table has no row Total", area + 1)
    rest = [LayerFigures(layer=f"({n})", usage=usage(table, report, rows[n])) for n in _REST if n in rows]
    return usage(table, report, rows["Total"]), tuple(x for x in rest if any(_values(x.usage)))


def _values(of: Usage) -> list[float]:
    return [figure.value for figure in of.present().values()]


def _instances(report: VendorReport, performance: int, area: int) -> list[tuple[LayerFigures, str]]:
    """The modules that the module is made of: their figures and their modules' names."""
    instances: dict[str, tuple[str, Usage, _Times | None]] = {}
    for row in _rows(report, r"^\s*\* Instance", performance, area):
        instances[row[0]] = (row[1], Usage(), _times(report, row, 2))
    start = report.find(r"^\s*\* Instance", area)
    table = table_at(report, start[0]) if start and not _is_empty(report, start[0]) else None
    for row in table.rows if table else ():
        if row.label != "Total" and table is not None:
            times = instances[row[0]][2] if row[0] in instances else None
            instances[row[0]] = (row[1], usage(table, report, row), times)
    return [(_layer(name, used, times), module) for name, (module, used, times) in instances.items()]


def _is_empty(report: VendorReport, index: int) -> bool:
    """True if the report has N/A in place of the table."""
    return report.lines[index + 1 : index + 2] != [] and report.lines[index + 1].strip() == "N/A"


def _layer(name: str, used: Usage, times: _Times | None) -> LayerFigures:
    cycles: Figure | None = None
    ii: Figure | None = None
    if times is not None:
        cycles, _ = between("latency", *times.cycles)
        ii, _ = between("interval", *times.ii)
    return LayerFigures(layer=name, usage=used, cycles=cycles, ii=ii)


FORMATS = (Format("HLS module report", ("*.rpt",), r"^== (Vivado|Vitis) HLS Report for '", read, rank=1),)
