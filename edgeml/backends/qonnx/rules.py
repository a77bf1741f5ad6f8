"""The limits of QONNX's exactness, checked before anything is written.

A Quant node divides by its scale, clamps, rounds and multiplies again, in float32. With scales that are
powers of two that is exact as long as every value and every partial sum has at most 24 bits on its own grid
and no quotient leaves the exponents of float32. The rounding modes are those that the qonnx package executes:
its HALF_UP rounds ties away from zero, its HALF_DOWN towards zero.

Invariant: a graph without refusals is executed exactly by the qonnx package.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from edgeml.backend import Emitters
from edgeml.fixed import ElementType, IntArray, Overflow, Round
from edgeml.ir import Graph, Node
from edgeml.ir.bias import Bias, biases, sums_with_bias
from edgeml.ir.demand import demand
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.steps import FLOAT32_BITS, NEVER_ZERO, value_bits

ROUNDINGS: Mapping[Round, str] = MappingProxyType(
    {
        Round.RND_CONV: "ROUND",
        Round.TRN: "FLOOR",
        Round.TRN_ZERO: "DOWN",
        Round.RND_INF: "HALF_UP",
        Round.RND_ZERO: "HALF_DOWN",
    }
)
"""Names in QONNX; RND and RND_MIN_INF have none, see ops/_casting.py."""

EMITTERS = Emitters("qonnx")

_EXPONENTS = (-126, 127)
"""Exponents of normal float32 numbers: smaller ones lose bits and may be flushed to zero."""

_LARGEST = 125
"""Largest |frac| and |shift|: 2^-frac, its half and its inverse are then normal."""


def fused_biases(graph: Graph, proven: Mapping[str, IntArray]) -> Mapping[str, Bias]:
    """The biases that are inputs of their Conv, by the name of the Add.

    hls4ml reads a channels-first bias nowhere but there. The sums with the bias have to be exact in float32.
    """
    return {
        name: bias
        for name, bias in biases(graph).items()
        if isinstance(bias.product.op, Conv) and sums_with_bias(graph, bias, proven).bits <= FLOAT32_BITS
    }


def tensors_read(node: Node) -> tuple[str, ...]:
    """The inputs that stand in the model as they are; a table is written in another order."""
    return node.inputs[:1] if isinstance(node.op, Lookup) else node.inputs


def reason(graph: Graph, node: Node, proven: Mapping[str, IntArray]) -> tuple[str, str]:
    """The reason why a node cannot be expressed, and the remedy; empty if it can."""
    needed, op = demand(graph, node, proven), node.op
    if needed > FLOAT32_BITS:
        return _too_wide("its largest partial sum", needed, node)
    exponents = EMITTERS.function(op.op_name(), "exponents", "graph, node")(graph, node)
    if int(np.max(np.abs(exponents))) > _LARGEST:
        return _out_of_range(node)
    met: list[tuple[str, int | IntArray]] = [(node.name, 0)]
    if isinstance(op, Cast):  # the quotients x / scale, before and after the rounding
        met += [(name, np.asarray(op.to.frac)) for name in (node.inputs[0], node.name)]
    if not all(_in_range(graph, name, proven[name], unit) for name, unit in met):
        return _out_of_range(node)
    if isinstance(op, Input):
        return _input_reason(op)
    if isinstance(op, Cast) and np.any(op.overflows(graph.info(node.inputs[0]))):
        return _overflow_reason(op)
    return "", ""


def constant_reason(graph: Graph, node: Node, proven: Mapping[str, IntArray]) -> tuple[str, str]:
    """The reason why a constant cannot be a float32 tensor behind a Quant node; "" if it can."""
    info = graph.info(node.name)
    needed = value_bits(info, proven[node.name])
    if needed > FLOAT32_BITS:
        return _too_wide("its largest code", needed, node)
    codes = np.maximum(np.abs(info.lo), np.abs(info.hi)).astype(np.float64)
    if np.max(np.abs(np.asarray(info.type.frac))) > _LARGEST or float(codes.max()) >= 2.0**100:
        return _out_of_range(node)
    return ("", "") if _in_range(graph, node.name, proven[node.name], 0) else _out_of_range(node)


def _too_wide(what: str, needed: int, node: Node) -> tuple[str, str]:
    reason = f"{what} needs {needed} bits; QONNX runs in float32, with {FLOAT32_BITS}"
    return reason, f"use narrower types in {node.layer}, or export to onnx, which carries 53 bits"


def _out_of_range(node: Node) -> tuple[str, str]:
    return "its values or its LSB lie beyond float32's exponents", f"use types nearer to one in {node.layer}"


def _in_range(graph: Graph, name: str, grid: IntArray, unit: int | IntArray) -> bool:
    """True if value * 2^unit is a normal float32 down to its lowest bit, or always zero."""
    info = graph.info(name)
    used = grid > NEVER_ZERO
    if not np.any(used):
        return True
    size = np.frexp(np.maximum(np.abs(info.lo), np.abs(info.hi)).astype(np.float64))[1]
    top = size - np.asarray(info.type.frac) + np.asarray(unit)
    low = np.asarray(unit) - grid
    return int(np.broadcast_to(low, info.shape)[used].min()) >= _EXPONENTS[0] and (
        int(np.broadcast_to(top, info.shape)[used].max()) <= _EXPONENTS[1]
    )


def _input_reason(op: Input) -> tuple[str, str]:
    """The reason that an input cannot be a Quant node, which has to be exact for every float32."""
    if op.rounding is Round.TRN and np.any(np.asarray(op.type.frac) < 0):
        return (
            "TRN to an LSB above one loses the sign of subnormal floats",
            "quantize the input with RND_CONV",
        )
    return _overflow_reason(op)


def _overflow_reason(op: Cast | Input) -> tuple[str, str]:
    """The reason why a cast with values beyond its type cannot be a Quant node; "" if it can."""
    if op.overflow in (Overflow.WRAP, Overflow.SAT_ZERO):
        return (
            f"Quant saturates and the cast's overflow is {op.overflow.value}",
            "use SAT or SAT_SYM, or a type wide enough that nothing overflows",
        )
    return "", ""


def width_of(to: ElementType) -> int:
    """The largest width among the elements."""
    return int(np.max(to.width))
