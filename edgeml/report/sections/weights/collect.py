"""The constants of the exact graph: their histograms against their types, what they take and what they cost.

Invariant: all of it is counted from the graph itself and holds whatever the input is.
"""

from __future__ import annotations

import numpy as np

from edgeml.fixed import IntArray, align
from edgeml.ir import Graph, Node
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.report.histogram import CodeBins, Histogram, code_bins, span
from edgeml.report.numbers import Number, absent, measured, proven
from edgeml.report.predictions import ModelPredictions, predict
from edgeml.report.sections.weights.bops import bit_operations
from edgeml.report.sections.weights.facts import ModelSizes, WeightsFacts
from edgeml.report.source import RunSource


def collect(source: RunSource) -> WeightsFacts:
    """Sizes and histograms of the constants.

    Raises:
        EdgemlError: the test samples do not fit the exact graph.
    """
    graph, models = source.graph, source.shared(predict)
    return WeightsFacts.of(
        {"weights": "the graph has no weights"},
        sizes=sizes(
            graph, _counted(models, "float", "parameters"), _counted(models, "int8", "constant_bits")
        ),
        weights=histograms(graph),
    )


def _counted(models: ModelPredictions, name: str, what: str) -> Number:
    """A count of a baseline's ONNX model, absent with the reason if there is no such model."""
    if name not in models.baselines:
        return absent(models.reasons[name])
    return measured(getattr(models.baselines[name], what))


def histograms(graph: Graph) -> tuple[Histogram, ...]:
    """Weights and biases against their types: constants of at least two elements, tables left out."""
    return tuple(
        _histogram(graph, node)
        for node in graph.nodes
        if isinstance(node.op, Const) and node.op.codes.size > 1 and not _is_table(graph, node)
    )


def sizes(graph: Graph, float_parameters: Number, int8_bits: Number) -> ModelSizes:
    """Parameters, bits and multiply-accumulates, counted.

    Args:
        graph: the exact graph.
        float_parameters: of the float baseline, which the graph does not know.
        int8_bits: of the int8 model, which it does not know either.
    """
    constants = [node for node in graph.nodes if isinstance(node.op, Const)]
    products = [_macs(graph, node) for node in graph.nodes if isinstance(node.op, MatMul | Conv)]
    return ModelSizes(
        parameters=proven(sum(graph.info(node.name).size for node in constants)),
        weight_bits=constant_bits(graph),
        macs=proven(sum(all_ for all_, _ in products)),
        nonzero_macs=proven(sum(nonzero for _, nonzero in products)),
        bops=bit_operations(graph),
        float_parameters=float_parameters,
        int8_bits=int8_bits,
    )


def constant_bits(graph: Graph) -> Number:
    """Bits to store all constants at their types."""
    ops = (node.op for node in graph.nodes)
    widths = ((op.type.width, op.codes.shape) for op in ops if isinstance(op, Const))
    return proven(sum(int(np.broadcast_to(np.asarray(width), shape).sum()) for width, shape in widths))


def _macs(graph: Graph, node: Node) -> tuple[int, int]:
    """Multiply-accumulates per sample, and those with a weight that is not zero.

    Taps of a convolution that fall on its zero padding are counted: hardware computes them.
    """
    weights = graph.constant(node.inputs[1])
    result = graph.info(node.name)
    positions = result.size // weights.shape[-1]
    return positions * weights.size, positions * int(np.count_nonzero(weights))


def _histogram(graph: Graph, node: Node) -> Histogram:
    info = graph.info(node.name)
    kind = info.scalar
    raw = graph.constant(node.name)
    codes = align(raw, info.type.frac, info.frac)
    counter = CodeBins(int(codes.min()), int(codes.max()))
    counter.add(codes)
    start, step, counts = code_bins(counter, info.frac)
    return Histogram(
        name=node.name,
        type=str(info.type),
        shape=info.shape,
        start=start,
        step=step,
        counts=counts,
        limits=span(kind.lo, kind.hi, kind.frac),
        zeros=float(np.mean(raw == 0)),
        powers=float(np.mean(_power_of_two(raw))),
    )


def _power_of_two(codes: IntArray) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    size = np.abs(codes)
    return (size > 0) & ((size & (size - 1)) == 0)


def _is_table(graph: Graph, node: Node) -> bool:
    return any(user.op.op_name() == "lookup" for user in graph.users[node.name])
