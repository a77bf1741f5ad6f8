"""Hardware figures: resources, clocks and cycles of one design on one part, each with its source.

The figures of an estimate, a synthesis, a place and route or a vendor's report have one form, `Hardware`, so
that a report can show them side by side and the ledger can compare them.

Units, the same for every vendor (see `edgeml.boards.model`): a LUT is what the vendor's tool counts, FF are
single flip-flops, a DSP is one block, a BRAM one whole block of the part (36 kbit on AMD's: a report that
counts 18-kbit halves is halved here), a URAM one large block; clocks are in MHz, latencies in clock cycles.

Invariant: a figure that is not known is None, never zero; an estimate has an interval, a tool's count none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from edgeml.designs import AnyDesign
from edgeml.documents import Document, Record

Source = Literal["measured", "proven", "estimate", "synthesis", "place-and-route", "vendor"]
"""The sources of figures."""

Reached = Literal["", "estimated", "simulated", "synthesized", "fitted"]
"""Stages of a vendor's flow: HLS estimate, co-simulation, after synthesis, after place and route."""

KINDS = ("lut", "ff", "dsp", "bram", "uram")
"""The resources, in the order in which they are shown."""


LARGEST = 1e15
"""The largest figure; a larger one means a damaged file."""

Amount = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]


def amount_text(value: float) -> str:
    """An amount with thousands separated; one decimal digit if it is not whole.

    >>> amount_text(1234567), amount_text(2.5)
    ('1,234,567', '2.5')
    """
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def nanoseconds(cycles: float, clock_mhz: float) -> float:
    """The time of so many cycles of a clock; of one cycle, its period.

    >>> nanoseconds(1, 125), nanoseconds(30, 100)
    (8.0, 300.0)
    """
    return cycles * 1000.0 / clock_mhz


class Figure(Record):
    """A number, with the interval it lies in if it is an estimate."""

    value: Amount
    low: Amount | None = None
    high: Amount | None = None

    @model_validator(mode="after")
    def _in_its_interval(self) -> Self:
        if (self.low is None) != (self.high is None):
            raise ValueError("an interval has two ends")
        if self.low is not None and self.high is not None and not self.low <= self.value <= self.high:
            raise ValueError(f"{self.value} is not in [{self.low}, {self.high}]")
        return self

    @property
    def least(self) -> float:
        """The low end of the interval; the value itself if it is exact."""
        return self.value if self.low is None else self.low

    @property
    def most(self) -> float:
        """The high end of the interval; the value itself if it is exact."""
        return self.value if self.high is None else self.high

    def scaled(self, factor: float) -> Figure:
        """The figure in another unit, with both ends of its interval.

        Args:
            factor: how many of the other unit one of this unit is; positive.
        """
        low, high = (None if end is None else end * factor for end in (self.low, self.high))
        return Figure(value=self.value * factor, low=low, high=high)

    def text(self, number: Callable[[float], str] = amount_text) -> str:
        """The figure with its interval, if it has one: "1,200 (900 to 1,500)".

        Args:
            number: how one number is written.

        >>> Figure(value=1200, low=900, high=1500).text(), Figure(value=2.5).text()
        ('1,200 (900 to 1,500)', '2.5')
        """
        if self.least == self.most:
            return number(self.value)
        return f"{number(self.value)} ({number(self.least)} to {number(self.most)})"


def figure_text(figure: Figure | None) -> str:
    """A figure for the cell of a table; "-" if it is None."""
    return "-" if figure is None else figure.text()


class Usage(Record):
    """Resources used; None for a resource that the source does not state."""

    lut: Figure | None = None
    ff: Figure | None = None
    dsp: Figure | None = None
    bram: Figure | None = None
    uram: Figure | None = None

    def present(self) -> dict[str, Figure]:
        """The figures that are not None, by kind, in the order of `KINDS`."""
        figures = {kind: getattr(self, kind) for kind in KINDS}
        return {kind: figure for kind, figure in figures.items() if figure is not None}


