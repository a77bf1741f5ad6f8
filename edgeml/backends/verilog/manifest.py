"""edgeml.json: latency, interval and packing of the Verilog beside it.

Packing. A sample is `beats` beats on the input stream and `beats` on the output stream. A beat holds, for
every value one after the other from bit `offset` on, size / beats elements in C order, the first in the
lowest bits. Each element has a lane of 8, 16, 32 or 64 bits (`lane`), its code in the lowest `width` bits:
an array of int8_t, int16_t, ... in memory, as a DMA sends it. Input bits above `width` are ignored; output
bits above it continue the sign (zero for unsigned values).
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from edgeml.documents import Document, Record
from edgeml.errors import EdgemlError

MANIFEST = "edgeml.json"
_WIDEST = 64
_LANES = (8, 16, 32, 64)

Count = Annotated[int, Field(ge=0, le=1 << 48)]
"""Most clocks that a manifest may state; a larger number means a damaged file."""

Bits = Annotated[int, Field(ge=0, le=1 << 31)]
"""Most bits or elements of a stream."""

Width = Annotated[int, Field(ge=0, le=_WIDEST)]
"""Most bits of a lane or of a code."""

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
"""A name that goes into Verilog, Tcl and C as it is."""

GraphName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.]*$")]
"""A graph's name: as `Identifier`, and dots are allowed."""

VerilogFile = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*\.s?vh?$")]
"""The name of a file beside the manifest."""


class Lanes(Record):
    """The place of a graph value in a beat.

    Args:
        value: name in the graph.
        shape: without the batch axis.
        signed: two's complement.
        width: bits of a code.
        frac: fractional bits per element in C order; one number if they are all equal.
        lane: bits of a lane.
        offset: lowest bit of the first lane.
        elements: lanes in a beat.
    """

    value: GraphName
    shape: tuple[Bits, ...]
    signed: bool
    width: Width
    frac: int | tuple[int, ...]
    lane: Width
    offset: Bits
    elements: Bits


class Stream(Record):
    """One AXI4-Stream port.

    Args:
        port: what its signals begin with ("s_axis").
        bits: of tdata.
        beats: per sample.
        values: what a beat holds.
    """

    port: Identifier
    bits: Bits
    beats: Bits
    values: tuple[Lanes, ...]


def _packed(stream: Stream) -> Stream:
    """Refuse a stream whose lanes do not fit its beats."""
    end = 0
    for lanes in stream.values:
        size = math.prod(lanes.shape)
        fracs = lanes.frac if isinstance(lanes.frac, tuple) else (lanes.frac,)
        fits = (
            lanes.offset == end
            and lanes.lane in _LANES
            and 1 <= lanes.width <= lanes.lane
            and stream.beats * lanes.elements == size > 0
            and len(fracs) in (1, size)
        )
        end += lanes.elements * lanes.lane
        if not fits or end > stream.bits:
            raise ValueError(f"the lanes of {lanes.value} do not fit the beats of {stream.port}")
    return stream


class VerilogManifest(Document):
    """The object behind edgeml.json.

    Args:
        clock: name of the clock port.
        reset: name of the reset port, active low.
        model: name of the graph.
        graph: its digest.
        top: the top module.
        mode: how it was laid out ("parallel").
        clock_mhz: the clock it was pipelined for; 0 if adders per stage were given.
        latency: clocks from the edge that takes the first beat of a sample to the one that hands over the
            last beat of its result, nothing being in the way.
        interval: clocks between samples at full speed (initiation interval).
        input: where samples go in.
        output: where results come out.
        files: all Verilog files.
        reuse_factor: clocks that layers take, for all or by layer; None if it was left open.
        options: all options it was written with; None in a manifest of an older edgeml.
    """

    what: ClassVar[str] = "manifest of edgeml's Verilog"
    remedy: ClassVar[str] = "export again"

    schema_: Literal[1] = Field(default=1, alias="schema")
    clock: Literal["aclk"] = "aclk"
    reset: Literal["aresetn"] = "aresetn"
    model: GraphName
    graph: str
    top: Identifier
    mode: str
    clock_mhz: Annotated[float, Field(ge=0, le=1 << 48)]
    latency: Count
    interval: Count
    input: Annotated[Stream, AfterValidator(_packed)]
    output: Annotated[Stream, AfterValidator(_packed)]
    files: tuple[VerilogFile, ...]
    reuse_factor: int | Mapping[str, int] | None = None
    options: Mapping[str, Any] | None = None

    @classmethod
    def read(cls, folder: str | os.PathLike[str], /) -> VerilogManifest:
        """The manifest in a folder.

        Raises:
            EdgemlError: it is missing or malformed.
        """
        return super().read(Path(folder) / MANIFEST)

    def settings(self, where: str) -> dict[str, Any]:
        """The options it was written with, so that it can be written again.

        Raises:
            EdgemlError: it does not say.
        """
        if self.options is not None:
            return dict(self.options)
        if not self.clock_mhz:
            raise EdgemlError("lacks the number of adders between registers", where, "export again")
        return self.layout

    @property
    def layout(self) -> dict[str, Any]:
        """The chosen mode, clock and reuse factors as options; one that is not stated is left out."""
        values = {"mode": self.mode, "clock_mhz": self.clock_mhz or None, "reuse_factor": self.reuse_factor}
        return {key: value for key, value in values.items() if value is not None}


def lane_bits(width: int) -> int:
    """Bits of the lane for codes of `width` bits.

    >>> lane_bits(6), lane_bits(17)
    (8, 32)
    """
    return next(bits for bits in _LANES if width <= bits)
