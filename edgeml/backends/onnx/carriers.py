"""The choice, op by op, between ONNX Runtime's integer kernels and its float kernels.

A MatMul or Conv with its bias and the cast behind it is one integer kernel, QGemm or QLinearConv: codes of
eight bits, int32 sums, a requantization by a power of two that rounds half to even and saturates. `RULES`
says from which size on that is faster; `integer_kernels` finds what is exact.

Invariant: a kernel that is chosen gives the cast's codes for every input. Its sums have at most 24 bits,
because the kernel requantizes in float32, and its weights are stored so that no two products leave 16 bits,
unless the processor was found to add pairs in more (`processor`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgeml.backends.onnx.processor import keeps_pairs
from edgeml.backends.onnx.stored import StoredWeights, bias_at_products, type_of_value, weights_of
from edgeml.fixed import FixedType, IntArray, Overflow, Round
from edgeml.ir import Graph, Node
from edgeml.ir.bias import Bias, bias_of, only_user, sums_with_bias
from edgeml.ir.demand import sums_of
from edgeml.ir.grid import grids
from edgeml.ir.ops._linear import Linear
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.steps import FLOAT32_BITS, value_bits

_LARGEST = 60
"""Largest |frac|: scales, their products and quotients are then normal floats."""

_PAIR = 2**15 - 1
"""Largest sum of two products in processors without VNNI."""


@dataclass(frozen=True)
class CarrierRule:
    """The least size from which an op is faster in integers.

    Measured with ONNX Runtime 1.31 on a processor with AVX-512 VNNI; the times are in ADR 0084.

    Args:
        op: its kind.
        channels: that a column sees at a tap: inputs of a MatMul, channels of a group of a Conv.
        columns: of the result.
    """

    op: type[Linear]
    channels: int
    columns: int


RULES = (CarrierRule(MatMul, channels=8, columns=1), CarrierRule(Conv, channels=8, columns=8))
"""The carrier of every op: integers where a rule holds and they are exact, else floats."""


@dataclass(frozen=True)
class IntegerKernel:
    """A product that an integer kernel computes, with what is fused into it.

    Args:
        linear: the MatMul or Conv.
        bias: the bias, if it has one.
        end: the op whose value the kernel gives: the cast, the Add or the product.
    """

    linear: Node
    bias: Bias | None
    end: Node

    @property
    def members(self) -> tuple[str, ...]:
        """The values that the kernel computes, the last of which it gives."""
        names = (self.linear.name, *((self.bias.total.name,) if self.bias else ()), self.end.name)
        return tuple(dict.fromkeys(names))

    @property
    def source(self) -> str:
        """The value that it reads."""
        return self.linear.inputs[0]


@dataclass(frozen=True)
class IntegerPlan:
    """Everything that is carried in integers.

    Args:
        kernels: by the name of the value that they give.
        moved: inputs, casts of floats, reshapes and poolings that give codes.
    """

    kernels: Mapping[str, IntegerKernel]
    moved: frozenset[str]


def integer_plan(graph: Graph, rules: tuple[CarrierRule, ...] = RULES) -> IntegerPlan:
    """The integer kernels of a prepared graph and the ops between them that can stay in codes."""
    kernels, proven = integer_kernels(graph, rules), grids(graph)
    read = {kernel.source for kernel in kernels.values()}
    if kernels:  # QuantizeLinear is quicker than a product, a Clip and a Round
        read.update(graph.inputs)
    moved: set[str] = set()
    for node in reversed(graph.nodes):
        if node.name not in read or node.name in kernels or node.name in graph.constants:
            continue
        if isinstance(node.op, Cast) and _quantizes(graph, node, proven):
            moved.add(node.name)
        elif _keeps_codes(graph, node):
            moved.add(node.name)
            read.update(node.inputs)
    as_codes = set(kernels)
    for node in graph.nodes:  # codes come from a kernel, a cast or an input
        if node.name in moved and (isinstance(node.op, Input | Cast) or as_codes.issuperset(node.inputs)):
            as_codes.add(node.name)
    return IntegerPlan(kernels, frozenset(moved & as_codes))


def integer_kernels(graph: Graph, rules: tuple[CarrierRule, ...] = RULES) -> Mapping[str, IntegerKernel]:
    """The kernels of a prepared graph that are exact and, by the rules, faster, by the value they give."""
    proven = grids(graph)
    kernels: dict[str, IntegerKernel] = {}
    for node in graph.nodes:
        if not isinstance(node.op, Linear) or node.name in graph.constants or not _faster(graph, node, rules):
            continue
        bias = bias_of(graph, node.name)
        sums = sums_with_bias(graph, bias, proven) if bias else sums_of(graph, node, proven)
        total = bias.total if bias else node
        user = only_user(graph, total.name)
        kernel = IntegerKernel(node, bias, user if user is not None and isinstance(user.op, Cast) else total)
        if sums.bits <= FLOAT32_BITS and _stored(graph, kernel) and _ends(graph, kernel, proven):
            kernels[kernel.end.name] = kernel
    return kernels


def kernel_weights(graph: Graph, kernel: IntegerKernel) -> tuple[StoredWeights, int]:
    """The weights, and their zero point.

    It is 128, with weights in uint8, where two products could leave 16 bits and the processor adds them in
    16 bits: kernels for uint8 weights do not, and take seven times as long. Values with a sign are stored
    from 0 to 255.
    """
    stored, info = weights_of(graph, kernel.linear), graph.info(kernel.source)
    least, most = (
        int(end.min()) if i == 0 else int(end.max()) for i, end in enumerate(info.aligned(info.frac))
    )
    size = most if least >= 0 else 2**8 - 1
    columns = np.abs(stored.codes.reshape(-1, stored.codes.shape[-1]))
    largest = np.partition(columns, max(len(columns) - 2, 0), axis=0)[-2:]
    pair = int(largest.sum(axis=0).max()) * size
    return stored, 0 if stored.type == np.int8 and (pair <= _PAIR or keeps_pairs()) else 128


def _faster(graph: Graph, linear: Node, rules: tuple[CarrierRule, ...]) -> bool:
    weight = graph.info(linear.inputs[1])
    channels, columns = weight.shape[-2:]
    return any(
        isinstance(linear.op, rule.op) and channels >= rule.channels and columns >= rule.columns
        for rule in rules
    )


def _stored(graph: Graph, kernel: IntegerKernel) -> bool:
    """True if eight bits hold the source and the weights, and int32 the bias."""
    linear, source = kernel.linear, graph.info(kernel.source)
    weights = weights_of(graph, linear)
    fracs = np.append(np.abs(weights.frac), abs(source.frac))
    shape_fits = len(source.shape) == 1 if isinstance(linear.op, MatMul) else len(source.shape) == 3
    return (
        shape_fits
        and kernel.source not in graph.constants
        and type_of_value(source) is not None
        and weights.type == np.int8
        and int(fracs.max()) <= _LARGEST
        and (kernel.bias is None or bias_at_products(graph, linear, kernel.bias.constant) is not None)
    )


def _ends(graph: Graph, kernel: IntegerKernel, proven: Mapping[str, IntArray]) -> bool:
    """True for a cast that the kernel's requantization is; a dense layer may end in its sums as floats."""
    if not isinstance(kernel.end.op, Cast):
        return isinstance(kernel.linear.op, MatMul) and kernel.end.name in graph.outputs
    return _quantizes(graph, kernel.end, proven)


