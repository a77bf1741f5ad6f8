"""The results of a source in terms of the graph: its floats as values of the graph's nodes.

Invariant: where all factors are powers of two nothing is rounded. Elsewhere a float stands for the integer
next to it if it lies as near to it as float32 can tell, and for itself otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.fixed import quantize, to_float
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.inputs import InputPort
from edgeml.importers.affine.outputs import OutputPort
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.base import InputLayout
from edgeml.ir import Graph
from edgeml.ir.graph import valid_name
from edgeml.ir.ops.input import Input

_NEAR = 2.0**-21
"""The largest distance of a float32 sum from its exact value, relative to its peak: 8 roundings of 2^-24."""


class Correspondence:
    """The tensor of the source for each value of the graph, and the inputs of both from the user's data.

    Args:
        graph: the finished graph.
        assembly: what it was built with.
        inputs: of the source.
        outputs: of the source.
    """

    def __init__(
        self, graph: Graph, assembly: Assembly, inputs: list[InputPort], outputs: list[OutputPort]
    ) -> None:
        self.graph = graph
        self.inputs = tuple(inputs)
        self.tensors: dict[str, tuple[str, AffineValue]] = {
            node: pair for node, pair in assembly.tensors.items() if node in graph.infos
        }
        self.tensors.update({port.node: (port.tensor, port.value) for port in outputs})
        self.rounded_layers = frozenset(assembly.rounded_layers)
        self._graph_inputs = dict(assembly.inputs)

    @property
    def values(self) -> tuple[str, ...]:
        """The graph's values that the source has too, in the graph's order."""
        return tuple(node.name for node in self.graph.nodes if node.name in self.tensors)

    def layouts(self) -> tuple[InputLayout, ...]:
        """The conversion of the user's data to the graph's inputs."""
        layouts: list[InputLayout] = []
        for port in self.inputs:
            name, scale, point = self._graph_inputs.get(port.tensor, (self._stated(port), 1, 0))
            rank = port.index.ndim - 1
            first = rank > 1 and not np.array_equal(port.index.reshape(-1), np.arange(port.index.size))
            axes = (*range(1, rank), 0) if first else ()
            layouts.append(InputLayout(name, axes, float(scale), point))
        return tuple(layouts)

    def to_source(self, x: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float64]]:
        """Data as the source takes them, (samples, *source shape without the batch), by the source's input.

        A type that the user stated is applied, as the graph applies it, and so are the integers that an
        input of codes takes: the source has no data between them. A quantizer of data of the model's own is
        not applied.
        """
        arrays: dict[str, NDArray[np.float64]] = {}
        for port in self.inputs:
            name, scale, point = self._graph_inputs.get(port.tensor, (self._stated(port), 1, 0))
            op = self.graph.node(name).op
            data = np.asarray(x[name], np.float32).astype(np.float64)
            own_data = port.tensor in self._graph_inputs and (scale, point) == (1, 0)
            if isinstance(op, Input) and not own_data:
                data = to_float(quantize(data, op.type, op.rounding, op.overflow), op.type.frac)
            flat = (data.reshape(data.shape[0], -1) - point) * float(scale)
            arrays[port.tensor] = flat[:, port.index.reshape(-1)].reshape(-1, *port.index.shape[1:])
        return arrays

    def to_graph(self, value: str, computed: NDArray[Any]) -> NDArray[np.float64]:
        """A tensor of the source, (samples, *anything), as values of a node, (samples, *shape)."""
        _, meaning = self.tensors[value]
        info = self.graph.info(value)
        samples = computed.shape[0]
        flat = np.zeros((samples, info.size), np.float64)
        flat[:, meaning.index.reshape(-1)] = computed.reshape(samples, -1)
        placed = flat.reshape(samples, *info.shape)
        factor, offset = meaning.only.factor, meaning.offset
        steps = (placed - ex.floats(offset)) / ex.floats(factor)
        if ex.exponents(ex.as_exact(abs(factor))) is not None and ex.dyadic_bits(offset) is not None:
            return steps
        grid = 2.0 ** -np.asarray(info.type.frac, np.float64)
        near = np.rint(steps / grid) * grid
        peak = np.maximum(np.abs(info.lo), np.abs(info.hi)) * grid + np.abs(
            ex.floats(ex.as_exact(offset / factor))
        )
        room = np.minimum(grid * 0.49, 1e-3 * grid + _NEAR * peak)
        return np.where(np.abs(steps - near) <= room, near, steps)

    def _stated(self, port: InputPort) -> str:
        """The graph's input whose type the user stated."""
        return valid_name(port.tensor)
