"""Decide, op by op, how a value is represented before a single ONNX node exists.

A tensor holds value * 2^unit. The unit of a linear op is free (it goes into the weights), so it is chosen
backwards from what the next op prefers (`units`). A cast rounds at the integers and prefers its input in
units of its own LSB; an output is plain values. The carrier is float32 where `demand` proves it exact, else
float64, else the op is refused with the bits it would need.

Invariant: if `refusals` is empty, every tensor of the emitted model is exact in its carrier.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from edgeml.backend import Emitters, Refusal
from edgeml.backends.onnx.carriers import IntegerPlan
from edgeml.backends.onnx.units import Unit, UnitSite, simple_unit
from edgeml.fixed import IntArray, Round
from edgeml.ir import Graph, Node
from edgeml.ir.bias import biases, sums_with_bias
from edgeml.ir.demand import demand
from edgeml.ir.grid import grids
from edgeml.ir.kind import Kind
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.relu import Relu
from edgeml.ir.ops.scale import Scale
from edgeml.ir.steps import FLOAT32_BITS, FLOAT64_BITS, NEVER_ZERO, Sums, value_bits

EMITTERS = Emitters("onnx")

_EXPONENTS = {False: (-126, 127), True: (-1022, 1023)}
"""Exponents of normal float32 and float64 numbers: subnormals may be flushed to zero and are not used."""


@dataclass(frozen=True)
class CarrierStep:
    """The execution of one op.

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
class CarrierPlan:
    """All steps of a graph, in its order."""

    graph: Graph
    grids: Mapping[str, IntArray]
    constants: Mapping[str, IntArray]
    """Codes of every value that does not depend on an input."""
    steps: Mapping[str, CarrierStep]
    wide: frozenset[str]
    """Inputs and outputs whose plain values need float64."""
    refusals: tuple[Refusal, ...]
    integers: IntegerPlan = field(default_factory=lambda: IntegerPlan({}, frozenset()))
    """The values that the emulator carries in integers."""


def make_plan(graph: Graph, plain: bool = False) -> CarrierPlan:
    """Plan a prepared graph whose ops all have emitters.

    Args:
        graph: the graph.
        plain: every tensor holds the value itself (unit 0), whatever its readers prefer.
    """
    return _CarrierPlanner(graph, plain).plan()


class _CarrierPlanner:
    def __init__(self, graph: Graph, plain: bool) -> None:
        self._graph = graph
        self._plain = plain
        self._grids = grids(graph)
        self._constants = graph.constants
        self._biases = biases(graph)
        self._preferred: Mapping[str, Unit] = {} if plain else _preferred_units(graph)
        self._steps: dict[str, CarrierStep] = {}
        self._units: dict[str, Unit] = {}
        self._refusals: list[Refusal] = []

    def plan(self) -> CarrierPlan:
        for node in self._graph.nodes:
            step = self._steps[node.name] = self._step(node)
            if node.name not in self._constants:
                self._units[node.name] = step.unit
        ports = (*self._graph.inputs, *self._graph.outputs)
        wide = frozenset(name for name in ports if self._is_wide(name))
        return CarrierPlan(
            self._graph, self._grids, self._constants, self._steps, wide, tuple(self._refusals)
        )

    def _is_wide(self, name: str) -> bool:
        """True if the plain values of an input or output need float64."""
        low, high = self._exponents(name, 0)
        if not _within(low, high, double=True):
            self._refusals.append(_refusal(self._graph.node(name), 0, low, high))
        return self._bits(name) > FLOAT32_BITS or not _within(low, high, double=False)

    def _step(self, node: Node) -> CarrierStep:
        if node.name in self._constants:
            return CarrierStep(node, 0, skip=True)
        fused = self._fused(node)
        if fused is not None:
            linear, sums = fused
            step = self._steps[linear.name]
            self._steps[linear.name] = replace(step, result_double=step.double, skip=True)
            return self._carried(CarrierStep(node, sums.bits, step.unit, fused=linear))
        bits = demand(self._graph, node, self._grids)
        noop = isinstance(node.op, Cast) and self._is_noop(node, node.op)
        if self._plain:
            return self._carried(CarrierStep(node, bits, noop=noop))
        info = self._graph.info(node.name)
        site = UnitSite(self._graph, node, self._preferred.get(node.name), self._units, noop)
        unit = EMITTERS.function(node.op.op_name(), "result_unit", "at")(site)
        unit = simple_unit(_or_scalar(unit, info.frac, info.shape))
        return self._carried(CarrierStep(node, bits, unit, noop=noop))

    def _bits(self, name: str) -> int:
        return value_bits(self._graph.info(name), self._grids[name])

    def _carried(self, step: CarrierStep) -> CarrierStep:
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
        return replace(step, double=double, result_double=handed_on)

    def _is_double(self, name: str) -> bool:
        return name not in self._constants and self._steps[name].result_double

    def _exponents(self, name: str, unit: Unit) -> tuple[int, int]:
        """Exponents of LSB and largest magnitude in the tensor, elements that are always zero apart."""
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


def _preferred_units(graph: Graph) -> Mapping[str, Unit]:
    """The unit in which the last of the ops that read a value would like it; outputs are plain values."""
    preferred: dict[str, Unit] = {}
    for node in reversed(graph.nodes):
        if node.name in graph.outputs:
            preferred.setdefault(node.name, 0)
        if isinstance(node.op, Const):
            continue
        site = UnitSite(graph, node, preferred.get(node.name), {})
        unit = EMITTERS.function(node.op.op_name(), "input_unit", "at")(site)
        for name in node.inputs:
            if unit is not None and name not in graph.constants:
                preferred.setdefault(name, simple_unit(unit))
    return preferred
