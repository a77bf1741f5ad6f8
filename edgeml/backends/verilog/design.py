"""From the graph to layers of live cells.

Invariant: a layer is a run of neighbouring nodes with the same layer name, so layers have an order and no
cycles; every cell in a layer is read by another cell or leaves the layer. Cells never change once the design
is there: the last few designs are kept and share theirs with whoever asks for the same graph again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from edgeml.backend import Emitters
from edgeml.backends.verilog.cells import Cell, Circuit, Nums, as_array, elements
from edgeml.backends.verilog.names import Names
from edgeml.backends.verilog.ops._site import OpInputs
from edgeml.backends.verilog.ops._values import constants
from edgeml.fixed import IntArray
from edgeml.ir import Graph, Node
from edgeml.ir.ops.input import Input

Bounds = Mapping[str, tuple[IntArray, IntArray]]
"""Proven element-wise bounds of graph inputs, where they are narrower than the type."""


@dataclass
class DesignLayer:
    """One module, or one graph input.

    Args:
        name: what the model calls it.
        module: the identifier of its bus and, after the design's name, of its module.
        nodes: the graph nodes it computes.
        cells: its live cells in order; those of an input are its elements.
        exports: the cells that other layers or the outputs read.
        sources: indices of the layers that it reads.
        is_input: whether it is a graph input.
    """

    name: str
    module: str
    nodes: tuple[Node, ...]
    cells: list[Cell]
    exports: list[Cell]
    sources: tuple[int, ...] = ()
    is_input: bool = False

    @property
    def read(self) -> list[int]:
        """The elements of a graph input on which an output depends, rising."""
        return [cell.data[0] for cell in self.cells]


@dataclass(frozen=True)
class Design:
    """All layers, inputs first, and the elements of every graph output and of every value on the way."""

    graph: Graph
    layers: tuple[DesignLayer, ...]
    inputs: Mapping[str, Nums]
    outputs: Mapping[str, Nums]
    values: Mapping[str, Nums]


EMITTERS = Emitters("verilog")

_CACHED_DESIGNS = 16
"""Designs that are kept: those of a model's segments, asked for board by board and layout by layout."""


def elaborate(graph: Graph, bounds: Bounds | None = None) -> Design:
    """Cells for a graph of core ops that all have emitters.

    Args:
        graph: the graph.
        bounds: narrower bounds of inputs, in codes.
    """
    design = _elaborated(_DesignRequest(graph.digest, _bounds_key(bounds), graph, bounds))
    return replace(
        design, layers=tuple(replace(layer) for layer in design.layers)
    )  # a copy: the emitter renames its modules


@dataclass(frozen=True)
class _DesignRequest:
    """The key of the cache of designs: graphs with equal digests and bounds have equal designs."""

    digest: str
    key: tuple[tuple[str, tuple[int, ...], bytes, bytes], ...]
    graph: Graph = field(compare=False)
    bounds: Bounds | None = field(compare=False)


def _bounds_key(bounds: Bounds | None) -> tuple[tuple[str, tuple[int, ...], bytes, bytes], ...]:
    entries = sorted((bounds or {}).items())
    return tuple(
        (name, lo.shape, lo.astype(np.int64).tobytes(), hi.astype(np.int64).tobytes())
        for name, (lo, hi) in entries
    )


