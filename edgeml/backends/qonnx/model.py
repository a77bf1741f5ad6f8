"""Collect the nodes of a QONNX model.

Every tensor holds plain values code * 2^-frac in float32. The batch size is one, as FINN and hls4ml expect.

Invariant: the bytes depend on the graph alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.qonnx.rules import ROUNDINGS, width_of
from edgeml.fixed import ElementType, FixedType, IntArray, Overflow, Round, to_float
from edgeml.ir import Graph, Shape
from edgeml.ir.layout import FIRST, LAST, Layout, Order, arrange, trivial

DOMAIN = "qonnx.custom_op.general"
OPSET = 13
IR_VERSION = 7

VALUES_KEY = "edgeml.values"
"""Metadata key: for each value of the graph its tensor and layout, as JSON."""

Rearrange: TypeAlias = Callable[[NDArray[Any]], NDArray[Any]]


@dataclass(frozen=True)
class Tensor:
    """A value as a tensor of the model."""

    name: str
    layout: Layout = LAST


@dataclass
class Model:
    """The nodes, constants and tensors made so far."""

    graph: Graph
    constants: Mapping[str, IntArray]
    tensors: dict[str, Tensor] = field(default_factory=dict[str, Tensor])
    _nodes: list[Any] = field(default_factory=list[Any])
    _initializers: dict[str, NDArray[Any]] = field(default_factory=dict[str, NDArray[Any]])
    _taken: set[str] = field(default_factory=set[str])
    _made: dict[tuple[Any, ...], str] = field(default_factory=dict[Any, str])

    def __post_init__(self) -> None:
        self._taken.update(self.graph.infos)

    def shape(self, name: str) -> Shape:
        """A value's shape."""
        return self.graph.info(name).shape

    def unique(self, wanted: str) -> str:
        """A name that no value, tensor or constant has."""
        name, count = wanted, 1
        while name in self._taken:
            count += 1
            name = f"{wanted}_{count}"
        self._taken.add(name)
        return name

    def node(self, op: str, inputs: Sequence[str], output: str, domain: str = "", **attributes: Any) -> str:
        """Add a node; it has the name of its output."""
        from onnx import helper

        made = helper.make_node(op, list(inputs), [output], name=output, domain=domain or None, **attributes)
        self._nodes.append(made)
        return output

    def initializer(self, values: NDArray[Any], wanted: str) -> str:
        """Add a constant tensor."""
        name = self.unique(wanted)
        self._initializers[name] = np.array(values, order="C")
        return name

    def integers(self, values: Sequence[int], wanted: str) -> str:
        """Add a constant list of integers."""
        return self.initializer(np.array(values, np.int64), wanted)

    def quant(
        self, source: str, output: str, to: ElementType, frac: IntArray, rounding: Round, overflow: Overflow
    ) -> str:
        """Add a Quant node.

        Args:
            source: tensor to quantize.
            output: name of the result.
            to: its type.
            frac: of its elements, arranged like the tensor; axes along which nothing varies become one.
            rounding: RND_CONV if nothing is rounded and the mode has no name in QONNX.
            overflow: SAT_SYM gives a narrow range.
        """
        scale = np.ldexp(np.float32(1), -_reduced(frac))
        inputs = [
            source,
            self.initializer(scale.astype(np.float32), f"{output}_scale"),
            self.initializer(np.array(0, np.float32), f"{output}_zeropt"),
            self.initializer(np.array(width_of(to), np.float32), f"{output}_bitwidth"),
        ]
        return self.node(
            "Quant",
            inputs,
            output,
            DOMAIN,
            signed=int(to.signed),
            narrow=int(overflow is Overflow.SAT_SYM and to.signed),
            rounding_mode=ROUNDINGS.get(rounding, "ROUND"),
        )

    def constant(self, name: str, rearrange: Rearrange) -> str:
        """A constant behind a Quant node that states its type and changes nothing.

        Args:
            name: of the value.
            rearrange: brings an array of the value's shape into the tensor's.
        """
        info = self.graph.info(name)
        codes = self.constants[name]
        values = rearrange(to_float(codes, info.type.frac)).astype(np.float32)
        frac = rearrange(np.broadcast_to(info.type.frac, info.shape))
        key = (name, values.shape, values.tobytes())
        if key not in self._made:
            again = any(made[0] == name for made in self._made)
            output = self.unique(f"{name}_again") if again else name
            source = self.initializer(values, f"{name}_float")
            signed = info.type.signed
            # A wider Quant changes nothing either; a signed one of one bit would be bipolar.
            to = FixedType(signed, max(width_of(info.type), 2 if signed else 1), 0)
            self._made[key] = self.quant(source, output, to, frac, Round.RND_CONV, Overflow.SAT)
        return self._made[key]

    def value(self, name: str, layout: Layout = LAST, rank: int | None = None) -> str:
        """The tensor of a value in a layout; a value of lower rank gets axes of one in front.

        Args:
            name: of the value, constant or not.
            layout: FIRST needs the full rank.
            rank: axes wanted, the batch axis left out.
        """
        shape = self.shape(name)
        rank = len(shape) if rank is None else rank
        full = (1,) * (rank - len(shape)) + shape
        if name in self.constants:
            return self.constant(name, lambda v: arrange(v.reshape(full), full, layout)[np.newaxis])
        tensor = self.tensors[name]
        made = tensor.name if tensor.layout == layout else self._rearranged(name, tensor, layout)
        return made if rank == len(shape) else self.reshape(made, full, f"{name}_spread")

    def reshape(self, tensor: str, shape: Shape, wanted: str) -> str:
        """A tensor under a new shape."""
        key = ("Reshape", tensor, shape)
        if key not in self._made:
            output = self.unique(wanted)
            target = self.integers((1, *shape), f"{output}_shape")
            self._made[key] = self.node("Reshape", [tensor, target], output)
        return self._made[key]

    def transpose(self, tensor: str, axes: Shape, wanted: str) -> str:
        """A tensor with its axes (batch axis not counted) in another order."""
        key = ("Transpose", tensor, axes)
        if key not in self._made:
            perm = (0, *(axis + 1 for axis in axes))
            self._made[key] = self.node("Transpose", [tensor], self.unique(wanted), perm=perm)
        return self._made[key]

    def finish(self) -> Any:
        """The ModelProto: outputs under their own names and channels last."""
        from onnx import TensorProto, helper, numpy_helper

        from edgeml._version import __version__

        def ports(names: Sequence[str]) -> list[Any]:
            return [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, *self.shape(name)])
                for name in names
            ]

        outputs = tuple(dict.fromkeys(self.graph.outputs))
        model = helper.make_model(
            helper.make_graph(
                self._nodes,
                self.graph.name,
                ports(self.graph.inputs),
                ports(outputs),
                [numpy_helper.from_array(values, name) for name, values in self._initializers.items()],
            ),
            ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(DOMAIN, 1)],
            producer_name="edgeml",
            producer_version=__version__,
        )
        values = {
            name: {"tensor": each.name, "order": each.layout.order.value, "image": list(each.layout.image)}
            for name, each in self.tensors.items()
        }
        types = {name: str(self.graph.info(name).type) for name in (*self.graph.inputs, *outputs)}
        metadata = {"edgeml.types": json.dumps(types), VALUES_KEY: json.dumps(values)}
        helper.set_model_props(model, metadata)
        return model

    def _rearranged(self, name: str, tensor: Tensor, to: Layout) -> str:
        shape, made, layout = self.shape(name), tensor.name, tensor.layout
        if layout.order is Order.FLAT:
            image = layout.image
            made = self.reshape(made, (image[-1], *image[:-1]), f"{name}_image")
            made = self.transpose(made, (*range(1, len(image)), 0), f"{name}_last")
            made = self.reshape(made, shape, f"{name}_flat")
            layout = LAST
        if layout == to:
            return made
        rank = len(shape)
        axes, moved = (
            ((rank - 1, *range(rank - 1)), "first") if to == FIRST else ((*range(1, rank), 0), "last")
        )
        if trivial(shape):
            target = (shape[-1], *shape[:-1]) if to == FIRST else shape
            return self.reshape(made, target, f"{name}_{moved}")
        return self.transpose(made, axes, f"{name}_{moved}")


def _reduced(frac: IntArray) -> IntArray:
    """The smallest array that broadcasts to `frac`; a scalar if all are the same."""
    if np.all(frac == frac.flat[0]):
        return np.asarray(frac.flat[0])
    for axis in range(frac.ndim):
        first = frac.take([0], axis=axis)
        if np.all(frac == first):
            frac = first
    return frac
