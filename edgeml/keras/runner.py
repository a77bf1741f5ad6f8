"""Keras itself as a runner: float32 in, integers of the graph's values out.

Invariant: an integer returned is exactly what Keras computed; a float that is no integer of the value's
type is never rounded into one. An output with such floats is refused, an inner value is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray, to_float
from edgeml.ir import Graph
from edgeml.ir.ops.input import Input
from edgeml.keras.backend import import_keras
from edgeml.keras.double import double_precision, in_double, tensor_in_type
from edgeml.keras.execute import every_call
from edgeml.keras.lower import Lowered, lower_model
from edgeml.keras.topology import Topology, topology
from edgeml.presets.lowering import Lowering, StatedType
from edgeml.reading import FAULTS, error_text

_BATCH = 512


class NoDoubleError(EdgemlError):
    """A layer or quantizer computes in float32 alone."""


class OffGridError(EdgemlError):
    """Keras returned a float that is no integer of the graph's value."""


def keras_codes(
    model: Any, graph: Graph, x: Any, keep: Sequence[str] = (), options: Lowering | None = None
) -> dict[str, IntArray]:
    """Run Keras eagerly in float32 and read its tensors as integers.

    Args:
        model: the Keras model the graph was lowered from.
        graph: for names and types only.
        x: floats (samples, *shape); a mapping by input name or a sequence for several inputs.
        keep: inner values reachable as well; those Keras has no tensor for are left out, and so are those
            whose floats are not on the value's grid.
        options: how the model was lowered to the graph; found from the graph if None.

    Returns:
        int64 codes (samples, *shape) of every graph output and of what could be kept.

    Raises:
        EdgemlError: the model does not fit the graph.
        OffGridError: an output is not on its grid; tells the first element, where float32 was not exact.
    """
    floats = keras_floats(model, graph, x, keep, options)
    codes: dict[str, IntArray] = {}
    for name, values in floats.items():
        steps = np.ldexp(values.astype(np.float64), np.asarray(graph.info(name).type.frac, np.int32))
        whole = np.rint(steps)
        off = (steps != whole) | (np.abs(steps) >= 2.0**62)
        if not np.any(off):
            codes[name] = whole.astype(np.int64)
        elif name in graph.outputs:
            first = tuple(int(i) for i in np.argwhere(off)[0])
            raise OffGridError(
                f"Keras returns {values[first]} at {list(first)}, no multiple of 2^-{graph.info(name).frac}",
                name,
                "float32 was not exact here; edgeml.keras.float32 tells which layers can be",
            )
    return codes


def keras_floats(
    model: Any,
    graph: Graph,
    x: Any,
    keep: Sequence[str] = (),
    options: Lowering | None = None,
    double: bool = False,
) -> dict[str, NDArray[np.floating[Any]]]:
    """The tensors of Keras that correspond to the graph's outputs and to `keep`, in float32.

    An input whose type was stated is rounded to it before Keras sees it, as the note on the graph says.

    Args:
        model: as for `keras_codes`, and so are the others.
        graph: for names and types, and for the inputs' own rounding.
        x: floats.
        keep: inner values.
        options: how it was lowered.
        double: compute in float64, with the roundings that are stated, see `edgeml.keras.double`.

    Raises:
        EdgemlError: the model does not fit the graph, or Keras or QKeras cannot compute it in float64.
    """
    import_keras()
    network = topology(model)
    lowered = lowered_as(model, graph, options)
    if lowered.graph.outputs != graph.outputs or lowered.graph.inputs != graph.inputs:
        raise EdgemlError(
            f"the model has the inputs and outputs {lowered.graph.inputs} -> {lowered.graph.outputs}, "
            f"the graph {graph.inputs} -> {graph.outputs}",
            graph.name,
            "lower the model again",
        )
    places = _places(lowered, network)
    reachable = [name for name in dict.fromkeys((*graph.outputs, *keep)) if name in places]
    missing = [name for name in graph.outputs if name not in places]
    if missing:
        raise EdgemlError("Keras has no tensor for this output", missing[0], "compare an earlier layer")
    arrays = [
        array if lowered.options.type_of(name) is None else _rounded(graph, name, array)
        for name, array in zip(graph.inputs, _arrays(graph, x), strict=True)
    ]
    calls = [places[name] for name in reachable]
    if double:
        with double_precision(), _faults_of_double(graph.name):
            copy = in_double(model, lowered.options)
            wide = [array.astype(np.float64) for array in arrays]
            results = _results(copy, lowered, topology(copy), wide, _roundings(lowered, network), calls)
    else:
        results = _results(model, lowered, network, arrays, {}, calls)
    return dict(zip(reachable, results, strict=True))


