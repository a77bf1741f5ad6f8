"""Mul: by a constant, together with a constant added behind it, or of two values."""

from __future__ import annotations

import numpy as np

from edgeml.backends.hls4ml.layer import Weights
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
    if is_nothing(scale, bias) and shape == planner.shape(last.name):
        planner.alias(last, x)
    else:
        affine(last, planner, planner.source(x), shape, planner.type(last.name), scale, bias)
    planner.done(last)


def is_nothing(scale: Weights, bias: Weights) -> bool:
    """Whether x * scale + bias is x; hls4ml removes such a layer."""
    return bool(np.all(scale.values == 1)) and not bias.codes.any()


def _bias(node: Node, planner: Planner) -> tuple[Node, Weights]:
    user = planner.only_user(node.name)
    if user is not None and isinstance(user.op, Add):
        others = [name for name in user.inputs if name != node.name]
        if others and planner.is_constant(others[0]) and planner.shape(user.name) == planner.shape(node.name):
            return user, planner.constant(others[0])
    return node, ZERO
