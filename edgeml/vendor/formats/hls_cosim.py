"""TOP_cosim.rpt of Vivado HLS and Vitis HLS: cycles counted in a simulation of the RTL.

The interval is NA when only one sample was simulated. Vitis HLS adds a column with the total time.
"""

from __future__ import annotations

from edgeml.vendor.base import Format, Level, Reading, VendorReport, between
from edgeml.vendor.formats.hls_module import solution
from edgeml.vendor.tables import TableRow

_STATUS = 1
_LANGUAGES = ("VHDL", "Verilog", "SystemC")


def read(report: VendorReport) -> Reading | None:
    """The latency counted; None if no simulation was run."""
    start, _ = report.need(r"\bLatency\b", "latency table")
    bars = [(n, text) for n, text in enumerate(report.lines, 1) if text.startswith("|")]
    rows = [
        row
        for row in (TableRow(report, n, tuple(t.split("|")[1:-1])) for n, t in bars)
        if row.label in _LANGUAGES
    ]
    if not rows:
        report.fail("the table has no row for VHDL or Verilog", start + 1)
    run = [row for row in rows if row[_STATUS].upper() not in ("NA", "")]
    if not run:
        return None
    row = run[-1]
    if len(row) < 8:
        report.fail(f"the row has {len(row)} columns, at least 8 expected", row.line)
    numbers = [report.number(row[column], row.line) for column in range(2, 8)]
    cycles, notes = between("latency", numbers[0], numbers[2])
    ii, ii_notes = between("interval", numbers[3], numbers[5])
    if numbers[3] is None:
        ii_notes = ("only one sample was simulated, so the interval is not known",)
    if row[_STATUS].lower() != "pass":
        cycles, ii = None, None
        notes, ii_notes = (f"the co-simulation ended with {row[_STATUS]}: nothing was measured",), ()
    return Reading(
        report=report.path,
        tool="HLS co-simulation",
        model=report.path.stem.removesuffix("_cosim"),
        root=solution(report.path),
        level=Level.SIMULATED,
        cycles=cycles,
        ii=ii,
        notes=notes + ii_notes,
    )


FORMATS = (Format("HLS co-simulation report", ("*_cosim.rpt",), r"^\+\s+RTL\s+\+\s+Status", read),)
