"""Conv: a sum of products per position and filter; taps outside of the input are left out."""

from __future__ import annotations

import numpy as np

from edgeml.backends.c.ops._sparse import sparse_weights
from edgeml.backends.c.ops._weights import add_weights, sum_kind, weight_codes
from edgeml.backends.c.ops._window import TapWindow, window
from edgeml.backends.c.place import Place, added, flat
from edgeml.backends.c.scalar import Scalar
from edgeml.backends.c.site import Site
from edgeml.fixed import IntArray
from edgeml.ir.ops.conv import Conv
from edgeml.ir.steps import over_space, peak


def emit(site: Site) -> None:
    """Loops over positions and filters; inside of them over rows, columns and channels of the kernel."""
    node = site.source
    op = node.op
    assert isinstance(op, Conv)
    x, w = node.inputs
    info, codes = site.info(node, 0), weight_codes(site, w)
    over = window(info.shape, codes.shape[:-2], op.strides, op.padding, op.dilation)
    inside, filters = codes.shape[-2:]
    most, acc = sum_kind(*op.products(over_space(peak(info, info.frac)), codes))
    product = site.graph.info(node.name)
    rows, columns = over.kernel
    by_filter = np.moveaxis(codes, -1, 0)
    by_row = by_filter.reshape(filters, -1)
    is_whole = all(over.is_inside)
    sparse = sparse_weights(site, w, by_row, _places(over, inside)) if is_whole else None
    per_group = filters // op.groups
    with site.loops(len(info.shape)) as place:
        o = place.variable(len(place.shape) - 1) if filters > 1 else "0"
        first = _first_channel(o, per_group, inside) if op.groups > 1 else "0"
        if sparse is not None:
            at = _address(over.start(place, 0), over.start(place, 1), over.size[1], over.channels, first)
            call = sparse.product_sum(site, site.kind(x), acc, f"{site.pointer(x)} + {at}", o)
            site.lines.add(f"const {acc.name} sum = {call}; /* partial sums: at most {most} */")
            site.finish(place, Scalar("sum", int(product.lo.min()), int(product.hi.max()), acc))
            return
        runs = op.groups == 1 and over.dilation[1] == 1 and over.is_met(1)
        unit = columns * inside if runs and over.is_inside[1] else inside
        is_cut = runs and not over.is_inside[1]
        weights = add_weights(site, w, by_filter, unit, not is_cut, packable=inside > 1 or site.packed)
        site.lines.add(f"{acc.name} sum = 0; /* partial sums: at most {most} */")
        with over.taps(site, place, 0, "row", "p") as row:
            start = [(o, rows * columns * inside), ("p" if rows > 1 else "0", columns * inside)]
            if runs:
                column, begin, count = _run(site, place, over, inside)
                at = _address(row, column, over.size[1], over.channels, first)
                source = f"{site.pointer(x)} + {at}"
                call = weights.product_sum(site, site.kind(x), acc, source, [*start, (begin, inside)], count)
                site.lines.add(f"sum += {call};")
            else:
                with over.taps(site, place, 1, "column", "q") as column:
                    start.append(("q" if columns > 1 else "0", inside))
                    at = _address(row, column, over.size[1], over.channels, first)
                    if inside == 1 and not weights.bits:
                        call = f"({acc.name}){site.pointer(x)}[{at}] * {weights.one(acc, start)}"
                    else:
                        source = f"{site.pointer(x)} + {at}"
                        call = weights.product_sum(site, site.kind(x), acc, source, start, str(inside))
                    site.lines.add(f"sum += {call};")
        site.finish(place, Scalar("sum", int(product.lo.min()), int(product.hi.max()), acc))


def _places(over: TapWindow, inside: int) -> IntArray:
    """The places in memory of a window's elements, in the order of its weights, from that of the first."""
    rows, columns = (np.arange(n) * step for n, step in zip(over.kernel, over.dilation, strict=True))
    pixels = rows[:, np.newaxis] * over.size[1] + columns
    return (pixels[..., np.newaxis] * over.channels + np.arange(inside)).reshape(-1)


def _run(site: Site, place: Place, over: TapWindow, inside: int) -> tuple[str, str, str]:
    """The taps of a row inside of the input, which lie one after the other as their weights do.

    Returns:
        The first column, the first tap, and how many weights there are.
    """
    start, columns, width = over.start(place, 1), over.kernel[1], over.size[1]
    if over.is_inside[1]:
        return start, "0", str(columns * inside)
    site.lines.add(
        f"const int32_t left = {start};",
        "const int32_t begin = left < 0 ? -left : 0;",
        f"const int32_t end = left + {columns} > {width} ? {width} - left : {columns};",
    )
    return "left + begin", "begin", flat([("(end - begin)", inside)])


def _first_channel(o: str, per_group: int, inside: int) -> str:
    group = o if per_group == 1 else f"{o} / {per_group}"
    return group if inside == 1 else f"{group} * {inside}"


def _address(row: str, column: str, width: int, channels: int, first: str) -> str:
    """The index of a pixel's channel."""
    pixel = added(flat([(row, width)]), column)
    return added(flat([(f"({pixel})" if pixel != "0" else "0", channels)]), first)
