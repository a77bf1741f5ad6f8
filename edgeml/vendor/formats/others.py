"""Reports of known formats without a figure that edgeml keeps: DRC, IO, flow logs and similar ones.

They are listed here so that only an unknown report is an error.
"""

from __future__ import annotations

from edgeml.vendor.base import Format, Reading, VendorReport

_QUARTUS = (
    "Assembler|EDA Netlist Writer|Power Analyzer|"
    "PowerPlay Power Analyzer|Partition Merge|Merge|Design Assistant|DRC|IP Upgrade|Interface Planner|"
    "Early Power Estimator|SSN Analyzer|I/O Assignment Analysis|Incremental Compilation|Simulator"
)


def read(report: VendorReport) -> Reading | None:
    """Returns None: the report has no figure that edgeml keeps."""
    del report
    return None


FORMATS = (
    Format(
        "other Vivado report",
        ("*.rpt", "*.txt"),
        r"^\| Command\s*:\s*(?!report_utilization|report_timing_summary|report_power)report_\w+",
        read,
        rank=9,
    ),
    Format(
        "Vivado utilization of a part of the design",
        ("*.rpt", "*.txt"),
        r"^\| Command\s*:\s*report_utilization.*\s-(pblocks|cells|slr)",
        read,
        rank=9,
    ),
    Format("Vivado route status", ("*.rpt", "*.txt"), r"^\s*Design Route Status\s*$", read, rank=9),
    Format("other Quartus report", ("*.rpt",), rf"^({_QUARTUS}) report for ", read, rank=9),
    Format("HLS design size", ("csynth_design_size*.rpt",), r"Design Size Report", read, rank=9),
    Format("HLS design size", ("csynth_design_size*.xml",), r"^<", read, rank=9),
)
