"""Lookup: an entry of a table; entries that no code reaches are left out."""

from __future__ import annotations

from edgeml.backends.c.integers import computing
from edgeml.backends.c.scalar import Scalar, literal
from edgeml.backends.c.site import Element


def element(at: Element) -> Scalar:
    """The entry."""
    x, info = at.value(0), at.info(0)
    table = at.node.inputs[1]
    lowest = info.scalar.lo
    entries = at.site.graph.constants[table][x.lo - lowest : x.hi - lowest + 1]
    lo, hi = int(entries.min()), int(entries.max())
    name = at.site.tables.add(table, entries, f"{table}: entries for codes {x.lo} to {x.hi}")
    kind = computing(lo, hi)
    index = f"{x.text} - {literal(x.lo)}" if x.lo else x.text
    return Scalar(f"({kind.name}){name}[{index}]", lo, hi, kind)
