"""Numbers with their source, the atoms of a report.

Invariant: a number has a value or the reason why it has none, never both; no NaN, no infinity.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from pydantic import model_validator

from edgeml.documents import Record
from edgeml.figures import Figure, Source

SOURCES: Mapping[str, str] = {
    "measured": "counted or timed on this machine, on the data named here",
    "proven": "follows from the graph's integers; holds for every possible input",
    "estimate": "from a model, not from a tool",
    "synthesis": "a synthesis tool reported it",
    "place-and-route": "a place-and-route tool reported it",
    "vendor": "read from a vendor tool's report",
}


class Number(Record):
    """A number with its source, or the reason why there is none.

    Attributes:
        value: None if it is not available.
        source: where it is from.
        low: lower end of the interval the value lies in, if one is known.
        high: upper end.
        reason: why there is no value; empty if there is one.
    """

    value: int | float | None
    source: Source = "measured"
    low: float | None = None
    high: float | None = None
    reason: str = ""

    @model_validator(mode="after")
    def _value_or_reason(self) -> Self:
        if (self.value is None) == (self.reason == ""):
            raise ValueError("a number has either a value or a reason why not")
        return self


def measured(value: float, low: float | None = None, high: float | None = None) -> Number:
    """A number counted or timed in this run."""
    return Number(value=value, low=low, high=high)


def proven(value: float) -> Number:
    """A number that follows from the graph for every input."""
    return Number(value=value, source="proven")


def absent(reason: str, source: Source = "measured") -> Number:
    """A number that could not be had."""
    return Number(value=None, source=source, reason=reason)


def figure(item: Figure | None, source: Source, reason: str = "") -> Number:
    """A hardware figure as a number, absent with `reason` if there is none."""
    if item is None:
        return absent(reason or "the source does not tell", source)
    return Number(value=item.value, source=source, low=item.low, high=item.high)


def scaled(item: Number, factor: float) -> Number:
    """A number and its interval in another unit; absent if it is."""
    ends = {
        name: None if end is None else end * factor
        for name, end in (("value", item.value), ("low", item.low), ("high", item.high))
    }
    return item.model_copy(update=ends)
