"""REVISION.sta.rpt and REVISION.sta.summary of Quartus' timing analyzer (TimeQuest until 2017).

The fastest clock is the lowest "Restricted Fmax" over the slow models. Quartus Pro writes one table for all
models from version 20 on. Of several clocks the one that is nearest to its limit is taken, and a note names
the others. The summary has slacks only, so it gives no frequency.
"""

from __future__ import annotations

import re

from edgeml.vendor.base import Format, Level, Reading, VendorReport, exactly
from edgeml.vendor.tables import table_below


def read(report: VendorReport) -> Reading:
    """The requested clock and the fastest possible one."""
    head, _ = report.need(r"^; (TimeQuest )?Timing Analyzer Summary\s", "timing analyzer summary")
    table = table_below(report, head, ";")
    cells = {row.label: row[1] for row in (*table.head, *table.rows) if len(row) > 1} if table else {}
    targets, limits = _targets(report), _limits(report)
    notes: list[str] = []
    name = min(
        limits, key=lambda clock: limits[clock] / (targets.get(clock) or limits[clock] or 1.0), default=""
    )
    if not name:
        notes.append("no clock has a path from register to register: no frequency can be told")
    if len(limits) > 1:
        rest = ", ".join(f"{clock} {mhz:g} MHz" for clock, mhz in limits.items() if clock != name)
        notes.append(f"the figures are of clock {name}; the others: {rest}")
    if name and limits[name] < targets.get(name, 0):
        notes.append(f"timing is not met: {targets[name]:g} MHz asked, {limits[name]:g} MHz possible")
    version = (
        cells.get("Quartus Prime Version") or cells.get("Quartus II Version") or _version(report)
    ).split()
    words = [word for word in version if word != "Version"]
    pro = " Pro" if "Pro" in words else ""
    return Reading(
        report=report.path,
        tool=f"Quartus {words[0] if words else ''}{pro}".strip(),
        model=cells.get("Revision Name") or report.path.name.removesuffix(".sta.rpt"),
        root=report.path.parent,
        level=Level.ROUTED,
        part=cells.get("Device Name", ""),
        clock_mhz=targets.get(name),
        fmax_mhz=exactly(limits.get(name)),
        notes=tuple(notes),
    )


def _version(report: VendorReport) -> str:
    match = re.search(r"^Quartus.* Version (.*)$", report.head, re.MULTILINE)
    return match[1] if match else ""


def _targets(report: VendorReport) -> dict[str, float]:
    """The frequency asked for by clock, in MHz."""
    start = report.find(r"^; Clocks\s+;?\s*$")
    table = table_below(report, start[0], ";") if start else None
    if table is None or not table.head:
        return {}
    column = table.column("Frequency")
    if column is None:
        report.fail("the table of clocks has no column Frequency", (start[0] if start else 0) + 1)
    targets: dict[str, float] = {}
    for row in table.rows:
        if (value := report.number(row[column], row.line)) is not None:
            targets[row.label] = value
    return targets


def _limits(report: VendorReport) -> dict[str, float]:
    """The lowest restricted Fmax by clock, in MHz."""
    limits: dict[str, float] = {}
    start = 0
    while title := report.find(r"^; .*Fmax Summary\s+;\s*$", start):
        start = title[0] + 1
        table = table_below(report, title[0], ";")
        if table is None or not table.head:
            continue  # "No paths to report."
        limit, clock = table.column("Restricted Fmax"), table.column("Clock Name")
        if limit is None or clock is None:
            report.fail("an Fmax summary has no column Restricted Fmax or Clock Name", start)
        for row in table.rows:
            value = report.number(row[limit], row.line)
            if value is not None:
                limits[row[clock]] = min(value, limits.get(row[clock], value))
    return limits


def read_summary(report: VendorReport) -> Reading:
    """The worst setup slack."""
    slacks: list[float] = []
    for index, text in enumerate(report.lines):
        if re.match(r"^Type\s*:.*\bSetup\b", text):
            match = re.match(
                r"^Slack\s*:\s*(\S+)", report.lines[index + 1] if index + 1 < len(report.lines) else ""
            )
            if match is None:
                report.fail("a type without a slack in the next line", index + 1)
            if (slack := report.number(match[1], index + 2)) is not None:
                slacks.append(slack)
    note = f"worst setup slack {min(slacks):g} ns" if slacks else "no setup path was analyzed"
    return Reading(
        report=report.path,
        tool="Quartus",
        model=report.path.name.removesuffix(".sta.summary"),
        root=report.path.parent,
        level=Level.ROUTED,
        notes=(note,),
    )


FORMATS = (
    Format(
        "Quartus timing report",
        ("*.sta.rpt",),
        r"^(TimeQuest )?Timing Analyzer report for ",
        read,
        rank=2,
    ),
    Format(
        "Quartus timing summary",
        ("*.sta.summary",),
        r"^(TimeQuest )?Timing Analyzer .*Summary",
        read_summary,
        rank=3,
    ),
)
