"""Concat: hls4ml's Concatenate, which takes two at a time."""

from __future__ import annotations

from edgeml.backends.hls4ml.planner import CannotExpressError, Planner
from edgeml.ir import Node
from edgeml.ir.ops.concat import Concat

_MOST_AXES = 3


def plan(node: Node, planner: Planner) -> None:
    """Pairs from the left, all of the result's type."""
    op = node.as_op(Concat)
    if any(planner.is_constant(name) for name in node.inputs):
        raise CannotExpressError("a constant among the parts", "pad with zeros, or concatenate inputs only")
    rank = len(planner.shape(node.name))
    if rank > _MOST_AXES:
        raise CannotExpressError(f"parts with {rank} axes", f"hls4ml concatenates up to {_MOST_AXES}")
    if len(node.inputs) == 1:
        planner.alias(node, node.inputs[0])
        return
    first = planner.source(node.inputs[0])
    for position, name in enumerate(node.inputs[1:], start=1):
        last = position == len(node.inputs) - 1
        first = planner.add(
            node,
            "Concatenate",
            (first, planner.source(name)),
            planner.type(node.name),
            part="" if last else f"to{position}",
            attributes={"axis": op.axis + 1, "op": f"concatenate{rank}d"},
        )
