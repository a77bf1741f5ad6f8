"""The ops on one beat as a graph of its own.

Invariant: the nodes keep their names, so modules and lines are named after the model; for every beat the
kernel's integers are those of the whole graph at that position.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from edgeml.backends.verilog.stream.beats import Beats, CannotStreamError, uniform
from edgeml.errors import EdgemlError
from edgeml.fixed import ElementType, FixedType, FixedTypeArray, IntArray
from edgeml.ir import Builder, Graph, Node, Op, Shape
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.min import Min
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.relu import Relu
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.scale import Scale
from edgeml.ir.ops.sum_pool import SumPool


class Kernel:
    """Collects the ops that are applied to a beat.

    Args:
        graph: the whole graph.
        constants: codes of its values that no input reaches.
        starts: the beats that come in, of one stream or of several.
    """

    def __init__(self, graph: Graph, constants: Mapping[str, IntArray], starts: tuple[Beats, ...]) -> None:
        self._graph, self._constants, self.starts = graph, constants, starts
        self._build = Builder(graph.name)
        self._names = {
            start.value: self._build.append(Node(start.value, Input(start.beat, start.type)))
            for start in starts
        }
        self.value = starts[-1].value
        self._last = self._names[self.value]
        self.empty = True

    @property
    def graph(self) -> Graph:
        """The kernel."""
        return self._build.graph(self._last)

    @property
    def bounds(self) -> dict[str, tuple[IntArray, IntArray]]:
        """Bounds of its inputs."""
        return {start.value: (start.lo, start.hi) for start in self.starts}

    def whole(self, node: Node) -> None:
        """Add an op on a value that is one whole beat, unchanged."""
        sources = [
            self._whole_constant(node, name) if name in self._constants else self._names[name]
            for name in node.inputs
        ]
        self._append(node, node.op, sources)

    def windowed(self, node: Node) -> None:
        """Add a convolution or pooling of the window that a beat holds."""
        op = node.op
        assert isinstance(op, Conv | MaxPool | SumPool)
        rank = len(op.strides)
        same = {"strides": (1,) * rank, "padding": ((0, 0),) * rank}
        sources = [self._last, *(self._whole_constant(node, name) for name in node.inputs[1:])]
        self._append(node, replace(op, **same), sources)

    def pointwise(self, node: Node, count: int) -> None:
        """Add an op on every element or on every pixel's channels, the same in all beats.

        Raises:
            CannotStreamError: its values have other shapes than its result, or a stream does not know the op.
        """
        shape = self._graph.info(node.name).shape
        op = node.op
        values = [name for name in node.inputs if name not in self._constants]
        if isinstance(op, Concat):
            return self._concat(node, op, count)
        if len(values) > 1 and any(self._graph.info(name).shape != shape for name in values):
            raise CannotStreamError(node, "its values have other shapes than its result")
        source = self._names[values[0]]
        beat = self._build.info(source).shape
        match op:
            case Cast():
                op = Cast(self._beat_type(node, op.to, shape, count, beat), op.rounding, op.overflow)
            case Scale():
                shift = uniform(node, np.asarray(op.shift), shape, count, "shifts")
                op = Scale(shift.reshape(beat))
            case Reshape():
                op = Reshape(self._reshaped(node, op))
            case Lookup():
                return self._append(node, op, [source, self._table(node, source)])
            case MatMul():
                return self._append(node, op, [source, self._whole_constant(node, node.inputs[1])])
            case Add() | Mul() | Max() | Min() | Relu():
                pass
            case _:
                raise CannotStreamError(node, "a stream does not know the op")
        sources = [
            self._beat_constant(node, name, shape, count, beat)
            if name in self._constants
            else self._names[name]
            for name in node.inputs
        ]
        return self._append(node, op, sources)

    def _concat(self, node: Node, op: Concat, count: int) -> None:
        """Channels behind channels; a constant part is the same in all beats."""
        infos = {name: self._graph.info(name) for name in node.inputs}
        if op.axis != len(self._graph.info(node.name).shape) - 1:
            raise CannotStreamError(node, f"it joins along axis {op.axis}, not along the channels")
        sources: list[str] = []
        for name, info in infos.items():
            beat = (*(1,) * (len(info.shape) - 1), info.shape[-1])
            if name in self._constants:
                sources.append(self._beat_constant(node, name, info.shape, count, beat))
                continue
            if self._build.info(self._names[name]).shape != beat:
                raise CannotStreamError(node, "its values do not come in whole pixels")
            sources.append(self._names[name])
        chosen = dict(zip(infos, sources, strict=True))
        self._append(node, op, [chosen[name] for name in node.inputs])

    def _append(self, node: Node, op: Op, sources: list[str]) -> None:
        try:
            self._last = self._build.append(Node(node.name, op, tuple(sources)))
        except (
            EdgemlError
        ) as error:  # the union of all pixels' intervals may need more bits than any one of them
            raise CannotStreamError(node, f"for all pixels alike: {error.what}") from None
        self._names[node.name] = self._last
        self.value, self.empty = node.name, False

    def _reshaped(self, node: Node, op: Reshape) -> tuple[int, ...]:
        size = self._build.info(self._last).size
        if len(op.shape) > 1 and op.shape[-1] != size:
            raise CannotStreamError(node, f"a beat of {size} elements is no pixel of shape {op.shape}")
        return (*(1,) * (len(op.shape) - 1), size)

    def _beat_type(self, node: Node, to: ElementType, shape: Shape, count: int, beat: Shape) -> ElementType:
        if isinstance(to, FixedType):
            return to
        parts = (uniform(node, np.asarray(part), shape, count, "types") for part in (to.width, to.frac))
        return FixedTypeArray(to.signed, *(part.reshape(beat) for part in parts))

    def _whole_constant(self, node: Node, name: str) -> str:
        info = self._graph.info(name)
        return self._constant(name, self._constants[name], info.type)

    def _beat_constant(self, node: Node, name: str, shape: Shape, count: int, beat: Shape) -> str:
        info = self._graph.info(name)
        codes = uniform(node, self._constants[name], shape, count, "constants").reshape(beat)
        if isinstance(info.type, FixedType):
            return self._constant(name, codes, info.type)
        parts = (
            uniform(node, np.broadcast_to(part, info.shape), shape, count, "types")
            for part in (info.type.width, info.type.frac)
        )
        return self._constant(
            name, codes, FixedTypeArray(info.type.signed, *(part.reshape(beat) for part in parts))
        )

    def _constant(self, name: str, codes: IntArray, type: ElementType) -> str:
        fresh = self._build.unique(name)
        return self._build.append(Node(fresh, Const(codes, type)))

    def _table(self, node: Node, source: str) -> str:
        """The table for the beat's index type, whose width may differ from the graph's."""
        index, table = self._graph.info(node.inputs[0]).scalar, self._graph.info(node.inputs[1])
        here = self._build.info(source).type
        if not isinstance(here, FixedType) or here.frac != index.frac:
            raise CannotStreamError(node, "its index has another LSB in a stream")
        assert isinstance(table.type, FixedType)
        codes = np.arange(here.lo, here.hi + 1) - index.lo
        reached = (codes >= 0) & (codes < table.lo.size)
        entries = np.where(reached, table.lo[np.clip(codes, 0, table.lo.size - 1)], table.lo[0])
        return self._constant(node.inputs[1], entries, table.type)
