"""Mul: by a constant, together with a constant added behind it, or of two values."""

from __future__ import annotations

from edgeml.backends.hls4ml.layer import LayerConstant
from edgeml.backends.hls4ml.ops._affine import ZERO, affine
from edgeml.backends.hls4ml.ops._merge import merge
from edgeml.backends.hls4ml.planner import Planner
from edgeml.ir import Node
from edgeml.ir.ops.add import Add


def plan(node: Node, planner: Planner) -> None:
    """BatchNormalization for a constant, else Merge."""
    constants = [name for name in node.inputs if planner.is_constant(name)]
    if not constants:
        merge(node, planner, "multiply")
        return
    (x,) = [name for name in node.inputs if name not in constants]
    scale, shape = planner.constant(constants[0]), planner.shape(x)
    last, bias = _bias(node, planner)
    affine(last, planner, planner.source(x), shape, planner.type(last.name), scale, bias)
    planner.done(last)


def _bias(node: Node, planner: Planner) -> tuple[Node, LayerConstant]:
    user = planner.only_user(node.name)
    if user is not None and isinstance(user.op, Add):
        others = [name for name in user.inputs if name != node.name]
        if others and planner.is_constant(others[0]) and planner.shape(user.name) == planner.shape(node.name):
            return user, planner.constant(others[0])
    return node, ZERO
