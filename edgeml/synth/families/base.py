"""What a family is, and how cells become resources.

Invariant: every kind of cell is named, as a cost or as free; one that is not is an error and not zero, so
that a new version of Yosys cannot make a design look small.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgeml.errors import EdgemlError
from edgeml.figures import KINDS, Figure, Usage


@dataclass(frozen=True)
class Cost:
    """What one cell takes, in the units of `edgeml.boards.model`; halves are halves of a block.

    Args:
        lut: lookup tables.
        lut_high: the most lookup tables it can take, where packing decides; 0: `lut` it is.
        ff: flip-flops.
        dsp: DSP blocks.
        bram: block RAMs.
        uram: large RAMs.
    """

    lut: float = 0.0
    ff: float = 0.0
    dsp: float = 0.0
    bram: float = 0.0
    uram: float = 0.0
    lut_high: float = 0.0


@dataclass(frozen=True)
class OpenFlow:
    """Place and route and packing of a family with open tools.

    In the words, {constraints}, {placed} and {bitstream} are files, {device} is the value of the first of the
    board's nextpnr options called "family=".

    Args:
        placer: the tool of `edgeml.tools` that places and routes.
        place: its words for constraint file and result.
        placed: name of the result.
        packer: the tool that makes the bitstream; "" if there is none.
        pack: its words.
        suffix: of the bitstream.
        counts: which cells of nextpnr's utilization each resource is, separated by blanks; a resource that is
            missing here is taken from the synthesis.
        margin: how much faster a clock than asked for the Verilog is pipelined for, since its model of
            delays is that of faster FPGAs (docs/synthesis.md has the measurements).
    """

    placer: str
    place: tuple[str, ...]
    placed: str
    counts: Mapping[str, str]
    packer: str = ""
    pack: tuple[str, ...] = ()
    suffix: str = ""
    margin: float = 1.0


@dataclass(frozen=True)
class Family:
    """An FPGA family.

    Args:
        name: the file's name.
        title: for people.
        boards: values of `Board.family` that belong to it.
        passes: Yosys' command. Modules are kept apart (see `edgeml.tools.yosys`).
        core: options that leave out the buffers at ports. Modules are mapped one by one, and Yosys would put
            buffers at the ports of each.
        pads: the command that puts them at the top's ports alone, for a design whose ports go to pins; the
            name of the top is put behind it. "": nextpnr does it.
        costs: what a kind of cell takes.
        free: kinds that take none of these, separated by blanks: carry chains, wide multiplexers,
            buffers, constants.
        oldest: the oldest Yosys that maps to it properly.
        no_dsp: the option that keeps multipliers out of DSP blocks; "" if there is none.
        open: the open place and route; None if there is none.
        note: what a reader of the figures must know; "" if nothing.
    """

    name: str
    title: str
    boards: tuple[str, ...]
    passes: str
    costs: Mapping[str, Cost]
    free: str
    core: str = ""
    pads: str = ""
    oldest: tuple[int, ...] = ()
    no_dsp: str = ""
    open: OpenFlow | None = None
    note: str = ""

    def usage(self, cells: Mapping[str, int]) -> Usage:
        """Resources of cells, every kind known.

        Args:
            cells: number by type.

        Raises:
            EdgemlError: a type is in neither table.
        """
        unknown = sorted(set(cells) - set(self.costs) - set(self.free.split()))
        if unknown:
            raise EdgemlError(
                f"does not know what {', '.join(unknown[:5])} takes",
                f"edgeml/synth/families/{self.name}.py",
                "Yosys made a cell that edgeml has no figure for; please report it",
            )
        paid = [(self.costs[kind], number) for kind, number in cells.items() if kind in self.costs]
        figures: dict[str, Figure] = {}
        for kind in KINDS:
            value = sum(getattr(cost, kind) * number for cost, number in paid)
            high = value
            if kind == "lut":
                high = sum(max(cost.lut, cost.lut_high) * number for cost, number in paid)
            figures[kind] = (
                Figure(value=value) if high == value else Figure(value=value, low=value, high=high)
            )
        return Usage(**figures)


def each(names: str, cost: Cost) -> dict[str, Cost]:
    """The same cost for several kinds of cells, their names separated by blanks."""
    return dict.fromkeys(names.split(), cost)