def _quantizes(graph: Graph, node: Node, proven: Mapping[str, IntArray]) -> bool:
    """True for a cast that rounds half to even, saturates and gives codes of eight bits."""
    op, source = node.op, node.inputs[0]
    assert isinstance(op, Cast)
    before = graph.info(source)
    saturates = op.overflow in (Overflow.SAT, Overflow.SAT_SYM) or not np.any(op.overflows(before))
    rounds = op.rounding is Round.RND_CONV or not op.rounds(proven[source])
    return (
        saturates
        and rounds
        and isinstance(op.to, FixedType)
        and abs(op.to.frac) <= _LARGEST
        and type_of_value(graph.info(node.name)) is not None
        and value_bits(before, proven[source]) <= FLOAT32_BITS
    )


def _keeps_codes(graph: Graph, node: Node) -> bool:
    """True for an input, a flattening or a pooling whose codes kernels can read."""
    op, info = node.op, graph.info(node.name)
    if type_of_value(info) is None or not isinstance(info.type, FixedType):
        return False
    if isinstance(op, Input):
        modes = op.overflow in (Overflow.SAT, Overflow.SAT_SYM) and abs(info.frac) <= _LARGEST
        return op.rounding is Round.RND_CONV and modes
    alike = all(type_of_value(graph.info(name)) == type_of_value(info) for name in node.inputs)
    return alike and (isinstance(op, Reshape) or (isinstance(op, MaxPool) and len(op.pool) == 2))
