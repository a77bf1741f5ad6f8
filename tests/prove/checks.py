"""Campaigns of random cases that the rules of proofs have to stand: each raises where a rule says too much.

`stated` checks what a structure says of a function by evaluating it; `planted` makes artefacts that differ in
one place, which an argument's vectors have to show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

from edgeml import backends
from edgeml.files import FileSet
from edgeml.fixed import FixedType, FixedTypeArray, IntArray, Overflow, Round
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.arg_max import ArgMax
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.min import Min
from edgeml.ir.ops.mul import Mul
from edgeml.ir.structure import NONE, Form, Structure, source, unknown
from edgeml.passes import prepare
from edgeml.prove.arguments import StageProof, prove_stage
from edgeml.prove.following import look_behind
from edgeml.prove.prove import prove_folder
from edgeml.prove.quantizer import prove_quantizer
from edgeml.prove.result import Verdict
from edgeml.prove.segment import GraphSegment, steps_on_grids
from edgeml.prove.sums import other_sum, prove_behind
from edgeml.scratch import scratch_folder
from edgeml.stages import ArtefactStage, Elements, Prover, QuantizerStage, nodes
from edgeml.stages.assembling import of_shape, structure_of
from edgeml.stages.nodes import NodeSite
from edgeml.stages.symbols import Algebra, Sym, bounds
from tests.passes.networks import network
from tests.prove.test_symbols import CODES, OPERATIONS, carried, holds, named, number
from tests.zoo import codes as random_codes
from tests.zoo import zoo

Campaign = Callable[[np.random.Generator], None]
Evaluate = Callable[[IntArray], IntArray]
"""Codes (batch, elements of all sources) to codes (batch, *shape)."""


def stated(
    structure: Structure, lo: IntArray, hi: IntArray, evaluate: Evaluate, rng: np.random.Generator
) -> None:
    """Compare a structure with random codes.

    Raises:
        AssertionError: it says too much.
    """
    codes = rng.integers(lo, hi, (12, lo.size), endpoint=True)
    codes[0], codes[1] = lo, hi
    result = evaluate(codes).reshape(len(codes), -1)
    assert result.shape[1] == structure.rules.size
    if structure.form is Form.UNKNOWN:
        return

    def of(some: IntArray) -> IntArray:
        return evaluate(some).reshape(len(some), -1)

    if structure.affine:  # f(a) + f(b) is what it is with some elements exchanged
        exchanged = rng.random(codes.shape) < 0.5
        swapped = np.where(exchanged, codes[::-1], codes)
        back = np.where(exchanged, codes, codes[::-1])
        assert np.array_equal(of(swapped) + of(back), result + result[::-1])
    if structure.form is Form.SUM:
        return
    flat = structure.places.reshape(len(structure.places), -1)
    for out in rng.permutation(flat.shape[1])[:6]:  # elements that a result does not depend on change nothing
        own = np.zeros(lo.size, bool)
        own[flat[flat[:, out] != NONE, out]] = True
        other = np.where(own, codes, codes[::-1])
        assert np.array_equal(of(other)[:, out], result[:, out])
    if structure.form in (Form.MONOTONE, Form.FUNCTION):
        _one_function(structure, lo, hi, of)
    if structure.form in (Form.MONOTONE, Form.MAXIMUM, Form.MINIMUM):
        assert np.all(of(np.maximum(codes, codes[::-1])) >= result)
    if structure.form in (Form.MAXIMUM, Form.MINIMUM):
        _extreme(structure, lo, hi, codes, of)
    if structure.form is Form.POSITION:
        _first_of_largest(structure, codes, result, of)
    if structure.form is Form.PRODUCT:  # affine in the elements of either factor
        first = np.zeros(lo.size, bool)
        first[flat[0][flat[0] != NONE]] = True
        ends = [np.where(first, a, b) for a, b in ((lo, lo), (lo, hi), (hi, lo), (hi, hi))]
        low, high = (np.where(first, end, codes) for end in (lo, hi))
        middle = lo + (hi - lo) // 2
        inner = of(np.where(first, middle, codes))
        assert np.array_equal(
            (inner - of(low)) * _spread(hi, lo, flat), (of(high) - of(low)) * _spread(middle, lo, flat)
        )
        assert len(ends) == 4


def _spread(high: IntArray, low: IntArray, flat: IntArray) -> IntArray:
    """The width of the interval of each result's first element."""
    at = np.maximum(flat[0], 0)
    return np.where(flat[0] == NONE, 1, (high - low)[at])


