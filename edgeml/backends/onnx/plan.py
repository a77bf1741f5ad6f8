"""Decide, op by op, how a value is represented before a single ONNX node exists.

A tensor holds value * 2^unit. The unit of a linear op is free (it goes into the weights), so it is chosen
backwards from what the next op wants: a cast rounds at the integers, so it wants its input in units of its
own LSB; an output wants plain values. The carrier is float32 where `demand` proves it exact, else float64,
else the op is refused with the bits it would need.

Invariant: if `refusals` is empty, every tensor of the emitted model is exact in its carrier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from edgeml.backend import Refusal
from edgeml.fixed import IntArray, Round
from edgeml.ir import Graph, Node
from edgeml.ir.bias import biases, sums_with_bias
from edgeml.ir.demand import demand
from edgeml.ir.grid import grids
from edgeml.ir.kind import Kind
from edgeml.ir.ops._linear import Linear
from edgeml.ir.ops._move import Move
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.arg_max import ArgMax
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.min import Min
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.pad import Pad
from edgeml.ir.ops.relu import Relu
from edgeml.ir.ops.scale import Scale
from edgeml.ir.ops.sum_pool import SumPool
from edgeml.ir.steps import FLOAT32_BITS, FLOAT64_BITS, NEVER_ZERO, Sums, value_bits

Unit: TypeAlias = int | IntArray
"""Exponent of the factor between a value and its tensor; an array broadcasts to the value."""

_EXPONENTS = {False: (-126, 127), True: (-1022, 1023)}
"""Of normal float32 and float64 numbers: subnormals may be flushed to zero, so none is used."""


@dataclass(frozen=True)
class Step:
    """How one op is executed.

    Args:
        node: the op.
        bits: that its largest partial sum needs.
        unit: of its result.
        double: computed in float64.
        result_double: its result is handed on in float64.
        skip: nothing to emit: a constant, or a linear op that is emitted with its bias.
        fused: the MatMul or Conv whose bias this Add is.
        noop: a cast that changes nothing.
    """

    node: Node
    bits: int
    unit: Unit = 0
    double: bool = False
    result_double: bool = False
    skip: bool = False
    fused: Node | None = None
    noop: bool = False


@dataclass(frozen=True)
class Plan:
    """All steps of a graph, in its order."""

    graph: Graph
    grids: Mapping[str, IntArray]
    constants: Mapping[str, IntArray]
    """Codes of every value that does not depend on an input."""
    steps: Mapping[str, Step]
    wide: frozenset[str]
    """Inputs and outputs whose plain values need float64."""
    refusals: tuple[Refusal, ...]


def make_plan(graph: Graph) -> Plan:
    """Plan a graph of core ops."""
    return _Planner(graph).plan()


def same_unit(a: Unit, b: Unit) -> bool:
    """True if both are the same factor for every element."""
    return bool(np.all(np.asarray(a) == np.asarray(b)))


def simple_unit(unit: Unit) -> Unit:
    """An int if all entries are the same."""
    if isinstance(unit, int):
        return unit
    first = int(unit.flat[0])
    return first if np.all(unit == first) else unit


def per_last_axis(unit: Unit) -> bool:
    """True for a scalar unit, or one that varies along the last axis only."""
    return isinstance(unit, int) or unit.size == unit.shape[-1]


class _Planner:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._grids = grids(graph)
        self._constants = graph.constants
        self._biases = biases(graph)
        self._wishes = _wishes(graph, self._constants)
        self._steps: dict[str, Step] = {}
        self._refusals: list[Refusal] = []

    def plan(self) -> Plan:
        for node in self._graph.nodes:
            self._steps[node.name] = self._step(node)
        ports = (*self._graph.inputs, *self._graph.outputs)
        wide = frozenset(name for name in ports if self._is_wide(name))
        return Plan(self._graph, self._grids, self._constants, self._steps, wide, tuple(self._refusals))

    def _is_wide(self, name: str) -> bool:
        """True if the plain values of an input or output need float64."""
        low, high = self._exponents(name, 0)
        if not _within(low, high, double=True):
            self._refusals.append(_refusal(self._graph.node(name), 0, low, high))
        return self._bits(name) > FLOAT32_BITS or not _within(low, high, double=False)

    def _step(self, node: Node) -> Step:
        if node.name in self._constants:
            return Step(node, 0, skip=True)
        fused = self._fused(node)
        if fused is not None:
            linear, sums = fused
            step = self._steps[linear.name]
            self._steps[linear.name] = Step(linear, step.bits, step.unit, step.double, step.double, skip=True)
            return self._carried(Step(node, sums.bits, step.unit, step.double, step.double, fused=linear))
        bits = demand(self._graph, node, self._grids)
        noop = isinstance(node.op, Cast) and self._is_noop(node, node.op)
        info = self._graph.info(node.name)
        unit = simple_unit(_or_scalar(self._unit(node, noop), info.frac, info.shape))
        step = Step(node, bits, unit, noop=noop)
        return self._carried(step)

    def _bits(self, name: str) -> int:
        return value_bits(self._graph.info(name), self._grids[name])

    def _carried(self, step: Step) -> Step:
        """The step with its carrier, or a refusal."""
        node = step.node
        low, high = self._exponents(node.name, step.unit)
        if isinstance(node.op, Cast):  # in between, the input stands in units of the result
            before = self._exponents(node.inputs[0], step.unit)
            low, high = min(low, before[0]), max(high, before[1])
        narrow = step.bits <= FLOAT32_BITS and _within(low, high, double=False)
        if step.bits > FLOAT64_BITS or not _within(low, high, double=True):
            self._refusals.append(_refusal(node, step.bits, low, high))
        double, handed_on = not narrow, not narrow
        if isinstance(node.op, Input) and _quantized_in_double(node.op):
            double = True
        if _moves_only(node) or step.noop:
            # Elements that only move keep the carrier they have.
            double = handed_on = any(self._is_double(name) for name in node.inputs)
        elif isinstance(node.op, Cast | Lookup):
            handed_on = self._bits(node.name) > FLOAT32_BITS or not _within(
                *self._exponents(node.name, step.unit), double=False
            )
            if isinstance(node.op, Lookup):
                double = handed_on
        return Step(node, step.bits, step.unit, double, handed_on, step.skip, step.fused, step.noop)

    def _is_double(self, name: str) -> bool:
        return name not in self._constants and self._steps[name].result_double

    def _exponents(self, name: str, unit: Unit) -> tuple[int, int]:
        """Of the LSB and of the largest magnitude in the tensor, elements that are always zero left out."""
        info, grid = self._graph.info(name), self._grids[name]
        used = grid > NEVER_ZERO
        if not np.any(used):
            return 0, 0
        units = np.broadcast_to(unit, info.shape)
        frac = np.broadcast_to(info.type.frac, info.shape)
        size = np.frexp(np.maximum(np.abs(info.lo), np.abs(info.hi)).astype(np.float64))[1]
        return int((units - grid)[used].min()), int((units - frac + size)[used].max())

    def _is_noop(self, node: Node, op: Cast) -> bool:
        x = node.inputs[0]
        return not op.rounds(self._grids[x]) and not bool(np.any(op.overflows(self._graph.info(x))))

    def _fused(self, node: Node) -> tuple[Node, Sums] | None:
        """The linear op and the sums with the bias, if this Add is the bias of one and can be part of it."""
        bias = self._biases.get(node.name)
        if bias is None:
            return None
        step = self._steps[bias.product.name]
        convolution = isinstance(bias.product.op, Conv)
        one_row = len(self._graph.info(node.name).shape) == 1  # Gemm has two axes, one is the batch
        if not (convolution or one_row) or (convolution and step.double):
            return None
        sums = sums_with_bias(self._graph, bias, self._grids)
        limit = FLOAT64_BITS if step.double else FLOAT32_BITS
        return (bias.product, sums) if sums.bits <= limit else None

    def _unit(self, node: Node, noop: bool) -> Unit:
        wish = self._wishes.get(node.name)
        variable = [name for name in node.inputs if name not in self._constants]
        units = [self._steps[name].unit for name in variable]
        info = self._graph.info(node.name)
        match node.op:
            case Input():
                return info.type.frac
            case Lookup():
                return wish if isinstance(wish, int) else info.frac
            case Cast():
                return units[0] if noop else node.op.to.frac
            case Linear():
                return wish if wish is not None and per_last_axis(wish) else info.frac
            case Mul():
                if len(variable) == 2:
                    return np.asarray(units[0]) + units[1]
                return info.frac if wish is None else wish
            case Scale():
                return np.asarray(units[0]) - node.op.shift
            case Add() | Max() | Min():
                fitting = wish is not None and any(same_unit(wish, unit) for unit in units)
                return wish if fitting and wish is not None else units[0]
            case _:
                return self._kept_unit(node, units)

    def _kept_unit(self, node: Node, units: Sequence[Unit]) -> Unit:
        """The unit of an op that has no choice: it follows from those of its inputs."""
        info = self._graph.info(node.name)
        match node.op:
            case Relu():
                return units[0]
            case MaxPool() | SumPool():
                return units[0] if per_last_axis(units[0]) else info.frac
            case Move():
                if isinstance(units[0], int):
                    return units[0]
                spread = np.broadcast_to(units[0], self._graph.info(node.inputs[0]).shape)
                return node.op.moved(np.asarray(spread, np.int64))
            case Concat() | Pad():  # one unit for all
                return next((unit for unit in units if isinstance(unit, int)), info.frac)
            case ArgMax():  # the index itself
                return 0
            case _:
                raise _unplanned(node)


def _unplanned(node: Node) -> TypeError:
    """An op that has an emitter and no place in the plan: a fault of this back end, not of a model."""
    return TypeError(f"the plan of the ONNX back end does not know the op {node.op.op_name()}")


def _or_scalar(unit: Unit, frac: int, shape: tuple[int, ...]) -> Unit:
    """The unit if it broadcasts to the shape without enlarging it, else the value's LSB."""
    if isinstance(unit, int) or np.broadcast_shapes(unit.shape, shape) == shape:
        return unit
    return frac


