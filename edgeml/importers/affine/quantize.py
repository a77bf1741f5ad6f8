"""A quantizer of the source, put on a value of the source: integers come out.

The way is chosen by what the factors allow, the cheapest first: a constant is rounded at once; a model input
takes the quantizer's type; powers of two make it a cast; anything else is a staircase (see `steps`), by
thresholds for few codes, else by the smallest multiplier that is proven equal; a real function of few codes
is a table.

Invariant: the codes are those of the source's arithmetic as stated by the `SourceQuantizer`, for every sum in
the proven interval, or a note says how far they are not.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, IntArray, Overflow, cover
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine import settle, steps
from edgeml.importers.affine.arrange import packed
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.division import by_division, exact_division
from edgeml.importers.affine.inputs import quantized_input
from edgeml.importers.affine.pairs import of_pairs
from edgeml.importers.affine.quantizer import OwnArithmetic, SourceQuantizer, end_codes
from edgeml.importers.affine.rounding import SourceRounding
from edgeml.importers.affine.stairs import with_multiplier, with_steps
from edgeml.importers.affine.value import AffineValue
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.lookup import MAX_INDEX_BITS, Lookup
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.min import Min
from edgeml.ir.ops.relu import Relu

_MOST_THRESHOLDS = 255
"""Steps up to which thresholds stand in where no multiplier is equal."""

_EVERYWHERE = 24
"""Bits of a product up to which every back end takes it; thresholds are taken where they are few."""


def quantized(
    assembly: Assembly, value: AffineValue, by: SourceQuantizer, own: OwnArithmetic | None = None
) -> AffineValue:
    """The codes of a value.

    Args:
        assembly: where to add ops.
        value: any value.
        by: the quantizer, its scale and zero point in the order of the value's node.
        own: codes of the node's integers by the source's own arithmetic, if that is not exact; the value is
            then one integer node times one positive factor per channel.

    Raises:
        EdgemlError: the value cannot be quantized in this way; says what to do.
    """
    if np.any(by.scale <= 0):
        raise EdgemlError("a scale that is not positive", assembly.layer, "export the model again")
    if value.is_raw:
        return quantized_input(assembly, value, by)
    if own is None and ex.is_scalar(by.scale) and ex.is_scalar(by.zero_point):
        value = packed(assembly, value)
    if value.function is not None:
        return _by_table(assembly, value, by)
    value = settle.merged(assembly, value)
    if len(value.terms) > 1:
        return _of_sum(assembly, value, by)
    same = unchanged(assembly, value, by)
    if same is not None:
        return same
    if own is None and _casts(value, by):
        return _by_cast(assembly, value, by)
    divided = _divided(assembly, value, by) if own is None else None
    if divided is not None:
        return divided
    return _by_steps(assembly, value, by, own)


def unchanged(assembly: Assembly, value: AffineValue, by: SourceQuantizer) -> AffineValue | None:
    """The value's own node, if it has the quantizer's codes already; a clip may still limit them."""
    info = assembly.info(value.only.node)
    if by.bipolar or info.frac != 0 or not isinstance(info.type, FixedType):
        return None
    slope = ex.as_exact(value.only.factor / by.scale)
    offset = ex.as_exact(value.offset / by.scale + by.zero_point)
    if not (ex.is_one(slope) and ex.is_zero(offset)):
        return None
    least, most = end_codes(value, by)
    return by.value_of(_limited(assembly, value.only.node, least, most, 0), value.shape, value.index)


def _casts(value: AffineValue, by: SourceQuantizer) -> bool:
    """True if a cast of an exact value is the quantizer."""
    return (
        not by.bipolar
        and by.rounding.native is not None
        and settle.is_dyadic(replace(value, low=None, high=None))
        and ex.exponents(by.scale) is not None
        and ex.dyadic_bits(by.zero_point) is not None
    )


def _by_cast(assembly: Assembly, value: AffineValue, by: SourceQuantizer) -> AffineValue:
    """Round and saturate; a clip of the value becomes one of the codes, where it does not lie within it."""
    rounding = by.rounding.native
    assert rounding is not None
    bare = replace(value, low=None, high=None)
    power = ex.exponents(by.scale)
    assert power is not None
    simple = ex.is_zero(by.zero_point) and power.size == 1
    if simple:
        exact = settle.dyadic(assembly, bare)
        frac = -int(power.flat[0])
        kind = replace_frac(by.code_range(), frac)
    else:
        exact = settle.dyadic(assembly, bare.times(ex.as_exact(1 / by.scale)).plus(by.zero_point))
        kind, frac = by.code_range(), 0
    narrow = kind.signed and by.low == -by.high == kind.lo + 1
    node = assembly.cast(
        exact.only.node, kind, rounding, Overflow.SAT_SYM if narrow else Overflow.SAT, "quantized"
    )
    least, most = end_codes(value, by)
    node = _limited(assembly, node, least, most, frac)
    if simple:
        return replace(
            value,
            terms=(settle.WeightedNode(node, ex.exact([1])),),
            offset=ex.exact([0]),
            low=None,
            high=None,
        )
    return by.value_of(node, value.shape, value.index)


def _divided(assembly: Assembly, value: AffineValue, by: SourceQuantizer) -> AffineValue | None:
    """The codes by an exact division; None if one multiplier is enough, or the divisor is too large."""
    count = by.high - by.low
    rounding = by.rounding.native
    few = count < 1 << assembly.options.threshold_bits
    if by.bipolar or rounding is None or few or assembly.options.multiplier_bits is not None:
        return None
    node = value.only.node
    slope, offset = in_codes(assembly, value, by)
    sums = steps.interval(assembly, node, np.broadcast_shapes(slope.shape, offset.shape))
    halves = exact_division(ex.as_exact(2 * slope), ex.as_exact(2 * offset), sums)
    if halves is None or (count <= _MOST_THRESHOLDS and halves.product > _EVERYWHERE):
        return None
    if (
        count < steps.MOST_CODES
        and steps.smallest_multiplier(staircase(assembly, value, by, None)) is not None
    ):
        return None
    assembly.source_rounds()
    assembly.note(f"divided by a multiplier of {halves.bits} bits and a shift, proven exact for every sum")
    kind = by.code_range()
    narrow = kind.signed and by.low == -by.high == kind.lo + 1
    overflow = Overflow.SAT_SYM if narrow else Overflow.SAT
    codes = by_division(assembly, node, halves, rounding, kind, overflow)
    return by.value_of(_limited(assembly, codes, *end_codes(value, by), 0), value.shape, value.index)


def _limited(assembly: Assembly, node: str, least: IntArray, most: IntArray, frac: int) -> str:
    """Codes within limits, where their interval leaves them."""
    info = assembly.info(node)
    if np.any(info.lo < least):
        if not np.any(least):
            node = assembly.add(Relu(), node, part="relu")
        else:
            node = assembly.add(Max(), node, assembly.number(least, frac, "least"), part="clip.least")
    if np.any(assembly.info(node).hi > most):
        node = assembly.add(Min(), node, assembly.number(most, frac, "most"), part="clip.most")
    return node


def _by_steps(
    assembly: Assembly, value: AffineValue, by: SourceQuantizer, own: OwnArithmetic | None
) -> AffineValue:
    node = value.only.node
    stairs = staircase(assembly, value, by, own)
    if own is None and not _casts(value, by):
        assembly.source_rounds()
    count = stairs.edges.shape[0]
    if by.bipolar:
        codes = with_steps(assembly, node, stairs)
        return by.value_of(codes, value.shape, value.index)
    few = count < 1 << assembly.options.threshold_bits
    multiplier_bits = assembly.options.multiplier_bits
    if few and multiplier_bits is None:
        return by.value_of(with_steps(assembly, node, stairs), value.shape, value.index)
    multiplier = steps.smallest_multiplier(stairs, multiplier_bits)
    if multiplier is None:
        return by.value_of(_without_one_multiplier(assembly, node, stairs, own), value.shape, value.index)
    active = int(np.count_nonzero(stairs.active))
    if multiplier.wrong:
        assembly.inexact(
            f"a multiplier of {multiplier.bits} bits moves {multiplier.wrong} of {active} steps of the "
            "quantizer by one sum or more",
            "leave lowering.multiplier_bits out: the fewest bits that are equal are taken",
        )
    else:
        assembly.note(
            f"requantized by a multiplier of {multiplier.bits} bits, proven equal at all {active} steps"
        )
    codes = with_multiplier(assembly, node, stairs, multiplier)
    return by.value_of(codes, value.shape, value.index)


def _without_one_multiplier(
    assembly: Assembly, node: str, stairs: steps.Staircase, own: OwnArithmetic | None
) -> str:
    """The codes of a staircase that no multiplier equals: in the source's way, in halves, or by thresholds.

    Raises:
        EdgemlError: it has too many steps for thresholds.
    """
    if own is not None and own.ops is not None:
        assembly.note("requantized by the source's own multiplications and roundings, exactly")
        return own.ops(node)
    halves = steps.split_at_zero(stairs)
    multipliers = [steps.smallest_multiplier(half) for half in halves]
    if multipliers and all(multiplier is not None for multiplier in multipliers):
        parts = [
            with_multiplier(assembly, node, half, multiplier)
            for half, multiplier in zip(halves, multipliers, strict=True)
            if multiplier is not None
        ]
        bits = max(multiplier.bits for multiplier in multipliers if multiplier is not None)
        assembly.note(f"requantized by multipliers of {bits} bits above and below zero, proven equal")
        return assembly.add(Add(), *parts, part="both")
    if stairs.edges.shape[0] <= _MOST_THRESHOLDS:
        return with_steps(assembly, node, stairs)
    raise EdgemlError(
        "no multiplier of up to 40 bits equals the quantizer for every sum",
        assembly.layer,
        "state its bits: --set lowering.multiplier_bits=24",
    )


def in_codes(assembly: Assembly, value: AffineValue, by: SourceQuantizer) -> tuple[ex.Exact, ex.Exact]:
    """Codes per step of the node's integers, and the code at zero, before it is rounded."""
    step = Fraction(2) ** -assembly.info(value.only.node).frac
    slope = ex.as_exact(value.only.factor * step / by.scale)
    return slope, ex.as_exact(value.offset / by.scale + by.zero_point)


