"""A design that is too slow for its clock, and the same at the clock that the remedy names."""

from __future__ import annotations

import re
from pathlib import Path

from edgeml.report.facts import Facts
from edgeml.report.sections.hardware.facts import latency_rows, resource_rows
from edgeml.report.verdict import RunVerdict
from tests.report.hardware import count, estimated
from tests.report.samples import sample_facts


def _facts(clock_mhz: float) -> Facts:
    placed = {"source": "place-and-route", "tool": "made up", "notes": ()}
    one = estimated("", "pynq-z2", clock_mhz=clock_mhz, fmax_mhz=count(87.6), **placed)
    return sample_facts(hardware=(one,), resources=resource_rows((one,)), latency=latency_rows((one,)))


def broken(folder: Path) -> Facts:
    return _facts(100.0)


def mended(folder: Path, verdicts: tuple[RunVerdict, ...]) -> Facts:
    (found,) = verdicts
    match = re.search(r"--clock (\d+)", found.command)
    assert match is not None and match[1] == "87"
    return _facts(float(match[1]))
