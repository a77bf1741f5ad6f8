"""The exponents of an op whose model contains no power of two of its own."""

from __future__ import annotations

from edgeml.ir import Graph, Node


def no_exponents(graph: Graph, node: Node) -> int:
    """`exponents` of an op that is written without a scale."""
    return 0
