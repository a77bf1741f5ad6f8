"""Lattice ECP5: 4-input LUTs in pairs (slices).

- CCU2C: a carry stage of two bits takes both LUTs of a slice, 2 LUT4.
- PFUMX, L6MUX21: the slice's own multiplexers, which join the LUT4s that are counted; none.
- TRELLIS_DPR16X4: 16 words of 4 bits take three slices, 6 LUT4 (data sheet FPGA-DS-02012, "Number of Slices
  Required to Implement Distributed RAM").
- MULT18X18D: one multiplier; two make a slice of the DSP column with ALU54B, which is no multiplier: none.
- MULT9X9D: half of an 18x18 multiplier.
"""

from __future__ import annotations

from dataclasses import replace

from edgeml.boards import Flow
from edgeml.families._base import (
    CellCost,
    ConstraintFormat,
    Fabric,
    Family,
    OpenFlow,
    PortPin,
    YosysMapping,
    each,
)
from edgeml.quoting import quoted, word

FABRIC = Fabric(
    name="yosys-ecp5",
    lut_inputs=4,
    merges_adders=True,
    short_adder=4,
    adder_step=2,
    pairs=1.0,
    dsp_bits=(18, 18),
    dsp_least=2,
    bram_widths=(36, 512),
    bram_piece=1.0,
    bram_cost=128,
    lutram=(16, 4, 4, 6),
    shift_registers=0,
    dsp_registers=False,
)
"""Under Yosys (`synth_ecp5`, its `arith_map.v`, `brams.txt` and `lutrams.txt`)."""


def _lpf(at: PortPin) -> list[str]:
    """A line of an .lpf file. Diamond and nextpnr-ecp5 end a line at ; or #, even within quotes."""
    pull = f" PULLMODE={at.pull.upper()}" if at.pull else ""
    clock = [f"FREQUENCY PORT {quoted(word(at.port))} {at.mhz:g} MHZ;"] if at.mhz else []
    return [
        f"LOCATE COMP {quoted(word(at.port))} SITE {quoted(word(at.pin, 'pin'))};",
        f"IOBUF PORT {quoted(word(at.port))}{pull} IO_TYPE={word(at.io, 'IO standard')};",
        *clock,
    ]


FAMILY = Family(
    name="ecp5",
    title="Lattice ECP5",
    boards=("ECP5",),
    # No maker's tool for 4-input tables was measured: Yosys' fabric stands for it, under a name of its own.
    vendor=replace(FABRIC, name="vendor-lut4", borrows="yosys-ecp5"),
    generic_for="lut4",
    yosys=YosysMapping(
        fabric=FABRIC,
        passes="synth_ecp5 -noflatten",
        costs={
            "LUT4": CellCost(lut=1),
            "CCU2C": CellCost(lut=2),
            "TRELLIS_DPR16X4": CellCost(lut=6),
            **each("TRELLIS_FF FD1S3AX FD1P3AX FD1P3BX FD1P3DX FD1P3IX FD1P3JX", CellCost(ff=1)),
            "MULT18X18D": CellCost(dsp=1),
            "MULT9X9D": CellCost(dsp=0.5),
            **each("DP16KD PDPW16KD", CellCost(bram=1)),
        },
        free="PFUMX L6MUX21 ALU54B TRELLIS_IO EHXPLLL DCCA GSR SGSR VHI VLO OSCG USRMCLK",
        no_dsp="-nodsp",
    ),
    open=OpenFlow(
        placer="nextpnr_ecp5",
        # router1, the default, rips up one arc at a time and does not come to an end on unrolled networks.
        place=("--lpf", "{constraints}", "--router", "router2", "--textcfg", "{placed}"),
        placed="design.config",
        counts={"lut": "TRELLIS_COMB", "ff": "TRELLIS_FF", "dsp": "MULT18X18D", "bram": "DP16KD"},
        packer="ecppack",
        pack=("--compress", "--input", "{placed}", "--bit", "{bitstream}"),
        suffix=".bit",
        margin=4.0,
    ),
    flows=(Flow.YOSYS_ECP5,),
    constraints=ConstraintFormat("lpf", "#", _lpf),
)
