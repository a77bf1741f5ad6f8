"""Finds the values that are affine in the graph's inputs, for every input.

A value is affine if it comes from inputs and constants by sums, products with constants, powers of two
and moves alone. No op of the graph wraps unless it is a cast, so an affine value is fixed by what it is at
zero and at one unit vector per input element. An artefact whose stage is affine too (sums of products that
neither round nor wrap, as in a fresh emission) and that agrees on these agrees on every input.

Invariant: a value is listed only if every op on every path to it is known to be affine.
"""

from __future__ import annotations

from edgeml.ir import Graph
from edgeml.ir.kind import Kind
from edgeml.ir.ops._linear import Linear
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.pad import Pad
from edgeml.ir.ops.scale import Scale
from edgeml.ir.ops.sum_pool import SumPool

_AFFINE = (Add, Concat, Const, Input, Linear, Pad, Scale, SumPool)


def affine_values(graph: Graph) -> frozenset[str]:
    """Names of the values that are affine in the inputs."""
    affine: set[str] = set()
    for node in graph.nodes:
        keeps = isinstance(node.op, _AFFINE) or node.op.kind is Kind.MOVES
        if keeps and all(name in affine for name in node.inputs):
            affine.add(node.name)
    return frozenset(affine)
