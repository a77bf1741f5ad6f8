"""Another shape for the same numbers in the same order.

In io_parallel arrays are flat and nothing happens. In io_stream a packet of the FIFO holds the last axis, so
the stream is repacked; hls4ml's repacking is right only if one packet's size divides the other's, and a
flattened stream keeps its small packets, which only Dense layers gather (hls4ml issue 647). Where that is
not enough, the whole tensor becomes one packet in between.
"""

from __future__ import annotations

import math

from edgeml.backends.hls4ml.planner import Planner
from edgeml.ir import Node, Shape


def reshape(
    node: Node,
    planner: Planner,
    source: str,
    before: Shape,
    after: Shape,
    part: str = "",
    for_dense: bool = False,
) -> str:
    """Add the layers.

    Args:
        node: the op they belong to.
        planner: where to add them.
        source: the layer to read.
        before: its shape.
        after: the wanted shape; () is taken as (1,).
        part: as for `Planner.add`.
        for_dense: every reader of the result is a Dense layer.

    Returns:
        The name of the last layer.
    """
    target, precision, size = tuple(after) or (1,), planner.held_in(source), math.prod(after)
    packet = before[-1] if before else 1
    if not planner.stream:
        # hls4ml removes a transpose before a flatten and reorders the weights of the Dense layer behind.
        whole = len(target) == 1 and planner.kind(source) == "Transpose"
    elif len(target) == 1:
        whole = packet != size and not for_dense
    else:
        whole = packet % target[-1] != 0 and target[-1] % packet != 0
    if whole:
        source = planner.add(
            node,
            "Reshape",
            (source,),
            precision,
            part=f"{part}_packed" if part else "packed",
            attributes={"target_shape": [1, size]},
        )
    return planner.add(
        node,
        "Reshape",
        (source,),
        precision,
        part=part,
        attributes={"target_shape": list(target)},
    )
