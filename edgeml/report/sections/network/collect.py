"""The layers of the exact graph, with the classes that Keras knows them by."""

from __future__ import annotations

import math

from edgeml.ir import Graph, Node
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.input import Input
from edgeml.keras.kinds import LayerKinds, layer_kinds
from edgeml.report.sections.network.facts import NetworkFacts, NetworkLayer
from edgeml.report.source import RunSource


def collect(source: RunSource) -> NetworkFacts:
    """A row per layer.

    Raises:
        EdgemlError: the file of the model is damaged.
    """
    return of_graph(source.graph, layer_kinds(source.run.model_file))


def of_graph(graph: Graph, kinds: LayerKinds) -> NetworkFacts:
    """A row per layer of the graph.

    Args:
        graph: the exact graph.
        kinds: the classes of its layers, as far as they are known.
    """
    layers: dict[str, list[Node]] = {}
    for node in graph.nodes:
        layers.setdefault(node.layer, []).append(node)
    rows = tuple(
        _row(graph, name, nodes, kinds.of(name))
        for name, nodes in layers.items()
        if any(not isinstance(node.op, Const) for node in nodes)
    )
    return NetworkFacts.of({"network": "the graph computes nothing"}, network=rows)


def _row(graph: Graph, name: str, nodes: list[Node], kind: str) -> NetworkLayer:
    own = [node for node in nodes if not isinstance(node.op, Const)]
    constants = [graph.info(node.name) for node in nodes if isinstance(node.op, Const)]
    result = graph.info(own[-1].name)
    ops = tuple(dict.fromkeys(node.op.op_name().replace("_", " ") for node in own))
    sources = [graph.node(read) for node in own for read in node.inputs]
    reads = (read.layer for read in sources if read.layer != name and not isinstance(read.op, Const))
    is_input = isinstance(own[-1].op, Input)
    return NetworkLayer(
        name=name,
        kind=kind or ("input" if is_input else ", ".join(ops)),
        ops=ops,
        shape=result.shape,
        type=str(result.type),
        weights=sum(math.prod(info.shape) for info in constants),
        weight_types=tuple(dict.fromkeys(str(info.type) for info in constants)),
        reads=tuple(dict.fromkeys(reads)),
    )
