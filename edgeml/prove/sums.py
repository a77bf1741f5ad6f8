"""A sum that differs, compared together with the function behind it.

The artefact's sum S' and the graph's sum S have other multiples of the same elements, and behind them stand
functions g' and g of one number each. They are equal for all codes of the elements if g'(S') = g(S) for every
pair (S, S') that the codes can give. The elements of which both have the same multiples give a set of numbers
that is counted out; with each of them, and all codes of the other elements, come all pairs.

Invariant: each element of the sources may have every code within its bounds, whatever the others have. Codes
that never come together may show a difference, and never hide one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray

from edgeml.fixed import NO_CODE, IntArray
from edgeml.ir.structure import NONE, SINGLE
from edgeml.prove.arguments import StageDifference, StageProof, by_source, units_of
from edgeml.prove.segment import GraphSegment
from edgeml.stages import ArtefactStage

_FINER = 16
"""Fractional bits that an artefact's sum may have more than the graph's."""

_MOST_MULTIPLES = 1 << 24
"""Most multiples of elements in a stage."""

_MOST_CODES = 1 << 25
"""Most integers for the tables of the functions behind the sums."""

_MOST_PAIRS = 1 << 26
"""Most pairs that are compared behind one element of the sum."""


@dataclass(frozen=True, eq=False)
class OtherSum:
    """A value that is a sum on both sides, with other multiples.

    Args:
        segment: the graph's side of the stage.
        ours: multiples (elements of all sources, elements of the value) in the graph.
        base: the graph's codes (elements of the value) where all elements are at their lower bounds.
        theirs: multiples in the artefact, in units of 2^-more of a code of the value.
        start: the artefact's numbers at the lower bounds.
        more: fractional bits that the artefact's numbers have more.
    """

    segment: GraphSegment
    ours: IntArray
    base: IntArray
    theirs: IntArray
    start: IntArray
    more: int


def other_sum(stage: ArtefactStage, segment: GraphSegment) -> OtherSum | None:
    """The multiples of both sides of a stage; None if one is no sum, or has too many of them."""
    size = segment.graph.info(segment.value).size
    if not (segment.structure.affine and stage.structure.affine) or stage.rounds or stage.finer is None:
        return None
    if (segment.lo.size + 1) * size > _MOST_MULTIPLES:
        return None
    codes = np.concatenate(list(units_of(segment)))
    batch = by_source(segment, codes)
    ours = segment.evaluate(batch).reshape(len(codes), -1)
    got = stage.finer(batch, 0, _FINER)
    shape = segment.graph.info(segment.value).shape
    if np.any(got == NO_CODE) or got.shape[1:] != shape or len(got) not in (1, len(ours)):
        return None
    theirs = np.broadcast_to(got.reshape(len(got), -1), ours.shape)
    spare = _trailing_zeros(theirs, _FINER)
    theirs, lo = theirs >> spare, segment.lo
    multiples = [np.zeros((lo.size, size), np.int64) for _ in range(2)]
    rows, at = np.nonzero(codes != codes[0])
    steps = (codes[rows, at] - codes[0, at])[:, np.newaxis]
    for table, values in zip(multiples, (ours, theirs), strict=True):
        table[at] = (values[rows] - values[0]) * steps  # steps are 1 or -1
    down = lo - codes[0]
    starts = (values[0] + down @ table for values, table in zip((ours, theirs), multiples, strict=True))
    base, start = starts
    return OtherSum(segment, multiples[0], base, multiples[1], start, _FINER - spare)


def prove_behind(sums: OtherSum, stage: ArtefactStage, segment: GraphSegment) -> StageProof:
    """Compare a function of each element of a value with that of the graph, behind sums that differ.

    Args:
        sums: the value that differs, the only source of the stage.
        stage: of the artefact.
        segment: of the graph.

    Returns:
        The proof; the codes of a difference are those of the sources of the sum.
    """

    def missing(reason: str) -> StageProof:
        return StageProof(segment.value, segment.ops, "", 0, reason)

    source = sums.segment.value
    forms = (segment.structure, stage.structure)
    if stage.finer is None or any(side.form not in SINGLE for side in forms):
        return missing(f"a {forms[1].form.value} of {source}, a sum that differs")
    ours, theirs = (side.places[0].reshape(-1) for side in forms)
    if np.any((ours != theirs) & (ours != NONE) & (theirs != NONE)):
        return missing("the elements stand at other places")
    places = np.maximum(ours, theirs)
    spans = sums.segment.hi - sums.segment.lo
    low, high = _ends(sums.ours, sums.base, spans)
    least, most = _ends(sums.theirs, sums.start, spans)
    info = segment.graph.info(source)
    first, start = int(low.min()), int(least.min())
    count = max(int(high.max()) - first, int(most.max()) - start) + 1
    if count * segment.size > _MOST_CODES:
        return missing(f"a function of {source}, a sum that differs and has {count:,} codes")
    points = np.arange(count)[:, np.newaxis]
    right = segment.evaluate({source: np.clip(points + first, low, high).reshape(-1, *info.shape)})
    numbers = np.clip(points + start, least, most).reshape(-1, *info.shape)
    got = stage.finer({source: numbers}, sums.more, 0)
    if got.shape[1:] != right.shape[1:] or len(got) not in (1, count):
        return missing(f"values of the shape {got.shape[1:]} in place of {right.shape[1:]}")
    tables = [np.broadcast_to(x, right.shape).reshape(count, -1) for x in (right, got)]
    pairs = 0
    for place in np.unique(places[places != NONE]):
        mine = np.flatnonzero(places == place)
        compared = _pairs(sums, int(place), tables[0][:, mine], tables[1][:, mine], first, start)
        if isinstance(compared, str):
            return missing(compared)
        number, difference = compared
        pairs += number
        if difference is not None:
            codes, element, expected, answer = difference
            index = np.unravel_index(mine[element], segment.graph.info(segment.value).shape)
            vector = {key: part[0] for key, part in by_source(sums.segment, codes[np.newaxis]).items()}
            where = tuple(int(n) for n in index)
            shown = StageDifference(segment.value, vector, where, expected, answer)
            return StageProof(segment.value, segment.ops, _ARGUMENT, pairs, difference=shown)
    fixed = np.flatnonzero(places == NONE)
    if not np.array_equal(tables[0][0, fixed], tables[1][0, fixed]):
        return missing("a constant that differs")
    return StageProof(segment.value, segment.ops, f"{_ARGUMENT} {source}", pairs)


_ARGUMENT = "a function of a sum that differs: all pairs of numbers that both sums can have, of"

_Difference = tuple[IntArray, int, int, int]
"""Codes of the elements of the sum's sources, the element that differs, the graph's code, the artefact's."""


