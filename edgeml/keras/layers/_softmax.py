"""The table softmax of a layer: the smallest that keeps the argmax of its logits."""

from __future__ import annotations

from edgeml.fixed import FixedType
from edgeml.ir import ValueInfo
from edgeml.ir.ops.lookup import MAX_INDEX_BITS
from edgeml.ir.ops.softmax import Softmax
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.quantizers._stated import FRAC

_MOST_FRAC = 16
_FINEST = 24
_INDEX_BITS = 12
"""4,096 entries fit two block RAMs of a small FPGA."""


def probabilities(builder: LayerBuilder, logits: str, type: FixedType | None = None) -> str:
    """The table softmax of exact logits along the last axis, with a note on what it is off.

    Args:
        builder: where to add ops.
        logits: exact.
        type: of the result; the narrowest that keeps the argmax if None.

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
    op = fitting(info) if type is None else stated(builder, info, type)
    ties = "" if op.keeps_argmax(info) else "; logits close to the largest may get the same probability as it"
    builder.inexact(
        f"softmax is two tables, its probabilities of {op.frac} fractional bits are off by at most "
        f"{op.error_bound(info):.1e}{ties}",
        "end the model in its logits, which decide the same",
    )
    result = builder.add(op, logits, part="softmax")
    return result if type in (None, builder.info(result).type) else builder.cast(result, type, part="stated")


def stated(builder: LayerBuilder, logits: ValueInfo, type: FixedType) -> Softmax:
    """The tables for a stated type; a cast follows where the type is not the tables' own.

    Raises:
        EdgemlError: the type has no fractional bits, or more than the tables can.
    """
    if not 1 <= type.frac <= _FINEST:
        raise builder.refuse(
            f"probabilities of {type}", f'state 1 to {_FINEST} fractional bits ("ufixed<8,0>")'
        )
    return Softmax(type.frac, fitting(logits).index_bits)


def fitting(logits: ValueInfo) -> Softmax:
    """The narrowest tables that keep the argmax of fewer than 2^16 classes; the default if none does."""
    # Some bits behind the binary point of the sum over all classes, or 1 / sum would be coarse.
    least = min(max(_INDEX_BITS, logits.shape[-1].bit_length() + 6), MAX_INDEX_BITS)
    for index_bits in range(least, MAX_INDEX_BITS + 1):
        for frac in range(FRAC, _MOST_FRAC + 1):
            if Softmax(frac, index_bits).keeps_argmax(logits):
                return Softmax(frac, index_bits)
    return Softmax(FRAC, least)
