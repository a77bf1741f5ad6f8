"""Intel Agilex 7: adaptive logic modules as in Cyclone V, in 10 nm; only Quartus maps to them."""

from __future__ import annotations

from dataclasses import replace

from edgeml.families._base import Family
from edgeml.families.cyclonev import QUARTUS

FAMILY = Family(
    name="agilex",
    title="Intel Agilex",
    boards=("Agilex 5", "Agilex 7", "Agilex 9"),
    vendor=replace(QUARTUS, adder_ns=0.6),
)
