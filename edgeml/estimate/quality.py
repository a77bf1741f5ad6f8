"""The error of an estimate in one line, with the statistics behind it apart.

Invariant: the line's figure stands in one of the notes; nothing is worked out here.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from edgeml.figures import Hardware

_STATISTICS = re.compile(r"percentile of the factor|real/estimate|interval from \d|^Of this kind")
_PARTS = ("Shares of layers", "Whole board")
"""Beginnings of notes that are not about the design's own total."""
_NINE_OF_TEN = re.compile(r"LUTs?\b[^;]*?90th percentile of the factor (\d+\.\d+)")
_BORROWED = "There was no "


@dataclass(frozen=True)
class Quality:
    """The notes of some figures, sorted.

    Args:
        line: "typical error 14 %", and of what; "" if the notes have no statistics.
        notes: what a reader must know anyway.
        details: the statistics, whole.
        factor: real/estimate or its inverse of LUTs is at most this in nine of ten designs; None if unknown.
    """

    line: str
    notes: tuple[str, ...]
    details: tuple[str, ...]
    factor: float | None = None

    @property
    def short(self) -> str:
        """The line without what stands in brackets: "typical error 14 %"."""
        return self.line.partition(" (")[0]


def quality(hardware: Hardware) -> Quality:
    """The notes of an estimate with its statistics apart; a tool's figures have none."""
    details = tuple(
        note for note in hardware.notes if hardware.source == "estimate" and _STATISTICS.search(note)
    )
    notes = tuple(note for note in hardware.notes if note not in details)
    if not details:
        return Quality("", notes, ())
    own = [note for note in details if not note.startswith(_PARTS)]
    match = next((m for note in own if (m := _NINE_OF_TEN.search(note))), None)
    if match is None:
        return Quality("typical error not measured", notes, details)
    factor = float(match[1])
    where = ", measured on another chip family" if match.string.startswith(_BORROWED) else ""
    percent = math.ceil(round((factor - 1) * 100, 6))
    return Quality(
        f"typical error {percent} % (LUTs, in nine of ten designs no more{where})", notes, details, factor
    )
