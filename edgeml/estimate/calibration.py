"""Measured weights and errors, in calibration.json, that turn a count into a figure with an interval.

`benchmarks/estimates.py` writes that file from synthesized designs: per family the weights of the kinds of
logic, fitted on some of the designs, and the ratios real/estimate that the interval is made from. Nothing
in it is typed in by hand. A family that no tool here can synthesize borrows another's errors, widened, and
its note says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Annotated, ClassVar, Literal, TypeVar

from pydantic import Field

from edgeml.documents import Document
from edgeml.estimate.count import Count
from edgeml.families import Fabric
from edgeml.figures import LARGEST, Figure
from edgeml.settings import Settings

EntryT = TypeVar("EntryT")
TableT = TypeVar("TableT", bound=Document)

BORROWED = 1.6
"""Factor on the logarithm of an interval that another tool or family was measured for; a choice, no fit."""

_SHARES = 1.5
"""The same for the share of one layer, since optimization across layers blurs it; a choice as well."""


class Spread(Settings):
    """Ratios real/estimate of one kind of figure.

    Args:
        low: the estimate times this is the interval's low end.
        high: the same for its high end.
        slack: added on both sides, for small numbers.
        share: for DSP blocks, the share of products in tables that a tool may still put into blocks.
        designs: how many the ends were tested on.
        median: of the ratio, on designs that were not fitted on; None if there are none.
        p90: 90th percentile of max(ratio, 1/ratio) there.
        inside: share of those whose real figure is in the interval.
        apart: figures in the interval that all other sources make, and of how many, where the designs are too
            few for more.
    """

    low: Annotated[float, Field(gt=0)] = 1.0
    high: Annotated[float, Field(gt=0)] = 1.0
    slack: Annotated[float, Field(ge=0)] = 0.0
    share: Annotated[float, Field(ge=0)] = 0.0
    designs: int = 0
    median: float | None = None
    p90: float | None = None
    inside: float | None = None
    apart: tuple[int, int] | None = None


class Evidence(Settings):
    """Published designs of one kind, and how far off the estimates of them were at most.

    Args:
        designs: how many.
        sources: how many published them.
        lut: the largest max(ratio, 1/ratio) of LUTs, each at its stage; None if none tells LUTs.
        cycles: the same of the latency in clocks.
    """

    designs: int
    sources: int
    lut: float | None = None
    cycles: float | None = None


class Calibration(Settings):
    """The measurements of one family.

    Args:
        tool: which tool, with its version.
        weights: LUTs for a unit of each kind of logic ("chain", "saved", "inverted", "wide", "logic").
        spread: by kind of figure: "lut", "ff", "dsp", "bram", "cycles", "ii"; "layer", LUTs of one layer.
        tested: what the errors were measured on.
        source: what the ratios are from.
        kinds: of hls4ml projects, what was published of each kind.
    """

    tool: str = ""
    weights: Mapping[str, float] = Field(default_factory=dict[str, float])
    spread: Mapping[str, Spread] = Field(default_factory=dict[str, Spread])
    tested: str = "designs"
    source: str = ""
    kinds: Mapping[str, Evidence] = Field(default_factory=dict[str, Evidence])


class CalibrationTable(Document):
    """calibration.json: what was measured, by the name of a fabric or of a kind of hls4ml project."""

    what: ClassVar[str] = "table of calibrations"
    remedy: ClassVar[str] = "write it anew: python -m benchmarks.estimates write"
    schema_: Literal[1] = Field(default=1, alias="schema")
    families: dict[str, Calibration]


@cache
def measured() -> dict[str, Calibration]:
    """Everything in calibration.json, by the name of a fabric or of a kind of hls4ml project."""
    return shipped(CalibrationTable, "calibration.json").families


def of(fabric: Fabric) -> tuple[Calibration, bool]:
    """The calibration of a fabric; True if it is borrowed from another one."""
    return own_or_borrowed(measured(), fabric)


def shipped(table: type[TableT], name: str) -> TableT:
    """A table of measurements that lies beside the estimates."""
    with resources.as_file(resources.files("edgeml.estimate").joinpath(name)) as path:
        return table.read(path)


def own_or_borrowed(entries: Mapping[str, EntryT], fabric: Fabric) -> tuple[EntryT, bool]:
    """The entry of a fabric or, with True, that of the fabric whose measurements it borrows."""
    own = entries.get(fabric.name)
    return (own, False) if own is not None else (entries[fabric.borrows], True)


def luts(count: Count, fabric: Fabric, calibration: Calibration, borrowed: bool) -> float:
    """LUTs of a count: the measured weights, or for a vendor's tool the plain ones of its carry chain."""
    if fabric.merges_adders or not borrowed:
        weights = calibration.weights
    else:
        # No merging, inversion is free, and an ALM holds two bits of an adder.
        weights = {
            "chain": fabric.pairs,
            "saved": fabric.pairs,
            "inverted": 0.0,
            "wide": 0.0,
            "logic": calibration.weights["logic"],
        }
    return sum(weight * getattr(count, name) for name, weight in weights.items())


def interval(value: float, spread: Spread, widening: float = 1.0, soft: float = 0.0) -> Figure:
    """A number with its interval, whose ends are at most what a `Figure` can say.

    Args:
        value: the estimate.
        spread: measured ratios.
        widening: power of the ratios; 1 leaves them.
        soft: products in tables, for DSP blocks.

    >>> interval(100, Spread(low=0.9, high=1.25, slack=2))
    Figure(value=100.0, low=88.0, high=127.0)
    """
    low = value * spread.low**widening - spread.slack * widening
    high = value * spread.high**widening + spread.slack * widening + spread.share * soft
    return Figure(value=_short(value), low=max(0.0, math.floor(low)), high=math.ceil(min(high, LARGEST)))


def layer_widening(widening: float) -> float:
    """The power of the ratios for one layer of a design, from that for the whole; see `interval`."""
    return widening * _SHARES


def _short(value: float) -> float:
    """Counts are whole; halves of block RAM stay."""
    return round(value * 2) / 2 if value < 100 else float(round(value))


def sentence(kind: str, spread: Spread, what: str) -> str:
    """The error of a model in words."""
    if spread.median is None or spread.p90 is None or spread.inside is None:
        return _unconfirmed(kind, spread, what)
    return (
        f"{kind}: real/estimate on {spread.designs} {what}: median {spread.median:.2f}, "
        f"90th percentile of the factor {spread.p90:.2f}, {spread.inside:.0%} inside the interval"
    )


def _unconfirmed(kind: str, spread: Spread, what: str) -> str:
    """The same where too few were held out, or they did not confirm an interval."""
    if spread.p90 is None:
        return f"{kind}: interval from {spread.designs} {what}"
    middle = "" if spread.median is None else f"median {spread.median:.2f}, "
    measured = f"{middle}90th percentile of the factor {spread.p90:.2f}"
    if spread.apart is not None:
        measured += f", {spread.apart[0]} of {spread.apart[1]} in the interval that the other sources make"
    return f"{kind}: real/estimate on {spread.designs} {what}: {measured}; no coverage promised"
