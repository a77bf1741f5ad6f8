"""From the exact graph to a list of hls4ml layers.

`Planner` walks the graph once; `ops/<op>.py` defines `plan(node, planner)`, which adds the layers of an op.
An op without such a file is one that hls4ml cannot express.

Invariant: every graph value that a later op reads is held by one hls4ml layer, whose type holds every
code that the value can take, and whose modes are those of the graph's Cast.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.backend import Emitters, Refusal
from edgeml.backends.hls4ml.layer import Hls4mlLayer, LayerConstant, Precision
from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, Overflow, Round, align
from edgeml.ir import Graph, Node, Shape
from edgeml.ir.bias import only_user
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.reshape import Reshape

# Names with a meaning in C++ or hls4ml: its variables are w2, layer3_out, config4, its placeholder "input".
# Quartus' writer takes a layer called softmax or tanh for the function.
_RESERVED = re.compile(
    r"_.*|.*__.*|input|result_t|(w|b|s|e|a|d|p|z|config|layer|input|weight|bias)\d.*|nnet|hls|std|main|int|long|short"
    r"|char|float|double|half|bool|void|auto|const|static|signed|unsigned|struct|union|class|enum|typedef|template"
    r"|typename|this|new|delete|if|else|for|while|do|switch|case|default|break|continue|return|goto|try|catch|throw"
    r"|public|private|protected|virtual|operator|namespace|using|inline|extern|register|volatile|friend|explicit"
    r"|and|or|not|xor|true|false|asm|export|sizeof|concept|requires|max|min|abs|log|exp|sin|cos|tan|pow|floor|ceil"
    r"|softmax|sigmoid|tanh|elu|selu|softplus|softsign"
    r"|y0|y1|yn|j0|j1|jn|gamma|index|time|read|write|open|close|round|trunc|signal|div|free|exit"
)


EMITTERS = Emitters("hls4ml")

DOUBLE_BITS = 53
"""hls4ml's bridge hands values over as doubles, and its weights are doubles until they are written."""

_MOST_COPIES = 7
_LIBERO = ("InputLayer", "Dense", "Activation", "Reshape")
"""Layers that hls4ml's Libero back end has code for; it omits other layers without a message."""


