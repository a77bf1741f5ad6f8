"""The option `pair_bits`: two narrow products in one multiplier of a folded layer.

Outputs 2k and 2k + 1 read the same element in each clock. A multiplier computes (w1 * 2^s + w0) * x, and a
sum over such products holds both sums: s is the width of the whole sum of output 2k, so that nothing of it
reaches the other one. It begins half of its range higher, is never negative and borrows nothing.

Invariant: a layer is paired only if its weights and sums fit the multiplier by the bounds of its stream; one
that is named and does not fit is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import numpy as np

from edgeml.backends.verilog.stream.segments import FoldSegment, ProductSegment, Segment
from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.ir import Graph
from edgeml.settings import OTHERS, check_layers, per_layer

Pairs: TypeAlias = int | Mapping[str, int] | None
"""Bits of the wider operand of a multiplier, for all layers or by layer; 0 and None: a product in each."""

_WHERE = "verilog options, pair_bits"
_ACCUMULATOR = 48
"""Bits of the sum in a DSP block, where it has one."""


def stored(at: FoldSegment | ProductSegment) -> tuple[IntArray, int]:
    """The weights as the layer's memory has them, and the bits of each.

    Where outputs are paired, the weight of 2k + 1 is one less if that of 2k is negative: the sign of the
    lower weight then stands in every bit between them, and the factor is put together without an adder.
    """
    if not at.paired:
        return at.weights, at.weight_bits
    words = _less_borrows(at.weights)
    return words, max(at.weight_bits, _bits(words))


def factor_bits(at: FoldSegment | ProductSegment) -> int:
    """Bits of the factor that holds a weight of each of two outputs."""
    return at.sink.width + max(at.weight_bits, _bits(_less_borrows(at.weights)))


def obstacle(at: FoldSegment | ProductSegment, bits: int) -> str:
    """Empty if two products go into a multiplier whose wider operand has so many bits; else why not."""
    total, factor = at.sink.width, factor_bits(at)
    if isinstance(at, ProductSegment) and at.depthwise:
        return "is depthwise: none of its outputs share an element"
    if at.weights.shape[-1] < 2:
        return "has one output per clock, and nothing to pair it with"
    if not at.sink.signed:
        return "has sums that are never negative, which are not paired"
    if factor > bits:
        return (
            f"needs {factor} bits for two products in one multiplier ({factor - total} of a weight, "
            f"{total} of a sum), and has {bits}"
        )
    if 2 * total > _ACCUMULATOR or factor <= 2 * (factor - total):
        return f"has sums of {total} bits, which are not paired"
    return ""


def chosen(pairs: Pairs, layer: str, at: FoldSegment | ProductSegment) -> bool:
    """True if a folded layer has two products in a multiplier.

    Raises:
        EdgemlError: the option names it, and it cannot.
    """
    bits = per_layer(pairs, layer)
    if not bits:
        return False
    reason = obstacle(at, bits)
    if reason and isinstance(pairs, Mapping) and layer in pairs:
        raise EdgemlError(reason, layer, f"--set verilog.pair_bits.{layer}=0")
    return not reason


def check_names(pairs: Pairs, layers: Iterable[str]) -> None:
    """Refuse a table with a layer that cannot be folded.

    Raises:
        EdgemlError: with near matches.
    """
    check_layers(pairs, layers, _WHERE, "it is no dense layer or convolution, which alone has multipliers")


def check_folded(pairs: Pairs, graph: Graph, segments: Iterable[Segment]) -> None:
    """Refuse a table that names a layer laid out side by side.

    Raises:
        EdgemlError: names it.
    """
    if not isinstance(pairs, Mapping):
        return
    folded = {graph.node(at.node).layer for at in segments if isinstance(at, FoldSegment | ProductSegment)}
    for layer, bits in pairs.items():
        if bits and layer != OTHERS and layer not in folded:
            raise EdgemlError(
                "is laid out side by side, without multipliers that two products could share",
                layer,
                "fold it with a reuse_factor of 2 or more, or leave it out of pair_bits",
            )


def _less_borrows(weights: IntArray) -> IntArray:
    words = weights.copy()
    count = words.shape[-1] // 2
    words[..., 1 : 2 * count : 2] -= words[..., 0 : 2 * count : 2] < 0
    return words


def _bits(words: IntArray) -> int:
    """Bits of the widest code, two's complement."""
    return int(np.max(np.maximum(words, ~words), initial=0)).bit_length() + 1
