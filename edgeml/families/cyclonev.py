"""Intel Cyclone V: adaptive logic modules (ALMs) of two adaptive LUTs each.

An ALM holds one function of six inputs, or two smaller ones whose inputs number eight at most (Cyclone V
Device Handbook, "Logic Array Blocks and Adaptive Logic Modules"). Only Quartus knows which it pairs, so the
ALMs have an interval: the lower end (and the value) pairs all that may be paired, the upper end none.

- MISTRAL_ALUT6: one ALM. MISTRAL_ALUT2 to 5, MISTRAL_NOT: half to one. MISTRAL_ALUT_ARITH: a bit of an adder;
  the carry chain fills both halves, so half.
- MISTRAL_MLAB: one bit of a 32-word memory; twenty are a block of ten ALMs: half.
- A DSP block holds two 18x19 or three 9x9 multipliers: MISTRAL_MUL18X18 half, MISTRAL_MUL9X9 a third,
  MISTRAL_MUL27X27 one.
"""

from __future__ import annotations

from edgeml.families._base import CellCost, Fabric, Family, YosysMapping, each

QUARTUS = Fabric(
    name="quartus",
    borrows="yosys-xilinx",
    lut_inputs=6,
    merges_adders=False,
    short_adder=2,
    adder_step=1,
    pairs=0.5,
    dsp_bits=(18, 19),
    dsp_least=10,
    bram_widths=(40, 512),
    bram_piece=1.0,
    bram_cost=129,
    lutram=(32, 6, 8, 4),
    shift_registers=0,
    dsp_adders=True,
)
"""Adaptive logic modules under Quartus; taken for Yosys as well, whose mapping to them was not measured."""


FAMILY = Family(
    name="cyclonev",
    title="Intel Cyclone V",
    boards=("Cyclone V",),
    vendor=QUARTUS,
    generic_for="alm",
    yosys=YosysMapping(
        fabric=QUARTUS,
        passes="synth_intel_alm -family cyclonev -noflatten",
        costs={
            "MISTRAL_ALUT6": CellCost(lut=1),
            **each(
                "MISTRAL_ALUT2 MISTRAL_ALUT3 MISTRAL_ALUT4 MISTRAL_ALUT5 MISTRAL_NOT",
                CellCost(lut=0.5, lut_high=1),
            ),
            **each("MISTRAL_ALUT_ARITH MISTRAL_MLAB", CellCost(lut=0.5)),
            **each("MISTRAL_FF", CellCost(ff=1)),
            "MISTRAL_MUL27X27": CellCost(dsp=1),
            "MISTRAL_MUL18X18": CellCost(dsp=0.5),
            "MISTRAL_MUL9X9": CellCost(dsp=1 / 3),
            "MISTRAL_M10K": CellCost(bram=1),
        },
        free="MISTRAL_CLKBUF MISTRAL_IB MISTRAL_OB MISTRAL_IO",
        core="-noiopad -noclkbuf",
        no_dsp="-nodsp",
        note=(
            "Yosys' figures, not Quartus': the number of ALMs depends on which functions are paired, from "
            "all that may be (the value) to none."
        ),
    ),
)