def _within(low: int, high: int, *, double: bool) -> bool:
    least, most = _EXPONENTS[double]
    return low >= least and high <= most


def _moves_only(node: Node) -> bool:
    return node.op.kind is Kind.MOVES or isinstance(node.op, Scale | Relu | MaxPool)


def _quantized_in_double(op: Input) -> bool:
    """True if float32 could not round an arbitrary float32 input exactly.

    Adding one half, wrapping a large value or multiplying by less than one may lose a bit in float32.
    """
    exact = (Round.RND_CONV, Round.TRN, Round.TRN_ZERO)
    small = bool(np.any(np.asarray(op.type.frac) < 0)) or bool(np.any(np.asarray(op.type.frac) > 100))
    return op.rounding not in exact or op.overflow.value == "WRAP" or small


def _refusal(node: Node, bits: int, low: int, high: int) -> Refusal:
    if bits > FLOAT64_BITS:
        reason = f"its largest partial sum needs {bits} bits; float64 carries {FLOAT64_BITS} exactly"
        return Refusal(node.name, node.op.op_name(), reason, f"use narrower types in {node.layer}")
    reason = f"its values span 2^{low} to 2^{high}, beyond float64"
    return Refusal(node.name, node.op.op_name(), reason, f"use types nearer to one in {node.layer}")


def _wishes(graph: Graph, constants: Mapping[str, IntArray]) -> Mapping[str, Unit]:
    """The unit in which the users of each value would like to find it."""
    wishes: dict[str, Unit] = {}
    for node in reversed(graph.nodes):
        if node.name in graph.outputs:
            wishes.setdefault(node.name, 0)
        wish = wishes.get(node.name)
        match node.op:
            case Cast():
                wished: Unit | None = node.op.to.frac
            case Lookup():
                wished = graph.info(node.inputs[0]).frac
            case Scale():
                wished = None if wish is None else simple_unit(np.asarray(wish) + node.op.shift)
            case Add() | Max() | Min() | Relu():
                wished = wish
            case MaxPool() | SumPool():
                wished = wish if wish is None or per_last_axis(wish) else None
            case Const() | Input() | Linear() | Mul():
                wished = None
            case Move() | Concat() | Pad() | ArgMax():
                wished = wish if isinstance(wish, int) else None
            case _:
                raise _unplanned(node)
        for name in node.inputs:
            if wished is not None and name not in constants:
                wishes.setdefault(name, simple_unit(wished))
    return wishes
