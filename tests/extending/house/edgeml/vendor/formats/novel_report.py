"""The report of a novel tool: one line with LUTs."""

from __future__ import annotations

from edgeml.figures import Usage
from edgeml.vendor.base import Format, Level, Reading, VendorReport, exactly


def read(report: VendorReport) -> Reading:
    """LUTs of the whole design."""
    index, match = report.need(r"^LUTs used: (\S+)", "line LUTs used")
    return Reading(
        report=report.path,
        tool="Novel 1.0",
        model=report.value("Design"),
        root=report.path.parent,
        level=Level.SYNTHESIZED,
        usage=Usage(lut=exactly(report.number(match[1], index + 1))),
    )


FORMATS = (Format("Novel report", ("*.rpt",), r"^Novel synthesis report", read),)
