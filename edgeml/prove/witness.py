"""Look for an input of the network on which an artefact answers wrongly.

A stage that differs on some codes refutes nothing alone: no input may reach these codes, or what follows may
hide the difference. Tried are the golden vectors, then inputs made from the codes of the stage, random ones,
and inputs that drive the element that differs as far up and down as they can.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from enum import Enum, unique
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.backend import Backend, Runner, Takes
from edgeml.checks.golden import Golden
from edgeml.errors import BrokenArtefactError, EdgemlError, MissingToolError
from edgeml.fixed import IntArray, to_float
from edgeml.ir import Graph, ValueInfo, evaluate_codes, input_codes
from edgeml.ir.work import products
from edgeml.prove.arguments import StageDifference
from edgeml.prove.result import Witness

_FIRST, _RANDOM = 256, 4096
"""Random inputs that are tried, a few before many."""

_MANY, _WORK, _ELEMENTS = 1 << 16, 2e8, 1 << 24
"""Random inputs that are tried at last, each time; the products and elements that they may take."""

_ALONE, _STEPS = 4096, 2048
"""Elements of inputs that are moved alone, and steps of all together from one end to the other."""

_AT_ONCE = 8
"""Inputs that an early runner is asked at first."""

_ROUNDS, _CHILDREN, _PARENTS, _LOOK = 60, 256, 16, 15
"""Rounds of a climb, inputs tried in each, those that the next begins with, and rounds between two looks."""


@unique
class Effort(Enum):
    """The inputs that are tried."""

    FIRST = "first"
    """Few, which show most differences."""
    REST = "rest"
    """Those that take longer, and the codes of the stage."""
    ALL = "all"


def find_witness(
    backend: Backend,
    folder: Path,
    graph: Graph,
    golden: Golden | None,
    difference: StageDifference | None,
    effort: Effort = Effort.ALL,
    opened: Sequence[str] = (),
) -> Witness | None:
    """An input on which the artefact's outputs differ from the graph's, or None if none was found.

    Args:
        backend: whose artefact it is.
        folder: with the artefact's files.
        graph: the graph.
        golden: vectors of the run, if there are any.
        difference: codes on which a stage differs; None if there are no stages.
        effort: which inputs are tried.
        opened: values of which it is not known whether they differ.

    Raises:
        BrokenArtefactError: the artefact cannot be built, ends with an error on some input, or gives an array
            of another shape.
        EdgemlError: it cannot be run here.
    """
    if effort is Effort.ALL:
        arguments = (backend, folder, graph, golden, difference)
        first = find_witness(*arguments, Effort.FIRST, opened)
        return first or find_witness(*arguments, Effort.REST)
    (runner, *_), core = backend.runners(), backend.prepared(graph)
    if effort is Effort.FIRST:
        witness = _early(backend, folder, graph, core, golden, difference, opened)
        if witness is not None:
            return witness
        runner = runner.unoptimized()
    trouble: EdgemlError | None = None
    waiting = [runner]
    for one in waiting:
        failed = False
        try:
            most = one.most_vectors(folder, graph) or None
            for origin, floats in _candidates(graph, core, golden, difference, effort, opened):
                some = {name: x[:most] for name, x in floats.items()}
                first = _wrong_answer(one, folder, graph, some, origin)
                witness = first and _shortest(one, folder, graph, some, first)
                if witness is not None:
                    return witness
        except MissingToolError:
            raise
        except EdgemlError as error:  # another runner may come further
            failed = True
            if trouble is None or isinstance(error, BrokenArtefactError):
                trouble = error
        if one is runner:
            waiting += runner.alternatives(failed=failed)
    if trouble is not None:
        raise trouble
    return None


def _early(
    backend: Backend,
    folder: Path,
    graph: Graph,
    core: Graph,
    golden: Golden | None,
    difference: StageDifference | None,
    opened: Sequence[str],
) -> Witness | None:
    """A witness among a few inputs of each origin, if a runner is here that has their answers early."""
    runner = backend.early_runner()
    if runner is None:
        return None
    with suppress(EdgemlError):  # what it cannot run is left to the runners of a check
        most = runner.most_vectors(folder, graph)
        groups = list(_candidates(graph, core, golden, difference, Effort.FIRST, opened))
        order = [(row, at) for row in range(most) for at in range(len(groups))]
        order = [(row, at) for row, at in order if row < len(groups[at][1][graph.inputs[0]])][:most]
        for few in (order[:_AT_ONCE], order[_AT_ONCE:]):
            if not few:
                continue
            some = {name: np.stack([groups[at][1][name][row] for row, at in few]) for name in graph.inputs}
            first = _wrong_answer(runner, folder, graph, some, "")
            if first is not None:
                origin = groups[few[len(first.before)][1]][0]
                return _shortest(runner, folder, graph, some, first.model_copy(update={"origin": origin}))
    return None


def _shortest(
    runner: Runner, folder: Path, graph: Graph, floats: Mapping[str, NDArray[Any]], first: Witness
) -> Witness | None:
    """The first of some inputs on which the artefact answers wrongly, behind as few others as can be.

    None are needed but where an artefact mixes what it gets, or reads what others left.
    """
    row = len(first.before)
    for before in sorted({min(2**n - 1, row) for n in range(row.bit_length() + 1)}):
        few = {name: x[row - before : row + 1] for name, x in floats.items()}
        witness = _wrong_answer(runner, folder, graph, few, first.origin)
        if witness is not None:
            return witness
    return None  # it does not answer alike twice


def _wrong_answer(
    runner: Runner, folder: Path, graph: Graph, floats: Mapping[str, NDArray[Any]], origin: str
) -> Witness | None:
    """The first of some inputs on which the artefact answers wrongly, and those before it."""
    codes = input_codes(graph, floats)
    expected = evaluate_codes(graph, codes)
    got = runner.run(folder, graph, floats if runner.takes is Takes.FLOATS else codes)
    for name in graph.outputs:
        if got[name].shape != expected[name].shape:
            what = f"gives the shape {got[name].shape} for {expected[name].shape}"
            raise BrokenArtefactError(what, name, "export it again")
        wrong = np.argwhere(expected[name] != got[name])
        if len(wrong):
            row, *index = (int(n) for n in wrong[0])
            there = (row, *index)
            *before, inputs = (
                {key: values[at].reshape(-1).tolist() for key, values in floats.items()}
                for at in range(row + 1)
            )
            return Witness(
                inputs=inputs,
                output=name,
                index=tuple(index),
                expected=int(expected[name][there]),
                got=int(got[name][there]),
                origin=origin,
                before=tuple(before),
            )
    return None


def _candidates(
    graph: Graph,
    core: Graph,
    golden: Golden | None,
    difference: StageDifference | None,
    effort: Effort,
    opened: Sequence[str],
) -> Iterator[tuple[str, dict[str, NDArray[Any]]]]:
    if difference is not None and set(difference.codes) == set(graph.inputs):
        single = {name: codes[np.newaxis] for name, codes in difference.codes.items()}
        yield "the codes of the stage", _floats(graph, single)
    rng = np.random.default_rng(0)
    if effort is not Effort.REST:
        if golden is not None:
            vectors = golden.joined().x
            yield "the golden vectors", {name: np.asarray(x, np.float32) for name, x in vectors.items()}
        if difference is not None:
            yield from _to_its_ends(graph, core, difference)
        yield from _all_to_their_ends(graph, core, opened)
        yield from _few(graph, rng)
    if effort is not Effort.FIRST:
        yield from _more(graph, core, difference, rng)


def _few(graph: Graph, rng: np.random.Generator) -> Iterator[tuple[str, dict[str, NDArray[Any]]]]:
    infos = {name: graph.info(name) for name in graph.inputs}
    for count in (_FIRST // 4, _RANDOM // 4):
        for share in (1.0, 0.5, 0.1, 0.02):  # of the elements that are not at rest
            shapes = {name: (count, *info.shape) for name, info in infos.items()}
            rest = {name: np.broadcast_to(np.clip(0, x.lo, x.hi), shapes[name]) for name, x in infos.items()}
            codes = _changed(infos, rest, share, rng)
            yield "random inputs", _floats(graph, codes)
            yield "random inputs between codes", _between(graph, codes, rng)


def _more(
    graph: Graph, core: Graph, difference: StageDifference | None, rng: np.random.Generator
) -> Iterator[tuple[str, dict[str, NDArray[Any]]]]:
    infos = {name: graph.info(name) for name in graph.inputs}
    for sign in (1, -1):
        if difference is not None:
            yield from _climbing(graph, core, difference, sign, rng)
    size = sum(info.size for info in infos.values())
    many = min(_MANY, int(_WORK / max(products(graph), 1)), _ELEMENTS // max(size, 1))
    for share in (1.0, 0.5, 0.1, 0.02) if many > _RANDOM else ():
        rest = {name: np.broadcast_to(np.clip(0, x.lo, x.hi), (many, *x.shape)) for name, x in infos.items()}
        yield "many random inputs", _floats(graph, _changed(infos, rest, share, rng))


def _climbing(
    graph: Graph, core: Graph, difference: StageDifference, sign: int, rng: np.random.Generator
) -> Iterator[tuple[str, dict[str, NDArray[Any]]]]:
    """Inputs that drive the element that differs as high (or low) as they can, so that what follows shows it.

    A weight into a unit that is always cut off at zero has no effect until an input switches the unit on.
    """
    infos = {name: graph.info(name) for name in graph.inputs}
    best = {name: np.clip(0, info.lo, info.hi)[np.newaxis] for name, info in infos.items()}
    for number in range(_ROUNDS):
        parents = {name: np.resize(codes, (_CHILDREN, *codes.shape[1:])) for name, codes in best.items()}
        share = rng.choice([0.3, 0.1, 0.03])
        children = _changed(infos, parents, share, rng)
        everyone = {name: np.concatenate([best[name], children[name]]) for name in best}
        height = sign * _heights(core, everyone, difference)
        first = np.argsort(-height, kind="stable")[:_PARENTS]
        best = {name: codes[first] for name, codes in everyone.items()}
        if number % _LOOK == _LOOK - 1:
            yield "inputs that drive the element to its end", _floats(graph, everyone)


def _to_its_ends(
    graph: Graph, core: Graph, difference: StageDifference
) -> Iterator[tuple[str, dict[str, NDArray[Any]]]]:
    """Inputs on a way from where the element that differs is highest to where it is lowest.

    Each element of the inputs is moved alone, from rest, to both of its ends, and then all go to the end that
    did more. That is the highest (lowest) of all inputs where the element is a sum of multiples of them. On
    the way between the two one element after the other goes from end to end, in small steps.
    """
    alone = _each_alone(graph)
    if alone is None:
        return
    infos = {name: graph.info(name) for name in graph.inputs}
    lo, hi, moved = alone
    count = len(lo)
    lower, upper = _heights(core, moved, difference).reshape(2, count)
    top, bottom = np.where(upper > lower, hi, lo), np.where(upper > lower, lo, hi)
    steps = max(1, min(_STEPS // count, int((hi - lo).max())))
    way = [top, bottom]
    here = top
    for at in np.argsort(np.abs(upper - lower), kind="stable"):
        for step in range(1, steps + 1):
            here = here.copy()
            here[at] = top[at] + (bottom[at] - top[at]) * step // steps
            way.append(here)
    yield "inputs that drive the element to its end", _floats(graph, _parts(infos, np.stack(way)))


def _each_alone(graph: Graph) -> tuple[IntArray, IntArray, dict[str, IntArray]] | None:
    """Inputs that have one element at its lowest code and all others at rest, and those at its highest code.

    Returns:
        The lowest and highest codes of all elements of the inputs, and the inputs; None if they are too many.
    """
    infos = {name: graph.info(name) for name in graph.inputs}
    count = sum(info.size for info in infos.values())
    if not 0 < count <= _ALONE or count * products(graph) > _WORK:
        return None
    lo, hi = (
        np.concatenate([getattr(info, end).reshape(-1) for info in infos.values()]) for end in ("lo", "hi")
    )
    alone = np.tile(np.clip(0, lo, hi), (2, count, 1))
    each = np.arange(count)
    alone[0, each, each], alone[1, each, each] = lo, hi
    return lo, hi, _parts(infos, alone.reshape(2 * count, count))


def _all_to_their_ends(
    graph: Graph, core: Graph, values: Sequence[str]
) -> Iterator[tuple[str, dict[str, NDArray[Any]]]]:
    """Inputs that drive each element of values as high, and as low, as `_to_its_ends` does."""
    alone = _each_alone(graph)
    if alone is None or not values:
        return
    lo, hi, moved = (alone[0][:, np.newaxis], alone[1][:, np.newaxis], alone[2])
    names = dict.fromkeys(source for value in values for source in (_before_a_cut(core, value), value))
    rows: list[IntArray] = []
    for heights in evaluate_codes(core, moved, list(names)).values():
        lower, upper = heights.reshape(2, len(lo), -1)
        rows += [np.where(upper > lower, hi, lo).T, np.where(upper > lower, lo, hi).T]
    ends = np.unique(np.concatenate(rows), axis=0)[: _FIRST * 4]
    infos = {name: graph.info(name) for name in graph.inputs}
    yield "inputs that drive elements to their ends", _floats(graph, _parts(infos, ends))


def _before_a_cut(core: Graph, value: str) -> str:
    """The value of which a value is a function element by element, which may cut it off; or itself."""
    read = [name for name in core.node(value).inputs if name not in core.constants]
    return read[0] if [core.info(name).shape for name in read] == [core.info(value).shape] else value


def _heights(core: Graph, inputs: Mapping[str, IntArray], difference: StageDifference) -> IntArray:
    """The element that differs, as the graph has it, before a function of it alone cuts it off."""
    name = _before_a_cut(core, difference.value)
    heights: IntArray = evaluate_codes(core, inputs, [name])[name][(slice(None), *difference.index)]
    return heights


def _parts(infos: Mapping[str, ValueInfo], flat: IntArray) -> dict[str, IntArray]:
    """The inputs by name from (vectors, elements of all inputs)."""
    ends = np.cumsum([info.size for info in infos.values()])[:-1]
    parts = zip(infos.items(), np.split(flat, ends, axis=1), strict=True)
    return {name: part.reshape(-1, *info.shape) for (name, info), part in parts}


def _changed(
    infos: Mapping[str, ValueInfo], codes: Mapping[str, IntArray], share: float, rng: np.random.Generator
) -> dict[str, IntArray]:
    """The codes with a share of the elements drawn anew, a third of these at an end of their range."""
    results: dict[str, IntArray] = {}
    for name, before in codes.items():
        info, shape = infos[name], before.shape
        drawn = rng.integers(info.lo, info.hi, shape, endpoint=True)
        ends = np.where(rng.random(shape) < 0.5, info.lo, info.hi)
        drawn = np.where(rng.random(shape) < 0.3, ends, drawn)
        results[name] = np.where(rng.random(shape) < share, drawn, before)
    return results


def _floats(graph: Graph, codes: Mapping[str, IntArray]) -> dict[str, NDArray[Any]]:
    return {
        name: to_float(values, graph.info(name).type.frac).astype(np.float32)
        for name, values in codes.items()
    }


def _between(
    graph: Graph, codes: Mapping[str, IntArray], rng: np.random.Generator
) -> dict[str, NDArray[Any]]:
    """Floats beside codes, at ties and beyond both ends of the range: what an input quantizer rounds."""
    results: dict[str, NDArray[Any]] = {}
    for name, values in codes.items():
        info = graph.info(name)
        beside = values + rng.choice([-0.5, -0.25, 0.0, 0.25, 0.5], values.shape)
        beyond = np.where(values > 0, info.hi, info.lo) + rng.choice([-1.5, -1.0, 1.0, 1.5], values.shape)
        chosen = np.where(rng.random(values.shape) < 0.2, beyond, beside)
        results[name] = np.ldexp(chosen, -np.asarray(info.type.frac, np.int32)).astype(np.float32)
    return results
