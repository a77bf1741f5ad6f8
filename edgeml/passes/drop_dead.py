"""DropDead: neurons, filters and channels that no output can see are left out.

    a channel whose weights are all zero, or that only reaches what is dropped, is not computed
    a channel that has one code only goes into the bias of what reads it

So a network whose neurons or filters were pruned shrinks. Constants that such a product had become part of
its bias, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from edgeml.fixed import ElementType, FixedTypeArray, IntArray, Overflow, Round, align, cover
from edgeml.ir import Graph, Node, Op
from edgeml.ir.bias import bias_of
from edgeml.ir.builder import Builder
from edgeml.ir.ops._linear import Linear
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.scale import Scale
from edgeml.ir.ops.slice import Slice
from edgeml.passes._base import Pass, new_name
from edgeml.passes._channels import Mask, Masks, channels, constant_part, kept_channels
from edgeml.passes.drop_unused import DropUnused


@dataclass(frozen=True)
class DropDead(Pass):
    """Channels that are left can change an output, as far as zeros and intervals show it.

    A layer of 16 or more keeps a few others, so that their number has divisors.

    A value of which channels go, or whose LSB changes by that, gets a new name (`NAME.live`): under its old
    name a value is what it was.
    """

    def requires(self, graph: Graph) -> str:
        return ""

    def rewrite(self, graph: Graph) -> Graph:
        while self.ensures(graph):
            graph = DropUnused().apply(_Rewriting(graph, kept_channels(graph)).graph())
        return graph

    def ensures(self, graph: Graph) -> str:
        for name, mask in kept_channels(graph).items():
            if not mask.all():
                return f"channel {int(np.argmin(mask))} of {name} reaches no output"
        return ""


class _Rewriting:
    """One graph without the channels that masks leave out."""

    def __init__(self, graph: Graph, masks: Masks) -> None:
        self._graph, self._masks = graph, masks
        self._build = Builder(graph.name)
        self._names = {node.name for node in graph.nodes}
        self._renamed: dict[str, str] = {}
        self._constants: dict[str, Const] = {}
        self._owed: dict[str, tuple[IntArray, int]] = {}
        """By bias of a product that lost constants: what it has to add, and its fractional bits."""

    def graph(self) -> Graph:
        for node in self._graph.nodes:
            self._place(node)
        return Graph(self._graph.name, self._build.nodes, self._graph.outputs)

    def _place(self, node: Node) -> None:
        if isinstance(node.op, Input | Const):
            self._put(node.name, node.op)
            return
        op, inputs = self._cut(node)
        lost = self._lost(node) if isinstance(node.op, Linear) else None
        if lost is None:
            self._append(node.name, op, inputs)
            return
        product = self._build.append(Node(new_name(f"{node.name}.live", self._names), op, inputs))
        codes, frac = lost
        bias = bias_of(self._graph, node.name)
        if bias is not None:
            self._renamed[node.name] = product
            self._owed[bias.total.name] = lost
            return
        constant = self._constant(f"{node.name}.constant", codes, frac)
        self._append(node.name, Add(), (product, constant))

    def _append(self, name: str, op: Op, inputs: tuple[str, ...]) -> None:
        """A node under its own name if its value is what it was."""
        old, new = self._graph.info(name), op.infer(*(self._build.info(source) for source in inputs))
        if old.shape == new.shape and np.all(np.asarray(old.type.frac) == np.asarray(new.type.frac)):
            self._build.append(Node(name, op, inputs))
            return
        if name in self._graph.outputs and isinstance(op, Add) and inputs[1] in self._constants:
            self._build.append(Node(name, op, (inputs[0], self._finer(inputs[1], old.frac))))
            return
        live = self._build.append(Node(new_name(f"{name}.live", self._names), op, inputs))
        if name in self._graph.outputs:  # its LSB is a promise
            self._build.append(Node(name, Cast(old.type, Round.TRN, Overflow.SAT), (live,)))
        else:
            self._renamed[name] = live

    def _finer(self, name: str, frac: int) -> str:
        """A constant at a finer LSB, which a sum with it then has."""
        codes = align(self._constants[name].codes, self._build.info(name).type.frac, frac)
        kind = cover(int(codes.min()), int(codes.max()), frac)
        return self._constant_node(f"{name}.live", Const(codes, kind))

    def _lost(self, node: Node) -> tuple[IntArray, int] | None:
        """The sum that the channels that go added to each column that stays; None if it is zero."""
        x, weights = self._graph.info(node.inputs[0]), self._graph.info(node.inputs[1])
        mask = self._masks.get(node.inputs[0])
        if mask is None or mask.all() or (isinstance(node.op, Conv) and node.op.groups > 1):
            return None
        fixed, codes = constant_part(x)
        rows = np.where(~mask & fixed, codes, 0)
        matrix = align(weights.lo, weights.type.frac, weights.frac)
        columns = matrix.reshape(-1, *matrix.shape[-2:]).sum(axis=0)[:, self._masks[node.name]]
        total = rows @ columns
        return (total, x.frac + weights.frac) if np.any(total) else None

    def _cut(self, node: Node) -> tuple[Op, tuple[str, ...]]:
        """The op and its inputs, for the channels that stay."""
        mask = self._masks[node.name]
        inputs = tuple(self._renamed.get(name, name) for name in node.inputs)
        if isinstance(node.op, Linear):
            return self._cut_product(node, inputs[0])
        if isinstance(node.op, Lookup):
            return node.op, (self._index(node.inputs[0], inputs[0]), inputs[1])
        if node.name in self._owed:
            return node.op, (inputs[0], self._cut_bias(node))
        if not mask.all():
            parts = self._parts(node)
            inputs = tuple(
                self._cut_constant(name, part) if name in self._graph.constants else new
                for name, new, part in zip(node.inputs, inputs, parts, strict=True)
            )
        return _cut_op(node.op, mask), inputs

    def _index(self, old: str, new: str) -> str:
        """The index of a table in the type that the table was written for."""
        kind = self._graph.info(old).scalar
        if self._build.info(new).type == kind:
            return new
        cast = Cast(kind, Round.TRN, Overflow.SAT)
        return self._build.append(Node(new_name(f"{old}.index", self._names), cast, (new,)))

    def _parts(self, node: Node) -> list[Mask]:
        """The part of a result's mask that each input has."""
        mask = self._masks[node.name]
        if not isinstance(node.op, Concat) or channels(self._graph.info(node.inputs[0])) == len(mask):
            return [mask] * len(node.inputs)
        ends = np.cumsum([channels(self._graph.info(name)) for name in node.inputs])
        return np.split(mask, ends[:-1])

    def _cut_product(self, node: Node, source: str) -> tuple[Op, tuple[str, ...]]:
        rows, columns = self._masks.get(node.inputs[0]), self._masks[node.name]
        weights = self._graph.info(node.inputs[1])
        depthwise = isinstance(node.op, Conv) and node.op.groups > 1
        rows = np.ones(weights.shape[-2], bool) if rows is None or depthwise else rows
        if rows.all() and columns.all():
            return node.op, (source, node.inputs[1])
        codes = self._graph.constant(node.inputs[1])[..., rows, :][..., columns]
        kind = _cut_type(_cut_type(weights.type, rows, -2), columns, -1)
        constant = self._constant_node(f"{node.inputs[1]}.live", Const(codes, kind))
        if isinstance(node.op, Conv) and depthwise:
            return replace(node.op, groups=int(columns.sum())), (source, constant)
        return node.op, (source, constant)

    def _cut_bias(self, node: Node) -> str:
        """The constant of a product's bias with what the product lost."""
        (owed, frac), info = self._owed[node.name], self._graph.info(node.inputs[1])
        mask = self._masks[node.name]
        finest = max(frac, info.frac)
        own = align(self._graph.constant(node.inputs[1]), info.type.frac, finest)[mask]
        return self._constant(f"{node.inputs[1]}.live", own + align(owed, frac, finest), finest)

    def _constant(self, stem: str, codes: IntArray, frac: int) -> str:
        """A constant at the coarsest LSB that it has."""
        every = int(np.bitwise_or.reduce(np.abs(codes), axis=None))
        zeros = (every & -every).bit_length() - 1 if every else 0
        codes, frac = codes >> zeros, frac - zeros
        kind = cover(int(codes.min()), int(codes.max()), frac)
        return self._constant_node(stem, Const(codes, kind))

    def _constant_node(self, stem: str, op: Const) -> str:
        return self._put(new_name(stem, self._names), op)

    def _put(self, name: str, op: Input | Const) -> str:
        if isinstance(op, Const):
            self._constants[name] = op
        return self._build.append(Node(name, op))

    def _cut_constant(self, name: str, mask: Mask) -> str:
        info = self._graph.info(name)
        if channels(info) != len(mask) or mask.all() or not info.shape:
            return name
        op = Const(self._graph.constant(name)[..., mask], _cut_type(info.type, mask, -1))
        return self._constant_node(f"{name}.live", op)


def _cut_op(op: Op, mask: Mask) -> Op:
    """The op for the channels of its result that stay."""
    if mask.all():
        return op
    match op:
        case Cast():
            return replace(op, to=_cut_type(op.to, mask, -1))
        case Scale():
            shift = np.asarray(op.shift)
            return replace(op, shift=shift[..., mask]) if _spans(shift, mask, -1) else op
        case Reshape():
            return replace(op, shape=(*op.shape[:-1], int(mask.sum())))
        case Slice():  # it takes all channels
            return replace(op, stops=(*op.stops[:-1], int(mask.sum())))
        case _:
            return op


def _cut_type(kind: ElementType, mask: Mask, axis: int) -> ElementType:
    """The types of the elements that stay along an axis."""
    if not isinstance(kind, FixedTypeArray) or not _spans(kind.width, mask, axis):
        return kind
    return FixedTypeArray(
        kind.signed, *(np.compress(mask, part, axis=axis) for part in (kind.width, kind.frac))
    )


def _spans(values: IntArray, mask: Mask, axis: int) -> bool:
    """True if an array that broadcasts to a value has an entry per channel of it."""
    return values.ndim >= -axis and values.shape[axis] == len(mask) and len(mask) > 1
