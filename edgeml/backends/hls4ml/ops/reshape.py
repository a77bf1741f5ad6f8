"""Reshape: the same numbers in the same order."""

from __future__ import annotations

from edgeml.backends.hls4ml.ops._reshape import reshape
from edgeml.backends.hls4ml.planner import Planner
from edgeml.ir import Node
from edgeml.ir.ops.mat_mul import MatMul


def plan(node: Node, planner: Planner) -> None:
    """Nothing in io_parallel, a repacking of the stream in io_stream."""
    (x,) = node.inputs
    users, shape = planner.users(node.name), planner.shape(node.name)
    if not users or shape == planner.shape(x):
        planner.alias(node, x)  # a final reshape changes no number: see Planner._output
        return
    only_dense = all(isinstance(user.op, MatMul) for user in users)
    reshape(node, planner, planner.source(x), planner.shape(x), shape, for_dense=only_dense)
