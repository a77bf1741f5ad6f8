"""Add: a bias that is fused with no product, or the sum of two values."""

from __future__ import annotations

from edgeml.backends.hls4ml.ops._affine import affine
from edgeml.backends.hls4ml.ops._merge import merge
from edgeml.backends.hls4ml.planner import Planner
from edgeml.ir import Node


def plan(node: Node, planner: Planner) -> None:
    """BatchNormalization with scale 1 for a constant, else Merge."""
    constants = [name for name in node.inputs if planner.is_constant(name)]
    if not constants:
        merge(node, planner, "add")
        return
    (x,) = [name for name in node.inputs if name not in constants]
    bias = planner.constant(constants[0])
    affine(node, planner, planner.source(x), planner.shape(x), planner.type(node.name), bias=bias)
