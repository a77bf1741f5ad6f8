"""Input: the project's interface carries exactly the graph's integers."""

from __future__ import annotations

from edgeml.backends.hls4ml.planner import Planner
from edgeml.ir import Node


def plan(node: Node, planner: Planner) -> None:
    """An input of the project, of the type that covers all elements."""
    shape = list(planner.shape(node.name)) or [1]
    planner.add(node, "InputLayer", (), planner.type(node.name), attributes={"input_shape": shape})
