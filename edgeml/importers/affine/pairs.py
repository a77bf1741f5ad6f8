"""Sums of two values with scales that no power of two relates, such as residual additions.

Invariant: what is built gives the wanted code for every pair of codes of the two nodes, or a note counts the
pairs that it does not.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from edgeml.fixed import IntArray, Overflow, Round
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine import steps
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.quantizer import SourceQuantizer, end_codes
from edgeml.importers.affine.rounding import SourceRounding
from edgeml.importers.affine.stairs import clipped_codes
from edgeml.importers.affine.value import AffineValue
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.mul import Mul

_TABLE_PAIRS = 1 << 18
"""Pairs of codes up to which a sum of two values is tried pair by pair."""


def of_pairs(assembly: Assembly, value: AffineValue, by: SourceQuantizer) -> AffineValue | None:
    """Two narrow nodes: the smallest multipliers for which every pair of codes gets the right code."""
    numbers = [term.factor for term in value.terms] + [value.offset, by.scale, by.zero_point]
    if len(value.terms) != 2 or not all(ex.is_scalar(number) for number in numbers) or by.bipolar:
        return None
    infos = [assembly.info(term.node) for term in value.terms]
    spans = [(int(i.aligned(i.frac)[0].min()), int(i.aligned(i.frac)[1].max())) for i in infos]
    if np.prod([float(high - low + 1) for low, high in spans]) > _TABLE_PAIRS:
        return None
    a, b = (np.arange(low, high + 1, dtype=np.int64) for low, high in spans)
    scale = ex.scalar(by.scale)
    slopes = [
        ex.scalar(t.factor) * Fraction(2) ** -i.frac / scale for t, i in zip(value.terms, infos, strict=True)
    ]
    offset = ex.scalar(value.offset) / scale + ex.scalar(by.zero_point)
    results = _rounded_pairs(a, b, slopes, offset, by.rounding)
    least, most = (int(end.min()) for end in end_codes(value, by))
    results = np.clip(results, least, most)
    assembly.source_rounds()
    return pairs_by_multipliers(assembly, value, by, (a, b), results, slopes, (least, most))


def pairs_by_multipliers(
    assembly: Assembly,
    value: AffineValue,
    by: SourceQuantizer,
    codes: tuple[IntArray, IntArray],
    results: IntArray,
    slopes: list[Fraction],
    ends: tuple[int, int],
) -> AffineValue | None:
    """code = floor(m1 * a + m2 * b + o), with the fewest bits for which every pair is right; None if none is.

    Args:
        assembly: where to add ops.
        value: of two terms.
        by: the quantizer.
        codes: every code of the two nodes.
        results: the code of every pair, (codes of a, codes of b).
        slopes: codes per step of a and of b.
        ends: least and largest code wanted.
    """
    a, b = codes
    least, most = ends
    steepest = float(max(abs(slope) for slope in slopes))
    top = int(np.frexp(steepest)[1])
    fixed = assembly.options.multiplier_bits
    for bits in range(2, 31) if fixed is None else (fixed,):
        frac = max(bits - top, 0)
        m, n = (round(slope * 2**frac) for slope in slopes)
        total = m * a[:, np.newaxis] + n * b[np.newaxis]
        above, below = results > least, results < most
        need = int(np.where(above, (results << frac) - total, np.iinfo(np.int64).min).max())
        room = int(np.where(below, ((results + 1) << frac) - total - 1, np.iinfo(np.int64).max).min())
        need = need if np.any(above) else min(room, 0)
        room = room if np.any(below) else max(need, 0)
        if need > room and fixed is None:
            continue
        shift = (
            (need + room) // 2 if need > room else int(steps.roundest(np.array([need]), np.array([room]))[0])
        )
        wrong = int(np.count_nonzero(np.clip((total + shift) >> frac, least, most) != results))
        if wrong:
            assembly.inexact(
                f"multipliers of {bits} bits give {wrong} of {results.size} pairs of codes another sum"
            )
        else:
            assembly.note(f"added by multipliers of {bits} bits, equal for all {results.size} pairs of codes")
        return _built_pairs(assembly, value, by, (m, n, shift, frac), ends)
    return None


def _built_pairs(
    assembly: Assembly,
    value: AffineValue,
    by: SourceQuantizer,
    numbers: tuple[int, int, int, int],
    ends: tuple[int, int],
) -> AffineValue:
    m, n, shift, frac = numbers
    products = []
    for part, factor, term in zip(("a", "b"), (m, n), value.terms, strict=True):
        grid = frac - assembly.info(term.node).frac
        products.append(
            assembly.add(
                Mul(),
                term.node,
                assembly.number(np.array(factor), grid, f"factor.{part}"),
                part=f"product.{part}",
            )
        )
    total = assembly.add(Add(), *products, part="sum")
    total = assembly.add(Add(), total, assembly.number(np.array(shift), frac, "shift"), part="shifted")
    node = assembly.cast(total, by.code_range(), Round.TRN, Overflow.SAT, "codes")
    node = clipped_codes(assembly, node, *(np.array([end]) for end in ends))
    return by.value_of(node, value.shape, value.index)


def _rounded_pairs(
    a: IntArray, b: IntArray, slopes: list[Fraction], offset: Fraction, rounding: SourceRounding
) -> IntArray:
    """The rounded sum of every pair, exactly: by float64 where that is sure, else by rational numbers."""
    total = float(slopes[0]) * a[:, np.newaxis] + float(slopes[1]) * b[np.newaxis] + float(offset)
    distance = np.abs(2 * total - np.rint(2 * total))
    unsure = distance < 1e-6
    result = np.empty(total.shape, np.int64)
    sure = {
        SourceRounding.ROUND: np.rint,
        SourceRounding.HALF_UP: np.rint,
        SourceRounding.HALF_DOWN: np.rint,
        SourceRounding.FLOOR: np.floor,
        SourceRounding.CEIL: np.ceil,
        SourceRounding.DOWN: np.trunc,
        SourceRounding.UP: lambda x: np.sign(x) * np.ceil(np.abs(x)),
    }
    result[...] = sure[rounding](total).astype(np.int64)
    for i, j in zip(*np.nonzero(unsure), strict=True):
        result[i, j] = rounding.apply(slopes[0] * int(a[i]) + slopes[1] * int(b[j]) + offset)
    return result
