"""Reshape: the same numbers in the same order."""

from __future__ import annotations

from edgeml.backends.hls4ml.planner import Planner
from edgeml.ir import Node
from edgeml.ir.ops.mat_mul import MatMul


def plan(node: Node, planner: Planner) -> None:
    """Nothing in io_parallel, where arrays are flat; a repacking of the stream in io_stream.

    There a flatten costs nothing if only Dense layers read it, which gather the stream themselves;
    hls4ml's other layers would take the small packets for large ones.
    """
    (x,) = node.inputs
    shape = list(planner.shape(node.name))
    users = planner.users(node.name)
    if not users:
        planner.alias(node, x)  # a final reshape: see Planner._output
        return
    source, held = planner.source(x), planner.held_as(x)
    if planner.stream and len(shape) == 1 and not all(isinstance(user.op, MatMul) for user in users):
        attributes = {"target_shape": [1, *shape]}
        source = planner.add(
            node, "Reshape", (source,), held, part="pack", attributes=attributes, follows_input=True
        )
    attributes = {"target_shape": shape}
    planner.add(node, "Reshape", (source,), held, attributes=attributes, follows_input=True)
