"""What vendors' tools leave behind, as `Hardware`: HLS estimates, synthesis, place and route, timing, power.

`read(folder)` walks a folder, edgeml's or anybody's, and reads every report in it. To teach it another
report, add a file to `formats/`; it is found by itself.

Invariant: a file that looks like a report is read, known to hold nothing of interest, or an `EdgemlError`
with file and line; never passed over in silence, and a figure that is not there is None, never zero.
"""

from __future__ import annotations

import fnmatch
import importlib
import os
import pkgutil
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from edgeml.errors import EdgemlError
from edgeml.figures import Hardware
from edgeml.vendor import formats
from edgeml.vendor.base import Format, Report, Share
from edgeml.vendor.join import Read, rows

__all__ = ["read", "reports", "share"]


def read(folder: Path, skip: Sequence[str] = ()) -> list[Hardware]:
    """Every design in a folder, at every level that its reports show, the nearest to the hardware first.

    Args:
        folder: any folder; a single report will do as well.
        skip: patterns of file names (or paths inside the folder) to leave out.

    Raises:
        EdgemlError: there is no such folder, no report in it, or one of a format that edgeml does not know.
    """
    if not folder.exists():
        raise EdgemlError("there is no such folder", str(folder))
    root = folder if folder.is_dir() else folder.parent
    paths = list(reports(folder, skip))
    if not paths:
        raise EdgemlError(
            "holds no report of a vendor's tool",
            str(folder),
            "name the folder of the Vivado, Quartus or HLS project",
        )
    found: list[Read] = []
    for path in paths:
        report = Report.load(path)
        known = _format_of(report)
        reading = known.read(report)
        if reading is None:
            continue
        used = [reading.usage, *(layer.usage for layer in reading.layers)]
        if any(figure.value < 0 for usage in used for figure in usage.known().values()):
            report.fail("counts less than nothing of a resource")
        found.append(Read(known.rank, reading))
    return rows(found, root)


def share(paths: Sequence[Path], module: str) -> Share | None:
    """What one module of a design takes, with its layers, from the first report that tells.

    Args:
        paths: reports of one design at one level.
        module: its name in the Verilog.

    Returns:
        None if no report has a table by instance, or none of them that module.

    Raises:
        EdgemlError: a report cannot be read.
    """
    for path in paths:
        report = Report.load(path)
        known = next((known for known in _formats() if known.share is not None and known.knows(report)), None)
        if known is not None and known.share is not None and (found := known.share(report, module)):
            return found
    return None


def reports(folder: Path, skip: Sequence[str] = ()) -> Iterator[Path]:
    """The files that look like reports, in order; not those in hidden folders, which are the tools' own."""
    if folder.is_file():
        yield folder
        return
    patterns = _patterns()
    for where, folders, names in os.walk(folder):
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
    names = sorted(module.name for module in pkgutil.iter_modules(formats.__path__))
    modules = [importlib.import_module(f"{formats.__name__}.{name}") for name in names if name[0] != "_"]
    return tuple(found for module in modules for found in module.FORMATS)


@cache
def _patterns() -> tuple[str, ...]:
    """Names that are reports by themselves; "*.txt" is one only if its text says so."""
    return tuple(sorted({p for known in _formats() for p in known.patterns if p != "*.txt"} | {"*.rpt"}))


def _format_of(report: Report) -> Format:
    known = next((known for known in _formats() if known.knows(report)), None)
    if known is None:
        first = next((n for n, text in enumerate(report.lines, 1) if text.strip(" =-+")), 0)
        said = f"; it begins with {report.lines[first - 1].strip()[:80]!r}" if first else ": it is empty"
        report.fail(f"is a report of an unknown format{said}", first)
    return known
