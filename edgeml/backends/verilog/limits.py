"""Refuses graphs with more operations than mode=parallel may lay out side by side."""

from __future__ import annotations

import numpy as np

from edgeml.backend import Refusal
from edgeml.ir import Graph, Node
from edgeml.ir.kind import Kind
from edgeml.ir.ops._move import Move
from edgeml.ir.ops.arg_max import ArgMax
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.pad import Pad
from edgeml.ir.ops.scale import Scale
from edgeml.ir.ops.sum_pool import SumPool


def operations(graph: Graph, node: Node) -> int:
    """Operations that a node takes if every one has a circuit of its own; weights of zero take none.

    Raises:
        TypeError: the op is none of those that are counted, a fault of this file.
    """
    op, result = node.op, graph.info(node.name)
    match op:
        case MatMul():
            weights = graph.info(node.inputs[1])
            return int(np.count_nonzero(weights.lo)) * (result.size // weights.shape[1])
        case Conv():
            weights = graph.info(node.inputs[1])
            return int(np.count_nonzero(weights.lo)) * (result.size // weights.shape[-1])
        case MaxPool() | SumPool():
            return result.size * (int(np.prod(op.pool, dtype=np.int64)) - 1)
        case Input() | Const() | Move() | Scale() | Concat() | Pad():  # wires
            return 0
        case ArgMax():
            return result.size
        case _ if op.kind is Kind.POINTWISE:
            return result.size
        case _:
            raise TypeError(f"the operations of the op {op.op_name()} are not counted")


def parallel_refusals(graph: Graph, limit: int) -> tuple[Refusal, ...]:
    """The largest op, if all of them together exceed the limit."""
    fixed = graph.constants
    varying = [node for node in graph.nodes if node.name not in fixed and not isinstance(node.op, Input)]
    counts = {node.name: operations(graph, node) for node in varying}
    total = sum(counts.values())
    if total <= limit:
        return ()
    largest = max(varying, key=lambda node: counts[node.name])
    reason = (
        f"unrolled it takes {counts[largest.name]} operations and the whole graph {total}, "
        f"at most {limit} are laid out"
    )
    remedy = (
        f"raise unroll_limit to {total} if the FPGA is large enough, prune weights, or make the layer smaller"
    )
    return (Refusal(largest.name, largest.op.op_name(), reason, remedy),)


def kernel_operations(graph: Graph) -> int:
    """Operations of the kernels of all convolutions, each laid out once."""
    constants = graph.constants
    total = 0
    for node in graph.nodes:
        if isinstance(node.op, Conv) and node.name not in constants:
            positions = int(np.prod(graph.info(node.name).shape[:-1], dtype=np.int64))
            total += operations(graph, node) // max(1, positions)
    return total
