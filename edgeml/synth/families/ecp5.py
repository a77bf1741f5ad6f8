"""Lattice ECP5: 4-input LUTs in pairs (slices).

- CCU2C: a carry stage of two bits takes both LUTs of a slice, 2 LUT4.
- PFUMX, L6MUX21: the slice's own multiplexers, which join the LUT4s that are counted; none.
- TRELLIS_DPR16X4: 16 words of 4 bits take three slices, 6 LUT4 (data sheet FPGA-DS-02012, "Number of Slices
  Required to Implement Distributed RAM").
- MULT18X18D: one multiplier; two make a slice of the DSP column with ALU54B, which is no multiplier: none.
- MULT9X9D: half of an 18x18 multiplier.
"""

from __future__ import annotations

from edgeml.synth.families.base import Cost, Family, OpenFlow, each

FAMILY = Family(
    name="ecp5",
    title="Lattice ECP5",
    boards=("ECP5",),
    passes="synth_ecp5 -noflatten",
    costs={
        "LUT4": Cost(lut=1),
        "CCU2C": Cost(lut=2),
        "TRELLIS_DPR16X4": Cost(lut=6),
        **each("TRELLIS_FF FD1S3AX FD1P3AX FD1P3BX FD1P3DX FD1P3IX FD1P3JX", Cost(ff=1)),
        "MULT18X18D": Cost(dsp=1),
        "MULT9X9D": Cost(dsp=0.5),
        **each("DP16KD PDPW16KD", Cost(bram=1)),
    },
    free="PFUMX L6MUX21 ALU54B TRELLIS_IO EHXPLLL DCCA GSR SGSR VHI VLO OSCG USRMCLK",
    no_dsp="-nodsp",
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
)