def staircase(
    assembly: Assembly, value: AffineValue, by: SourceQuantizer, own: OwnArithmetic | None
) -> steps.Staircase:
    """The quantizer's result for every code of the value's node."""
    node = value.only.node
    first, last = (0, 1) if by.bipolar else (by.low, by.high)
    steps.need_few_codes(last - first + 1, assembly.layer)
    slope, offset = in_codes(assembly, value, by)
    ends = [
        None if end is None else ex.as_exact(end / by.scale + by.zero_point)
        for end in (value.low, value.high)
    ]
    shapes = [part.shape for part in (slope, offset, *ends) if part is not None]
    channels = np.broadcast_shapes(*shapes)
    sums = steps.interval(assembly, node, channels)
    if own is not None:
        return steps.of_function(own.codes, (first, last), sums, ex.floats(slope))
    rounding = by.rounding
    if by.bipolar:  # one step, at zero, which belongs to the upper code
        offset = ex.as_exact(offset + 1)
        ends = [None if end is None else ex.as_exact(end + 1) for end in ends]
        rounding = SourceRounding.FLOOR
    return steps.of_affine(slope, offset, (ends[0], ends[1]), (first, last), rounding, sums)


def _of_sum(assembly: Assembly, value: AffineValue, by: SourceQuantizer) -> AffineValue:
    """Several nodes with factors that no power of two relates, such as a residual sum of two scales."""
    result = of_pairs(assembly, value, by)
    if result is not None:
        return result
    return quantized(
        assembly,
        settle.approximated(assembly, replace(value, low=None, high=None)).clipped(value.low, value.high),
        by,
    )


