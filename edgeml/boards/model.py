"""The description of a board: part, flow, resources, clocks, pins, and the documents the figures are from.

Units, the same for every vendor so that figures compare:
- a LUT is what the vendor's tool counts, `lut_kind` says which: a 6-input or 4-input table, or an Intel ALM;
- a DSP is one block, `dsp_kind`; `dsp_bits` are the operand widths of one signed multiplier in it;
- a block RAM is one block of `bram_kbit` x 1024 bits (hls4ml and Vitis HLS count 18-kbit halves of AMD's
36-kbit blocks); - a large RAM (`uram`: UltraRAM, SPRAM of iCE40, LRAM of Nexus) is one block of `uram_kbit` x
1024 bits.

Invariant: a figure or pin that could not be verified is left out, not guessed; every table names its
document.
"""

from __future__ import annotations

import os
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from edgeml.boards import options
from edgeml.errors import EdgemlError
from edgeml.folder import FileFolder
from edgeml.settings import Settings, parse_settings, read_toml


def _text(pattern: str, form: str) -> AfterValidator:
    """A validator of texts that match the pattern as a whole; `form` describes the pattern in words."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"should be {form}")
        return text

    return AfterValidator(check)


# Board files may be untrusted, and their texts go into scripts, constraint files, Verilog and paths.
_NAME = r"[A-Za-z0-9][A-Za-z0-9_+-]*(\.[A-Za-z0-9_+-]+)*"
_LONGEST_NAME = 64
BoardName = Annotated[
    str, _text(_NAME, "letters, digits, -, _, + and single dots"), Field(max_length=_LONGEST_NAME)
]
"""The name of the file, and of the folder of its results."""


M = TypeVar("M", bound=Settings)


def described(folder: FileFolder, name: str | os.PathLike[str], model: type[M]) -> M:
    """The board, or other piece of hardware, that a .toml file describes; its name is that of the file.

    Args:
        folder: with the files that ship with edgeml.
        name: one of them without its suffix, or the path of a file of the user's.
        model: with a field `name`.

    Raises:
        EdgemlError: there is no such file, it cannot have that name, or it has an unknown key, lacks one, or
            a value does not fit; with near matches.
    """
    path = Path(name)
    if path.suffix.lower() != ".toml" and path.parent == Path():
        path = folder.path(path.name)
    values = read_toml(path, f"{folder.kind} file")
    if "name" in values:
        what = f"remove it: the file name is the {folder.kind}'s name"
        raise EdgemlError("unknown key 'name'", str(path), what)
    if len(path.stem) > _LONGEST_NAME or not re.fullmatch(_NAME, path.stem):
        raise EdgemlError(
            f"a {folder.kind} takes the name of its file, and {path.stem!r} cannot be the name of a folder",
            str(path),
            f"rename the file: letters, digits, -, _ and single dots, {_LONGEST_NAME} at most, and .toml",
        )
    return parse_settings(model, {**values, "name": path.stem}, str(path))


PinName = Annotated[str, _text(r"[A-Z]{0,2}[0-9]{1,2}", "a pin's name, such as 35 or AB12")]
Label = Annotated[
    str,
    _text(r"[^\W_][\w .,:()/&'+#-]*", "one line of letters, digits, blanks and . , : ( ) / & ' + # -"),
    Field(max_length=120),
]
"""A name for people: no quotes, brackets, backslashes or line ends, which mean something elsewhere."""

Word = Annotated[
    str, _text(r"[A-Za-z0-9][A-Za-z0-9_.+-]*", "letters, digits and _ . + -"), Field(max_length=64)
]
IoStandard = Annotated[
    str,
    _text(r"[A-Za-z0-9][A-Za-z0-9_.+-]*( [A-Za-z0-9_.+-]+)*", "an IO standard, such as LVCMOS33"),
    Field(max_length=64),
]
PartName = Annotated[
    str, _text(r"[A-Za-z0-9][A-Za-z0-9/-]+", "a part number: letters, digits, / and -"), Field(max_length=64)
]
Url = Annotated[
    str,
    _text(r"https://[A-Za-z0-9._~:/?#@!&*+,;=%-]+", "an address that begins with https://"),
    Field(max_length=500),
]
Count = Annotated[int, Field(gt=0, le=10**9)]
Megahertz = Annotated[float, Field(ge=0.001, le=10_000)]


class Flow(StrEnum):
    """The tools that turn Verilog or HLS into a bitstream for a board."""

    VIVADO = "vivado"
    VITIS = "vitis"
    QUARTUS = "quartus"
    RADIANT = "radiant"
    YOSYS_ECP5 = "yosys-ecp5"
    YOSYS_ICE40 = "yosys-ice40"
    YOSYS_GOWIN = "yosys-gowin"
    YOSYS_NEXUS = "yosys-nexus"

    @property
    def is_open(self) -> bool:
        """Yosys and nextpnr."""
        return self.value.startswith("yosys-")


class Resources(Settings):
    """Resources of the whole device, including those that a shell or platform takes."""

    lut: Count
    lut_kind: Literal["lut6", "lut4", "alm"]
    ff: Count
    dsp: Count
    dsp_kind: Label
    dsp_bits: tuple[Count, Count]
    bram: Count
    bram_kbit: Count
    uram: Count | None = None
    uram_kbit: Count | None = None

    @model_validator(mode="after")
    def _uram_has_a_size(self) -> Self:
        if (self.uram is None) != (self.uram_kbit is None):
            raise ValueError("uram and uram_kbit come together")
        return self


class BoardClock(Settings):
    """A clock the fabric can use without the processor: an oscillator on pins, or one inside the FPGA.

    Args:
        name: its name in constraint files.
        mhz: its frequency.
        pin: the FPGA's pin, the positive one of a pair.
        pin_n: the negative pin of a pair.
        io: the IO standard of the pins.
        primitive: the FPGA's own oscillator, instead of pins.
    """

    name: Annotated[
        str, _text(r"[A-Za-z][A-Za-z0-9_]*", "a name: letters, digits and _"), Field(max_length=64)
    ]
    mhz: Megahertz
    pin: PinName | None = None
    pin_n: PinName | None = None
    io: IoStandard | None = None
    primitive: Word | None = None

    @model_validator(mode="after")
    def _comes_from_somewhere(self) -> Self:
        if (self.pin is None) == (self.primitive is None):
            raise ValueError(f"clock {self.name!r} needs either a pin or a primitive")
        if (self.pin is None) != (self.io is None) or (self.pin_n and not self.pin):
            raise ValueError(f"clock {self.name!r}: pin and io come together")
        return self


class Pin(Settings):
    """One pin of the FPGA.

    Args:
        pin: its name on the package.
        io: its IO standard, in the flow's own words.
        active_low: 0 means pressed, lit, in reset.
        pull: the pull resistor it needs inside the FPGA.
    """

    pin: PinName
    io: IoStandard
    active_low: bool = False
    pull: Literal["up", "down", "none"] | None = None


class Leds(Settings):
    """Single LEDs (or the colours of one), in the order of the board's own numbering."""

    pins: Annotated[tuple[PinName, ...], Field(min_length=1)]
    io: IoStandard
    active_low: bool = False


