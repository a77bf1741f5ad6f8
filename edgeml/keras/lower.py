"""From a trained QKeras model to the exact graph.

Each call of a layer is handed to its file in `layers/`. The value that carries a layer's output gets the
layer's name ("fc1" is the Add of layer fc1); what comes before it is "fc1.weight", "fc1.matmul" and so on.
A layer that changes nothing (Dropout, a QActivation that became the input's type) has no node of its own:
`Lowered.layer_values` tells which value carries its output.

Invariant: the graph's integers are Keras' float32 outputs, except where a note says `exact=False` or
float32 itself cannot hold a sum (`edgeml.keras.float32` tells where).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from edgeml.errors import EdgemlError
from edgeml.ir import Graph, Node
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.reshape import Reshape
from edgeml.keras import layers
from edgeml.keras.backend import import_keras
from edgeml.keras.builder import LayerBuilder, Note
from edgeml.keras.handlers import LayerHandler, LayerKind
from edgeml.keras.operation import lower_operation
from edgeml.keras.pending import PendingFunction, RawInput
from edgeml.keras.quantizers._stated import stated_table
from edgeml.keras.topology import Call, Topology, topology
from edgeml.passes.threshold import Threshold
from edgeml.presets import Lowering
from edgeml.settings import check_layers, per_layer

_SOFTMAX = ("logits", "table")


@dataclass(frozen=True)
class Lowered:
    """A graph, its notes, and which value carries which layer.

    Args:
        graph: the exact graph.
        notes: what the user should know, by layer.
        layer_values: for each call of a layer whose output is comparable, the value that carries it.
        options: how it was lowered.
        factored: the layers with factors that nothing quantizes.
        left_off: by output of the graph, the activation at the model's end that it leaves off.
        rounded: the layers in float whose results a stated type rounds.
    """

    graph: Graph
    notes: tuple[Note, ...]
    layer_values: Mapping[str, str]
    options: Lowering = field(default_factory=Lowering)
    factored: frozenset[str] = frozenset()
    left_off: Mapping[str, str] = field(default_factory=dict)
    rounded: frozenset[str] = frozenset()


def lower(
    model: Any,
    name: str | None = None,
    strict: bool = False,
    softmax: Literal["logits", "table"] = "logits",
    options: Lowering | None = None,
) -> Graph:
    """The exact graph of a trained QKeras model; `graph.notes` says what the integers do not.

    Args:
        model: a Keras 3 model, sequential or functional, of the layers in `edgeml/keras/layers`.
        name: of the graph; the model's own by default.
        strict: refuse what would not be exact instead of noting it. Logits in place of probabilities are
            exact: they are noted all the same, never refused.
        softmax: what an output softmax becomes: "logits" leaves it off (the largest logit is the class),
            "table" gives probabilities from tables (`edgeml.ir.ops.softmax`). An inner softmax is always
            a table.
        options: outputs (of a sigmoid as well) and bits of factors.

    Raises:
        EdgemlError: a layer or quantizer is not covered, or a tensor is not quantized; names the layer.
        MissingToolError: TensorFlow, Keras or QKeras is not installed.
    """
    return lower_model(model, name, strict, softmax, options).graph


def lower_model(
    model: Any,
    name: str | None = None,
    strict: bool = False,
    softmax: Literal["logits", "table"] = "logits",
    options: Lowering | None = None,
) -> Lowered:
    """As `lower`, with the notes and the names of the layers' values.

    Raises:
        EdgemlError: as `lower`.
        MissingToolError: as `lower`.
    """
    if softmax not in _SOFTMAX:
        raise EdgemlError(f"softmax={softmax!r}", "lower", f"one of {', '.join(_SOFTMAX)}")
    import_keras()
    network = topology(model)
    builder = LayerBuilder(_graph_name(name or model.name), strict, options)
    check_layers(
        builder.options.factor_bits,
        [call.name for call in network.calls],
        "lowering.factor_bits",
        "it has no factors",
    )
    values: dict[int, str] = {}
    check_layers(
        builder.options.layer_types,
        [call.name for call in network.calls],
        "lowering.layer_types",
        "it is no layer",
    )
    check_layers(
        builder.options.input_type,
        [name for name, _ in network.inputs],
        "lowering.input_type",
        "it is no input",
    )
    for (input_name, key), tensor in zip(network.inputs, _inputs(model), strict=True):
        values[key] = builder.raw_input(input_name, _input_shape(input_name, tensor))
    for call in network.calls:
        if type(call.layer).__name__ == "Masking":  # before the operations that Keras hangs onto a mask
            _handler(call)
    for call in network.calls:
        builder.left_in_float = False
        value = _lower_call(builder, call, tuple(values[key] for key in call.inputs))
        values[call.output] = _rounded(builder, network, call, value) if builder.left_in_float else value
    outputs = [_output(builder, network, values, key, softmax) for key in network.outputs]
    return _with_thresholds(_finish(builder, network, values, outputs))


def _with_thresholds(lowered: Lowered) -> Lowered:
    """The same with comparisons in place of factors that lead to few codes, unless their bits are stated."""
    options = lowered.options
    free = frozenset(name for name in lowered.factored if per_layer(options.factor_bits, name) is None)
    after = Threshold(options.threshold_bits, free).apply(lowered.graph)
    if after is lowered.graph:
        return lowered
    graph = Graph(after.name, after.nodes, after.outputs, lowered.graph.notes)
    carried = {layer: value for layer, value in lowered.layer_values.items() if value in graph.infos}
    return replace(lowered, graph=graph, layer_values=carried)


def _handler(call: Call) -> LayerHandler:
    """The handler of a call's layer.

    Raises:
        EdgemlError: it is not covered; says what to use instead.
    """
    return layers.handler(call.layer, call.name)


def _lower_call(builder: LayerBuilder, call: Call, inputs: tuple[str, ...]) -> str:
    """One call; errors from the graph itself get the layer's name."""
    layer = call.layer
    builder.layer = call.name
    if call.arguments is not None:
        return lower_operation(builder, call, inputs)
    if layer.compute_dtype != "float32":
        raise builder.refuse(
            f"computes in {layer.compute_dtype}",
            "build the model with dtype='float32', whose sums can be exact",
        )
    handler = _handler(call)
    if call.training and handler.kind is not LayerKind.AUGMENTS:
        raise builder.refuse(
            "is called with training=True, so that it is not the same at every inference", "call it without"
        )
    count = len(call.inputs)
    if count > 1 and handler.kind is not LayerKind.MERGES:
        raise builder.refuse(
            f"this {type(layer).__name__} is called on {count} tensors",
            "call it on one, without a mask",
        )
    if handler.kind in (LayerKind.MOVES, LayerKind.AUGMENTS) and inputs[0] in builder.floats:

        def move(again: LayerBuilder, value: str) -> str:
            return handler.lower(layer, again, (value,))

        return builder.moved(inputs[0], move)
    if handler.kind is not LayerKind.ANY:
        inputs = tuple(builder.exact(value) for value in inputs)
        builder.layer = call.name
    return handler.lower(layer, builder, inputs)


