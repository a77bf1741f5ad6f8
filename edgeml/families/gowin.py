"""Gowin LittleBee and Arora: 4-input LUTs.

- LUT1 to LUT4: one. ALU: an adder's bit, in the place of a LUT. MUX2_LUT5 to MUX2_LUT8: the cell's own
  multiplexers; none.
- RAM16SDP4 and the like: 16 words of 4 bits are the four LUTs of two slices (UG288, "SSRAM").
- A block of a Gowin DSP is counted per 18x18 multiplier: MULT9X9 is half of one, MULT36X36 four.
- Block RAMs of 16 or 18 kbit: one each.
"""

from __future__ import annotations

from dataclasses import replace

from edgeml.boards import Flow
from edgeml.families._base import CellCost, ConstraintFormat, Family, OpenFlow, PortPin, YosysMapping, each
from edgeml.families.ecp5 import FABRIC as ECP5
from edgeml.quoting import quoted, word

_FF = " ".join(
    f"DFF{edge}{kind}" for edge in ("", "N") for kind in ("", "E", "S", "SE", "R", "RE", "P", "PE", "C", "CE")
)

FABRIC = replace(
    ECP5, name="yosys-gowin", borrows="yosys-ecp5", short_adder=2, adder_step=1, dsp_least=8, dsp_half=9
)
"""Under Yosys (`synth_gowin`): the tables of ECP5, with multipliers of its own."""


def _cst(at: PortPin) -> list[str]:
    """A line of a .cst file for nextpnr-himbaechel, which takes clocks on its command line."""
    pull = f" PULL_MODE={at.pull.upper()}" if at.pull else ""
    port = quoted(word(at.port))
    return [
        f"IO_LOC {port} {word(at.pin, 'pin')};",
        f"IO_PORT {port} IO_TYPE={word(at.io, 'IO standard')}{pull};",
    ]


FAMILY = Family(
    name="gowin",
    title="Gowin LittleBee and Arora",
    boards=("Gowin LittleBee", "Gowin Arora"),
    yosys=YosysMapping(
        fabric=FABRIC,
        passes="synth_gowin -noflatten",
        costs={
            **each("LUT1 LUT2 LUT3 LUT4 ALU", CellCost(lut=1)),
            **each("RAM16S1 RAM16S2 RAM16S4 RAM16SDP1 RAM16SDP2 RAM16SDP4", CellCost(lut=4)),
            **each(_FF, CellCost(ff=1)),
            "MULT9X9": CellCost(dsp=0.5),
            **each("MULT18X18 MULTALU18X18", CellCost(dsp=1)),
            "MULT36X36": CellCost(dsp=4),
            **each(
                "SP SPX9 SDP SDPX9 SDPB SDPX9B DP DPX9 DPB DPX9B ROM ROMX9 PROM PROMX9 pROM pROMX9",
                CellCost(bram=1),
            ),
        },
        free="MUX2_LUT5 MUX2_LUT6 MUX2_LUT7 MUX2_LUT8 GND VCC GSR IBUF OBUF TBUF IOBUF RPLL rPLL OSC",
        core="-noiopads",
        pads="iopadmap -bits -inpad IBUF O:I -outpad OBUF I:O -toutpad TBUF ~OEN:I:O",
        # Version 0.23 puts multipliers into LUTs, 0.70 into DSP blocks; none in between was tried.
        oldest=(0, 60),
    ),
    open=OpenFlow(
        placer="nextpnr_gowin",
        place=("--vopt", "cst={constraints}", "--write", "{placed}"),
        placed="design.json",
        # An adder's bit (ALU) takes a LUT's place. nextpnr counts such LUTs among the LUT4 while it packs and
        # no more after placement; then LUT4 has those instead that only let a register's input through.
        counts={"lut": "LUT4 ALU", "ff": "DFF", "dsp": "MULT18X18", "bram": "BSRAM"},
        packer="gowin_pack",
        pack=("-d", "{device}", "-o", "{bitstream}", "{placed}"),
        suffix=".fs",
        margin=4.0,
    ),
    flows=(Flow.YOSYS_GOWIN,),
    constraints=ConstraintFormat("cst", "//", _cst),
)
