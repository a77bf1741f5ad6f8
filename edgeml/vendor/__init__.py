"""Reports of vendors' tools as `Hardware`: HLS estimates, synthesis, place and route, timing, power.

`scan(folder)` walks a folder, edgeml's or any other, and reads every report in it. To teach it another
report, add a file to `formats/`; it is found by itself.

Invariant: a file that looks like a report is read, known to hold nothing of interest, or named as not read
with line and reason; it is never passed over in silence, and keeps no other from being read. A figure that
is not there is None, never zero.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from edgeml.errors import EdgemlError, excerpt
from edgeml.figures import Hardware
from edgeml.vendor import formats
from edgeml.vendor.base import Format, Share, VendorReport
from edgeml.vendor.join import RankedReading, rows

__all__ = ["Unread", "VendorFolder", "read", "reports", "scan", "share"]


@dataclass(frozen=True)
class Unread:
    """A report, or a table of one, that could not be read: its path and the reason."""

    where: str
    reason: str


@dataclass(frozen=True)
class VendorFolder:
    """The reports in a folder.

    Args:
        rows: every design, at every level that its reports show, the nearest to the hardware first.
        unread: the reports and tables that are not in `rows`, in the order of their paths.
    """

    rows: tuple[Hardware, ...]
    unread: tuple[Unread, ...] = ()


def scan(folder: Path, skip: Sequence[str] = ()) -> VendorFolder:
    """Every design in a folder, and every report that could not be read.

    Args:
        folder: any folder; a single report will do as well.
        skip: patterns of file names (or paths inside the folder) to leave out.

    Raises:
        EdgemlError: there is no such folder, no report in it, or none of its reports could be read.
    """
    if not folder.exists():
        raise EdgemlError("there is no such folder", str(folder))
    root = folder if folder.is_dir() else folder.parent
    unread: list[Unread] = []

    def closed(error: OSError) -> None:
        unread.append(Unread(str(error.filename), f"cannot be opened: {error.strerror}"))

    readings: list[RankedReading] = []
    errors: list[EdgemlError] = []
    paths = list(reports(folder, skip, closed))
    for path in paths:
        try:
            item = _read_one(path)
        except EdgemlError as error:
            errors.append(error)
            unread.append(Unread(error.where, error.what))
            continue
        if item is not None:
            readings.append(item)
            unread += [Unread(f"{path}:{line}", why) for line, why in item.reading.unread]
    if readings:
        return VendorFolder(tuple(rows(readings, root)), tuple(unread))
    if len(errors) == 1:
        raise errors[0]
    if unread:
        first = unread[0]
        raise EdgemlError(
            f"none of its {len(unread)} reports could be read; the first, {first.where}: {first.reason}",
            str(folder),
            errors[0].hint if errors else "make the folders readable",
        )
    what = "holds no report of a vendor's tool"
    if paths:
        what = f"holds {len(paths)} reports of a vendor's tool, none with a figure that is kept"
    raise EdgemlError(what, str(folder), "name the folder of the Vivado, Quartus or HLS project")


def read(folder: Path, skip: Sequence[str] = ()) -> list[Hardware]:
    """As `scan`, for folders in which every report has to be read.

    Raises:
        EdgemlError: as for `scan`, and if one report or table could not be read.
    """
    contents = scan(folder, skip)
    if contents.unread:
        first = contents.unread[0]
        raise EdgemlError(
            first.reason,
            first.where,
            "send us the report if the tool wrote it like this; --skip PATTERN leaves it out",
        )
    return list(contents.rows)


def _read_one(path: Path) -> RankedReading | None:
    """The reading of a report; None if its format has no figure that edgeml keeps.

    Raises:
        EdgemlError: it cannot be read.
    """
    report = VendorReport.load(path)
    report_format = _format_of(report)
    try:
        reading = report_format.read(report)
    except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError, RecursionError) as error:
        # An unforeseen fault in a damaged file ends the reading of this file alone.
        report.fail(
            f"is not laid out like a {report_format.title}: {type(error).__name__}: {excerpt(str(error), 80)}"
        )
    if reading is None:
        return None
    used = [reading.usage, *(layer.usage for layer in reading.layers)]
    if any(figure.value < 0 for usage in used for figure in usage.present().values()):
        report.fail("has a negative count of a resource")
    return RankedReading(report_format.rank, reading)


def share(paths: Sequence[Path], module: str) -> Share | None:
    """The resources of one module of a design, with its layers, from the first report that states them.

    Args:
        paths: reports of one design at one level.
        module: its name in the Verilog.

    Returns:
        None if no report has a table by instance, or none of them that module.

    Raises:
        EdgemlError: a report cannot be read.
    """
    for path in paths:
        report = VendorReport.load(path)
        shares = (one.share for one in _formats() if one.share is not None and one.knows(report))
        share_of = next(shares, None)
        if share_of is not None and (figures := share_of(report, module)):
            return figures
    return None


def reports(
    folder: Path, skip: Sequence[str] = (), closed: Callable[[OSError], None] | None = None
) -> Iterator[Path]:
    """The files that look like reports, in order; not those in hidden folders, which are the tools' own.

    Args:
        folder: any folder, or a single file.
        skip: patterns of what to leave out.
        closed: called for every folder that cannot be listed.
    """
    if not folder.is_dir():
        yield folder
        return
    patterns = _patterns()
    for where, folders, names in os.walk(folder, onerror=closed):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(where) / name
            inside = path.relative_to(folder).as_posix()
            if any(fnmatch.fnmatch(name, pattern) or fnmatch.fnmatch(inside, pattern) for pattern in skip):
                continue
            if any(path.match(pattern) for pattern in patterns):
                yield path


@cache
def _formats() -> tuple[Format, ...]:
    return tuple(one for name in formats.names() for one in formats.load(name))


@cache
def _patterns() -> tuple[str, ...]:
    """Patterns of the names of reports; a "*.txt" file is one only if its text is."""
    return tuple(sorted({p for one in _formats() for p in one.patterns if p != "*.txt"} | {"*.rpt"}))


def _format_of(report: VendorReport) -> Format:
    report_format = next((one for one in _formats() if one.knows(report)), None)
    if report_format is None:
        first = next((n for n, text in enumerate(report.lines, 1) if text.strip(" =-+")), 0)
        beginning = f"; it begins with {report.lines[first - 1].strip()[:80]!r}" if first else ": it is empty"
        report.fail(f"is a report of an unknown format{beginning}", first)
    return report_format
