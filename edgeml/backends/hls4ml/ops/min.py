"""Min: of two values, or with a constant."""

from __future__ import annotations

from edgeml.backends.hls4ml.ops._clip import clip
from edgeml.backends.hls4ml.ops._merge import merge
from edgeml.backends.hls4ml.planner import Planner
from edgeml.ir import Node


def plan(node: Node, planner: Planner) -> None:
    """min(x, c) = c - relu(c - x) for a constant c."""
    if any(planner.is_constant(name) for name in node.inputs):
        clip(node, planner, upper=True)
    else:
        merge(node, planner, "minimum")
