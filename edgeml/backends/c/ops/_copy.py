"""Copies elements from places in one array to places in another; shared by ops that move, join and pad."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from edgeml.backends.c.place import Place, merged
from edgeml.backends.c.scalar import Scalar
from edgeml.backends.c.site import Site
from edgeml.ir import Shape


def copy(
    site: Site,
    source: str | Scalar,
    shape: Shape,
    reads: Sequence[int],
    writes: Sequence[int],
    start: tuple[int, int] = (0, 0),
    places: int = 0,
) -> None:
    """Loops that copy.

    Args:
        site: the function.
        source: a value in memory, or a name of an array with its range.
        shape: of what is copied; an axis may stand for a part of an axis.
        reads: strides of the source per axis, 0 to repeat.
        writes: strides of the result per axis.
        start: the first index that is read, and the first that is written.
        places: the codes are multiplied by 2^places.
    """
    axes = merged(shape, [reads, writes])
    place = Place(shape, axes)
    with ExitStack() as stack:
        for one in axes:
            stack.enter_context(site.lines.loop(one.variable, one.extent))
        index = place.offset(reads, start[0])
        if isinstance(source, str):
            x = site.read(source, index)
        else:
            x = source._replace(text=f"({source.kind.name}){source.text}[{index}]")
        x = x.raised(places)
        kind = site.program.kind(site.step.result)
        site.lines.add(f"y[{place.offset(writes, start[1])}] = ({kind.name}){x.text};")
