"""MatMul: a sum of products per row and column, weights in the order in which they are read."""

from __future__ import annotations

import numpy as np

from edgeml.backends.c.ops._sparse import sparse_weights
from edgeml.backends.c.ops._weights import add_weights, sum_kind, weight_codes
from edgeml.backends.c.place import strides_of
from edgeml.backends.c.scalar import Scalar
from edgeml.backends.c.site import Site
from edgeml.ir.steps import over_space, peak


def emit(site: Site) -> None:
    """Loops over rows and columns."""
    node = site.source
    x, w = node.inputs
    codes, info = weight_codes(site, w), site.info(node, 0)
    peaks = over_space(peak(info, info.frac))
    most, acc = sum_kind(peaks[np.newaxis], codes[np.newaxis])
    count, columns = codes.shape
    sparse = sparse_weights(site, w, codes.T, np.arange(count, dtype=np.int64))
    product = site.graph.info(node.name)
    strides = (*strides_of(info.shape)[:-1], 0)
    with site.loops(1, [strides]) as place:
        column = place.variable(len(place.shape) - 1) if columns > 1 else "0"
        start = place.offset(strides)
        source = site.pointer(x) if start == "0" else f"{site.pointer(x)} + {start}"
        if sparse is not None:
            call = sparse.product_sum(site, site.kind(x), acc, source, column)
        else:
            weights = add_weights(site, w, codes.T, unit=count, single=True)
            call = weights.product_sum(site, site.kind(x), acc, source, [(column, count)], str(count))
        site.lines.add(f"const {acc.name} sum = {call}; /* partial sums: at most {most} */")
        lo, hi = int(product.lo.min()), int(product.hi.max())
        site.finish(place, Scalar("sum", lo, hi, acc))
