"""AMD 7 series and Zynq-7000: 6-input LUTs.

- LUT1 to LUT6: one LUT each. Vivado puts two small functions of common inputs into one LUT6, so that it
  reports fewer.
- CARRY4, MUXF7, MUXF8: parts of the slice beside the LUTs; none. INV: a LUT, unless Vivado absorbs it.
- LUT RAM (SLICEM) and shift registers count as the LUTs they are made of (UG474, "Distributed RAM
  Configuration" and "Shift Registers"): RAM32X1D 2, RAM64X1D 2, RAM32M and RAM64M 4, RAM128X1D 4,
  RAM256X1S 4, SRL16E and SRLC32E 1.
- RAMB18E1: half a block RAM; RAMB36E1: one. DSP48E1: one.
"""

from __future__ import annotations

from dataclasses import replace

from edgeml.families._base import CellCost, Fabric, Family, YosysMapping, each

LOGIC = {
    **each("LUT1 LUT2 LUT3 LUT4 LUT5 LUT6 LUT6_2 INV", CellCost(lut=1)),
    **each("FDRE FDSE FDCE FDPE FDRE_1 FDSE_1 FDCE_1 FDPE_1 LDCE LDPE", CellCost(ff=1)),
    **each("SRL16E SRLC16E SRLC32E RAM16X1S RAM32X1S RAM64X1S", CellCost(lut=1)),
    **each("RAM16X1D RAM32X1D RAM64X1D RAM32X2S RAM128X1S", CellCost(lut=2)),
    **each("RAM32M RAM64M RAM128X1D RAM256X1S", CellCost(lut=4)),
}
"""The cells that both generations have."""

FREE = "MUXF7 MUXF8 MUXF9 CARRY4 CARRY8 XORCY MUXCY BUFG BUFGCTRL BUFGCE IBUF OBUF OBUFT IOBUF VCC GND"

NOTE = (
    "Yosys' figures, not Vivado's: its LUTs are not packed in pairs, and its carry chains and multipliers "
    "are its own."
)

FABRIC = Fabric(
    name="yosys-xilinx",
    lut_inputs=6,
    merges_adders=True,
    short_adder=2,
    adder_step=4,
    pairs=1.0,
    dsp_bits=(25, 18),
    dsp_least=9,
    bram_widths=(36, 512),
    bram_piece=0.5,
    bram_cost=129,
    lutram=(32, 6, 8, 4),
    shift_registers=3,
    dsp_adders=True,
)
"""Under Yosys (`synth_xilinx`)."""

VIVADO = replace(FABRIC, name="vivado", borrows="yosys-xilinx", merges_adders=False, adder_step=1)
"""Under Vivado and Vitis HLS: nothing of what is Yosys' own."""


FAMILY = Family(
    name="xilinx7",
    title="AMD 7 series",
    boards=("Zynq-7000", "Artix-7", "Kintex-7", "Virtex-7", "Spartan-7"),
    vendor=VIVADO,
    generic_for="lut6",
    yosys=YosysMapping(
        fabric=FABRIC,
        passes="synth_xilinx -family xc7",
        costs={
            **LOGIC,
            "DSP48E1": CellCost(dsp=1),
            **each("RAMB18E1 FIFO18E1", CellCost(bram=0.5)),
            **each("RAMB36E1 FIFO36E1", CellCost(bram=1)),
        },
        free=FREE,
        core="-noiopad -noclkbuf",
        no_dsp="-nodsp",
        note=NOTE,
    ),
)
