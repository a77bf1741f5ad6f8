"""The vectors that determine a stage, and the comparison on them.

Both sides, the artefact's stage and the graph's ops, have a structure. Where both have the same, the vectors
here determine a function of that structure, so that agreement on them is equality for all codes within the
bounds. The reasons stand with each argument; docs/proofs.md has them in full.

Invariant: what no argument covers is not proven, and the reason is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.ir.structure import NONE, SINGLE, Form, Structure
from edgeml.prove.segment import GraphSegment
from edgeml.prove.sharing import groups_of, shared_codes
from edgeml.stages import ArtefactStage

_MOST = 1 << 25
"""Most integers (elements times vectors) for driving all codes, rather than the steps alone."""

_FEW = 1 << 18
"""Integers that are driven without a look at which elements are the same function."""

_MOST_CODES = 1 << 24
"""Most codes of an element that are tried."""

_MOST_TRIED = 1 << 20
"""Most integers of vectors that are tried without an argument."""

_MOST_STEPS = 1 << 27
"""Most integers for finding and driving steps."""

_CHUNK = 1 << 21
"""Integers in one batch."""


@dataclass(frozen=True, eq=False)
class StageDifference:
    """A vector on which a stage differs.

    Args:
        value: that the stage computes.
        codes: of every source, (*shape).
        index: of the first element that differs.
        expected: the graph's code there.
        got: the artefact's.
    """

    value: str
    codes: dict[str, IntArray]
    index: tuple[int, ...]
    expected: int
    got: int


@dataclass(frozen=True, eq=False)
class StageProof:
    """The proof about a stage.

    Args:
        value: the graph's value.
        ops: the ops of the graph that it stands for.
        argument: in words.
        vectors: how many were compared.
        missing: why no argument covers it, or "".
        difference: a vector on which it differs, or None.
    """

    value: str
    ops: str
    argument: str
    vectors: int
    missing: str = ""
    difference: StageDifference | None = None


def prove_stage(stage: ArtefactStage, segment: GraphSegment) -> StageProof:
    """Compare a stage with the graph on the vectors that determine both."""
    ours, theirs = segment.structure, stage.structure
    chosen = _choose(segment, ours, theirs, stage.rounds)
    if isinstance(chosen, str):
        return StageProof(stage.value, segment.ops, "", 0, chosen, _tried(stage, segment))
    argument, vectors = chosen
    count = 0
    for codes in vectors:
        count += len(codes)
        difference = _compared(stage, segment, codes)
        if difference is not None:
            return StageProof(stage.value, segment.ops, argument, count, difference=difference)
    return StageProof(stage.value, segment.ops, argument, count)


def _compared(stage: ArtefactStage, segment: GraphSegment, codes: IntArray) -> StageDifference | None:
    """The first difference on some vectors."""
    batch = by_source(segment, segment.possible(codes))
    expected = segment.evaluate(batch)
    got = stage.run(batch)
    if got.shape[1:] != expected.shape[1:] or len(got) not in (1, len(expected)):
        what = f"gives the shape {got.shape} for {len(expected)} samples of {expected.shape[1:]}"
        raise EdgemlError(what, stage.value, "export it again")
    got = np.broadcast_to(got, expected.shape)  # one answer for all samples: it reads none of what varies
    wrong = np.argwhere(segment.compared(expected != got))
    if not len(wrong):
        return None
    row, *index = (int(n) for n in wrong[0])
    return StageDifference(
        stage.value,
        {name: part[row] for name, part in batch.items()},
        tuple(index),
        int(expected[(row, *index)]),
        int(got[(row, *index)]),
    )


def _tried(stage: ArtefactStage, segment: GraphSegment) -> StageDifference | None:
    """A difference on a few vectors, of a stage that no argument covers: it may still be refuted."""
    lo, hi = segment.lo, segment.hi
    rows = int(np.clip(_MOST_TRIED // max(segment.size, 1), 1, 256))
    rng = np.random.default_rng(0)
    drawn = rng.integers(lo, hi, (rows, lo.size), endpoint=True)
    try:
        return _compared(stage, segment, np.concatenate([np.stack([lo, hi, np.clip(0, lo, hi)]), drawn]))
    except EdgemlError:  # the stage does not run; what is missing is said already
        return None


def _choose(
    segment: GraphSegment, ours: Structure, theirs: Structure, rounds: str
) -> tuple[str, Iterable[IntArray]] | str:
    """The argument in words and its vectors (batch, elements of all sources), or why there is none."""
    for side, structure in (("artefact", theirs), ("graph", ours)):
        if structure.form is Form.UNKNOWN:
            return f"the {side}: {structure.reason}"
    forms = (ours.form, theirs.form)
    if all(form in SINGLE for form in forms):
        return _of_single(segment, ours, theirs, rounds)
    if ours.affine and theirs.affine:
        if rounds:
            return rounds
        return "a constant and multiples: zero and one vector per element", units_of(segment)
    if Form.CONSTANT in forms:  # a function of any form with whose parts nothing changes
        ours = theirs = theirs if forms[0] is Form.CONSTANT else ours
        forms = (ours.form, theirs.form)
    if forms[0] is not forms[1]:
        return f"the graph has a {forms[0].value} here, the artefact a {forms[1].value}"
    if forms[0] is Form.POSITION:
        if not np.array_equal(ours.places, theirs.places):
            return "the elements that are compared stand at other places"
        if rounds:
            return rounds
        return "the position of the largest: the same elements in the same order", _one_high(segment)
    ours, theirs = (_varying(side, segment) for side in (ours, theirs))
    inner = tuple(range(1, ours.places.ndim))
    mine, other = (np.sort(side.places, axis=0) for side in (ours, theirs))
    if not np.array_equal(mine[np.any(mine != NONE, axis=inner)], other[np.any(other != NONE, axis=inner)]):
        return "the elements stand at other places"
    if forms[0] is Form.PRODUCT:
        return _of_product(segment, ours, rounds)
    return _of_extreme(segment, ours, theirs)


def _of_single(
    segment: GraphSegment, ours: Structure, theirs: Structure, rounds: str
) -> tuple[str, Iterable[IntArray]] | str:
    """A function of one element each."""
    # Where one side depends on nothing, the codes of the other side's element decide.
    if not np.all((ours.places == theirs.places) | (ours.places == NONE) | (theirs.places == NONE)):
        if ours.affine and theirs.affine and not rounds:
            return "a constant and multiples: zero and one vector per element", units_of(segment)
        return "the elements stand at other places"
    lo, hi = segment.lo, segment.hi
    span = int(hi.max(initial=0)) - int(lo.min(initial=0)) + 1
    if span * segment.size <= _FEW:
        return "a function of one element: all of its codes", _path(lo, hi, _every(lo, hi))
    if ours.affine and theirs.affine and not rounds:
        return "a constant and a multiple of one element: its two bounds", iter([np.stack([lo, hi])])
    groups = groups_of(ours, theirs, lo.size)
    smallest = min((len(members) for members in groups), default=1)
    if span <= _MOST_CODES and span * segment.size // smallest <= _MOST:
        argument = "a function of one element: all of its codes, among the elements of one rule"
        return argument, shared_codes(groups, lo, hi, _CHUNK)
    if Form.FUNCTION in (ours.form, theirs.form):
        return f"a function of an element with {span:,} codes, which are too many to try"
    return _of_steps(segment, lo, hi, "a function that never falls")


def _of_extreme(
    segment: GraphSegment, ours: Structure, theirs: Structure
) -> tuple[str, Iterable[IntArray]] | str:
    """The largest or smallest of monotone functions of one element each."""
    lo, hi = segment.lo, segment.hi
    word = ours.form.value
    if ours.uniform and theirs.uniform:
        # g(max x_i): all elements alike run through every value that the largest can have.
        span = int(hi.max()) - int(lo.min()) + 1
        if span * segment.size <= _MOST:
            return f"a {word} of the same elements: all codes, all alike", _path(lo, hi, _every(lo, hi))
        return _of_steps(segment, lo, hi, f"a {word} of the same elements, all alike")
    layers = [np.unique(layer[layer != NONE]) for layer in ours.places]
    if len(np.unique(np.concatenate(layers))) != sum(len(layer) for layer in layers):
        return f"a {word} of different functions whose elements overlap"
    rest = lo if ours.form is Form.MAXIMUM else hi
    span = int(hi.max()) - int(lo.min()) + 1
    if span * segment.size * len(layers) > _MOST:
        return f"a {word} of different functions of elements with {span:,} codes, which are too many to try"

    def vectors() -> Iterator[IntArray]:
        for layer in layers:
            for codes in _path(lo, hi, _every(lo, hi)):
                single = np.array(np.broadcast_to(rest, codes.shape))
                single[:, layer] = codes[:, layer]
                yield single

    return f"a {word} of different elements: all codes of each, the others at their bound", vectors()


def _of_product(segment: GraphSegment, ours: Structure, rounds: str) -> tuple[str, Iterable[IntArray]] | str:
    """(a x + b)(c y + d) has four coefficients, which the four corners determine."""
    first, second = (np.unique(layer[layer != NONE]) for layer in ours.places)
    if rounds:
        return rounds
    if np.intersect1d(first, second).size:
        return "a product of elements of one value with each other"
    lo, hi = segment.lo, segment.hi
    corners = np.array([lo, lo, hi, hi])
    corners[:, second] = np.array([lo, hi, lo, hi])[:, second]
    return "a product of two elements: the four corners of their bounds", iter([corners])


def _of_steps(
    segment: GraphSegment, lo: IntArray, hi: IntArray, what: str
) -> tuple[str, Iterable[IntArray]] | str:
    """Both sides never fall: equal on both sides of each of the graph's steps, they are equal between."""

    def evaluate(points: IntArray) -> IntArray:
        codes = np.clip(points[:, np.newaxis], lo, hi)
        result = segment.evaluate(by_source(segment, codes))
        return result.reshape(len(result), -1)

    points = steps_of(evaluate, int(lo.min()), int(hi.max()), _MOST_STEPS // max(segment.size, 1))
    if points is None:
        return f"{what}, with more steps than can be tried"
    return f"{what}: both sides of each of its steps", _path(lo, hi, points)


def steps_of(evaluate: Callable[[IntArray], IntArray], least: int, most: int, limit: int) -> IntArray | None:
    """Both ends, and the points on both sides of each step, of a function that never falls.

    Args:
        evaluate: points (n,) to values (n, m), each of the m never falling.
        least: the first point.
        most: the last.
        limit: most evaluations.

    Returns:
        Points in rising order, or None if there are more steps than `limit` allows.
    """
    points = {least, most}
    left, right = np.array([least], np.int64), np.array([most], np.int64)
    low, high = evaluate(left), evaluate(right)
    used = 2
    while len(left):
        open_ = np.any(low != high, axis=1)
        left, right, low, high = left[open_], right[open_], low[open_], high[open_]
        done = right - left == 1
        points.update(left[done].tolist(), right[done].tolist())
        left, right, low, high = left[~done], right[~done], low[~done], high[~done]
        if not len(left):
            break
        used += len(left)
        if used > limit:
            return None
        middle = left + (right - left) // 2
        value = np.concatenate([evaluate(part) for part in np.array_split(middle, -(-len(middle) // 256))])
        left, right = np.concatenate([left, middle]), np.concatenate([middle, right])
        low, high = np.concatenate([low, value]), np.concatenate([value, high])
    return np.array(sorted(points), np.int64)


def _every(lo: IntArray, hi: IntArray) -> IntArray:
    return np.arange(int(lo.min(initial=0)), int(hi.max(initial=0)) + 1)


def _path(lo: IntArray, hi: IntArray, points: IntArray) -> Iterator[IntArray]:
    """All elements at each point, or at the bound that is nearest to it."""
    size = max(1, _CHUNK // max(len(lo), 1))
    for start in range(0, len(points), size):
        yield np.clip(points[start : start + size, np.newaxis], lo, hi)


def units_of(segment: GraphSegment) -> Iterator[IntArray]:
    """A vector as near to zero as bounds allow, and for each element the one that differs there by a step."""
    lo, hi = segment.lo, segment.hi
    base = np.clip(0, lo, hi)  # a multiple of the step, as both bounds are
    yield base[np.newaxis]
    vary = np.flatnonzero(lo < hi)
    change = np.where(base < hi, segment.steps, -segment.steps)
    size = max(1, _CHUNK // max(segment.size, 1))
    for start in range(0, len(vary), size):
        part = vary[start : start + size]
        codes = np.repeat(base[np.newaxis], len(part), axis=0)
        codes[np.arange(len(part)), part] += change[part]
        yield codes


def _one_high(segment: GraphSegment) -> Iterator[IntArray]:
    """All elements at their lower bound, all at their upper one, and one of them high after the other."""
    lo, hi = segment.lo, segment.hi
    yield np.stack([lo, hi])
    size = max(1, _CHUNK // max(len(lo), 1))
    for start in range(0, len(lo), size):
        part = np.arange(start, min(start + size, len(lo)))
        codes = np.repeat(lo[np.newaxis], len(part), axis=0)
        codes[np.arange(len(part)), part] = hi[part]
        yield codes


def _varying(structure: Structure, segment: GraphSegment) -> Structure:
    """The structure without the places of elements that have one code only."""
    fixed = np.append(segment.lo == segment.hi, True)  # NONE is the last one
    return replace(structure, places=np.where(fixed[structure.places], NONE, structure.places))


def by_source(segment: GraphSegment, codes: IntArray) -> dict[str, IntArray]:
    """Codes of all elements end to end as codes of each source."""
    parts: dict[str, IntArray] = {}
    first = 0
    for name in segment.sources:
        info = segment.graph.info(name)
        parts[name] = codes[:, first : first + info.size].reshape(len(codes), *info.shape)
        first += info.size
    return parts
