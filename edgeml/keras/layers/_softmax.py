"""Which table softmax a layer gets: the smallest that keeps the argmax of its logits."""

from __future__ import annotations

from edgeml.ir import ValueInfo
from edgeml.ir.ops.lookup import MAX_INDEX_BITS
from edgeml.ir.ops.softmax import Softmax
from edgeml.keras.builder import LayerBuilder

FRAC = 8
"""Fractional bits of probabilities if nothing asks for more."""

_MOST_FRAC = 16
_INDEX_BITS = 12
"""4,096 entries fit two block RAMs of a small FPGA."""


def probabilities(builder: LayerBuilder, logits: str) -> str:
    """The table softmax of exact logits along the last axis, with a note on what it is off.

    Raises:
        EdgemlError: the lowering is strict, or there are more classes than a table can be indexed by.
    """
    info = builder.info(logits)
    classes = info.shape[-1]
    if classes.bit_length() > MAX_INDEX_BITS:
        raise builder.refuse(
            f"softmax over {classes} classes, whose sum fits no table of {MAX_INDEX_BITS} index bits",
            "end the model in its logits, which decide the same",
        )
    op = fitting(info)
    ties = "" if op.keeps_argmax(info) else "; logits close to the largest may get the same probability as it"
    builder.inexact(
        f"softmax is two tables, its probabilities of {op.frac} fractional bits are off by at most "
        f"{op.error_bound(info):.1e}{ties}",
        "end the model in its logits, which decide the same",
    )
    return builder.add(op, logits, part="softmax")


def fitting(logits: ValueInfo) -> Softmax:
    """The narrowest tables that keep the argmax of fewer than 2^16 classes; the default if none does."""
    # Some bits behind the binary point of the sum over all classes, or 1 / sum would be coarse.
    least = min(max(_INDEX_BITS, logits.shape[-1].bit_length() + 6), MAX_INDEX_BITS)
    for index_bits in range(least, MAX_INDEX_BITS + 1):
        for frac in range(FRAC, _MOST_FRAC + 1):
            if Softmax(frac, index_bits).keeps_argmax(logits):
                return Softmax(frac, index_bits)
    return Softmax(FRAC, least)
