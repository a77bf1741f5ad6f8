"""report_timing_summary of Vivado: the requested clock, the possible one, the slowest path.

The design's clock is the one with the most endpoints. Its fastest period is its period less its worst
slack; other clocks are not evaluated, and a note names them.
"""

from __future__ import annotations

import re

from edgeml.figures import Hop
from edgeml.vendor.base import Format, Level, Reading, VendorReport, exactly, mhz
from edgeml.vendor.formats import _vivado

_SLACK, _ENDPOINTS = 1, 4
_PATH_RULE = re.compile(r"^\s*-{20,}\s+-{10,}\s*$")
_CELL = re.compile(r"^\s+\S+\s+(\S+) \(\S+\)\s+(-?\d+\.\d+)\s+-?\d+\.\d+\s+[rf]\s+(\S+)")
_NET = re.compile(r"^\s+net \(fo=\d+, (\w+)\)\s+(-?\d+\.\d+)\s+-?\d+\.\d+(?:\s+[rf])?\s+(\S+)")
_ROUTING = {"routed": Level.ROUTED, "estimated": Level.PLACED, "unplaced": Level.SYNTHESIZED}


def read(report: VendorReport) -> Reading:
    """Clocks and the critical path."""
    report.need(r"^\|\s*Design Timing Summary", "design timing summary")
    worst = _worst(report)
    periods = _periods(report)
    clocks = _intra(report)
    level = _vivado.level(report)
    if level is Level.UNKNOWN and (match := report.find(r"net \(fo=\d+, (routed|estimated|unplaced)\)")):
        level = _ROUTING[match[1][1]]
    notes: list[str] = []
    name = max(clocks, key=lambda clock: clocks[clock][1], default="")
    if name and name not in periods:
        report.fail(f"clock {name!r} is not in the clock summary", 1)
    slack = clocks[name][0] if name else None
    if slack is None:
        notes.append("no path is constrained by a clock: no frequency can be told")
    if len(clocks) > 1:
        notes.append(f"{len(clocks)} clocks; the figures are of {name}, which drives most of the design")
    if worst is not None and worst < 0:
        notes.append(f"timing is not met: worst slack {worst:g} ns")
    return Reading(
        report=report.path,
        tool=_vivado.tool(report),
        model=_vivado.design(report),
        root=report.path.parent,
        level=level,
        part=report.value("Device"),
        clock_mhz=mhz(periods[name]) if name else None,
        fmax_mhz=None if slack is None else exactly(mhz(periods[name] - slack)),
        critical_path=_path(report, name),
        notes=tuple(notes),
    )


def _worst(report: VendorReport) -> float | None:
    start, _ = report.need(r"^\s*WNS\(ns\)", "line with the worst slack")
    if start + 2 >= len(report.lines) or not report.lines[start + 2].split():
        report.fail("the line with the worst slack is cut off", start + 1)
    return report.number(report.lines[start + 2].split()[0], start + 3)


def _periods(report: VendorReport) -> dict[str, float]:
    """Period in ns by clock."""
    start, _ = report.need(r"^\|\s*Clock Summary", "clock summary")
    header = report.find(r"^Clock\s+Waveform\(ns\)", start)
    periods: dict[str, float] = {}
    for index in range(header[0] + 2 if header else start, len(report.lines)):
        text = report.lines[index]
        if not text.strip() or text.startswith("---"):
            if header:
                break
            return periods
        match = re.match(r"^\s*(\S+)\s+\{[^}]*\}\s+(\S+)\s+(\S+)", text)
        if header and match:
            period = report.number(match[2], index + 1)
            if period is not None:
                periods[match[1]] = period
    return periods


def _intra(report: VendorReport) -> dict[str, tuple[float | None, float]]:
    """Worst slack and endpoints by clock, where the clock is on both sides."""
    start, _ = report.need(r"^\|\s*Intra Clock Table", "table of clocks")
    header = report.find(r"^Clock\s+WNS\(ns\)", start)
    slacks: dict[str, tuple[float | None, float]] = {}
    for index in range(header[0] + 2, len(report.lines)) if header else ():
        cells = report.lines[index].split()
        if not cells:
            break
        # A clock with pulse checks alone leaves the slack's columns blank; its line has few cells.
        if len(cells) < 13:
            continue
        slack = report.number(cells[_SLACK], index + 1)
        slacks[cells[0]] = (slack, report.number(cells[_ENDPOINTS], index + 1) or 0.0)
    return slacks


def _path(report: VendorReport, clock: str) -> tuple[Hop, ...]:
    """The slowest path of the clock, segment by segment."""
    if not clock:
        return ()
    start = report.find(rf"^From Clock:\s+{re.escape(clock)}\s*$")
    slack = report.find(r"^Slack \((MET|VIOLATED)\)", start[0]) if start else None
    rule = _rule(report, slack[0]) if slack else None
    begin = _rule(report, rule + 1) if rule is not None else None
    end = _rule(report, begin + 1) if begin is not None else None
    if begin is None or end is None:
        return ()
    hops: list[Hop] = []
    for text in report.lines[begin + 1 : end]:
        match = _CELL.match(text) or _NET.match(text)
        if match is None:
            continue
        net = text.lstrip().startswith("net ")
        where = "/".join(match[3].split("/")[: -1 if net else -2])
        what = "wire" if net else match[1]
        hops.append(Hop(layer=where, ns=float(match[2]), what=what))
    return tuple(_merged(hops))


def _rule(report: VendorReport, start: int) -> int | None:
    return next((i for i in range(start, len(report.lines)) if _PATH_RULE.match(report.lines[i])), None)


def _merged(hops: list[Hop]) -> list[Hop]:
    """Neighbouring segments of one instance, merged into one."""
    done: list[Hop] = []
    for hop in hops:
        if done and done[-1].layer == hop.layer:
            last = done.pop()
            hop = Hop(layer=hop.layer, ns=round(last.ns + hop.ns, 3), what=f"{last.what}, {hop.what}")
        done.append(hop)
    return done


FORMATS = (
    Format(
        "Vivado timing summary", ("*.rpt", "*.txt"), r"^\| Command\s*:\s*report_timing_summary", read, rank=3
    ),
)
