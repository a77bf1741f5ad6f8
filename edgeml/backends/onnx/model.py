"""The exact model that is being built: values of the graph as tensors, converted to the form an op needs.

Invariant: every conversion is exact: a factor of a power of two, a wider float (or a narrower one that
provably suffices), or a rearrangement; each is emitted once and used again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.onnx.plan import CarrierPlan
from edgeml.backends.onnx.units import Unit, same_unit
from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.ir import Graph, Shape
from edgeml.ir.layout import FIRST, LAST, Layout, Order, arrange, trivial
from edgeml.onnx_model import OnnxWriter


@dataclass(frozen=True, eq=False)
class ScaledTensor:
    """A tensor that holds value * 2^unit."""

    tensor: str
    unit: Unit
    double: bool
    layout: Layout = LAST
    offset: int | None = None
    """The offset of the eight-bit codes that it holds, for integer kernels; None if it holds floats."""


class ExactModel:
    """The tensors of all values emitted so far, and the writer of the file."""

    def __init__(self, plan: CarrierPlan, writer: OnnxWriter) -> None:
        self.plan = plan
        self.writer = writer
        self.tensors: dict[str, ScaledTensor] = {}
        self._emitted: dict[tuple[Any, ...], str] = {}

    @property
    def graph(self) -> Graph:
        """The graph being emitted."""
        return self.plan.graph

    def constant(self, name: str) -> bool:
        """True if the value does not depend on any input."""
        return name in self.plan.constants

    def shape(self, name: str) -> Shape:
        """The value's shape."""
        return self.graph.info(name).shape

    def fetch(
        self, name: str, unit: Unit, double: bool, layout: Layout = LAST, rank: int | None = None
    ) -> str:
        """The tensor that holds a value in a given form.

        Args:
            name: of the value.
            unit: tensor = value * 2^unit.
            double: float64 instead of float32.
            layout: of the tensor; FIRST needs the full rank.
            rank: axes of the result besides the batch; a value with fewer gets axes of one in front.
        """
        shape = self.shape(name)
        rank = len(shape) if rank is None else rank
        if self.constant(name):
            values = self.scaled(
                self.plan.constants[name], self.graph.info(name).type.frac, unit, double, name
            )
            full = (1,) * (rank - values.ndim) + values.shape
            return self.spread(values.reshape(full), full, layout, f"{name}/value")
        stored = self.in_floats(self.tensors[name])
        tensor, current, is_double = stored.tensor, stored.layout, stored.double
        if is_double != double and double:
            tensor, is_double = self.to_float(tensor, double=True), True
        shift = np.asarray(unit, np.int64) - np.asarray(stored.unit, np.int64)
        full = (*(1,) * (rank - len(shape)), *shape)
        # A unit per element can spread the value over more elements: it is brought into its layout before.
        if current != layout and (rank > len(shape) or np.broadcast_shapes(shift.shape, full) != full):
            tensor, current = self._rearranged(tensor, name, current, layout), layout
        if rank > len(shape):
            shape = full
            tensor = self.reshape(tensor, shape, f"{name}/spread")
        if not same_unit(stored.unit, unit):
            factor = self.scaled(np.ones_like(shift), 0, shift, is_double, name)
            constant = self.spread(factor, shape, current, f"{name}/factor")
            tensor = self.once("Mul", [tensor, constant], f"{name}/scaled")
        if is_double != double:
            tensor = self.to_float(tensor, double=False)
        if current != layout:
            tensor = self._rearranged(tensor, name, current, layout)
        return tensor

    def spread(self, values: NDArray[Any], shape: Shape, layout: Layout, name: str) -> str:
        """A constant that broadcasts to a value of `shape`, for an element-wise op on its tensor."""
        return self.writer.shared_constant(arrange(values, shape, layout)[np.newaxis], name)

    def scaled(
        self, codes: IntArray, frac: int | IntArray, unit: Unit, double: bool, where: str
    ) -> NDArray[Any]:
        """codes * 2^(unit - frac) as floats, exactly.

        Raises:
            EdgemlError: the exponents are beyond those of normal floats.
        """
        exponents = np.asarray(unit, np.int64) - np.asarray(frac, np.int64)
        kind = np.float64 if double else np.float32
        clipped = np.clip(exponents, -3000, 3000).astype(np.int32)
        with np.errstate(over="ignore"):
            values = np.ldexp(np.asarray(codes).astype(np.float64), clipped).astype(kind)
        sizes = np.abs(values[values != 0])
        exact = np.array_equal(values != 0, np.broadcast_to(codes, values.shape) != 0) and np.array_equal(
            np.ldexp(values.astype(np.float64), -clipped), np.broadcast_to(codes, values.shape)
        )
        if not exact or np.any(sizes < np.finfo(kind).tiny) or not np.all(np.isfinite(values)):
            raise EdgemlError(
                f"its powers of two are beyond {kind.__name__}",
                where,
                "use types whose LSBs are nearer to one",
            )
        return values

    def in_floats(self, tensor: ScaledTensor) -> ScaledTensor:
        """The same value in float32 if its tensor holds integers."""
        if tensor.offset is None:
            return tensor
        one = self.writer.shared_constant(np.ones((), np.float32), "/scale")
        zero = self.writer.shared_constant(np.array(tensor.offset, np.uint8), "/zero")
        floats = self.once("DequantizeLinear", [tensor.tensor, one, zero], f"{tensor.tensor}/float")
        return ScaledTensor(floats, tensor.unit, False, tensor.layout)

    def to_float(self, tensor: str, *, double: bool) -> str:
        """A tensor in the other float type."""
        from onnx import TensorProto

        target = TensorProto.DOUBLE if double else TensorProto.FLOAT
        return self.once("Cast", [tensor], f"{tensor}/{'double' if double else 'float'}", to=int(target))

    def reshape(self, tensor: str, shape: Shape, name: str) -> str:
        """A tensor under a new shape; the batch axis stays."""
        target = self.writer.shared_constant(np.array([0, *shape], np.int64), "/shape")
        return self.once("Reshape", [tensor, target], name)

    def transpose(self, tensor: str, axes: Shape, name: str) -> str:
        """A tensor with its axes (batch axis not counted) in another order."""
        return self.once("Transpose", [tensor], name, perm=(0, *(axis + 1 for axis in axes)))

    def batch(self, constant: str, shape: Shape, name: str) -> str:
        """A constant repeated for every sample."""
        first = self.graph.inputs[0]
        dims = self.once("Shape", [first], f"{first}/shape")
        zero, tail = (self.writer.shared_constant(np.array(v, np.int64), "/shape") for v in ([0], shape))
        count = self.once("Gather", [dims, zero], f"{first}/samples", axis=0)
        target = self.once("Concat", [count, tail], f"{name}/shape", axis=0)
        return self.once("Expand", [constant, target], f"{name}/batch")

    def _rearranged(self, tensor: str, name: str, now: Layout, to: Layout) -> str:
        shape = self.shape(name)
        if now.order is Order.FLAT:
            image = now.image
            tensor = self.reshape(tensor, (image[-1], *image[:-1]), f"{name}/image")
            tensor = self.transpose(tensor, (*range(1, len(image)), 0), f"{name}/last")
            tensor = self.reshape(tensor, shape, f"{name}/natural")
            now = LAST
        if now == to:
            return tensor
        assert to in (LAST, FIRST), f"{name}: no way to {to}"
        rank = len(shape)
        if to is FIRST:
            if trivial(shape):
                return self.reshape(tensor, (shape[-1], *shape[:-1]), f"{name}/first")
            return self.transpose(tensor, (rank - 1, *range(rank - 1)), f"{name}/first")
        if trivial(shape):
            return self.reshape(tensor, shape, f"{name}/last")
        return self.transpose(tensor, (*range(1, rank), 0), f"{name}/last")

    def once(self, op: str, inputs: list[str], name: str, **attributes: Any) -> str:
        """Add a node, or take the equal one that is there."""
        key = (op, *inputs, *attributes.items())
        if key not in self._emitted:
            self._emitted[key] = self.writer.new_node(op, inputs, name, **attributes)
        return self._emitted[key]