class CannotExpressError(Exception):
    """An op that hls4ml would not compute exactly; becomes a `Refusal`."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason, remedy)
        self.reason = reason
        self.remedy = remedy


@dataclass(frozen=True)
class LayerPlan:
    """The layers of a project.

    Args:
        layers: in topological order.
        inputs: graph input -> layer, in the graph's order.
        outputs: graph output -> layer, in the graph's order; two outputs may share one layer.
        values: inner graph value -> layer that holds it.
        refusals: ops that cannot be expressed; the rest is then incomplete.
    """

    layers: tuple[Hls4mlLayer, ...]
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    values: Mapping[str, str]
    refusals: tuple[Refusal, ...]


class Planner:
    """Collects layers for a graph of core ops.

    Args:
        graph: without composite ops.
        backend: hls4ml's.
        io_type: "io_parallel" or "io_stream".
        reserved: names no layer may have, such as the project's.
    """

    def __init__(self, graph: Graph, backend: str, io_type: str, reserved: str) -> None:
        self.graph = graph
        self.backend = backend
        self.stream = io_type == "io_stream"
        self.layers: list[Hls4mlLayer] = []
        self._names = {reserved.lower()}
        self._layer_of: dict[str, str] = {}
        self._by_name: dict[str, Hls4mlLayer] = {}
        self._constants = graph.constants
        self._done: set[str] = set()

    def plan(self) -> LayerPlan:
        """The whole graph."""
        refused: list[Refusal] = []
        broken: set[str] = set()
        varying = [node for node in self.graph.nodes if node.name not in self._constants]
        for node in varying:
            if node.name in self._done:
                continue
            if broken.intersection(node.inputs):
                broken.add(node.name)  # one refusal is enough for a chain
                continue
            try:
                self._emit(node)
            except CannotExpressError as error:
                broken.add(node.name)
                refused.append(Refusal(node.name, node.op.op_name(), error.reason, error.remedy))
        outputs: dict[str, str] = {}
        for name in self.graph.outputs:
            if name in broken:
                continue
            try:
                outputs[name] = self._output(name)
            except CannotExpressError as error:
                refused.append(Refusal(name, self.graph.node(name).op.op_name(), error.reason, error.remedy))
        layers = self._needed(outputs.values())
        needed = {layer.name for layer in layers}
        inputs = {name: self._layer_of[name] for name in self.graph.inputs if name in self._layer_of}
        shown = {name: self._base(holder) for name, holder in self._layer_of.items() if holder in needed}
        values = {name: base.name for name, base in shown.items() if base.kind != "InputLayer"}
        refused += self._overread(layers, outputs)
        refused += [
            self._too_wide(name)
            for name in dict.fromkeys((*inputs, *outputs))
            if self.graph.info(name).magnitude >= 1 << DOUBLE_BITS
        ]
        return LayerPlan(tuple(layers), inputs, outputs, values, tuple(refused))

    def _emit(self, node: Node) -> None:
        EMITTERS.load(node.op.op_name()).plan(node, self)
        self._done.add(node.name)

    def _output(self, name: str) -> str:
        """The layer whose memory holds an output: a final reshape changes no number."""
        if name in self._constants:
            raise CannotExpressError("an output that does not depend on an input", "leave it out")
        node = self.graph.node(name)
        if isinstance(node.op, Reshape):
            return self._output(node.inputs[0])
        layer = self._layer_of[name]
        base = self._base(layer)
        if base.kind != "InputLayer":
            return base.name
        # A copy; hls4ml would remove it if it had exactly the type of the input, modes included.
        result = Precision(base.result.type, Round.RND_CONV, Overflow.SAT)
        attributes = {"activation": "linear", "n_in": self.graph.info(name).size}
        types = {"table": result}
        return self.add(
            node, "Activation", (base.name,), result, part="copy", attributes=attributes, types=types
        )

    def _overread(self, layers: Sequence[Hls4mlLayer], outputs: Mapping[str, str]) -> list[Refusal]:
        """Refusals of streams with too many readers: each reader needs a copy of its own."""
        if not self.stream:
            return []
        readers = [source for layer in layers for source in layer.inputs] + list(outputs.values())
        return [
            Refusal(
                layer.layer,
                layer.kind,
                f"{count} layers read it, and hls4ml copies a stream at most {_MOST_COPIES} times",
                "use io_parallel",
            )
            for layer in layers
            if (count := readers.count(layer.name)) > _MOST_COPIES
        ]

    def _too_wide(self, name: str) -> Refusal:
        node, width = self.graph.node(name), self.graph.info(name).scalar.width
        return Refusal(
            name,
            node.op.op_name(),
            f"{width} bits at a port, and hls4ml's bridge carries doubles, exact to {DOUBLE_BITS} bits",
            f"cast it to at most {DOUBLE_BITS} bits, or use the Verilog back end",
        )

    def _base(self, name: str) -> Hls4mlLayer:
        """The layer that computes a layer's value; reshapes, which have no code, are skipped."""
        layer = self._by_name[name]
        while layer.kind == "Reshape":
            layer = self._by_name[layer.inputs[0]]
        return layer

    def _needed(self, outputs: Iterable[str]) -> list[Hls4mlLayer]:
        """The layers that outputs depend on, and all inputs; a stream without a reader would block."""
        needed = set(outputs)
        for layer in reversed(self.layers):
            if layer.name in needed:
                needed.update(layer.inputs)
        return [layer for layer in self.layers if layer.name in needed or layer.kind == "InputLayer"]

    # ------------------------------------------------------------ what an emitter asks

    def shape(self, name: str) -> Shape:
        """Shape of a graph value."""
        return self.graph.info(name).shape

    def type(self, name: str) -> FixedType:
        """The one type that holds every code of a graph value."""
        return self.graph.info(name).scalar

    def held_as(self, name: str) -> Precision:
        """The type of the layer that holds a graph value."""
        return self._by_name[self._layer_of[name]].result

    def held_in(self, layer: str) -> Precision:
        """The type of a layer's output."""
        return self._by_name[layer].result

    def kind(self, layer: str) -> str:
        """hls4ml's class of a layer."""
        return self._by_name[layer].kind

    def source(self, name: str) -> str:
        """The layer that holds a graph value."""
        return self._layer_of[name]

    def is_constant(self, name: str) -> bool:
        """True if the value does not depend on an input."""
        return name in self._constants

    def constant(self, name: str) -> LayerConstant:
        """Codes and type of a constant; per-element types become the one type that covers them."""
        info = self.graph.info(name)
        codes = align(self._constants[name], info.type.frac, info.frac)
        return LayerConstant(np.broadcast_to(codes, info.shape), info.scalar)

    def users(self, name: str) -> tuple[Node, ...]:
        """The ops that read a value."""
        return self.graph.users[name]

    def only_user(self, name: str) -> Node | None:
        """The one op that reads a value that nothing else needs, or None."""
        return only_user(self.graph, name)

    # ------------------------------------------------------------ what an emitter says

    def add(
        self,
        node: Node,
        kind: str,
        inputs: tuple[str, ...],
        result: FixedType | Precision,
        *,
        part: str = "",
        absorbs: tuple[str, ...] = (),
        **details: Any,
    ) -> str:
        """Add a layer.

        Args:
            node: the op it belongs to.
            kind: hls4ml's class name.
            inputs: layers it reads.
            result: its type.
            part: what it does, if it is not the layer that holds the op's value.
            absorbs: further graph values computed on the way, which no layer holds.
            details: other fields of `Hls4mlLayer`.

        Returns:
            The layer's name.

        Raises:
            CannotExpressError: hls4ml's Libero back end has no such layer, or a constant has too many bits.
        """
        if self.backend == "Libero" and kind not in _LIBERO:
            raise CannotExpressError(f"hls4ml's Libero back end has no {kind}", "use Vitis or Vivado")
        weights: Mapping[str, LayerConstant] = details.get("weights", {})
        for what, constant in weights.items():
            if np.any(constant.codes.astype(np.float64).astype(np.int64) != constant.codes):
                raise CannotExpressError(
                    f"a {what} of more than {DOUBLE_BITS} bits, and hls4ml takes doubles", "use fewer bits"
                )
        precision = result if isinstance(result, Precision) else Precision(result)
        name = self._unique(f"{node.name}_{part}" if part else node.name, node)
        layer = Hls4mlLayer(name, kind, inputs, precision, layer=node.layer, **details)
        self.layers.append(layer)
        self._by_name[name] = layer
        if not part:
            self._layer_of[node.name] = name
            self._done.update(absorbs)
        return name

    def alias(self, node: Node, source: str) -> None:
        """The op changes no stored number: the layer of `source` holds its value as well."""
        self._layer_of[node.name] = self._layer_of[source]

    def hold(self, node: Node, layer: str, part: str = "") -> str:
        """Use an existing layer in place of a new one; arguments as for `add`."""
        if not part:
            self._layer_of[node.name] = layer
        return layer

    def done(self, node: Node) -> None:
        """The op was expressed together with another one."""
        self._done.add(node.name)

    def _unique(self, text: str, node: Node) -> str:
        stem = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_") or "value"
        if stem[0].isdigit() or _RESERVED.fullmatch(stem.lower()):
            stem = f"in_{stem}" if isinstance(node.op, Input) else f"op_{stem}"
        name, count = stem, 1
        while name.lower() in self._names:  # hls4ml looks its layers up in lower case
            count += 1
            name = f"{stem}_{count}"
        self._names.add(name.lower())
        return name


def plan_graph(graph: Graph, backend: str, io_type: str, project: str) -> LayerPlan:
    """The layers for a graph.

    Raises:
        EdgemlError: the graph has composite ops.
    """
    from edgeml.ir import Composite

    for node in graph.nodes:
        if isinstance(node.op, Composite):
            raise EdgemlError("is a composite op; expand it first", node.name)
    return Planner(graph, backend, io_type, project).plan()
