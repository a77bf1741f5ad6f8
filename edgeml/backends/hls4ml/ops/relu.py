"""Relu: hls4ml's relu, whose result type does the cast that follows."""

from __future__ import annotations

from edgeml.backends.hls4ml.layer import Precision
from edgeml.backends.hls4ml.ops.cast import activation
from edgeml.backends.hls4ml.planner import Planner
from edgeml.fixed import FixedType
from edgeml.ir import Node
from edgeml.ir.ops.cast import Cast


def plan(node: Node, planner: Planner) -> None:
    """max(x, 0), and the cast behind it if nothing else reads the value in between."""
    (x,) = node.inputs
    user = planner.only_user(node.name)
    if user is not None and isinstance(user.op, Cast) and isinstance(user.op.to, FixedType):
        activation(user, planner, "relu", x, Precision(user.op.to, user.op.rounding, user.op.overflow))
        planner.done(user)
        return
    activation(node, planner, "relu", x, Precision(planner.type(node.name)))