def _by_table(assembly: Assembly, value: AffineValue, by: SourceQuantizer) -> AffineValue:
    """A real function of a narrow node, as a table of its codes."""
    function = value.function
    assert function is not None
    if "softmax" in value.function_name:
        raise settle.softmax_within()
    assembly.source_rounds()
    inner = settle.joined(assembly, replace(value, function=None))
    node, factor = inner.only.node, inner.only.factor
    kind = assembly.info(node).type
    numbers = (factor, inner.offset, by.scale, by.zero_point)
    if not isinstance(kind, FixedType) or kind.width > MAX_INDEX_BITS or not all(map(ex.is_scalar, numbers)):
        raise EdgemlError(
            f"{value.function_name} of a value of {kind}",
            assembly.layer,
            f"quantize its input to at most {MAX_INDEX_BITS} bits with one scale for all channels",
        )
    x = np.arange(kind.lo, kind.hi + 1) * float(ex.scalar(factor) * Fraction(2) ** -kind.frac)
    y = function(np.asarray(x + float(ex.scalar(inner.offset)), np.float64))
    t = y / float(ex.scalar(by.scale)) + float(ex.scalar(by.zero_point))
    if by.bipolar:
        table = (y >= 0).astype(np.int64)
    else:
        table = np.array([by.rounding.apply(Fraction(number)) for number in t.tolist()], np.int64)
        table = np.clip(table, by.low, by.high)
    entries = assembly.const(table, cover(min(int(table.min()), 0), max(int(table.max()), 0), 0), "table")
    codes = assembly.add(Lookup(), node, entries, part="codes")
    return by.value_of(codes, value.shape, value.index)


def replace_frac(kind: FixedType, frac: int) -> FixedType:
    """The type with another LSB."""
    return FixedType(kind.signed, kind.width, frac)