def _rounded(builder: LayerBuilder, network: Topology, call: Call, value: str) -> str:
    """The result of a layer that the model leaves in float, in the type that is stated for it.

    Not where a quantizer rounds it anyway, and not at the model's end.
    """
    stated = builder.options.stated(call.name, "result")
    if stated is None or value in builder.floats:
        return value
    readers = [reader for reader in network.calls if call.output in reader.inputs]
    if all(type(reader.layer).__name__ == "QActivation" for reader in readers):
        return value
    return builder.rounded(value, stated)


def _output(
    builder: LayerBuilder, network: Topology, values: Mapping[int, str], key: int, softmax: str
) -> str:
    """The exact value of a model output; sigmoid, and softmax if asked for, give their logits."""
    value = values[key]
    makers = [call.name for call in network.calls if call.output == key]
    builder.layer = makers[0] if makers else value
    pending = builder.floats.get(value)
    try:
        return _exact_output(builder, value, pending, softmax)
    except EdgemlError as error:
        what = error.what.replace("reads", "is", 1) if error.what.startswith("reads ") else error.what
        hint = error.hint
        if error.what.startswith("reads the unquantized result"):
            typed = "'fixed<8,0>'"
            hint = (
                f"put QActivation(quantized_bits(8, 0, alpha=1.0)) after {value[1:]!r}, or state the type "
                f"of the output: --set lowering.outputs={typed}, edgeml.lower(model, outputs={typed})"
            )
        raise EdgemlError(f"the model's output {what}", error.where, hint) from error


