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

from edgeml.backends.qonnx.rules import width_of
from edgeml.fixed import IntArray, to_float
from edgeml.ir import Graph, Shape
from edgeml.ir.layout import FIRST, LAST, Layout, Order, arrange, trivial
from edgeml.onnx_model import OnnxPort, OnnxVersion, OnnxWriter

DOMAIN = "qonnx.custom_op.general"

VERSION = OnnxVersion(opset=13, ir_version=7, domains=((DOMAIN, 1),))
"""Opset 13 and the IR version that came with it, which FINN and hls4ml read."""

VALUES_KEY = "edgeml.values"
"""Metadata key: for each value of the graph its tensor and layout, as JSON."""

OUTPUTS_KEY = "edgeml.outputs"
"""Metadata key: for each output of the graph its tensor, as JSON."""

Rearrange: TypeAlias = Callable[[NDArray[Any]], NDArray[Any]]


@dataclass(frozen=True)
class QonnxTensor:
    """A value as a tensor of the model."""

    name: str
    layout: Layout = LAST


@dataclass
class QonnxModel:
    """The nodes, constants and tensors added so far."""

    graph: Graph
    constants: Mapping[str, IntArray]
    """Codes of every value that does not depend on an input."""
    grids: Mapping[str, IntArray]
    """The grid of every value."""
    tensors: dict[str, QonnxTensor] = field(default_factory=dict[str, QonnxTensor])
    _writer: OnnxWriter = field(default_factory=OnnxWriter)
    _emitted: dict[tuple[Any, ...], str] = field(default_factory=dict[Any, str])

    def __post_init__(self) -> None:
        for name in self.graph.infos:
            self._writer.unique(name)

    def shape(self, name: str) -> Shape:
        """A value's shape."""
        return self.graph.info(name).shape

    def unique(self, stem: str) -> str:
        """A name that no value, tensor or constant has."""
        return self._writer.unique(stem)

    def node(self, op: str, inputs: Sequence[str], output: str, domain: str = "", **attributes: Any) -> str:
        """Add a node; it has the name of its output.

        No node reads a tensor twice: the cleanup of qonnx 1.0 renames the first mention only.
        """
        sources: list[str] = []
        for source in inputs:
            again = source in sources
            sources.append(
                self.node("Identity", [source], self.unique(f"{source}_copy")) if again else source
            )
        return self._writer.node(op, sources, output, domain, **attributes)

    def initializer(self, values: NDArray[Any], stem: str) -> str:
        """Add a constant tensor."""
        return self._writer.constant(values, self.unique(stem))

    def output_name(self, name: str, layout: Layout) -> str:
        """Like the value, unless that is an output and this tensor is not what the output has to be."""
        if name in self.graph.outputs and layout != LAST:
            return self.unique(f"{name}_{layout.order.value}")
        return name

    def integers(self, values: Sequence[int], stem: str) -> str:
        """Add a constant list of integers."""
        return self.initializer(np.array(values, np.int64), stem)

    def parameter(self, values: NDArray[Any], stem: str) -> str:
        """Add a constant in float32, as small as broadcasting allows."""
        return self.initializer(_reduced(values).astype(np.float32), stem)

    def quant(
        self,
        source: str,
        output: str,
        *,
        signed: bool,
        width: int,
        frac: IntArray,
        mode: str = "ROUND",
        narrow: bool = False,
    ) -> str:
        """Add a Quant node.

        Args:
            source: tensor to quantize.
            output: name of the result.
            signed: of its type.
            width: of its type.
            frac: of its elements, arranged like the tensor.
            mode: the rounding, by QONNX's name.
            narrow: leave out the lowest code.
        """
        inputs = [
            source,
            self.parameter(np.ldexp(1.0, -frac), f"{output}_scale"),
            self.initializer(np.array(0, np.float32), f"{output}_zeropt"),
            self.initializer(np.array(width, np.float32), f"{output}_bitwidth"),
        ]
        options = {"signed": int(signed), "narrow": int(narrow), "rounding_mode": mode}
        return self.node("Quant", inputs, output, DOMAIN, **options)

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
        if key not in self._emitted:
            needs_other_name = name in self.graph.outputs or any(key[0] == name for key in self._emitted)
            output = self.unique(f"{name}_again") if needs_other_name else name
            source = self.initializer(values, f"{name}_float")
            signed = info.type.signed
            # A wider Quant changes nothing either; a signed one of one bit would be bipolar.
            width = max(width_of(info.type), 2 if signed else 1)
            self._emitted[key] = self.quant(source, output, signed=signed, width=width, frac=frac)
        return self._emitted[key]

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
        result = tensor.name if tensor.layout == layout else self._rearranged(name, tensor, layout)
        return result if rank == len(shape) else self.reshape(result, full, f"{name}_spread")

    def reshape(self, tensor: str, shape: Shape, stem: str) -> str:
        """A tensor under a new shape."""
        key = ("Reshape", tensor, shape)
        if key not in self._emitted:
            output = self.unique(stem)
            target = self.integers((1, *shape), f"{output}_shape")
            self._emitted[key] = self.node("Reshape", [tensor, target], output)
        return self._emitted[key]

    def transpose(self, tensor: str, axes: Shape, stem: str) -> str:
        """A tensor with its axes (batch axis not counted) in another order."""
        key = ("Transpose", tensor, axes)
        if key not in self._emitted:
            perm = (0, *(axis + 1 for axis in axes))
            self._emitted[key] = self.node("Transpose", [tensor], self.unique(stem), perm=perm)
        return self._emitted[key]

    def finish(self, digest: str) -> Any:
        """The ModelProto: outputs channels last under their own names, unless an input has that name.

        Args:
            digest: of the graph as the user has it, for the metadata.
        """
        outputs = {name: self._output(name) for name in self.graph.outputs}
        values = {
            name: {"tensor": each.name, "order": each.layout.order.value, "image": list(each.layout.image)}
            for name, each in self.tensors.items()
        }
        types = {name: str(self.graph.info(name).type) for name in (*self.graph.inputs, *outputs)}
        metadata = {
            "edgeml.graph": digest,
            "edgeml.types": json.dumps(types),
            OUTPUTS_KEY: json.dumps(outputs),
            VALUES_KEY: json.dumps(values),
        }
        inputs = [self._port(name, name) for name in self.graph.inputs]
        ports = [self._port(name, tensor) for name, tensor in outputs.items()]
        return self._writer.finish(self.graph.name, inputs, ports, VERSION, metadata)

    def _port(self, name: str, tensor: str) -> OnnxPort:
        """A value of the graph as an input or output of the model."""
        return OnnxPort(tensor, (1, *self.shape(name)))

    def _output(self, name: str) -> str:
        """The tensor of an output."""
        tensor = self.value(name)
        if tensor != name and name not in self.graph.inputs:
            tensor = self.node("Identity", [tensor], name)
        return tensor

    def _rearranged(self, name: str, tensor: QonnxTensor, to: Layout) -> str:
        shape, result, layout = self.shape(name), tensor.name, tensor.layout
        if layout.order is Order.FLAT:
            image = layout.image
            result = self.reshape(result, (image[-1], *image[:-1]), f"{name}_image")
            result = self.transpose(result, (*range(1, len(image)), 0), f"{name}_last")
            result = self.reshape(result, shape, f"{name}_flat")
            layout = LAST
        if layout == to:
            return result
        rank = len(shape)
        axes, moved = (
            ((rank - 1, *range(rank - 1)), "first") if to == FIRST else ((*range(1, rank), 0), "last")
        )
        if trivial(shape):
            target = (shape[-1], *shape[:-1]) if to == FIRST else shape
            return self.reshape(result, target, f"{name}_{moved}")
        return self.transpose(result, axes, f"{name}_{moved}")


def _reduced(values: NDArray[Any]) -> NDArray[Any]:
    """The smallest array that broadcasts to `values`; a scalar if all are the same."""
    if np.all(values == values.flat[0]):
        return np.asarray(values.flat[0])
    for axis in range(values.ndim):
        first = values.take([0], axis=axis)
        if np.all(values == first):
            values = first
    return values
