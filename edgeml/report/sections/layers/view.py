"""The rows of the table of values: the steps of an unrolled layer as one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgeml.report.histogram import Span
from edgeml.report.numbers import Number
from edgeml.report.sections.layers.facts import LayersFacts, ValueStatistics
from edgeml.report.words import number

if TYPE_CHECKING:
    from edgeml.report.facts import Facts

_STEP = re.compile(r"\.t\d+\.")


def view(facts: Facts) -> tuple[ValueStatistics, ...]:
    """The rows in the graph's order; of "memory.t0.sum", "memory.t1.sum", ... one, "memory.t*.sum".

    It has the widest of their types, the extremes of their ranges, and their worst clipping and noise.
    """
    groups: dict[str, list[ValueStatistics]] = {}
    for row in facts.part(LayersFacts).layers:
        groups.setdefault(_STEP.sub(".t*.", row.name), []).append(row)
    return tuple(rows[0] if len(rows) == 1 else _worst(name, rows) for name, rows in groups.items())


def _worst(name: str, rows: list[ValueStatistics]) -> ValueStatistics:
    widest = max(rows, key=lambda row: row.width)
    return widest.model_copy(
        update={
            "name": name,
            "possible": _around([row.possible for row in rows]),
            "used": _around([row.used for row in rows]),
            "representable": _around([row.representable for row in rows]),
            "bits_possible": max(row.bits_possible for row in rows),
            "bits_used": max(row.bits_used for row in rows),
            "saturated": _extreme([row.saturated for row in rows], -1),
            "rectified": _extreme([row.rectified for row in rows], -1),
            "sqnr_db": _extreme([row.sqnr_db for row in rows], 1),
        }
    )


def _around(spans: list[Span]) -> Span:
    return Span(lo=min(span.lo for span in spans), hi=max(span.hi for span in spans))


def _extreme(numbers: list[Number | None], sign: int) -> Number | None:
    """The number that is lowest times `sign`; one without value, or None, where there is no other."""
    there = [number for number in numbers if number is not None]
    return min(
        there,
        key=lambda number: float("inf") if number.value is None else sign * number.value,
        default=None,
    )


def digest(facts: Facts) -> str:
    """The cast with the lowest SQNR."""
    noisy = [row for row in facts.part(LayersFacts).layers if row.sqnr_db and row.sqnr_db.value is not None]
    if not noisy:
        return ""
    worst = min(noisy, key=lambda row: row.sqnr_db.value or 0.0 if row.sqnr_db else 0.0)
    return f"most is lost in {worst.layer}: {number(worst.sqnr_db, 'db')} of SQNR" if worst.sqnr_db else ""
