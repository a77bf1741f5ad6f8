"""The parts of a report format: the text with its line numbers, a reading, a format.

A format is one file in `formats/` with `FORMATS`: the names its files go by, how the first lines look, and
`read`. Nothing has to be registered.

Invariant: a figure that a report does not state is None. A report that is not laid out as expected is an
`EdgemlError` that names the file and the line.
"""

from __future__ import annotations

import math
import re
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from pathlib import Path
from typing import NoReturn

from edgeml.errors import EdgemlError
from edgeml.figures import Figure, Hop, LayerFigures, Reached, Usage
from edgeml.files import read_bytes

_HEAD_LINES, _HEAD_CHARACTERS = 60, 60_000

MOST_BYTES = 256 * 2**20
"""The largest report that is read; reports of timing with thousands of paths have tens of megabytes."""


class Level(IntEnum):
    """The stage of the flow that a report is from; a higher one is nearer to the hardware."""

    UNKNOWN = 0
    ESTIMATED = 1
    SIMULATED = 2
    SYNTHESIZED = 3
    PLACED = 4
    ROUTED = 5

    @property
    def reached(self) -> Reached:
        """The stage's name in `Hardware`; placed and routed are both "fitted"."""
        words: tuple[Reached, ...] = ("", "estimated", "simulated", "synthesized", "fitted", "fitted")
        return words[self]


@dataclass(frozen=True)
class VendorReport:
    """A report file.

    Args:
        path: the file.
        text: its whole text.
    """

    path: Path
    text: str

    @classmethod
    def load(cls, path: Path) -> VendorReport:
        """Read a file; bytes that are not UTF-8 (a degree sign, a name) are replaced.

        Raises:
            EdgemlError: it cannot be read, is no regular file (a pipe would never end), or is larger than
                `MOST_BYTES`.
        """
        try:
            about = path.stat()
        except OSError as error:
            raise EdgemlError(f"cannot read the report: {error.strerror}", str(path)) from None
        except ValueError as error:  # a name with a null byte
            raise EdgemlError(f"cannot read the report: {error}", repr(str(path))) from None
        if not stat.S_ISREG(about.st_mode):
            raise EdgemlError("is no regular file", str(path), "--skip PATTERN leaves it out")
        if about.st_size > MOST_BYTES:
            raise EdgemlError(
                f"has {about.st_size:,} bytes; reports of up to {MOST_BYTES:,} are read",
                str(path),
                "--skip PATTERN leaves it out",
            )
        return cls(path, read_bytes(path, "report").decode("utf-8", errors="replace"))

    @cached_property
    def lines(self) -> list[str]:
        """Without line ends; line 1 is lines[0]."""
        return self.text.splitlines()

    @cached_property
    def head(self) -> str:
        """The first lines, by which a format is known."""
        return "\n".join(self.text[:_HEAD_CHARACTERS].splitlines()[:_HEAD_LINES])

    def fail(self, what: str, line: int = 0) -> NoReturn:
        """Refuse the report.

        Args:
            what: what is wrong.
            line: the line, counted from 1; 0 for the whole file.

        Raises:
            EdgemlError: always.
        """
        where = f"{self.path}:{line}" if line else str(self.path)
        raise EdgemlError(
            what, where, "send us the report if the tool wrote it like this; --skip PATTERN leaves it out"
        )

    def find(self, pattern: str, start: int = 0) -> tuple[int, re.Match[str]] | None:
        """The first line from index `start` on that the pattern is found in, and the match."""
        compiled = re.compile(pattern)
        for index in range(start, len(self.lines)):
            if match := compiled.search(self.lines[index]):
                return index, match
        return None

    def need(self, pattern: str, what: str, start: int = 0) -> tuple[int, re.Match[str]]:
        """As `find`, with an error if there is no such line.

        Raises:
            EdgemlError: there is none; `what` names the part of the report that is missing.
        """
        match = self.find(pattern, start)
        if match is None:
            self.fail(f"no {what}, though it begins like a report that has one", len(self.lines) or 1)
        return match

    def value(self, name: str) -> str:
        """The value behind "NAME :" or "* NAME:" among the first lines; "" if there is none."""
        match = re.search(rf"^[\s|*+-]*{re.escape(name)}\s*:\s*(.*?)\s*$", self.head, re.MULTILINE)
        return match[1] if match else ""

    def number(self, text: str, line: int) -> float | None:
        """A count or a quantity; None for a cell without one ("-", "?", "N/A", blank).

        Thousands may be separated by commas, a percentage in parentheses or a unit may follow.

        Raises:
            EdgemlError: it is something else.
        """
        text = text.strip()
        if not text or text.lower() in _UNKNOWN:
            return None
        match = re.match(r"^[<~]?\s*(-?\d[\d,]*(?:\.\d+)?(?:[eE][+-]?\d+)?)(?:\*?$|\s|[(/%])", text)
        if match is None:
            self.fail(f"{text[:40]!r} is not a number", line)
        value = float(match[1].replace(",", ""))
        if not math.isfinite(value):
            self.fail(f"a number of {len(match[1])} digits is no figure of a chip", line)
        return value


