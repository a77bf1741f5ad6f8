"""REVISION.map.rpt and .map.summary (Standard), .syn.rpt (Pro) and .flow.rpt of Quartus.

Synthesis counts before the fitter packs: its ALMs are an estimate and its memories are bits, of which no
number of blocks follows. The flow report repeats the summary of the last step that ran.
"""

from __future__ import annotations

from edgeml.figures import Usage
from edgeml.vendor.base import Format, Level, Reading, VendorReport, exactly
from edgeml.vendor.formats._quartus import Cells, cells_under, lines_of, logic, number, text, tool

_ESTIMATED = ("Estimate of Logic utilization (ALMs needed)", "Estimated ALMs needed")


def read(report: VendorReport) -> Reading:
    """Synthesis: summary, settings and resource usage."""
    start, _ = report.need(r"^; (Analysis & )?Synthesis Summary\s", "synthesis summary")
    cells = cells_under(report, start)
    for title in (
        r"^; (Analysis & )?Synthesis Resource Usage Summary",
        r"^; (Analysis & )?Synthesis Settings\s",
    ):
        if match := report.find(title):
            cells = {**cells_under(report, match[0]), **cells}
    return _reading(report, cells, "Synthesis Status", Level.SYNTHESIZED, ".map.rpt")


def read_summary(report: VendorReport) -> Reading:
    """Synthesis: lines of "name : value"."""
    return _reading(report, lines_of(report), "Synthesis Status", Level.SYNTHESIZED, ".map.summary")


def read_flow(report: VendorReport) -> Reading | None:
    """The flow's summary; None where it has none, or no step came to its end."""
    start = report.find(r"^; Flow Summary\s")
    cells = cells_under(report, start[0]) if start else {}
    if not cells.get("Flow Status", ("", 1))[0].lower().startswith("successful"):
        return None
    fitted = report.find(r"^; Fitter\s+;") is not None
    return _reading(report, cells, "Flow Status", Level.ROUTED if fitted else Level.SYNTHESIZED, ".flow.rpt")


def _reading(report: VendorReport, cells: Cells, status: str, level: Level, suffix: str) -> Reading:
    status_value, line = next(
        ((value, at) for name, (value, at) in cells.items() if name.endswith(status)), ("", 1)
    )
    if not status_value.lower().startswith("successful"):
        report.fail(f"the synthesis did not succeed: {status_value or 'no status'}", line)
    lut, notes = logic(report, cells, _ESTIMATED)
    if lut is None:
        notes = ("the summary states no logic: the fitter's report does",)
    elif level is Level.SYNTHESIZED:
        notes = (*notes, "figures before the fitter, which packs them")
    blocks = number(report, cells, "Total RAM Blocks")
    if blocks is None and number(report, cells, "Total block memory bits", "Block Memory Bits") == 0:
        blocks = 0.0
    multipliers = number(report, cells, "Embedded Multiplier 9-bit elements")
    dsp = number(report, cells, "Total DSP Blocks", "DSP block 18-bit elements")
    return Reading(
        report=report.path,
        tool=tool(cells),
        model=text(cells, "Revision Name") or report.path.name.removesuffix(suffix),
        root=report.path.parent,
        level=level,
        part=text(cells, "Device"),
        usage=Usage(
            lut=exactly(lut),
            ff=exactly(
                number(
                    report,
                    cells,
                    "Total registers",
                    "Total dedicated logic registers",
                    "Dedicated logic registers",
                )
            ),
            dsp=exactly(dsp if multipliers is None else multipliers / 2),
            bram=exactly(blocks),
        ),
        notes=notes,
    )


FORMATS = (
    Format(
        "Quartus synthesis report",
        ("*.map.rpt", "*.syn.rpt"),
        r"^(Analysis & )?Synthesis report for ",
        read,
        rank=1,
    ),
    Format(
        "Quartus synthesis summary",
        ("*.map.summary", "*.syn.summary"),
        r"Synthesis Status : ",
        read_summary,
        rank=2,
    ),
    Format("Quartus flow report", ("*.flow.rpt",), r"^Flow report for ", read_flow, rank=4),
)
