"""The oracle: NumPy on int64, one op after the other.

Invariant: nothing here rounds, wraps or reorders; every op does what its file says, and every graph
that verified fits. The results of all other executors are compared with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray, int_array, to_float
from edgeml.ir.graph import Graph, Node, graph_of
from edgeml.ir.info import ValueInfo
from edgeml.ir.ops.input import Input
from edgeml.ir.work import batch_size
from edgeml.types import Data, Values

_CHUNK = 256
"""Most samples at a time: the unrolled windows of a convolution stay in the cache."""


def run_nodes(nodes: Sequence[Node], infos: Mapping[str, ValueInfo], values: dict[str, IntArray]) -> None:
    """Evaluate `nodes` in order into `values`, which holds the inputs' codes already."""
    for node in nodes:
        if isinstance(node.op, Input):
            continue
        sources = [values[name] for name in node.inputs]
        kinds = [infos[name] for name in node.inputs]
        values[node.name] = node.op.evaluate(sources, kinds, infos[node.name])


def constant_codes(graph: Graph) -> Mapping[str, IntArray]:
    """Codes, of the value's shape, of every constant and every value computed from constants alone."""
    constants: dict[str, IntArray] = {}
    for node in graph.nodes:
        if isinstance(node.op, Input) or not all(name in constants for name in node.inputs):
            continue
        infos = [graph.info(name) for name in node.inputs]
        info = graph.info(node.name)
        codes = node.op.evaluate([constants[name][np.newaxis] for name in node.inputs], infos, info)[0]
        constants[node.name] = np.array(np.broadcast_to(codes, info.shape))
    return constants


def evaluate_codes(
    graph: Graph, inputs: Mapping[str, IntArray], keep: Iterable[str] | None = None
) -> dict[str, IntArray]:
    """Integer codes in, integer codes out.

    Args:
        graph: the graph.
        inputs: codes (samples, *shape) for every input name, within the type's range.
        keep: names of the values wanted; the outputs by default.

    Returns:
        Codes (samples, *shape) by name.

    Raises:
        EdgemlError: an input is missing, of the wrong shape or out of range, or a name is unknown.
    """
    names = tuple(dict.fromkeys(graph.outputs if keep is None else keep))
    for name in names:
        if name not in graph.infos:
            raise EdgemlError(f"there is no value {name!r}", graph.name)
    input_values = {name: _checked(graph, name, inputs) for name in graph.inputs}
    counts = {codes.shape[0] for codes in input_values.values()}
    if len(counts) != 1:
        raise EdgemlError(f"inputs with different numbers of samples: {sorted(counts)}", graph.name)
    (samples,) = counts
    parts: dict[str, list[IntArray]] = {name: [] for name in names}
    chunk = batch_size(graph, _CHUNK)
    for start in range(0, max(samples, 1), chunk):
        count = min(chunk, samples - start)
        values = {name: codes[start : start + count] for name, codes in input_values.items()}
        run_nodes(graph.nodes, graph.infos, values)
        for name in names:
            shape = (count, *graph.info(name).shape)
            parts[name].append(np.array(np.broadcast_to(values[name], shape)))
    return {name: np.concatenate(chunks) for name, chunks in parts.items()}


def input_codes(graph: Graph, x: Data) -> dict[str, IntArray]:
    """Floats as codes of the graph's inputs.

    Args:
        graph: the graph.
        x: floats (samples, *shape), or for several inputs a mapping by name or a sequence in order.

    Raises:
        EdgemlError: inputs are missing, shapes differ, or values are NaN or infinite.
    """
    names = graph.inputs
    if isinstance(x, Mapping):
        values: dict[str, Any] = dict(cast("Mapping[str, Any]", x))
    elif len(names) == 1 and not _is_list_of_one(x, len(graph.info(names[0]).shape) + 1):
        values = {names[0]: x}
    else:
        items: list[Any] = list(x) if np.iterable(x) else [x]
        if len(items) != len(names):
            raise EdgemlError(
                f"{len(items)} inputs given, {len(names)} expected: {', '.join(names)}", graph.name
            )
        values = dict(zip(names, items, strict=True))
    if set(values) != set(names):
        raise EdgemlError(f"inputs {', '.join(values)} given, {', '.join(names)} expected", graph.name)
    codes: dict[str, IntArray] = {}
    for name in names:
        op = graph.node(name).op
        if isinstance(op, Input):
            try:
                codes[name] = op.codes(values[name])
            except EdgemlError as error:
                raise EdgemlError(error.what, f"input {name}", error.hint) from error
    return codes


def _is_list_of_one(x: Any, rank: int) -> bool:
    """True if x is [array] rather than an array, for an input whose batch has `rank` axes."""
    if type(x) not in {list, tuple} or len(x) != 1:
        return False
    try:
        return np.ndim(x[0]) == rank
    except ValueError:  # rows of different lengths; Input refuses them
        return False


def evaluate(graph: Graph, x: Data, raw: bool = False) -> Values:
    """Run the graph exactly on floats.

    Args:
        graph: the graph.
        x: floats (samples, *shape) like the Keras input; a mapping or sequence for several inputs.
        raw: return int64 codes instead of values.

    Returns:
        float64 values code * 2^-frac (or the codes) of shape (samples, ...); a dict by output name if
        there are several outputs.

    Raises:
        EdgemlError: the data do not fit the inputs, or the graph is none.
    """
    graph = graph_of(graph)
    return outputs_of(graph, evaluate_codes(graph, input_codes(graph, x)), raw)


def outputs_of(graph: Graph, codes: Mapping[str, IntArray], raw: bool) -> Any:
    """Codes by output name as the public functions return them: values or codes, bare if there is one."""
    results: dict[str, NDArray[Any]] = {
        name: codes[name] if raw else to_float(codes[name], graph.info(name).type.frac)
        for name in graph.outputs
    }
    return next(iter(results.values())) if len(results) == 1 else results


def _checked(graph: Graph, name: str, inputs: Mapping[str, IntArray]) -> IntArray:
    if name not in inputs:
        raise EdgemlError("no codes given for this input", name)
    codes, info = int_array(inputs[name], name), graph.info(name)
    if codes.ndim != len(info.shape) + 1 or codes.shape[1:] != info.shape:
        raise EdgemlError(f"codes of shape {codes.shape}, (samples, *{info.shape}) expected", name)
    if codes.size and (np.any(codes < info.lo) or np.any(codes > info.hi)):
        raise EdgemlError(f"codes from {codes.min()} to {codes.max()} do not fit {info.type}", name)
    return codes
