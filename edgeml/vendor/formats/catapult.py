"""rtl.rpt and cycle.rpt of Catapult (Mentor, Siemens): latency, throughput and Catapult's own area estimate.

Latency and throughput are those of "Design Total" in cycles; -1 means that Catapult does not know them. The
area is in LUTs only where the library has a column for them: for an ASIC library or a bare area score there
is no figure. Figures after Vivado are in Vivado's own reports (vivado_concat_v), which are read too.
"""

from __future__ import annotations

import re

from edgeml.figures import Usage
from edgeml.vendor.base import Format, Level, Reading, VendorReport, exactly, mhz


def read(report: VendorReport) -> Reading:
    """The estimate of a solution."""
    version = re.search(r"^-- Version:\s+(\S+?)/", report.head, re.MULTILINE)
    _, solution = report.need(r"^Solution Settings:\s*(\S+)", "solution")
    start, _ = report.need(r"^\s*Processes/Blocks in Design", "table of processes")
    total, row = report.need(r"^\s*Design Total:\s+(.*)", "line Design Total", start)
    cells = row[1].split()
    if len(cells) < 3:
        report.fail("Design Total has fewer than three numbers", total + 1)
    latency, throughput = (report.number(cells[column], total + 1) for column in (1, 2))
    notes = [] if latency is None or latency >= 0 else ["Catapult does not know the latency"]
    usage, library, area_notes = _area(report)
    return Reading(
        report=report.path,
        tool=f"Catapult {version[1]}" if version else "Catapult",
        model=solution[1].rsplit(".", 1)[0],
        root=report.path.parent,
        level=Level.ESTIMATED,
        part=library,
        usage=usage,
        cycles=exactly(latency if latency is not None and latency >= 0 else None),
        ii=exactly(throughput if throughput is not None and throughput > 0 else None),
        clock_mhz=_clock(report),
        notes=(*notes, *area_notes),
    )


def _clock(report: VendorReport) -> float | None:
    """From "clk  rising 10.000 20.00 ..."; only cycle.rpt has the table."""
    start = report.find(r"^\s*Clock Information")
    rule = report.find(r"^\s*-+( -+)+\s*$", start[0]) if start else None
    if rule is None or rule[0] + 1 >= len(report.lines):
        return None
    words = report.lines[rule[0] + 1].split()
    return mhz(report.number(words[2], rule[0] + 2)) if len(words) > 2 else None


def _area(report: VendorReport) -> tuple[Usage, str, list[str]]:
    """LUTs and multipliers of the bill of materials, and the library's name."""
    total = report.find(r"^\s*TOTAL AREA \(After Assignment\):")
    library = report.find(r"\[Lib: (?:mgc_)?(Xilinx|Altera|Intel|Lattice|Microsemi)?(\S*?)(?:_beh.*)?\]")
    name = f"{library[1][1] or ''}{library[1][2]}" if library and library[1][1] else ""
    if total is None:
        return Usage(), name, []
    start = report.find(r"Bill Of Materials")
    rule = report.find(r"^\s*-+( -+)+\s*$", start[0]) if start else None
    if rule is None:
        report.fail("the bill of materials has no rule under its head", total[0] + 1)
    head, values = report.lines[rule[0] - 1], report.lines[total[0]]
    used: dict[str, list[float]] = {}
    for column in re.finditer(r"-+", report.lines[rule[0]]):
        title = head[column.start() : column.end()].strip()
        if match := re.fullmatch(r"Area\((.+?)s?\)", title):
            cell = values[column.start() : column.end()].strip()
            if (value := report.number(cell, total[0] + 1)) is not None:
                used.setdefault(match[1].rstrip("s"), []).append(value)
    multipliers = [values for title, values in used.items() if title.upper().startswith("DSP")]
    if not used.get("LUT"):
        return Usage(), name, ["the library counts an area score, no LUTs"]
    notes = ["LUTs and DSPs are Catapult's estimate of the datapath"]
    if len(multipliers) > 1:
        notes.append("the library counts several kinds of DSP blocks: no figure")
    dsp = multipliers[0][0] if len(multipliers) == 1 else None
    return Usage(lut=exactly(used["LUT"][0]), dsp=exactly(dsp)), name, notes


FORMATS = (
    Format("Catapult RTL report", ("rtl.rpt",), r"^-- Catapult .*Report", read),
    Format("Catapult cycle report", ("cycle.rpt",), r"^-- Catapult .*Report", read, rank=1),
)
