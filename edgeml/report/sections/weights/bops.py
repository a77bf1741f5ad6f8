"""Bit operations: a proxy for the energy of an inference that needs no tool, counted from the graph.

A layer with n inputs per output and m outputs, b_a bits per input, b_w bits per weight and a share f of
weights that are zero is counted as

    m n ((1 - f) b_a b_w + b_a + b_w + log2 n)

per position: Baskin et al., "UNIQ" (arXiv:1804.10969), with the share of zeros as in Hawks et al., "Ps and
Qs" (Frontiers in AI 4, 2021, doi:10.3389/frai.2021.676564). The terms are the partial products of the
multiplications and the bits of the accumulator.

Invariant: only the graph is looked at. It is a proxy: it knows nothing of wires, memories, clocks or idle
power, and compares designs of one kind, not an FPGA with a processor.
"""

from __future__ import annotations

import math

import numpy as np

from edgeml.ir import Graph, Node
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.report.numbers import Number, proven


def bit_operations(graph: Graph) -> Number:
    """Bit operations per sample over all matrix products and convolutions of the graph."""
    nodes = (node for node in graph.nodes if isinstance(node.op, MatMul | Conv))
    return proven(round(sum(_layer(graph, node) for node in nodes)))


def _layer(graph: Graph, node: Node) -> float:
    weights = graph.constant(node.inputs[1])
    outputs = weights.shape[-1]
    fan_in = weights.size // outputs
    positions = graph.info(node.name).size // outputs
    widths = np.broadcast_to(np.asarray(graph.info(node.inputs[1]).type.width), weights.shape)
    # A type per element: the mean is exact for the sums, and close for the products.
    data = float(np.mean(graph.info(node.inputs[0]).type.width))
    products = data * float(widths[weights != 0].sum())
    sums = weights.size * (data + math.log2(fan_in)) + float(widths.sum())
    return positions * (products + sums)