class Pins(Settings):
    """The pins a design that speaks over a serial line needs.

    Args:
        reset: a reset or user button.
        leds: LEDs.
        uart_tx: driven by the FPGA.
        uart_rx: driven by the host.
        high: pins the design must drive to 1, or the board misbehaves (the file says how).
    """

    reset: Pin | None = None
    leds: Leds | None = None
    uart_tx: Pin | None = None
    uart_rx: Pin | None = None
    high: tuple[Pin, ...] = ()


class Hls4mlSupport(Settings):
    """hls4ml's names for this board.

    Args:
        backend: the hls4ml backend for it.
        part: the value of hls4ml's `part`, if it is not the board's part.
        board: its name among the boards hls4ml's VivadoAccelerator backend builds bitstreams for.
    """

    backend: Literal["Vitis", "Quartus", "oneAPI"]
    part: Word | None = None
    board: Word | None = None


class Source(Settings):
    """A document, and the tables of this file whose figures are from it."""

    covers: Annotated[tuple[Literal["part", "resources", "clocks", "pins"], ...], Field(min_length=1)]
    document: Label
    title: Label
    url: Url


class Board(Settings):
    """An FPGA board, or a bare part to estimate for.

    Args:
        name: the file name without its suffix.
        title: the name its maker gives it.
        vendor: who makes the board.
        family: the FPGA's family.
        part: the part number as the flow's tools take it.
        flow: the tools.
        nextpnr: the device options of nextpnr, for the open flows; `edgeml.boards.options` lists them.
        clock_mhz: the clock that designs are made for if the user names none.
        resources: resources of the device.
        clocks: clocks the fabric has without the processor; the first is the one to use.
        pins: pins a bitstream needs; None for cards that are programmed through a platform.
        hls4ml: hls4ml's names for it, if it can target it.
        sources: the documents.
    """

    name: BoardName
    title: Label
    vendor: Label
    family: Label
    part: PartName
    flow: Flow
    nextpnr: tuple[str, ...] = ()
    clock_mhz: Megahertz
    resources: Resources
    clocks: tuple[BoardClock, ...] = ()
    pins: Pins | None = None
    hls4ml: Hls4mlSupport | None = None
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.flow.is_open != bool(self.nextpnr):
            raise ValueError("nextpnr options go with the flows yosys-..., and only with them")
        if wrong := options.refused(self.flow.value, self.nextpnr):
            raise ValueError(wrong)
        names = [clock.name for clock in self.clocks]
        if len(set(names)) != len(names):
            raise ValueError(f"two clocks have one name: {', '.join(names)}")
        tables = {"part", "resources", *(["clocks"] if self.clocks else []), *(["pins"] if self.pins else [])}
        uncited = tables - {table for source in self.sources for table in source.covers}
        if uncited:
            raise ValueError(f"no source covers {', '.join(sorted(uncited))}")
        return self
