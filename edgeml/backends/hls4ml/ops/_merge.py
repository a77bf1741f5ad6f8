"""Element-wise ops of two values that both depend on an input, as hls4ml's Merge."""

from __future__ import annotations

import numpy as np

from edgeml.backends.hls4ml.ops._gather import gather
from edgeml.backends.hls4ml.ops._reshape import reshape
from edgeml.backends.hls4ml.planner import CannotExpressError, Planner
from edgeml.ir import Node


def merge(node: Node, planner: Planner, operation: str) -> None:
    """hls4ml's "add", "multiply", "maximum" or "minimum": exact, then assigned to a type that holds it.

    hls4ml does not broadcast; the smaller value is repeated first.

    Raises:
        CannotExpressError: hls4ml's Catapult back end has no such operation on streams.
    """
    if planner.backend == "Catapult" and planner.stream and operation in ("maximum", "minimum"):
        raise CannotExpressError(
            f"the {operation} of two streams does not compile in hls4ml's Catapult back end",
            "use io_parallel",
        )
    shape = planner.shape(node.name)
    size = int(np.prod(shape, dtype=np.int64))
    sources: list[str] = []
    for position, name in enumerate(node.inputs):
        own = planner.shape(name)
        if own == shape or (not planner.stream and np.prod(own, dtype=np.int64) == size):
            source = planner.source(name)
            if own != shape and position == 0:  # hls4ml gives the result the shape of the first
                source = reshape(node, planner, source, own, shape, part=f"shaped{position}")
            sources.append(source)
            continue
        index = np.broadcast_to(np.arange(np.prod(own, dtype=np.int64)).reshape(own), shape)
        sources.append(gather(node, planner, name, index, part=f"spread{position}"))
    planner.add(node, "Merge", tuple(sources), planner.type(node.name), attributes={"op": operation})