def _exact_output(
    builder: LayerBuilder, value: str, pending: RawInput | PendingFunction | None, softmax: str
) -> str:
    if not isinstance(pending, PendingFunction):
        return builder.exact(value)
    options = builder.options
    if pending.logits:
        if options.kind == "logits" and not (pending.vector and softmax == "table"):
            builder.note(f"the graph's output is the logits before {pending.what}: {pending.logits}")
            return pending.source
        if pending.probabilities is not None:
            return builder.settle(value, pending.probabilities(pending, options.type))
    if options.type is not None and not pending.vector:
        return builder.settle(value, stated_table(builder, pending, options.type))
    return builder.exact(value)


def _finish(
    builder: LayerBuilder, network: Topology, values: Mapping[int, str], outputs: list[str]
) -> Lowered:
    """Name the layers' values after the layers, and leave out what no output needs."""
    for position, value in enumerate(outputs):
        if value in outputs[:position]:
            builder.layer = f"output_{position}"
            outputs[position] = builder.add(Reshape(builder.info(value).shape), value, part="copy")
    renamed: dict[str, str] = {}
    carried: dict[str, str] = {}
    for call in network.calls:
        value = builder.settled(values[call.output])
        if value in builder.floats:
            continue
        if builder.owners.get(value) == call.name:
            renamed[value] = call.name
        carried[call.name] = value
    needed = set(outputs)
    for node in reversed(builder.graph.nodes):
        if node.name in needed:
            needed.update(node.inputs)
    nodes = [
        Node(
            renamed.get(node.name, node.name), node.op, tuple(renamed.get(name, name) for name in node.inputs)
        )
        for node in builder.graph.nodes
        if node.name in needed
    ]
    order = {name: position for position, (name, _) in enumerate(network.inputs)}
    nodes.sort(
        key=lambda node: order.get(node.name, len(order)) if isinstance(node.op, Input) else len(order)
    )
    if not any(isinstance(node.op, Input) for node in nodes):
        raise EdgemlError(
            "no output depends on an input", builder.graph.nodes[0].name if builder.graph.nodes else "model"
        )
    graph = Graph(builder.name, nodes, [renamed.get(name, name) for name in outputs], builder.notes)
    comparable = {
        layer: renamed.get(value, value)
        for layer, value in carried.items()
        if renamed.get(value, value) in graph.infos
    }
    left_off = {
        name: pending.what
        for name, key in zip(graph.outputs, network.outputs, strict=True)
        if isinstance(pending := builder.floats.get(values[key]), PendingFunction)
        and renamed.get(pending.source, pending.source) == name
    }
    return Lowered(
        graph,
        tuple(builder.notes),
        comparable,
        builder.options,
        frozenset(builder.factored),
        left_off,
        frozenset(builder.rounded_results),
    )


def _graph_name(name: str) -> str:
    return "".join(char if char.isalnum() or char in "_.-" else "_" for char in name)


def _inputs(model: Any) -> list[Any]:
    return list(model.inputs)


def _input_shape(name: str, tensor: Any) -> tuple[int, ...]:
    shape = tuple(tensor.shape[1:])
    if any(size is None for size in shape):
        raise EdgemlError(
            f"the input's shape {shape} has an open axis", name, "give keras.Input a shape without None"
        )
    return tuple(int(size) for size in shape)