_UNKNOWN = frozenset(("-", "--", "---", "?", "na", "n/a", "undef", "inf", "x", "tbd", "unknown"))


@dataclass(frozen=True)
class Reading:
    """The figures of one report.

    Args:
        report: the file.
        tool: program and version ("Vivado 2020.1").
        model: the top of the design.
        root: folder whose reports of the same design and level belong together.
        level: the stage of the flow.
        part: as the report calls it; "" if it does not.
        usage: resources of the whole design.
        layers: shares of them.
        cycles: latency.
        ii: initiation interval.
        clock_mhz: the requested clock.
        fmax_mhz: the clock that was reached.
        critical_path: of the slowest path.
        power_w: on-chip power.
        notes: for the reader.
        parts: modules and what they are made of, for reports of one module each: (instance, module).
        dataflow: the module is a pipeline of modules that run concurrently.
        names_top: it is the report of a whole solution, so that its module is the top.
        unread: tables that could not be read, each with its line (counted from 1) and the reason.
    """

    report: Path
    tool: str
    model: str
    root: Path
    level: Level
    part: str = ""
    usage: Usage = field(default_factory=Usage)
    layers: tuple[LayerFigures, ...] = ()
    cycles: Figure | None = None
    ii: Figure | None = None
    clock_mhz: float | None = None
    fmax_mhz: Figure | None = None
    critical_path: tuple[Hop, ...] = ()
    power_w: Figure | None = None
    notes: tuple[str, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    dataflow: bool = False
    names_top: bool = False
    unread: tuple[tuple[int, str], ...] = ()


Share = tuple[Usage, tuple[LayerFigures, ...]]
"""Resources of an instance, and of the instances of its layers."""


@dataclass(frozen=True)
class Format:
    """A kind of report.

    Args:
        title: its name in messages.
        patterns: names its files may go by, as in a shell.
        begins: a regular expression that the first lines of such a file, and of no other, contain.
        read: reads the figures; returns None if the report has none that edgeml keeps.
        rank: of two reports of a group with the same figure, the one with the lower rank is used.
        share: reads the resources of one module, with its layers, for reports that have a table by
            instance; None for those that have none.
    """

    title: str
    patterns: tuple[str, ...]
    begins: str
    read: Callable[[VendorReport], Reading | None]
    rank: int = 0
    share: Callable[[VendorReport, str], Share | None] | None = None

    def knows(self, report: VendorReport) -> bool:
        """True if the report is of this format."""
        return any(report.path.match(pattern) for pattern in self.patterns) and bool(
            re.search(self.begins, report.head, re.MULTILINE)
        )


def exactly(value: float | None) -> Figure | None:
    """A tool's count; None stays None."""
    return None if value is None else Figure(value=value)


def halves(value: float | None) -> Figure | None:
    """18-kbit halves as whole 36-kbit blocks."""
    return None if value is None else Figure(value=value / 2)


def mhz(period_ns: float | None) -> float | None:
    """The frequency in MHz of a period in ns, rounded to a thousandth; None for a period of 0 or less.

    >>> mhz(4.049)
    246.975
    """
    return None if not period_ns or period_ns <= 0 else round(1000 / period_ns, 3)


def between(name: str, low: float | None, high: float | None) -> tuple[Figure | None, tuple[str, ...]]:
    """A figure with a best and a worst case: the worst, with a note if they differ."""
    if low is None and high is None:
        return None, (f"{name} is not known to the tool",)
    if low is None or high is None or low == high:
        return exactly(high if high is not None else low), ()
    return exactly(high), (f"{name} is {low:g} to {high:g} cycles; the figure is the worst case",)


def joined(notes: Sequence[str]) -> tuple[str, ...]:
    """The distinct notes, in order."""
    return tuple(dict.fromkeys(notes))
