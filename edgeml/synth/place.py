"""Place and route with nextpnr, whichever family's program it is, and the report it writes.

Invariant: figures are returned only from a report that has the form this file knows; anything else is an
error that names the log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeml.errors import EdgemlError
from edgeml.reading import read_json, refusing
from edgeml.tools import Completed, InstalledTool, failure, run


@dataclass(frozen=True)
class Segment:
    """A stretch of a timing path.

    Args:
        cell: where it begins.
        ns: its delay.
        kind: "logic", "routing", "clk-to-q" or "setup".
    """

    cell: str
    ns: float
    kind: str


@dataclass(frozen=True)
class ClockTiming:
    """nextpnr's figures for a clock, in MHz."""

    name: str
    achieved: float
    constraint: float


@dataclass(frozen=True)
class PlacementReport:
    """nextpnr's report.

    Args:
        clocks: every clock, the one with the least slack first.
        used: cells by kind.
        available: what the device has of them.
        path: the longest path from register to register in the first clock's domain.
    """

    clocks: tuple[ClockTiming, ...]
    used: Mapping[str, int]
    available: Mapping[str, int]
    path: tuple[Segment, ...]


def place(
    installed: InstalledTool,
    netlist: str,
    top: str,
    options: Sequence[str],
    folder: Path,
    report: str,
    log: Path,
    *,
    mhz: float,
    seed: int,
    seconds: float,
    outputs: Sequence[str],
) -> Completed:
    """Place and route.

    Args:
        installed: nextpnr for the family.
        netlist: Yosys' JSON; this and all other names are relative to `folder`, outside of which a
            WebAssembly program sees nothing.
        top: the top module.
        options: device, constraint file, output.
        folder: where it runs.
        report: the file for the report.
        log: the file for what it prints.
        mhz: the clock to try for; one that is not met is no error here.
        seed: of the placement.
        seconds: time limit.
        outputs: files that have to be there in the end.

    Raises:
        EdgemlError: it failed, took too long, or ended without writing what it should; names the log.
    """
    for name in (report, *outputs):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).unlink(missing_ok=True)
    words = [installed.path, "--json", netlist, "--top", top, *options, "--report", report]
    words += ["--freq", f"{mhz:g}", "--seed", str(seed), "--timing-allow-fail"]
    done = run(words, folder, log, seconds, installed.environment, check=False, keep_command=True)
    missing = [name for name in (*outputs, report) if not (folder / name).is_file()]
    if done.code:
        raise failure(done)
    if missing:
        raise EdgemlError(
            f"ended without an error and without {', '.join(missing)}",
            installed.path.name,
            f"all output is in {log}",
        )
    return done


def read_report(path: Path, log: Path) -> PlacementReport:
    """The report of nextpnr 0.4 and later.

    Raises:
        EdgemlError: it has another form; names the log.
    """
    with refusing(path, "is no report of nextpnr that edgeml can read", f"the log is {log}"):
        document: Any = read_json(path, "report of nextpnr", f"the log is {log}")
        clocks = [
            ClockTiming(str(name), float(clock["achieved"]), float(clock["constraint"]))
            for name, clock in document["fmax"].items()
        ]
        clocks.sort(key=lambda clock: clock.achieved / clock.constraint)
        table = document["utilization"]
        return PlacementReport(
            tuple(clocks),
            {str(kind): int(row["used"]) for kind, row in table.items()},
            {str(kind): int(row["available"]) for kind, row in table.items()},
            _longest(document["critical_paths"], clocks[0].name if clocks else ""),
        )


def _longest(paths: Any, clock: str) -> tuple[Segment, ...]:
    """The longest path that begins and ends at a register of the clock."""
    inner = [
        tuple(Segment(str(s["from"]["cell"]), float(s["delay"]), str(s["type"])) for s in path["path"])
        for path in paths
        if path["from"].endswith(f" {clock}") and path["to"].endswith(f" {clock}")
    ]
    return max(inner, key=lambda path: sum(segment.ns for segment in path), default=())
