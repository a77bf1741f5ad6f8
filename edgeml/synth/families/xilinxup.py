"""AMD UltraScale+: 6-input LUTs, eight in a slice.

As for the 7 series (`xilinx7`), and:
- RAM32M16, RAM64M8, RAM512X1S, RAM256X1D: eight LUTs, a slice (UG574, "Distributed RAM").
- RAMB18E2: half a block RAM; RAMB36E2: one. DSP48E2: one. URAM288: one UltraRAM.
"""

from __future__ import annotations

from edgeml.synth.families.base import Cost, Family, each
from edgeml.synth.families.xilinx7 import FREE, LOGIC, NOTE

FAMILY = Family(
    name="xilinxup",
    title="AMD UltraScale+",
    boards=("Zynq UltraScale+", "Virtex UltraScale+", "Kintex UltraScale+", "Artix UltraScale+"),
    passes="synth_xilinx -family xcup",
    costs={
        **LOGIC,
        **each("RAM32M16 RAM64M8 RAM512X1S RAM256X1D", Cost(lut=8)),
        "DSP48E2": Cost(dsp=1),
        **each("RAMB18E2 FIFO18E2", Cost(bram=0.5)),
        **each("RAMB36E2 FIFO36E2", Cost(bram=1)),
        **each("URAM288 URAM288_BASE", Cost(uram=1)),
    },
    free=FREE,
    core="-noiopad -noclkbuf",
    no_dsp="-nodsp",
    note=NOTE,
)
