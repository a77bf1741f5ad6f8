"""Intel Arria 10: adaptive logic modules as in Cyclone V, in 20 nm; only Quartus maps to them."""

from __future__ import annotations

from edgeml.families._base import Family
from edgeml.families.cyclonev import QUARTUS

FAMILY = Family(name="arria10", title="Intel Arria 10", boards=("Arria 10",), vendor=QUARTUS)
