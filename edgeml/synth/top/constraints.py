"""Constraint files: where the ports of the top module are on the board, and how fast its clock is.

One writer per flow; to add a flow, add a function and its line in `_WRITERS`. Port names are those of
`edgeml_board`; every port is one bit, since tools name the bits of a bus differently.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from edgeml.boards import Flow
from edgeml.errors import EdgemlError
from edgeml.quoting import comment as as_comment
from edgeml.quoting import quoted, tcl, word


@dataclass(frozen=True)
class Place:
    """A port and its pin.

    Args:
        port: of the top module.
        pin: of the package.
        io: IO standard, in the flow's words.
        pull: pull resistor.
        mhz: of a clock; 0 for other ports.
    """

    port: str
    pin: str
    io: str
    pull: Literal["up", "down", "none"] | None = None
    mhz: float = 0.0


@dataclass(frozen=True)
class Constraints:
    """A constraint file."""

    name: str
    text: str


def flows() -> frozenset[Flow]:
    """The flows there is a writer for, those of the vendors' projects apart."""
    return frozenset(_WRITERS)


def vendors() -> frozenset[Flow]:
    """The flows of `edgeml.synth.projects` there is a writer for."""
    return frozenset(_VENDORS)


def write(flow: Flow, title: str, places: Sequence[Place]) -> Constraints:
    """The constraint file for a flow; `flow` is one of `flows()` or `vendors()`."""
    suffix, comment, lines = {**_WRITERS, **_VENDORS}[flow]
    text = [f"{comment} {as_comment(title)}", *(line for place in places for line in lines(place))]
    return Constraints(f"edgeml_board.{suffix}", "\n".join([*text, ""]))


def _lpf(place: Place) -> list[str]:
    """Lattice ECP5, as Diamond and nextpnr-ecp5 read it: a ; or # ends a line even within quotes."""
    pull = f" PULLMODE={place.pull.upper()}" if place.pull else ""
    clock = [f"FREQUENCY PORT {quoted(word(place.port))} {place.mhz:g} MHZ;"] if place.mhz else []
    return [
        f"LOCATE COMP {quoted(word(place.port))} SITE {quoted(word(place.pin, 'pin'))};",
        f"IOBUF PORT {quoted(word(place.port))}{pull} IO_TYPE={word(place.io, 'IO standard')};",
        *clock,
    ]


def _pcf(place: Place) -> list[str]:
    """Lattice iCE40, as nextpnr-ice40 reads it; its pull resistors only pull up."""
    if place.pull == "down":
        raise EdgemlError("iCE40 has no pull-down resistors", f"pin {place.pin}", "change the board's file")
    pull = "-pullup yes " if place.pull == "up" else ""
    clock = [f"set_frequency {word(place.port)} {place.mhz:g}"] if place.mhz else []
    return [f"set_io {pull}{word(place.port)} {word(place.pin, 'pin')}", *clock]


def _cst(place: Place) -> list[str]:
    """Gowin; clocks are told to nextpnr on its command line."""
    pull = f" PULL_MODE={place.pull.upper()}" if place.pull else ""
    port = quoted(word(place.port))
    return [
        f"IO_LOC {port} {word(place.pin, 'pin')};",
        f"IO_PORT {port} IO_TYPE={word(place.io, 'IO standard')}{pull};",
    ]


def _pdc(place: Place) -> list[str]:
    """Lattice Nexus, as Radiant and nextpnr-nexus read it: names stand in braces there."""
    pull = f" PULLMODE={place.pull.upper()}" if place.pull else ""
    name = f"{{{word(place.port)}}}"
    port = f"[get_ports {name}]"
    clock = [f"create_clock -name {name} -period {1000 / place.mhz:g} {port}"] if place.mhz else []
    return [
        f"ldc_set_location -site {{{word(place.pin, 'pin')}}} {port}",
        f"ldc_set_port -iobuf {{IO_TYPE={word(place.io, 'IO standard')}{pull}}} {port}",
        *clock,
    ]


def _xdc(place: Place) -> list[str]:
    """Vivado."""
    port = f"[get_ports {tcl(place.port)}]"
    pin = word(place.pin, "pin")
    pull = {"up": "PULLUP", "down": "PULLDOWN"}.get(place.pull or "")
    clock = (
        [f"create_clock -name {tcl(place.port)} -period {1000 / place.mhz:.3f} {port}"] if place.mhz else []
    )
    return [
        f"set_property -dict {{PACKAGE_PIN {pin} IOSTANDARD {word(place.io, 'IO standard')}}} {port}",
        *([f"set_property {pull} true {port}"] if pull else []),
        *clock,
    ]


def _qsf(place: Place) -> list[str]:
    """Quartus settings; clocks stand in the project's .sdc file."""
    if place.pull == "down":
        raise EdgemlError("has no pull-down resistors", f"pin {place.pin}", "change the board's file")
    pull = [f"set_instance_assignment -name WEAK_PULL_UP_RESISTOR ON -to {tcl(place.port)}"]
    return [
        f"set_location_assignment PIN_{word(place.pin, 'pin')} -to {tcl(place.port)}",
        f"set_instance_assignment -name IO_STANDARD {tcl(place.io, 'IO standard')} -to {tcl(place.port)}",
        *(pull if place.pull == "up" else []),
    ]


_WRITERS: dict[Flow, tuple[str, str, Callable[[Place], list[str]]]] = {
    Flow.YOSYS_ECP5: ("lpf", "#", _lpf),
    Flow.YOSYS_ICE40: ("pcf", "#", _pcf),
    Flow.YOSYS_GOWIN: ("cst", "//", _cst),
    Flow.YOSYS_NEXUS: ("pdc", "#", _pdc),
    Flow.RADIANT: ("pdc", "#", _pdc),
}
_VENDORS: dict[Flow, tuple[str, str, Callable[[Place], list[str]]]] = {
    Flow.VIVADO: ("xdc", "#", _xdc),
    Flow.QUARTUS: ("qsf", "#", _qsf),
}