def _results(
    model: Any,
    lowered: Lowered,
    network: Topology,
    arrays: Sequence[NDArray[Any]],
    roundings: Mapping[int, StatedType],
    chosen: Sequence[int],
) -> list[NDArray[Any]]:
    """The results of the chosen calls of layers, computed in batches."""
    parts: list[list[NDArray[Any]]] = [[] for _ in chosen]

    def adjust(place: int, result: Any) -> Any:
        return tensor_in_type(result, roundings[place]) if place in roundings else result

    with _without_decisions(lowered, network):
        for start in range(0, max(len(arrays[0]), 1), _BATCH):
            batch = [array[start : start + _BATCH] for array in arrays]
            results = every_call(model, batch, adjust)
            if len(results) != len(network.calls):
                raise EdgemlError(
                    f"Keras makes {len(results)} calls of layers, the graph has {len(network.calls)}",
                    lowered.graph.name,
                )
            for part, place in zip(parts, chosen, strict=True):
                part.append(np.asarray(results[place]))
    return [np.concatenate(part) for part in parts]


@contextmanager
def _faults_of_double(where: str) -> Iterator[None]:
    """A context in which a layer that knows float32 alone becomes an error of ours."""
    import tensorflow as tf

    try:
        yield
    except (*FAULTS, tf.errors.OpError) as error:
        raise NoDoubleError(f"Keras cannot compute it in float64: {error_text(error)}", where) from error


def _roundings(lowered: Lowered, network: Topology) -> dict[int, StatedType]:
    """The stated types of results, by call, where the lowering rounds to them."""
    stated = {
        place: lowered.options.stated(call.name, "result")
        for place, call in enumerate(network.calls)
        if call.name in lowered.rounded
    }
    return {place: type for place, type in stated.items() if type is not None}


def _rounded(graph: Graph, name: str, array: NDArray[np.float32]) -> NDArray[np.float32]:
    op = graph.node(name).as_op(Input)
    return to_float(op.codes(array), graph.info(name).type.frac).astype(np.float32)


def _places(lowered: Lowered, network: Topology) -> dict[str, int]:
    """The call that gives each graph value; the logits, for a layer whose softmax was left off."""
    places: dict[str, int] = {}
    for place, call in enumerate(network.calls):
        value = lowered.layer_values.get(call.name)
        if value is not None:
            places.setdefault(value, place)
    for place, call in enumerate(network.calls):
        if call.output in network.outputs and call.name not in lowered.layer_values:
            places.setdefault(lowered.graph.outputs[network.outputs.index(call.output)], place)
    return places


def lowered_as(model: Any, graph: Graph, options: Lowering | None = None) -> Lowered:
    """The model lowered again.

    Args:
        model: the Keras model.
        graph: what it was lowered to before.
        options: how; derived from the graph if None.

    Raises:
        EdgemlError: the model is not the graph's.
    """
    return _lowered_like(model, graph) if options is None else lower_model(model, graph.name, options=options)


def _lowered_like(model: Any, graph: Graph) -> Lowered:
    """The model lowered to the inputs and outputs that the graph has: stated types, logits or tables.

    Raises:
        EdgemlError: the model is not the graph's.
    """
    outputs = str(graph.info(graph.outputs[0]).scalar)
    inputs = {name: str(graph.info(name).scalar) for name in graph.inputs}
    tries = (
        Lowering(),
        Lowering(outputs=outputs),
        Lowering(input_type=inputs),
        Lowering(outputs=outputs, input_type=inputs),
    )
    refused: EdgemlError | None = None
    for options in tries:
        try:
            lowered = lower_model(model, graph.name, options=options)
        except EdgemlError as error:
            refused = refused or error
            continue
        if _same_ends(graph, lowered.graph):
            return lowered
    if refused is not None:
        raise refused
    return lower_model(model, graph.name)


def _same_ends(graph: Graph, other: Graph) -> bool:
    """True if inputs are of one type and outputs made by the same kind of op."""
    if graph.inputs != other.inputs or graph.outputs != other.outputs:
        return False
    inputs = all(graph.node(name).op == other.node(name).op for name in graph.inputs)
    return inputs and all(type(graph.node(name).op) is type(other.node(name).op) for name in graph.outputs)


@contextmanager
def _without_decisions(lowered: Lowered, network: Topology) -> Iterator[None]:
    """A context without the inline softmax and sigmoid whose logits are the graph's outputs."""
    changed: list[tuple[Any, Any]] = []
    try:
        for call in network.calls:
            activation = getattr(call.layer, "activation", None)
            logits = call.output in network.outputs and call.name not in lowered.layer_values
            if logits and getattr(activation, "__name__", "") in ("softmax", "sigmoid"):
                changed.append((call.layer, activation))
                call.layer.activation = _linear
        yield
    finally:
        for layer, activation in reversed(changed):
            layer.activation = activation


def _linear(x: Any) -> Any:
    return x


def _arrays(graph: Graph, x: Any) -> list[NDArray[np.float32]]:
    names = graph.inputs
    if isinstance(x, Mapping):
        listed = [x[name] for name in names if name in x]
    else:
        listed = list(x) if isinstance(x, list | tuple) and len(x) == len(names) else [x]
    if len(listed) != len(names):
        raise EdgemlError(
            f"{len(listed)} inputs given, {len(names)} expected: {', '.join(names)}", graph.name
        )
    arrays = [np.asarray(array, np.float32) for array in listed]
    for name, array in zip(names, arrays, strict=True):
        if array.ndim < 1 or len(array) != len(arrays[0]):
            raise EdgemlError("inputs with different numbers of samples", name)
    return arrays
