"""Weights of which most are zero: those that are not, and how far apart the elements lie that they belong to.

A weight takes its own bytes and those of its gap, and six or seven instructions instead of four or five; so
sparse weights are smaller before they are slower, and are taken where they are smaller.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.backends.c.integers import CType, storage
from edgeml.backends.c.ops._weights import dense_bytes
from edgeml.backends.c.site import Site
from edgeml.fixed import IntArray

_HELPER_BYTES = 48
"""About the code of the function that sums and of the arguments that it takes."""


@dataclass(frozen=True)
class SparseWeights:
    """Weights of one op, row by row.

    Args:
        table: the array of weights that are not zero.
        kind: its type.
        gaps: the array of distances, to the first element of the row and then from one to the next.
        gap: its type.
        starts: the array of the first weight of every row, and behind the last one.
    """

    table: str
    kind: CType
    gaps: str
    gap: CType
    starts: str

    def product_sum(self, site: Site, x: CType, acc: CType, source: str, row: str) -> str:
        """The sum of the products of a row; a line before it gives its start a name."""
        name = site.helpers.sparse_dot(x, self.gap, self.kind, acc)
        behind = f"{self.starts}[{row} + 1]" if row != "0" else f"{self.starts}[1]"
        site.lines.add(f"const int32_t start = (int32_t){self.starts}[{row}];")
        count = f"(int32_t){behind} - start"
        return f"{name}({source}, {self.gaps} + start, {self.table} + start, {count})"


def sparse_weights(site: Site, name: str, codes: IntArray, places: IntArray) -> SparseWeights | None:
    """Put weights into tables, or None if they are not smaller so.

    Args:
        site: the function.
        name: the constant.
        codes: (rows, n) at one LSB.
        places: (n,) where in memory the elements of a row lie, ascending.
    """
    there = codes != 0
    weights, counts = codes[there], there.sum(axis=1)
    gaps = np.concatenate([_gaps(places[row]) for row in there])
    if not weights.size:
        return None
    kind, gap = storage(int(weights.min()), int(weights.max())), storage(0, int(gaps.max()))
    starts = np.concatenate([[0], np.cumsum(counts)])
    size = weights.size * (kind.size + gap.size) + starts.size * storage(0, int(starts[-1])).size
    if size + _HELPER_BYTES >= dense_bytes(codes, site.packed):
        return None
    remark = f"{name}: {site.graph.info(name)}, {weights.size} of {codes.size} that are not zero"
    return SparseWeights(
        site.tables.add(name, weights, remark, kind),
        kind,
        site.tables.add(f"{name}.gaps", gaps, f"{name}: elements from one weight to the next", gap),
        gap,
        site.tables.add(f"{name}.starts", starts, f"{name}: the first weight of every row"),
    )


def _gaps(own: IntArray) -> IntArray:
    return np.diff(own, prepend=0)