def _pairs(
    sums: OtherSum, place: int, right: IntArray, got: IntArray, first: int, start: int
) -> tuple[int, _Difference | None] | str:
    """Compare the functions of one element of the sum on all pairs; how many, and the first difference.

    Args:
        sums: with the multiples.
        place: the element.
        right: the graph's codes (numbers from `first`, functions of the element).
        got: the artefact's (numbers from `start`, functions).
        first: the number that the first row of `right` is for.
        start: the same of `got`.
    """
    lo, spans = sums.segment.lo, sums.segment.hi - sums.segment.lo
    ours, theirs = sums.ours[:, place], sums.theirs[:, place]
    other = (ours << sums.more != theirs) & (spans > 0)
    alike, apart = np.flatnonzero(~other & (ours != 0) & (spans > 0)), np.flatnonzero(other)
    ways = prod(int(n) + 1 for n in spans[apart])
    lowest, sets = counted_sums(ours[alike], spans[alike])
    if ways * sets[-1].bit_length() * right.shape[1] > _MOST_PAIRS:
        return f"{ways:,} codes of the elements that have other multiples, which are too many to try"
    rest = _members(sets[-1])
    mine = rest + (lowest + int(sums.base[place]) - first)
    artefact = ((rest + lowest) << sums.more) + (int(sums.start[place]) - start)
    for steps in product(*(range(int(n) + 1) for n in spans[apart])):
        numbers = np.array(steps, np.int64)
        one, two = right[mine + numbers @ ours[apart]], got[artefact + numbers @ theirs[apart]]
        wrong = np.argwhere(one != two)
        if len(wrong):
            row, element = (int(n) for n in wrong[0])
            codes = lo.copy()
            codes[apart] += numbers
            codes[alike] += steps_to(int(rest[row]), ours[alike], spans[alike], sets)
            return ways * len(rest), (codes, element, int(one[row, element]), int(two[row, element]))
    return ways * len(rest), None


def counted_sums(
    multiples: Sequence[int] | IntArray, spans: Sequence[int] | IntArray
) -> tuple[int, list[int]]:
    """All numbers that a sum of multiples of some elements can have.

    Args:
        multiples: of the elements.
        spans: each element runs through 0 to this number.

    Returns:
        The least of them, and for each count of elements, from 0, a whole number whose bit n says that so
        many can give n more than their least.
    """
    sets = [1]
    for multiple, span in zip(multiples, spans, strict=True):
        bits, left, step = sets[-1], int(span), 1
        while left:  # each round doubles the steps of this element that are in
            step = min(step, left)
            bits |= bits << (abs(int(multiple)) * step)
            left -= step
            step *= 2
        sets.append(bits)
    return sum(min(0, int(m) * int(n)) for m, n in zip(multiples, spans, strict=True)), sets


def steps_to(
    number: int, multiples: Sequence[int] | IntArray, spans: Sequence[int] | IntArray, sets: Sequence[int]
) -> IntArray:
    """Steps of the elements that give a number of `counted_sums`, counted from the least one."""
    steps = np.zeros(len(multiples), np.int64)
    for at in reversed(range(len(multiples))):
        size, span = abs(int(multiples[at])), int(spans[at])
        step = next(n for n in range(span + 1) if number >= size * n and sets[at] >> (number - size * n) & 1)
        number -= size * step
        steps[at] = step if multiples[at] > 0 else span - step
    return steps


def _members(bits: int) -> IntArray:
    """The positions of the bits that are set."""
    raw = np.frombuffer(bits.to_bytes(bits.bit_length() // 8 + 1, "little"), np.uint8)
    return np.flatnonzero(np.unpackbits(raw, bitorder="little")).astype(np.int64)


def _ends(multiples: IntArray, base: IntArray, spans: IntArray) -> tuple[IntArray, IntArray]:
    """The least and the largest numbers of sums whose elements run from 0 to their spans."""
    reach = multiples * spans[:, np.newaxis]
    return base + np.minimum(reach, 0).sum(axis=0), base + np.maximum(reach, 0).sum(axis=0)


def _trailing_zeros(values: NDArray[np.int64], most: int) -> int:
    """Bits at the end that are zero in all of the values."""
    together = int(np.bitwise_or.reduce(values.reshape(-1), initial=0))
    return next((bits for bits in range(most) if together >> bits & 1), most)
