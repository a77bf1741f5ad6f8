"""What QONNX can express exactly, decided before anything is written.

A Quant node divides by its scale, clamps, rounds and multiplies again, in float32. With scales that are
powers of two that is exact as long as every value and every partial sum has at most 24 bits on its own grid.
The rounding modes are those that the qonnx package executes: its HALF_UP rounds ties away from zero, its
HALF_DOWN towards zero.

Invariant: a graph without refusals is executed exactly by the qonnx package.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from edgeml.backends.base import Refusal
from edgeml.fixed import ElementType, FixedTypeArray, IntArray, Overflow, Round
from edgeml.ir import Graph, Node, constant_codes
from edgeml.ir.demand import FLOAT32_BITS, demand, rounds
from edgeml.ir.grid import NEVER_ZERO, grids, overflows
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.input import Input

ROUNDINGS: Mapping[Round, str] = MappingProxyType(
    {
        Round.RND_CONV: "ROUND",
        Round.TRN: "FLOOR",
        Round.TRN_ZERO: "DOWN",
        Round.RND_INF: "HALF_UP",
        Round.RND_ZERO: "HALF_DOWN",
    }
)
"""Names in QONNX; RND and RND_MIN_INF have none."""

_EXPONENTS = (-126, 127)
"""Of normal float32 numbers."""


def refusals(graph: Graph) -> tuple[Refusal, ...]:
    """What a graph of core ops has that QONNX cannot express, op by op."""
    found: list[Refusal] = []
    proven, constants = grids(graph), constant_codes(graph)
    for name in dict.fromkeys(graph.outputs):
        node = graph.node(name)
        if name in constants or isinstance(node.op, Input):
            kind = "does not depend on an input" if name in constants else "is an input itself"
            found.append(_refusal(node, f"the output {kind}", "leave it out of the model's outputs"))
    for node in graph.nodes:
        if node.name not in constants:
            reason, remedy = _reason(graph, node, proven, constants)
            if reason:
                found.append(_refusal(node, reason, remedy))
    return tuple(found)


def _refusal(node: Node, reason: str, remedy: str) -> Refusal:
    return Refusal(node.name, node.op.op_name(), reason, remedy)


def _reason(
    graph: Graph, node: Node, proven: Mapping[str, IntArray], constants: Mapping[str, IntArray]
) -> tuple[str, str]:
    """Why a node cannot be expressed, and the remedy; empty if it can."""
    needed = demand(graph, node, proven)
    if needed > FLOAT32_BITS:
        return (
            f"its largest partial sum needs {needed} bits; QONNX runs in float32, with {FLOAT32_BITS}",
            f"use narrower types in {node.layer}",
        )
    if not _in_range(graph, node.name, proven[node.name]):
        return "its values lie beyond float32's exponents", f"use types nearer to one in {node.layer}"
    op = node.op
    if isinstance(op, Input):
        return _input_reason(op)
    if isinstance(op, Cast):
        x = graph.info(node.inputs[0])
        return _cast_reason(op, rounds(op, proven[node.inputs[0]]), bool(np.any(overflows(op, x))))
    if isinstance(op, Concat) and any(name in constants for name in node.inputs):
        return "a constant is one of its inputs", "join constants with the weights of the next layer"
    return "", ""


def _in_range(graph: Graph, name: str, grid: IntArray) -> bool:
    info = graph.info(name)
    used = grid > NEVER_ZERO
    if not np.any(used):
        return True
    size = np.frexp(np.maximum(np.abs(info.lo), np.abs(info.hi)).astype(np.float64))[1]
    top = size - np.broadcast_to(info.type.frac, info.shape)
    return int((-grid)[used].min()) >= _EXPONENTS[0] and int(top[used].max()) <= _EXPONENTS[1]


def _input_reason(op: Input) -> tuple[str, str]:
    """An input meets any float, so nothing can be taken for granted."""
    exact = (Round.RND_CONV, Round.TRN, Round.TRN_ZERO)
    if op.rounding in ROUNDINGS and op.rounding not in exact:
        return (
            f"{op.rounding.value} of an arbitrary float is not exact in float32",
            "quantize the input with RND_CONV, TRN or TRN_ZERO",
        )
    if op.rounding is Round.TRN and np.any(np.asarray(op.type.frac) < 0):
        return (
            "TRN to an LSB above one loses the sign of subnormal floats",
            "quantize the input with RND_CONV",
        )
    return _cast_reason(op, True, True)


def _cast_reason(op: Cast | Input, drops: bool, leaves: bool) -> tuple[str, str]:
    """What keeps a cast from being one Quant node."""
    to = op.to if isinstance(op, Cast) else op.type
    if drops and op.rounding not in ROUNDINGS:
        return (
            f"Quant has no rounding {op.rounding.value}",
            f"use one of {', '.join(mode.value for mode in ROUNDINGS)}",
        )
    if leaves and op.overflow in (Overflow.WRAP, Overflow.SAT_ZERO):
        return (
            f"Quant saturates and the cast's overflow is {op.overflow.value}",
            "use SAT or SAT_SYM, or a type wide enough that nothing overflows",
        )
    if isinstance(to, FixedTypeArray) and np.unique(to.width).size > 1:
        return "its elements have different widths and a Quant node has one", "use one width per tensor"
    if to.signed and width_of(to) == 1:
        return "qonnx takes a signed 1-bit Quant for bipolar -1 and +1", "use two bits, or an unsigned bit"
    return "", ""


def width_of(to: ElementType) -> int:
    """The largest width among the elements."""
    return int(np.max(to.width))