class LayerFigures(Record):
    """One layer's share.

    Args:
        layer: the value of the graph that the layer ends in, or the module if it is none of the graph's.
        op: its kind in the graph, "" if it is none.
        usage: resources.
        start: cycles from the design's first input to the layer's first input; None if unknown.
        cycles: latency of the layer itself.
        ii: cycles between two samples that the layer needs.
        reuse: its reuse factor, None if it has none.
    """

    layer: str
    op: str = ""
    usage: Usage = Usage()
    start: Figure | None = None
    cycles: Figure | None = None
    ii: Figure | None = None
    reuse: int | None = None


class Hop(Record):
    """A part of the critical path: `ns` in one layer ("" outside all), and the cells and wires of it."""

    layer: str
    ns: float
    what: str = ""


class Stage(Record):
    """One program that was run: its version, wall time in seconds, and log (relative to the result)."""

    name: str
    tool: str
    version: str = ""
    seconds: float
    log: str = ""


class Hardware(Document):
    """The figures of one design on one part, from one source.

    Args:
        design: whose: edgeml's own Verilog, an hls4ml project, or a project that edgeml knows nothing of.
        settings: its layout in a few words ("parallel, 100 MHz"; "io_stream, Resource, rf 16").
        model: the graph's name.
        graph: SHA-256 of the exact graph; "" for a project that edgeml did not write.
        board: its name, "" for a bare part.
        part: its name in the tools.
        source: the source of all figures; a figure with an interval is an estimate in any case.
        total: resources of the whole design.
        alone: whether the whole design is the network alone, with nothing around it on the chip. Only such
            figures can be held against an estimate.
        whole: of an estimate, what the whole board takes after packing: the network, and around it the
            serial line and the self-test. None where there is no such board, as without an open flow.
        layers: shares of it, in the order of the data.
        cycles: latency of a sample.
        ii: initiation interval, cycles from one sample to the next.
        clock_mhz: the clock it was made for, or that cycles are to be multiplied with.
        fmax_mhz: the fastest clock that the source found it good for.
        critical_path: from register to register.
        stages: what was run.
        bitstream: file beside the result, "" if there is none.
        tool: program and version that a vendor's report names.
        reached: the stage of a vendor's flow; "" if the source is no vendor's report.
        power_w: on-chip power in watts.
        reports: the files these figures were read from.
        notes: remarks for the reader, a sentence each.
    """

    what: ClassVar[str] = "file of hardware figures"
    remedy: ClassVar[str] = "remove it, or run edgeml synth again"

    schema_: Literal[1] = Field(default=1, alias="schema")
    design: AnyDesign
    settings: str = ""
    model: str = ""
    graph: str = ""
    board: str = ""
    part: str
    source: Source
    total: Usage
    alone: bool = False
    whole: Usage | None = None
    layers: tuple[LayerFigures, ...] = ()
    cycles: Figure | None = None
    ii: Figure | None = None
    clock_mhz: float | None = None
    fmax_mhz: Figure | None = None
    critical_path: tuple[Hop, ...] = ()
    stages: tuple[Stage, ...] = ()
    bitstream: str = ""
    tool: str = ""
    reached: Reached = ""
    power_w: Figure | None = None
    reports: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def cycle_mhz(self) -> float | None:
        """The clock in MHz of its cycles: the target clock, or the fastest possible if slower."""
        fastest = self.fmax_mhz.value if self.fmax_mhz is not None else None
        return min((mhz for mhz in (self.clock_mhz, fastest) if mhz), default=None)

    @property
    def misses_clock(self) -> bool:
        """True if the fastest possible clock is below the target clock."""
        if self.clock_mhz is None or self.fmax_mhz is None:
            return False
        return self.fmax_mhz.value < self.clock_mhz

    @property
    def latency_ns(self) -> Figure | None:
        """Latency of a sample in nanoseconds at `cycle_mhz`; None if cycles or clock are unknown."""
        if self.cycles is None or self.cycle_mhz is None:
            return None
        return self.cycles.scaled(nanoseconds(1, self.cycle_mhz))

    def latency_text(self) -> str:
        """Latency and initiation interval in a line; "" if cycles or clock are unknown."""
        if self.cycles is None or self.latency_ns is None:
            return ""
        ii = "" if self.ii is None else f", a sample every {self.ii.text()}"
        time = f"{self.latency_ns.value:,.0f} ns at {self.cycle_mhz:g} MHz"
        return f"latency {self.cycles.text()} clocks ({time}){ii}"
