"""report_power of Vivado: the on-chip power, which is an estimate unless activity was simulated."""

from __future__ import annotations

from edgeml.vendor.base import Format, Reading, VendorReport, exactly
from edgeml.vendor.formats import _vivado


def read(report: VendorReport) -> Reading:
    """Total on-chip power."""
    index, match = report.need(r"^\|\s*Total On-Chip Power \(W\)\s*\|\s*([^|]+)\|", "row Total On-Chip Power")
    power = report.number(match[1].split("(")[0], index + 1)
    notes = []
    confidence = report.find(r"^\|\s*Confidence Level\s*\|\s*(\w+)", index)
    if confidence:
        notes.append(f"Vivado's confidence in its power figure: {confidence[1][1].lower()}")
    return Reading(
        report=report.path,
        tool=_vivado.tool(report),
        model=_vivado.design(report),
        root=report.path.parent,
        level=_vivado.level(report),
        part=report.value("Device"),
        power_w=exactly(power),
        notes=tuple(notes),
    )


FORMATS = (Format("Vivado power", ("*.rpt", "*.txt"), r"^\| Command\s*:\s*report_power", read, rank=5),)
