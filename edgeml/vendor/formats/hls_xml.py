"""MODULE_csynth.xml and csynth.xml of Vivado HLS and Vitis HLS: the estimate without instances.

Resources are named DSP48E or DSP by the tool's age. Layout: hls4ml's own test report (Vivado HLS 2020.1) and
public projects (docs/vendor.md).
"""

from __future__ import annotations

from xml.etree import ElementTree

from edgeml.figures import Usage
from edgeml.vendor.base import Format, Level, Reading, VendorReport, between, exactly, halves, mhz
from edgeml.vendor.formats.hls_module import solution


def read(report: VendorReport) -> Reading:
    """The estimate."""
    if "<!DOCTYPE" in report.text or "<!ENTITY" in report.text:
        report.fail("an HLS report has no document type of its own", 1)
    try:
        root = ElementTree.fromstring(report.text)  # noqa: S314 (entities are refused above)
    except ElementTree.ParseError as error:
        report.fail(f"is not complete XML: {error}", error.position[0])

    def text(path: str) -> str:
        node = root.find(path)
        return (node.text or "").strip() if node is not None else ""

    def number(path: str) -> float | None:
        return report.number(text(path), _line(report, path))

    for needed in ("UserAssignments/TopModelName", "UserAssignments/Part", "AreaEstimates/Resources"):
        if root.find(needed) is None:
            report.fail(f"has no element {needed}", 1)
    resources = "AreaEstimates/Resources/"
    overall = "PerformanceEstimates/SummaryOfOverallLatency/"
    if root.find(f"{resources}LUT") is None:
        report.fail("has no LUTs among its resources", _line(report, "Resources"))
    version = text("ReportVersion/Version")
    cycles, cycles_note = between(
        "latency", number(f"{overall}Best-caseLatency"), number(f"{overall}Worst-caseLatency")
    )
    ii, ii_note = between("interval", number(f"{overall}Interval-min"), number(f"{overall}Interval-max"))
    return Reading(
        report=report.path,
        tool=f"{_program(version)} {version}".strip(),
        model=text("UserAssignments/TopModelName"),
        root=solution(report.path),
        level=Level.ESTIMATED,
        part=text("UserAssignments/Part"),
        usage=Usage(
            lut=exactly(number(f"{resources}LUT")),
            ff=exactly(number(f"{resources}FF")),
            dsp=exactly(
                number(f"{resources}{'DSP' if root.find(f'{resources}DSP') is not None else 'DSP48E'}")
            ),
            bram=halves(number(f"{resources}BRAM_18K")),
            uram=exactly(number(f"{resources}URAM")),
        ),
        cycles=cycles,
        ii=ii,
        clock_mhz=mhz(number("UserAssignments/TargetClockPeriod")),
        fmax_mhz=exactly(mhz(number("PerformanceEstimates/SummaryOfTimingAnalysis/EstimatedClockPeriod"))),
        notes=cycles_note + ii_note,
        dataflow=text("PerformanceEstimates/PipelineType") == "dataflow",
    )


def _program(version: str) -> str:
    """Vivado HLS became Vitis HLS with 2020.2."""
    return "Vivado HLS" if version and version < "2020.2" else "Vitis HLS"


def _line(report: VendorReport, path: str) -> int:
    name = path.rsplit("/", 1)[-1]
    match = report.find(rf"<{name}[ >]")
    return match[0] + 1 if match else 1


FORMATS = (Format("HLS report as XML", ("*csynth.xml",), r"^<profile>", read, rank=2),)
