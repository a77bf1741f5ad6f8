"""edgeml.json: what the emitter promises of the Verilog beside it, and how to talk to it.

Packing. A sample is `beats` beats on the input stream and `beats` on the output stream. A beat holds, for
every value one after the other from bit `offset` on, size / beats elements in C order, the first in the
lowest bits. Each element has a lane of 8, 16, 32 or 64 bits (`lane`), its code in the lowest `width` bits:
an array of int8_t, int16_t, ... in memory, as a DMA sends it. Input bits above `width` are ignored; output
bits above it continue the sign (zero for unsigned values).
"""

from __future__ import annotations

import json
import math
import operator
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgeml import limits
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes
from edgeml.reading import parse_json, refusing

MANIFEST = "edgeml.json"
_SCHEMA = 1
_NONE = "is not a manifest of edgeml"
_MOST = 1 << 48
"""Of clocks and bits; more is a damaged file."""

_MOST_BITS = 1 << 31
_WIDEST = 64
_LANES = (8, 16, 32, 64)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DOTTED = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_VERILOG_FILE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\.s?vh?")


@dataclass(frozen=True)
class Lanes:
    """Where a graph value lies in a beat.

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

    value: str
    shape: tuple[int, ...]
    signed: bool
    width: int
    frac: int | tuple[int, ...]
    lane: int
    offset: int
    elements: int


@dataclass(frozen=True)
class Stream:
    """One AXI4-Stream port.

    Args:
        port: what its signals begin with ("s_axis").
        bits: of tdata.
        beats: per sample.
        values: what a beat holds.
    """

    port: str
    bits: int
    beats: int
    values: tuple[Lanes, ...]


@dataclass(frozen=True)
class VerilogManifest:
    """What edgeml.json says.

    Args:
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
        reuse_factor: the option of that name, by layer if it was given so; None if it was left open.
        options: all options it was written with; None in a manifest of an older edgeml.
    """

    model: str
    graph: str
    top: str
    mode: str
    clock_mhz: float
    latency: int
    interval: int
    input: Stream
    output: Stream
    files: tuple[str, ...]
    reuse_factor: int | Mapping[str, int] | None = None
    options: Mapping[str, Any] | None = None

    def settings(self, where: str) -> dict[str, Any]:
        """The options it was written with, so that it can be written again.

        Raises:
            EdgemlError: it does not say.
        """
        if self.options is not None:
            return dict(self.options)
        if not self.clock_mhz:
            raise EdgemlError("does not say how many adders stand between registers", where, "export again")
        told = {"mode": self.mode, "clock_mhz": self.clock_mhz, "reuse_factor": self.reuse_factor}
        return {key: value for key, value in told.items() if value is not None}

    def text(self) -> str:
        """As JSON."""
        return (
            json.dumps({"schema": _SCHEMA, "clock": "aclk", "reset": "aresetn", **asdict(self)}, indent=1)
            + "\n"
        )

    @classmethod
    def read(cls, folder: Path) -> VerilogManifest:
        """The manifest in a folder.

        Raises:
            EdgemlError: it is missing or malformed.
        """
        path = folder / MANIFEST
        return cls.parse(read_bytes(path, "Verilog project", limits.TEXT), str(path))

    @classmethod
    def parse(cls, content: bytes, path: str) -> VerilogManifest:
        """The manifest in a file's bytes; `path` is for messages.

        Raises:
            EdgemlError: it is malformed.
        """
        with refusing(path, _NONE, "export again"):
            found: Any = parse_json(content, path, "Verilog project", "export again", _NONE)
            if found["schema"] != _SCHEMA:
                raise EdgemlError(
                    f"has schema {found['schema']!r:.40}, {_SCHEMA} expected", str(path), "export again"
                )
            return cls(
                _name(found["model"], dots=True),
                str(found["graph"]),
                _name(found["top"]),
                str(found["mode"]),
                _number(found["clock_mhz"]),
                _count(found["latency"]),
                _count(found["interval"]),
                _stream(found["input"]),
                _stream(found["output"]),
                tuple(_file(name) for name in found["files"]),
                _reuse(found.get("reuse_factor")),
                dict(found["options"]) if found.get("options") is not None else None,
            )


def lane_bits(width: int) -> int:
    """Bits of the lane for codes of `width` bits.

    >>> lane_bits(6), lane_bits(17)
    (8, 32)
    """
    return next(bits for bits in _LANES if width <= bits)


def _reuse(found: Any) -> int | dict[str, int] | None:
    if isinstance(found, dict):
        table: dict[Any, Any] = found  # pyright: ignore[reportUnknownVariableType]
        return {str(layer): int(factor) for layer, factor in table.items()}
    return None if found is None else int(found)


def _file(name: Any) -> str:
    if not isinstance(name, str) or not _VERILOG_FILE.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of a file beside it")
    return name


def _name(name: Any, dots: bool = False) -> str:
    """A name that goes into Verilog, Tcl and C as it is; a graph's may have dots in it."""
    if not isinstance(name, str) or not (_DOTTED if dots else _IDENTIFIER).fullmatch(name):
        raise ValueError(f"{name!r} is no name")
    return name


def _count(number: Any, most: int = _MOST) -> int:
    if not 0 <= (count := operator.index(number)) <= most:
        raise ValueError(f"{count} is no number from 0 to {most:,}")
    return count


def _number(number: Any) -> float:
    if not 0 <= (value := float(number)) <= _MOST:  # NaN is neither
        raise ValueError(f"{value} is no number from 0 to {_MOST:,}")
    return value


def _stream(found: Any) -> Stream:
    stream = Stream(
        _name(found["port"]),
        _count(found["bits"], _MOST_BITS),
        _count(found["beats"], _MOST_BITS),
        tuple(_lanes(v) for v in found["values"]),
    )
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


def _lanes(found: Any) -> Lanes:
    frac: Any = found["frac"]
    return Lanes(
        _name(found["value"], dots=True),
        tuple(_count(n, _MOST_BITS) for n in found["shape"]),
        bool(found["signed"]),
        _count(found["width"], _WIDEST),
        _whole(frac) if isinstance(frac, list) else int(frac),
        _count(found["lane"], _WIDEST),
        _count(found["offset"], _MOST_BITS),
        _count(found["elements"], _MOST_BITS),
    )


def _whole(numbers: Any) -> tuple[int, ...]:
    return tuple(int(n) for n in numbers)
