"""Shared parts of Vivado's reports: the box with tool, design, device and state at the top."""

from __future__ import annotations

from edgeml.vendor.base import Level, VendorReport

_STATES = (
    ("unplaced", Level.SYNTHESIZED),
    ("unrouted", Level.PLACED),
    ("routed", Level.ROUTED),
    ("postroute", Level.ROUTED),
    ("placed", Level.PLACED),
    ("postplace", Level.PLACED),
    ("synthesized", Level.SYNTHESIZED),
    ("optimized", Level.SYNTHESIZED),
    ("synth", Level.SYNTHESIZED),
    ("opted", Level.SYNTHESIZED),
)


def tool(report: VendorReport) -> str:
    """Program and version, such as Vivado 2020.1."""
    words = report.value("Tool Version").split()
    if len(words) < 2:
        report.fail("the head has no tool version", 1)
    return f"{words[0]} {words[1].removeprefix('v.')}"


def design(report: VendorReport) -> str:
    """The top module.

    Raises:
        EdgemlError: it is not stated.
    """
    name = report.value("Design")
    if not name:
        report.fail("the head names no design", 1)
    return name


def level(report: VendorReport) -> Level:
    """The design's state in the head, or else from the file's name (timing reports have no state).

    Raises:
        EdgemlError: the state is none of those known.
    """
    state = report.value("Design State")
    if state:
        stage = _level_in(state.lower().replace(" ", ""))
        if stage is None:
            report.fail(f"unknown design state {state!r}", 1)
        return stage
    return _level_in(report.path.stem.lower()) or Level.UNKNOWN


def _level_in(text: str) -> Level | None:
    return next((level for word, level in _STATES if word in text), None)
