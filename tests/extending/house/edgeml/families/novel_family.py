"""A novel family: the cells of Agilex under another name."""

from __future__ import annotations

from dataclasses import replace

from edgeml.families._base import Family
from edgeml.families.cyclonev import QUARTUS

FAMILY = Family(
    name="novel_family",
    title="Novel family",
    boards=("Novel 7",),
    vendor=replace(QUARTUS, adder_ns=0.6),
)
