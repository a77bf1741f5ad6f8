"""Constraint files: where the ports of the top module are on the board, and how fast its clock is.

The formats of families with an open flow stand in `edgeml.families`, those of AMD's and Altera's own tools
here, since these read them for all their families. To add such a tool, add a function and its line in
`_VENDORS`. Port names are those of `edgeml_board`; every port is one bit, since tools name the bits of a bus
differently.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgeml.boards import Flow
from edgeml.errors import EdgemlError
from edgeml.families import ConstraintFormat, PortPin, constraint_formats
from edgeml.quoting import comment as as_comment
from edgeml.quoting import tcl, word


@dataclass(frozen=True)
class Constraints:
    """A constraint file."""

    name: str
    text: str


def flows() -> frozenset[Flow]:
    """The flows that families have a format for."""
    return frozenset(constraint_formats())


def vendors() -> frozenset[Flow]:
    """The flows of `edgeml.synth.vendors.projects` that have a format here."""
    return frozenset(_VENDORS)


def write(flow: Flow, title: str, ports: Sequence[PortPin]) -> Constraints:
    """The constraint file for a flow; `flow` is one of `flows()` or `vendors()`."""
    form = {**constraint_formats(), **_VENDORS}[flow]
    text = [f"{form.comment} {as_comment(title)}", *(line for at in ports for line in form.lines(at))]
    return Constraints(f"edgeml_board.{form.suffix}", "\n".join([*text, ""]))


def _xdc(at: PortPin) -> list[str]:
    """A line of an .xdc file for Vivado."""
    port = f"[get_ports {tcl(at.port)}]"
    pin = word(at.pin, "pin")
    pull = {"up": "PULLUP", "down": "PULLDOWN"}.get(at.pull or "")
    clock = [f"create_clock -name {tcl(at.port)} -period {1000 / at.mhz:.3f} {port}"] if at.mhz else []
    return [
        f"set_property -dict {{PACKAGE_PIN {pin} IOSTANDARD {word(at.io, 'IO standard')}}} {port}",
        *([f"set_property {pull} true {port}"] if pull else []),
        *clock,
    ]


def _qsf(at: PortPin) -> list[str]:
    """Quartus settings; clocks stand in the project's .sdc file."""
    if at.pull == "down":
        raise EdgemlError("has no pull-down resistors", f"pin {at.pin}", "change the board's file")
    pull = [f"set_instance_assignment -name WEAK_PULL_UP_RESISTOR ON -to {tcl(at.port)}"]
    return [
        f"set_location_assignment PIN_{word(at.pin, 'pin')} -to {tcl(at.port)}",
        f"set_instance_assignment -name IO_STANDARD {tcl(at.io, 'IO standard')} -to {tcl(at.port)}",
        *(pull if at.pull == "up" else []),
    ]


_VENDORS = {
    Flow.VIVADO: ConstraintFormat("xdc", "#", _xdc),
    Flow.QUARTUS: ConstraintFormat("qsf", "#", _qsf),
}
