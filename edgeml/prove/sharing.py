"""All codes of functions of one element, shared among the elements that are the same function.

A convolution's cast is one function at every position, or one per filter. Where both sides say that elements
have one rule (`Structure.rules`), each has to be driven with a share of the codes only: equality for a code
at one element is equality for that code at all of them.

Invariant: every code within the bounds of some element of a rule is driven at one that can have it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from edgeml.fixed import IntArray
from edgeml.ir.structure import NONE, Structure

_ROUNDS = 12
"""Ways of dealing out codes that are tried before what is left is driven at all elements."""


def groups_of(ours: Structure, theirs: Structure, size: int) -> list[IntArray]:
    """The elements of the sources by what both sides make of them: those of a group are interchangeable.

    Args:
        ours: of the graph, a function of one element each.
        theirs: of the artefact, the same.
        size: elements of all sources.
    """
    a, b = ours.places[0].reshape(-1), theirs.places[0].reshape(-1)
    places = np.maximum(a, b)
    alone = np.where((a == NONE) | (b == NONE), np.arange(a.size), -1)  # one side is a constant of its own
    rules = np.stack([ours.rules.reshape(-1), theirs.rules.reshape(-1), alone], axis=1)
    labels = np.unique(rules, axis=0, return_inverse=True)[1].reshape(-1)
    pairs = np.unique(np.stack([places, labels], axis=1)[places != NONE], axis=0)
    signs: dict[int, list[int]] = {}
    for place, label in pairs.tolist():
        signs.setdefault(place, []).append(label)
    groups: dict[tuple[int, ...], list[int]] = {}
    for place in range(size):
        groups.setdefault(tuple(signs.get(place, ())), []).append(place)
    return [np.array(members, np.int64) for sign, members in groups.items() if sign]


def shared_codes(groups: list[IntArray], lo: IntArray, hi: IntArray, chunk: int) -> Iterator[IntArray]:
    """Vectors (batch, elements) in which every group meets every code.

    Args:
        groups: as `groups_of` gives them.
        lo: lower bounds of all elements.
        hi: upper bounds.
        chunk: most integers in a batch.
    """
    shares = [_dealt(lo[members], hi[members]) for members in groups]
    length = max((len(part) for part in shares), default=0)
    rest = np.clip(0, lo, hi)
    size = max(1, chunk // max(lo.size, 1))
    for start in range(0, length, size):
        codes = np.repeat(rest[np.newaxis], min(size, length - start), axis=0)
        for members, part in zip(groups, shares, strict=True):
            rows = part[start : start + size]
            codes[: len(rows), members] = rows
        yield codes


def _dealt(lo: IntArray, hi: IntArray) -> IntArray:
    """Codes (rows, elements) within bounds; every code that some element can have is at one that has it."""
    every = np.arange(int(lo.min()), int(hi.max()) + 1)
    missing = np.zeros(every.size, bool)
    for low, high in {(int(a), int(b)) for a, b in zip(lo, hi, strict=True)}:
        missing[low - every[0] : high - every[0] + 1] = True
    rng, rows = np.random.default_rng(0), list[IntArray]()
    order = np.argsort(lo + hi, kind="stable")
    for turn in range(_ROUNDS):
        left = every[missing]
        if not left.size:
            break
        count = -(-left.size // lo.size)
        dealt = np.resize(left if turn == 0 else rng.permutation(left), (lo.size, count))
        place = order if turn == 0 else rng.permutation(lo.size)
        table = np.empty((count, lo.size), np.int64)
        table[:, place] = dealt.T
        table = np.clip(table, lo, hi)
        rows.append(table)
        missing[table.reshape(-1) - every[0]] = False
    left = every[missing]
    rows.append(np.clip(left[:, np.newaxis], lo, hi))
    return np.concatenate(rows)
