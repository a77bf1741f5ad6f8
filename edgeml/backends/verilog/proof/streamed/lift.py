"""A stage of one beat as a stage of whole values: the same function at every beat.

Which elements a beat holds is a matter of moves, and carried out on their numbers. The beats of all vectors
that differ are driven, each once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgeml.backends.verilog.proof.streamed.moves import PassedBeats
from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.ir import Graph
from edgeml.ir.structure import NONE, Form, Structure, unknown
from edgeml.stages import ArtefactStage, Elements


@dataclass(frozen=True, eq=False)
class BeatSources:
    """The elements that a stage of one beat reads, in every beat.

    Args:
        names: values of the whole graph.
        at: (beats, elements of a beat's sources) their numbers among all elements of these values; NONE for
            a constant.
        codes: of the constants.
        size: elements of these values.
    """

    names: tuple[str, ...]
    at: IntArray
    codes: IntArray
    size: int


def sources_of(
    graph: Graph, stage: ArtefactStage, starts: Mapping[str, PassedBeats], count: int
) -> BeatSources:
    """The sources of a stage in every beat.

    Args:
        graph: the whole graph.
        stage: of one beat.
        starts: what passes at the inputs of its kernel.
        count: beats.
    """
    firsts: dict[str, int] = {}
    at: list[IntArray] = []
    codes: list[IntArray] = []
    size = 0
    for name in stage.sources:
        beats = starts.get(name)
        value = name if beats is None else beats.value
        if value not in firsts:
            firsts[value] = size
            size += graph.info(value).size
        ids = np.arange(graph.info(value).size).reshape(count, -1) if beats is None else beats.ids
        at.append(np.where(ids == NONE, NONE, ids + firsts[value]))
        codes.append(np.zeros_like(ids) if beats is None else beats.codes)
    empty = np.zeros((count, 0), np.int64)
    joined = np.concatenate([*at, empty], axis=1)
    return BeatSources(tuple(firsts), joined, np.concatenate([*codes, empty], axis=1), size)


def lifted(
    graph: Graph, stage: ArtefactStage, starts: Mapping[str, PassedBeats], own: Graph, count: int
) -> ArtefactStage:
    """A stage of whole values.

    Args:
        graph: the whole graph.
        stage: of one beat.
        starts: what passes at the inputs of its kernel, by their names in the graph of a beat.
        own: the graph of a beat.
        count: beats of a sample.

    Raises:
        EdgemlError: the value has another number of elements.
    """
    info = graph.info(stage.value) if stage.value in graph.infos else None
    if info is None or info.size != count * own.info(stage.value).size:
        raise EdgemlError("has another number of elements in the stream", stage.value, "export again")
    sources = sources_of(graph, stage, starts, count)
    widths = [own.info(name).shape for name in stage.sources]

    def run(codes: Mapping[str, IntArray]) -> IntArray:
        batch = max((len(part) for part in codes.values()), default=1)
        flat = [codes[name].reshape(batch, -1) for name in sources.names]
        columns = np.concatenate([*flat, np.zeros((batch, 1), np.int64)], axis=1)
        rows = np.where(sources.at == NONE, sources.codes, columns[:, np.maximum(sources.at, 0)])
        rows = rows.reshape(batch * count, -1)
        chosen, back = _different(rows)
        parts: dict[str, IntArray] = {}
        first = 0
        for name, shape in zip(stage.sources, widths, strict=True):
            last = first + int(np.prod(shape, dtype=np.int64))
            parts[name] = chosen[:, first:last].reshape(len(chosen), *shape)
            first = last
        results = np.asarray(stage.run(parts)).reshape(-1, own.info(stage.value).size)
        results = np.broadcast_to(results, (len(chosen), results.shape[1]))[back]
        return results.reshape(batch, *info.shape)

    return ArtefactStage(
        stage.value,
        sources.names,
        _everywhere(graph, stage, sources, info.shape),
        stage.rounds,
        run,
        _elements(stage, sources, info.shape, count),
    )


def _different(rows: IntArray) -> tuple[IntArray, IntArray]:
    """The rows that differ, and which of them each row is."""
    if not rows.shape[1]:
        return rows[:1], np.zeros(len(rows), np.int64)
    keys = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.itemsize * rows.shape[1]))).reshape(-1)
    _, first, back = np.unique(keys, return_index=True, return_inverse=True)
    return rows[first], back.reshape(-1)


def _everywhere(
    graph: Graph, stage: ArtefactStage, sources: BeatSources, shape: tuple[int, ...]
) -> Structure:
    """The structure of a beat at every beat."""
    one, count = stage.structure, len(sources.at)
    if one.form is Form.UNKNOWN:
        return unknown(shape, one.reason)
    rules = np.broadcast_to(one.rules.reshape(1, -1), (count, one.rules.size)).reshape(shape)
    if one.form is Form.SUM:
        return Structure(Form.SUM, shape, np.zeros((0, *shape), np.int64), np.zeros(shape, np.int64), True)
    layers: list[IntArray] = []
    for layer in one.places:
        here = layer.reshape(-1)
        layers.append(np.where(here == NONE, NONE, sources.at[:, np.maximum(here, 0)]).reshape(shape))
    reason = _constants_among(graph, one, sources)
    if reason:
        return unknown(shape, reason)
    return Structure(one.form, shape, np.stack(layers), rules, one.affine, one.uniform)


def _constants_among(graph: Graph, one: Structure, sources: BeatSources) -> str:
    """Empty if constants in the place of elements are no matter; else why they are."""
    reads = np.unique(one.places[one.places != NONE])
    constant = sources.at[:, reads] == NONE
    if not constant.any() or one.form in (Form.CONSTANT, Form.MONOTONE, Form.FUNCTION):
        return ""
    if one.form not in (Form.MAXIMUM, Form.MINIMUM) or not one.uniform:
        return f"a {one.form.value} of elements and padding"
    ends = [(int(graph.info(name).lo.min()), int(graph.info(name).hi.max())) for name in sources.names]
    codes = sources.codes[:, reads][constant]
    largest = one.form is Form.MAXIMUM
    inside = codes.max() <= min(lo for lo, _ in ends) if largest else codes.min() >= max(hi for _, hi in ends)
    return "" if inside else f"a {one.form.value} of elements and padding that may be it"


def _elements(
    stage: ArtefactStage, sources: BeatSources, shape: tuple[int, ...], count: int
) -> Elements | None:
    """The facts about elements, at every beat."""
    facts = stage.elements
    if facts is None:
        return None
    steps, same = np.ones(sources.size, np.int64), np.arange(sources.size)
    absent = np.broadcast_to(facts.absent.reshape(1, -1), (count, facts.absent.size)).reshape(shape)
    for beat in sources.at:
        inside = beat != NONE
        steps[beat[inside]] = np.maximum(steps[beat[inside]], facts.steps[inside])
        other = beat[facts.same]
        both = inside & (other != NONE)
        same[beat[both]] = other[both]
    return Elements(steps, same, absent)
