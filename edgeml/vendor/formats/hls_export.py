"""TOP_export.rpt, export_syn.rpt and export_impl.rpt: Vivado's figures for an HLS solution's RTL.

BRAM counts 18-kbit halves here (a public project states 91 here and 45.5 tiles in Vivado's own report).
"""

from __future__ import annotations

import re

from edgeml.figures import Usage
from edgeml.vendor.base import Format, Level, Reading, VendorReport, exactly, halves, mhz

_CLOCK = r"^\s*CP {}:\s+(\S+)"


def read(report: VendorReport) -> Reading:
    """Resources and the clock reached, after synthesis or after implementation."""
    start, stage = report.need(r"^#=== Post-(Synthesis|Implementation) Resource usage", "resources")
    figures: dict[str, float | None] = {}
    for index in range(start + 1, len(report.lines)):
        match = re.match(r"^\s*(\w+):\s+(\S+)\s*$", report.lines[index])
        if match is None:
            break
        figures[match[1]] = report.number(match[2], index + 1)
    if "LUT" not in figures:
        report.fail("the resources do not begin with a list that has LUT", start + 1)
    level = Level.ROUTED if stage[1] == "Implementation" else Level.SYNTHESIZED
    reached = "post-implementation" if level is Level.ROUTED else "post-synthesis"
    folder = report.path.parent
    return Reading(
        report=report.path,
        tool=report.value("Implementation tool").replace("Xilinx ", "").replace("v.", "") or "Vivado",
        model=re.sub(r"_?export(_syn|_impl)?$", "", report.path.stem),
        root=folder,
        level=level,
        part=report.value("Device target"),
        usage=Usage(
            lut=exactly(figures.get("LUT")),
            ff=exactly(figures.get("FF")),
            dsp=exactly(figures.get("DSP")),
            bram=halves(figures.get("BRAM")),
            uram=exactly(figures.get("URAM")),
        ),
        clock_mhz=mhz(_period(report, "required")),
        fmax_mhz=exactly(mhz(_period(report, f"achieved {reached}"))),
    )


def _period(report: VendorReport, name: str) -> float | None:
    match = report.find(_CLOCK.format(re.escape(name)))
    return None if match is None else report.number(match[1][1], match[0] + 1)


FORMATS = (Format("HLS export report", ("*export*.rpt",), r"^#=== |^Implementation tool:", read, rank=3),)