@lru_cache(maxsize=_CACHED_DESIGNS)
def _elaborated(work: _DesignRequest) -> Design:
    graph, bounds = work.graph, work.bounds
    circuit, names = Circuit(), Names()
    values: dict[str, Nums] = {}
    fixed = graph.constants
    groups: list[tuple[str, str, list[Node]]] = []
    for node in (node for node in graph.nodes if isinstance(node.op, Input)):
        stem = names.unique(node.name)
        circuit.enter(len(groups), node.name, stem)
        lo, hi = (bounds or {}).get(node.name) or (graph.info(node.name).lo, graph.info(node.name).hi)
        values[node.name] = _inputs(circuit, graph, node, lo, hi, stem)
        groups.append((node.name, stem, [node]))
    count = len(groups)
    for node in graph.nodes:
        if isinstance(node.op, Input):
            continue
        if node.name in fixed:
            values[node.name] = constants(circuit, fixed[node.name], graph.info(node.name))
            continue
        if len(groups) == count or groups[-1][0] != node.layer:
            groups.append((node.layer, names.unique(node.layer), []))
        groups[-1][2].append(node)
        stem = re.sub(r"\W", "_", node.name)
        circuit.enter(len(groups) - 1, node.name, stem)
        emitter = EMITTERS.load(node.op.op_name())
        values[node.name] = emitter.emit(
            OpInputs(node, circuit, [values[name] for name in node.inputs], graph)
        )
        _name_results(values[node.name], stem, len(groups) - 1, graph, node)
    outputs = {name: values[name] for name in graph.outputs}
    layers = _layers(circuit, groups, count, outputs)
    return Design(graph, layers, {name: values[name] for name in graph.inputs}, outputs, values)


def _inputs(circuit: Circuit, graph: Graph, node: Node, lo: IntArray, hi: IntArray, stem: str) -> Nums:
    info = graph.info(node.name)
    fracs = np.broadcast_to(np.asarray(info.type.frac), info.shape).reshape(-1)
    items = zip(lo.reshape(-1), hi.reshape(-1), fracs, strict=True)
    return as_array(
        [circuit.input(int(a), int(b), int(f), f"{stem}_{i}", i) for i, (a, b, f) in enumerate(items)],
        info.shape,
    )


def _name_results(values: Nums, stem: str, layer: int, graph: Graph, node: Node) -> None:
    fracs = np.broadcast_to(np.asarray(graph.info(node.name).type.frac), values.shape).reshape(-1)
    for position, num in enumerate(elements(values)):
        cell = num.cell
        if cell.layer == layer and not cell.is_result and cell.node == node.name:
            cell.name, cell.is_result = f"{stem}_{position}", True
            cell.frac = min(int(fracs[position]), num.frac)


def _layers(
    circuit: Circuit, groups: list[tuple[str, str, list[Node]]], inputs: int, outputs: Mapping[str, Nums]
) -> tuple[DesignLayer, ...]:
    leaving = {
        id(num.cell): num.cell for nums in outputs.values() for num in elements(nums) if not num.cell.is_const
    }
    live = dict(leaving)
    read_by: dict[int, set[int]] = {}
    for cell in reversed(circuit.cells):
        if id(cell) not in live:
            continue
        for arg in cell.args:
            if not arg.is_const:
                live[id(arg)] = arg
                read_by.setdefault(id(arg), set()).add(cell.layer)
    layers = [
        DesignLayer(name, module, tuple(nodes), [], [], is_input=index < inputs)
        for index, (name, module, nodes) in enumerate(groups)
    ]
    sources: dict[int, set[int]] = {}
    for cell in circuit.cells:
        if id(cell) in live:
            layers[cell.layer].cells.append(cell)
            sources.setdefault(cell.layer, set()).update(arg.layer for arg in cell.args if not arg.is_const)
            if id(cell) in leaving or read_by.get(id(cell), set()) - {cell.layer}:
                layers[cell.layer].exports.append(cell)
    for index, layer in enumerate(layers):
        layer.sources = tuple(sorted(sources.get(index, set()) - {index}))
        layer.exports.sort(key=lambda cell: _order(cell.name))
        _make_unique(layer.cells)
    return tuple(layers)


def _order(name: str) -> tuple[str, int]:
    stem, _, number = name.rpartition("_")
    return (stem, int(number)) if number.isdigit() else (name, 0)


def _make_unique(cells: Iterable[Cell]) -> None:
    names = Names()
    for cell in cells:
        cell.name = names.unique(cell.name)