def _one_function(structure: Structure, lo: IntArray, hi: IntArray, of: Evaluate) -> None:
    """Elements of one rule give one result for one code."""
    rules, places = structure.rules.reshape(-1), structure.places[0].reshape(-1)
    first, last = int(lo.min(initial=0)), int(hi.max(initial=0))
    grid = np.arange(first, last + 1, max(1, (last - first) // 40))
    results = of(np.clip(grid[:, np.newaxis], lo, hi))
    for code, result in zip(grid, results, strict=True):
        there = (places != NONE) & (lo[places] <= code) & (code <= hi[places])
        for rule in np.unique(rules[there]):
            assert len(np.unique(result[there & (rules == rule)])) == 1


def _extreme(structure: Structure, lo: IntArray, hi: IntArray, codes: IntArray, of: Evaluate) -> None:
    """The largest of its parts: the result if the others are at their rest."""
    flat = structure.places.reshape(len(structure.places), -1)
    rest, pick = (lo, np.maximum) if structure.form is Form.MAXIMUM else (hi, np.minimum)
    whole, best = of(codes), np.broadcast_to(of(rest[np.newaxis]), of(codes).shape)
    for layer in flat:
        own = np.zeros(lo.size, bool)
        own[layer[layer != NONE]] = True
        best = pick(best, of(np.where(own, codes, rest)))
    assert np.array_equal(best, whole)
    if structure.uniform:  # all at their largest give the same
        for out in range(min(flat.shape[1], 6)):
            own = np.unique(flat[flat[:, out] != NONE, out])
            if not own.size:
                continue
            top = pick.reduce(codes[:, own], axis=1)[:, np.newaxis]
            inside = np.all((lo[own] <= top) & (top <= hi[own]), axis=1)
            same = codes.copy()
            same[:, own] = top
            if np.any(inside):
                assert np.array_equal(of(same[inside])[:, out], whole[inside, out])


def _first_of_largest(structure: Structure, codes: IntArray, result: IntArray, of: Evaluate) -> None:
    """A function of the position of the largest element: equal positions give equal results."""
    flat = structure.places.reshape(len(structure.places), -1)
    for out in range(flat.shape[1]):
        at = np.argmax(codes[:, flat[:, out]], axis=1)
        for place in np.unique(at):
            assert len(np.unique(result[at == place, out])) == 1
        ties = codes.copy()
        ties[:, flat[:, out]] = codes[:, flat[:1, out]]  # all alike: the first
        assert len(np.unique(of(ties)[:, out])) <= 1


# ---------------------------------------------------------------- numbers


def numbers(rng: np.random.Generator) -> None:
    """Random programs on numbers that depend on elements, and the structure of values made of them."""
    lo, hi = CODES.min(axis=0), CODES.max(axis=0)
    for _ in range(60):
        program = [
            (str(rng.choice(OPERATIONS)), int(rng.integers(41)), int(rng.integers(-5, 41))) for _ in range(8)
        ]
        operators, found = carried(program)
        holds((operators, found))
        for some in (rng.permutation(len(found))[:2], *([at] for at in range(len(found)))):
            structure = structure_of([found[at][0] for at in some], (len(some),), lambda atom: atom.index)
            tables = np.stack([found[at][1] for at in some], axis=1)

            def evaluate(codes: IntArray, tables: IntArray = tables) -> IntArray:
                rows = (codes[:, 0] - lo[0]) * (hi[1] - lo[1] + 1) + codes[:, 1] - lo[1]
                return of_shape(tables[rows], (tables.shape[1],), "numbers")

            stated(structure, lo, hi, evaluate, rng)
    for _ in range(20):
        _cut(rng)


def _cut(rng: np.random.Generator) -> None:
    """A multiple of a variable that holds a sum, as a function of the variable."""
    algebra = Algebra()
    (a, b, times, plus), (x, y) = rng.integers(1, 9, 4).tolist(), (number(-6, 9), number(0, 7, 1))
    total = algebra.add(algebra.scaled(x, a), algebra.scaled(y, -b))
    assert isinstance(total, Sym)
    multiple = algebra.scaled(named(total), times, plus)
    assert isinstance(multiple, Sym)
    cut, codes = algebra.cut(multiple), CODES[:, 0] * a - CODES[:, 1] * b
    assert cut.root is not None
    assert (cut.root.owner, cut.factor, cut.plus) == ("v", times, plus)
    assert (cut.root.lo, cut.root.hi) == (codes.min(), codes.max())
    assert bounds(cut) == (times * codes.min() + plus, times * codes.max() + plus)


# ---------------------------------------------------------------- graphs and artefacts


@cache
def graphs() -> tuple[Graph, ...]:
    """Prepared graphs of the zoo and random ones."""
    small = [graph for graph in zoo().values() if sum(graph.info(n.name).size for n in graph.nodes) < 3000]
    return tuple(prepare(graph) for graph in (*small, *(network(seed) for seed in range(12))))


def graph_values(rng: np.random.Generator) -> None:
    """Every value of many graphs as a function of the values before it, and of the inputs."""
    for core in graphs():
        for node in core.nodes:
            near = tuple(dict.fromkeys(name for name in node.inputs if name not in core.constants))
            if node.name in core.inputs or not near:
                continue
            for sources in dict.fromkeys([near, core.inputs]):
                segment = GraphSegment(core, sources, node.name)
                lo, hi = segment.lo.reshape(-1), segment.hi.reshape(-1)
                stated(segment.structure, lo, hi, lambda codes, s=segment: _evaluated(s, codes), rng)


def grids(rng: np.random.Generator) -> None:
    """The steps between the codes of every element of the values of many graphs."""
    del rng
    for core in graphs():
        names = [node.name for node in core.nodes]
        values = evaluate_codes(core, random_codes(core, 100), keep=names)
        for name in names:
            steps = steps_on_grids(core, [name]).reshape(core.info(name).shape)
            assert np.all(steps > 0)
            assert not np.any(values[name] % steps)


def _evaluated(segment: GraphSegment, codes: IntArray) -> IntArray:
    return segment.evaluate(_parts(segment.graph, segment.sources, codes))


def _parts(graph: Graph, sources: tuple[str, ...], codes: IntArray) -> dict[str, IntArray]:
    parts, first = dict[str, IntArray](), 0
    for name in sources:
        info = graph.info(name)
        parts[name] = codes[:, first : first + info.size].reshape(len(codes), *info.shape)
        first += info.size
    return parts


@dataclass(frozen=True)
class _Emitted:
    name: str
    graph: Graph
    core: Graph
    files: FileSet


@cache
def emitted() -> tuple[_Emitted, ...]:
    """ONNX files of graphs of the zoo, small ones first, each with an operator that none before it has."""
    found: list[_Emitted] = []
    sizes = {name: sum(graph.info(n.name).size for n in graph.nodes) for name, graph in zoo().items()}
    for name in ("onnx", "qonnx", "qdq"):
        backend, kinds = backends.load(name), set[tuple[str, str]]()
        for graph in (zoo()[key] for key in sorted(sizes, key=sizes.__getitem__)):
            if backend.refusals(graph, backend.options({})):
                continue
            files = backend.emit(graph)
            model = onnx.load_from_string(files[backend.runners()[0].artefact])
            here = {(node.domain, node.op_type) for node in model.graph.node}
            if here - kinds:
                kinds |= here
                found.append(_Emitted(name, graph, backend.prepared(graph), files))
    return tuple(found)


def artefact_stages(one: _Emitted, rng: np.random.Generator) -> None:
    """Every stage of an ONNX file, driven with random codes."""
    with scratch_folder() as folder:
        one.files.write(folder)
        prover = backends.load(one.name).prover()
        assert isinstance(prover, Prover)
        for stage in prover.stages(folder, one.core):
            if not isinstance(stage, ArtefactStage):
                continue
            infos = [one.core.info(name) for name in stage.sources]
            lo, hi = (
                np.concatenate([np.zeros(0, np.int64), *(end.reshape(-1) for end in ends)])
                for ends in ([info.lo for info in infos], [info.hi for info in infos])
            )
            shape = one.core.info(stage.value).shape
            assert stage.structure.shape == shape

            def evaluate(codes: IntArray, stage: ArtefactStage = stage, core: Graph = one.core) -> IntArray:
                got = stage.run(_parts(core, stage.sources, codes))
                return np.broadcast_to(got, (len(codes), *core.info(stage.value).shape))

            stated(stage.structure, lo, hi, evaluate, rng)


_ALONE = ("Abs", "Sign", "Ceil", "Floor", "Round", "Relu", "Identity")
_BOTH = ("Add", "Sub", "Mul", "Max", "Min", "Equal")


def operators(rng: np.random.Generator) -> None:
    """Element-wise operators of halves, one at a time: of an element, with constants, of two elements."""
    lo, hi = np.full(8, -9), np.full(8, 9)
    halves = [source((4,), first, np.array([1, 1, 1, 1])) for first in (0, 4)]
    constants = rng.choice([-1.5, 0.5, 2.0], (1, 4))
    for kind in _ALONE:
        _operator(kind, [halves[0]], [None], lambda x: [x[:, :4]], lo, hi, rng)
    for kind in _BOTH:
        _operator(kind, [halves[0], None], [None, constants], lambda x: [x[:, :4], constants], lo, hi, rng)
        _operator(kind, [None, halves[0]], [constants, None], lambda x: [constants, x[:, :4]], lo, hi, rng)
        _operator(kind, halves, [None, None], lambda x: [x[:, :4], x[:, 4:]], lo, hi, rng)


def _operator(
    kind: str,
    inputs: Sequence[Structure | None],
    constants: Sequence[NDArray[Any] | None],
    feeds: Callable[[NDArray[Any]], list[NDArray[Any]]],
    lo: IntArray,
    hi: IntArray,
    rng: np.random.Generator,
) -> None:
    names = [f"x{at}" for at in range(len(inputs))]
    evaluator: Any = ReferenceEvaluator(onnx.helper.make_node(kind, names, ["y"]))

    def evaluate(codes: IntArray) -> IntArray:
        (result,) = evaluator.run(None, dict(zip(names, feeds(codes / 2), strict=True)))
        return np.asarray(result * 4, np.int64)

    said = nodes.structure_of("", NodeSite(kind, {}, inputs, constants, (4,)))
    stated(said, lo, hi, evaluate, rng)


# ---------------------------------------------------------------- arguments


def _segment(build: Builder, value: str) -> GraphSegment:
    graph = build.graph(value)
    return GraphSegment(graph, graph.inputs, value)


@cache
def segments() -> tuple[GraphSegment, ...]:
    """A value of each form; of functions of one element few codes, many, and more than can be tried."""
    found: list[GraphSegment] = []
    rng = np.random.default_rng(0)
    for width, overflow in ((5, Overflow.SAT), (5, Overflow.WRAP), (17, Overflow.WRAP), (34, Overflow.SAT)):
        build = Builder(f"cast_{width}_{overflow.value}")
        x = build.input((6,), FixedType(True, width, width - 3), "x")
        to = FixedTypeArray(True, np.array([4, 4, 4, 3, 3, 3]), np.array([1, 1, 1, 1, 0, 0]))
        found.append(_segment(build, build.cast(x, to, Round.RND_CONV, overflow, name="y")))
    for mixed in (False, True):
        build = Builder("sums")
        x = build.input((3,), FixedType(True, 5, 2), "x")
        weights = build.const(rng.integers(-7, 8, (3, 4)), FixedType(True, 4, 2), "w")
        sums = build.add(MatMul(), x, weights, name="sums")
        z = build.input((4,), FixedType(False, 3, 1), "z")
        found.append(_segment(build, build.add(Add(), sums, z, name="y") if mixed else sums))
    for kind in (Max, Min, Mul):
        build = Builder(kind.__name__)
        x, z = (build.input((3,), FixedType(True, 4, frac), f"x{frac}") for frac in (1, 2))
        found.append(_segment(build, build.add(kind(), x, z, name="y")))
    for width in (4, 26):
        build = Builder(f"pool_{width}")
        x = build.input((4, 4, 2), FixedType(True, width, 1), "x")
        pool = build.add(MaxPool((2, 2), (2, 2), ((0, 0), (0, 0))), x, name="pool")
        found.append(_segment(build, build.cast(pool, FixedType(True, 3, 0), Round.RND, name="y")))
    build = Builder("position")
    x = build.input((2, 5), FixedType(True, 4, 1), "x")
    found.append(_segment(build, build.add(ArgMax(), x, name="y")))
    return tuple(found)


def planted(rng: np.random.Generator) -> None:
    """Stages that are equal are proven, and those that differ in one code, multiple or place are not."""
    for segment in segments():
        here = GraphSegment(segment.graph, segment.sources, segment.value)
        right = _proof(here, lambda codes, _: codes * 0)
        assert right.difference is None
        assert not right.missing
        for _ in range(12):
            wrong = _proof(here, _error(here, rng))
            assert wrong.difference is not None or wrong.missing
            bare = _proof(
                here, lambda codes, _: codes * 0 + 1, unknown(here.structure.shape, "nothing is known")
            )
            assert bare.missing
            assert bare.difference is not None
            if wrong.difference is not None:
                assert wrong.difference.expected != wrong.difference.got


Error = Callable[[IntArray, IntArray], IntArray]
"""(results, codes of the sources), each (vectors, elements), to what is added to the results."""


def _proof(segment: GraphSegment, error: Error, structure: Structure | None = None) -> StageProof:
    """The proof of a stage that makes an error; of the graph's structure, or of another."""
    honest = _honest(segment)

    def run(codes: Mapping[str, IntArray]) -> IntArray:
        flat = np.concatenate([part.reshape(len(part), -1) for part in codes.values()], axis=1)
        results = honest(flat)
        return (results + error(results, flat)).reshape(-1, *segment.graph.info(segment.value).shape)

    stage = ArtefactStage(segment.value, segment.sources, structure or segment.structure, "", run)
    return prove_stage(stage, segment)


def _honest(segment: GraphSegment) -> Evaluate:
    """The graph's function, evaluated without what is tested."""
    graph = segment.graph

    def evaluate(flat: IntArray) -> IntArray:
        codes = evaluate_codes(graph, _parts(graph, graph.inputs, flat))
        return codes[segment.value].reshape(len(flat), -1)

    return evaluate


def _error(segment: GraphSegment, rng: np.random.Generator) -> Error:
    """An error that leaves the structure as it is."""
    structure = segment.structure
    lo, hi = segment.lo.reshape(-1), segment.hi.reshape(-1)
    if structure.form is Form.SUM:
        at, out = rng.integers(-2, lo.size), rng.integers(structure.rules.size)
        base = np.clip(0, lo, hi)
        step = np.where(base < hi, 1, -1)

        def multiple(results: IntArray, codes: IntArray) -> IntArray:
            wrong = np.zeros_like(results)
            if at == -2:  # seen at the vector near to zero alone
                wrong[:, out] = 1 - np.sum((codes - base) * step, axis=1)
            else:
                wrong[:, out] = 1 if at == -1 else codes[:, at]
            return wrong

        return multiple
    flat = structure.places.reshape(len(structure.places), -1)
    rule = rng.choice(structure.rules.reshape(-1))
    alike_ = structure.rules.reshape(-1) == rule
    if structure.form is Form.PRODUCT:
        ends = [lo, hi][rng.integers(2)], [lo, hi][rng.integers(2)]

        def corner(results: IntArray, codes: IntArray) -> IntArray:  # seen at the other corner alone
            return np.where(
                alike_,
                np.prod([codes[:, at] - end[at] for at, end in zip(flat, ends, strict=True)], axis=0),
                0,
            )

        return corner
    if structure.form is Form.POSITION:
        a, b = rng.permutation(flat.shape[0])[:2]
        out = np.arange(flat.shape[1]) == rng.integers(flat.shape[1])
        if rng.random() < 0.5:  # one position is another
            return lambda results, codes: ((results == b) & out).astype(np.int64)

        def exchanged(results: IntArray, codes: IntArray) -> IntArray:
            swapped = codes[:, flat]  # (vectors, places, results)
            swapped[:, [a, b]] = swapped[:, [b, a]]
            return np.where(out, np.argmax(swapped, axis=1) - results, 0)

        return exchanged
    layer = rng.integers(len(flat))
    ends = lo[flat[layer, alike_]], hi[flat[layer, alike_]]
    code = int(
        rng.choice(
            [int(ends[0].min()), int(ends[1].max()), int(rng.integers(ends[0].min(), ends[1].max() + 1))]
        )
    )
    if int(ends[1].max()) - int(ends[0].min()) > 1 << 20:  # more codes than are tried: it has to go on rising
        return _moved_step(segment, rng)

    def one_code(results: IntArray, codes: IntArray) -> IntArray:
        if structure.form in (Form.MAXIMUM, Form.MINIMUM):
            pick = np.max if structure.form is Form.MAXIMUM else np.min
            if structure.uniform:
                return np.where(alike_, pick(codes[:, flat], axis=1) == code, False).astype(np.int64)
            own = codes[:, flat[layer]]
            first = own == pick(codes[:, flat], axis=1)
            return (first & (own == code)).astype(np.int64)
        return np.where(alike_, codes[:, flat[0]] == code, False).astype(np.int64)

    return one_code


def _moved_step(segment: GraphSegment, rng: np.random.Generator) -> Error:
    """A step of a function that never falls, one code later."""
    honest = _honest(segment)
    shift = int(rng.choice([-1, 1]))
    if rng.random() < 0.5:  # at one end of the interval alone, where it goes on rising
        end = segment.hi.reshape(-1) if shift > 0 else segment.lo.reshape(-1)
        return lambda results, codes: np.where(
            np.all(codes == end, axis=1, keepdims=True), shift, np.zeros_like(results)
        )

    def later(results: IntArray, codes: IntArray) -> IntArray:
        lo, hi = segment.lo.reshape(-1), segment.hi.reshape(-1)
        return honest(np.clip(codes + shift, lo, hi)) - results

    return later


def quantizers(rng: np.random.Generator) -> None:
    """Roundings of floats that differ beside one step, at the largest float or everywhere."""
    for width, frac, rounding in ((4, 2, Round.RND_CONV), (5, 0, Round.TRN), (3, -2, Round.RND)):
        build = Builder("quantizer")
        build.add(Input((2,), FixedType(True, width, frac), rounding), name="x")
        graph = build.graph("x")
        op, structure = graph.node("x").as_op(Input), source((2,), 0)
        right = prove_quantizer(QuantizerStage("x", structure, op.codes), graph)
        assert right.difference is None
        assert not right.missing
        for _ in range(12):
            edge = np.float32(np.ldexp(rng.integers(-(1 << width), 1 << width) * 0.5, -frac))
            side = np.nextafter(edge, np.float32(rng.choice([-np.inf, np.inf])), dtype=np.float32)

            if rng.random() < 0.3:
                edge = side = np.float32(rng.choice([-1, 1])) * np.finfo(np.float32).max

            def wrong(x: Any, edge: Any = edge, side: Any = side, op: Input = op) -> IntArray:
                inside = (x >= min(edge, side)) & (x <= max(edge, side))
                other = op.codes(np.where(x == edge, side, edge).astype(np.float32))
                return np.where(inside, other if edge != side else 0, op.codes(x))

            probe = np.array([[edge, side]], np.float32)
            if np.array_equal(wrong(probe), op.codes(probe)):
                continue
            assert prove_quantizer(QuantizerStage("x", structure, wrong), graph).difference is not None


def known_elements(rng: np.random.Generator) -> None:
    """Elements of a stage that are always equal, multiples of a step, or not there."""
    build = Builder("facts")
    x = build.input((4,), FixedType(True, 5, 0), "x")
    graph = build.graph(
        build.cast(x, FixedTypeArray(True, np.array([3, 3, 4, 4]), np.zeros(4, int)), name="y")
    )
    absent = np.array([False, False, False, True])
    facts = Elements(np.array([2, 2, 1, 1]), np.array([0, 0, 2, 3]), absent)
    segment = GraphSegment(graph, ["x"], "y", facts)

    def evaluate(codes: IntArray) -> IntArray:
        return np.where(absent, 7, segment.evaluate({"x": segment.possible(codes)}))

    assert not np.any(segment.compared(np.array([[False, False, False, True]])))
    assert np.all(segment.possible(rng.integers(segment.lo, segment.hi, (5, 4)))[:, :2] % 2 == 0)
    stated(segment.structure, segment.lo, segment.hi, evaluate, rng)


def files(rng: np.random.Generator) -> None:
    """A file is proven as it is, and not with another weight in its last layer."""
    graph = zoo()["mlp"]
    backend = backends.load("onnx")
    emitted_files = backend.emit(graph)
    with scratch_folder() as folder:
        emitted_files.write(folder / "onnx")
        path = folder / "onnx" / backend.runners()[0].artefact
        (proof,) = prove_folder(folder, graph, ["onnx"]).results
        assert proof.verdict is Verdict.PROVEN
        assert {step.value for step in proof.steps} >= {*graph.inputs, *graph.outputs}
        model = onnx.load(path)
        *_, last = (node for node in model.graph.node if node.op_type in ("Gemm", "MatMul"))
        weight = next(tensor for tensor in model.graph.initializer if tensor.name == last.input[1])
        values = onnx.numpy_helper.to_array(weight).copy()
        at = tuple(rng.integers(values.shape))
        values[at] += np.abs(values[values != 0]).min()
        weight.CopyFrom(onnx.numpy_helper.from_array(values, weight.name))
        path.write_bytes(model.SerializeToString())
        (proof,) = prove_folder(folder, graph, ["onnx"]).results
        assert proof.verdict is not Verdict.PROVEN


def sums(rng: np.random.Generator) -> None:
    """Sums with other multiples behind which stands a function: equal if and only if all codes say so."""
    for _ in range(40):
        build = Builder("sum")
        bits, count = int(rng.integers(1, 4)), int(rng.integers(1, 4))
        x = build.input((count,), FixedType(bool(rng.integers(2)), bits, 0), "x")
        weights = rng.integers(-3, 4, (count, 2))
        total = build.add(MatMul(), x, build.const(weights, FixedType(True, 3, 0), "w"), name="total")
        frac, overflow = int(rng.integers(-3, 1)), rng.choice([each.value for each in Overflow])
        last = build.cast(total, FixedType(True, 3, frac), Round.TRN, Overflow(overflow), name="last")
        graph = build.graph(last)
        first, after = GraphSegment(graph, ["x"], "total"), GraphSegment(graph, ["total"], "last")
        other = weights * 2  # the artefact's sum has one fractional bit more
        other[rng.integers(count), rng.integers(2)] += rng.integers(-2, 3)
        offset, shift = rng.integers(-1, 2, 2), int(rng.integers(2))

        def added(codes: Mapping[str, IntArray], _: int, bits: int, o: Any = (other, offset)) -> IntArray:
            return ((codes["x"] @ o[0] + o[1]) << bits) >> 1

        def cast(codes: Mapping[str, IntArray], bits: int, _: int, o: Any = (after, shift)) -> IntArray:
            info = o[0].graph.info("total")
            halves = codes["total"] << (1 - bits)
            inside = np.clip(halves + o[1] >> 1, info.lo, info.hi)
            return o[0].evaluate({"total": inside})

        stages = (
            ArtefactStage("total", ("x",), first.structure, "", lambda c: c["x"], finer=added),
            ArtefactStage("last", ("total",), after.structure, "", lambda c: c["total"], finer=cast),
        )
        apart = other_sum(stages[0], first)
        assert apart is not None
        proof = prove_behind(apart, stages[1], after)
        info = graph.info("x")
        every = np.stack(
            np.meshgrid(*(np.arange(a, b + 1) for a, b in zip(info.lo, info.hi, strict=True))), axis=-1
        ).reshape(-1, count)
        right = evaluate_codes(graph, {"x": every})["last"]
        got = cast({"total": added({"x": every}, 0, 1)}, 1, 0)
        assert not proof.missing
        assert (proof.difference is None) == np.array_equal(right, got)
        if proof.difference is not None:
            found = {"x": proof.difference.codes["x"][np.newaxis]}
            place = (0, *proof.difference.index)
            assert evaluate_codes(graph, found)["last"][place] == proof.difference.expected
            assert cast({"total": added(found, 0, 1)}, 1, 0)[place] == proof.difference.got


def behind(rng: np.random.Generator) -> None:
    """Files with another weight in front of a cast: proven if and only if no input shows it."""
    backend = backends.load("onnx")
    prover = backend.prover()
    assert isinstance(prover, Prover)
    for at in range(8):
        build = Builder("behind")
        x = build.input((3,), FixedType(False, 3, 0), "x")
        weights = np.stack([rng.integers(-3, 4, 3), rng.integers(-3, 0, 3)], axis=1)
        kernel = build.const(weights, FixedType(True, 3, 0), "w")
        total = build.add(MatMul(), x, kernel, name="total")
        first = build.cast(total, FixedType(False, 4, -1), Round.TRN, Overflow.SAT, name="first")
        last = build.cast(first, FixedType(False, 2, -2), Round.TRN, Overflow.SAT, name="last")
        graph = build.graph(last)
        core = backend.prepared(graph)
        with scratch_folder() as folder:
            backend.emit(graph).write(folder)
            path = folder / backend.runners()[0].artefact
            model = onnx.load(path)
            weight = next(t for t in model.graph.initializer if t.dims == [3, 2] or t.dims == [2, 3])
            values = onnx.numpy_helper.to_array(weight).copy()
            values[(rng.integers(3), at % 2) if values.shape == (3, 2) else (at % 2, rng.integers(3))] += 1
            weight.CopyFrom(onnx.numpy_helper.from_array(values, weight.name))
            path.write_bytes(model.SerializeToString())
            proven = look_behind(prover, folder, core).proven
            every = np.stack(np.meshgrid(*[np.arange(8)] * 3), axis=-1).reshape(-1, 3)
            right = evaluate_codes(graph, {"x": every})
            got = backend.runners()[0].run_codes(folder, graph, {"x": every})
            assert proven == all(np.array_equal(got[name], right[name]) for name in right)


PLAIN: tuple[Campaign, ...] = (
    numbers, graph_values, grids, operators, known_elements, quantizers, planted, sums, files, behind,
)  # fmt: skip
"""Campaigns that emit nothing, or one file."""


@cache
def campaigns() -> Mapping[str, Campaign]:
    """All campaigns by name, cheap ones first; a file is one."""
    of_files = {f"{one.name} of {one.graph.name}": partial(artefact_stages, one) for one in emitted()}
    return {getattr(one, "__name__", ""): one for one in PLAIN} | of_files
