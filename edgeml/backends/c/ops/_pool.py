"""Reduces windows channel by channel; shared by the pools."""

from __future__ import annotations

from collections.abc import Callable

from edgeml.backends.c.integers import CType
from edgeml.backends.c.ops._window import window
from edgeml.backends.c.scalar import Scalar, literal
from edgeml.backends.c.site import Site
from edgeml.ir import Shape
from edgeml.ir.ops._window import Pairs


def pool(
    site: Site,
    size: Shape,
    strides: Shape,
    padding: Pairs,
    kind: CType,
    first: int,
    update: Callable[[Site, str], None],
    remark: str,
) -> None:
    """Loops over the result, and over each window.

    Args:
        site: the function.
        size: of a window.
        strides: of the windows.
        padding: around the input; it is left out.
        kind: the type of the running result.
        first: its first value.
        update: writes the lines that bring in an element.
        remark: a comment on the running result.
    """
    node = site.source
    info = site.info(node, 0)
    over = window(info.shape, size, strides, padding, (1,) * len(size))
    with site.loops(len(info.shape)) as place:
        c = place.variable(len(place.shape) - 1)
        site.lines.add(f"{kind.name} result = {literal(first)};{remark}")
        with (
            over.taps(site, place, 0, "row", "p") as row,
            over.taps(site, place, 1, "column", "q") as column,
        ):
            pixel = f"({row} * {over.size[1]} + {column}) * {over.channels} + {c}"
            update(site, f"({kind.name}){site.pointer(node.inputs[0])}[{pixel}]")
        product = site.graph.info(node.name)
        site.finish(place, Scalar("result", int(product.lo.min()), int(product.hi.max()), kind))
