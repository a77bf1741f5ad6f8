"""The tests of every op; one subclass of `OpCase` per op.

A subclass gives the op's name, its meaning in plain Python on fractions (`expected`, one sample), and
what it refuses. Everything else comes from here: evaluation equals the meaning, bounds hold, text and
saved form come back, a composite equals its expansion, and every back end that does not refuse the op
gives the same integers.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeml import backends
from edgeml.backend import Backend
from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, FixedTypeArray, IntArray
from edgeml.ir import Builder, Composite, Graph, Node, Op, ValueInfo, evaluate_codes, ops
from edgeml.ir.parse import parse
from edgeml.ir.saved import load, save
from edgeml.ir.text import arrays_of, to_text
from edgeml.passes.expand import Expand
from tests.strategies import graph_codes, graphs, side_by_side
from tests.zoo import codes, zoo

Values = Any
"""An object array of Fraction; NumPy indexes it, all arithmetic is Python's."""

PLAIN = FixedType(True, 8, 4)

COMPILED: Mapping[str, Mapping[str, Any]] = {
    "hls4ml": {},
    "verilog": {"mode": "parallel", "unroll_limit": 10**6},
    "c": {},
}
"""Back ends whose artefacts a compiler has to see first, with the options for many graphs in one."""

INHERITED = [HealthCheck.differing_executors]
"""The same test runs from every subclass, which is the purpose."""


@dataclass(frozen=True)
class Refused:
    """An op on inputs (shapes, (shape, type), or the codes of a constant) that must be refused."""

    op: Callable[[], Op]
    inputs: tuple[Any, ...]
    message: str


def values(array: IntArray, info: ValueInfo) -> Values:
    """Codes of one sample as fractions."""
    fracs = np.broadcast_to(np.asarray(info.type.frac), array.shape)
    result = np.empty(array.shape, object)
    for index in np.ndindex(array.shape):
        code, frac = int(array[index]), int(fracs[index])
        result[index] = Fraction(code, 1 << frac) if frac >= 0 else Fraction(code << -frac)
    return result


def object_array(shape: tuple[int, ...], element: Callable[..., Any]) -> Values:
    """An object array filled index by index."""
    result = np.empty(shape, object)
    for index in np.ndindex(shape):
        result[index] = element(*index)
    return result


def within(codes: IntArray, info: ValueInfo) -> bool:
    """True if codes lie within the bounds, and the bounds within the type."""
    low, high = (np.asarray(end) for end in (info.type.lo, info.type.hi))
    return bool(
        codes.dtype == np.int64
        and codes.shape[1:] == info.shape == info.lo.shape == info.hi.shape
        and np.all((low <= info.lo) & (info.lo <= info.hi) & (info.hi <= high))
        and np.all((info.lo <= codes) & (codes <= info.hi))
    )


def back_ends() -> list[Any]:
    """The back ends' names as test parameters; compiling ones are slow."""
    slow = [pytest.mark.slow, pytest.mark.tool]
    return [pytest.param(name, marks=slow if name in COMPILED else []) for name in backends.names()]


def runs_exactly(
    target: Backend, graph: Graph, folder: Path, settings: Mapping[str, Any] = MappingProxyType({})
) -> str:
    """Emit, run by every runner, compare all outputs. Returns why not, if it is refused or cannot run."""
    options = target.options(settings)
    refused = target.refusals(graph, options)
    if refused:
        with pytest.raises(EdgemlError):
            target.emit(graph, options)
        return f"{target.name} refuses {refused[0].op}: {refused[0].reason}"
    if missing := cannot_run(target):
        return missing
    for what, (got, expected) in answers(target, graph, folder, settings).items():
        np.testing.assert_array_equal(got, expected, err_msg=what)
    return ""


def cannot_run(target: Backend) -> str:
    """The reason why a back end's runners cannot run on this machine; "" if they can."""
    return "; ".join(filter(None, (runner.available() for runner in target.runners())))


def answers(
    target: Backend, graph: Graph, folder: Path, settings: Mapping[str, Any]
) -> dict[str, tuple[IntArray, IntArray]]:
    """Codes of every runner for every output beside the right ones, by "runner: graph.output"."""
    target.emit(graph, target.options(settings)).write(folder)
    inputs = codes(graph, 24)
    expected = evaluate_codes(graph, inputs)
    results = {runner.name: runner.run_codes(folder, graph, inputs) for runner in target.runners()}
    return {
        f"{runner}: {graph.name}.{name}": (got[name], expected[name])
        for runner, got in results.items()
        for name in graph.outputs
    }


@cache
def compiled_zoo(backend: str) -> dict[str, dict[str, tuple[IntArray, IntArray]]]:
    """`answers` of the zoo's graphs that a back end does not refuse, by graph; compiled once for all ops."""
    target, settings = backends.load(backend), COMPILED[backend]
    fit = [graph for graph in zoo().values() if not target.refusals(graph, target.options(settings))]
    with tempfile.TemporaryDirectory() as folder:
        every = answers(target, side_by_side(fit, "together"), Path(folder), settings)
    return {
        graph.name: {what: pair for what, pair in every.items() if f".g{number}_" in what}
        for number, graph in enumerate(fit)
    }


@cache
def runs_exactly_once(backend: str, graph: str) -> str:
    """`runs_exactly` of a graph of the zoo: it is a sample of every op that it has, and run for the first."""
    with tempfile.TemporaryDirectory() as folder:
        return runs_exactly(backends.load(backend), zoo()[graph], Path(folder))


class OpCase:
    """The tests every op inherits."""

    name: ClassVar[str] = ""
    refusals: ClassVar[tuple[Refused, ...]] = ()
    others: ClassVar[frozenset[str]] = frozenset()
    """Ops that make the inputs of this one interesting."""

    def expected(self, op: Any, node: Node, graph: Graph, *inputs: Values) -> Values:
        """The op's result for one sample, by its definition."""
        raise NotImplementedError

    def samples(self) -> list[Graph]:
        """The graphs of the zoo that have the op."""
        return [graph for graph in zoo().values() if any(n.op.op_name() == self.name for n in graph.nodes)]

    def check(self, graph: Graph, inputs: dict[str, IntArray]) -> None:
        """Every node of this op against its meaning, every value against its bounds."""
        results = evaluate_codes(graph, inputs, keep=[node.name for node in graph.nodes])
        for node in graph.nodes:
            info = graph.info(node.name)
            assert within(results[node.name], info), node
            if node.op.op_name() != self.name:
                continue
            for sample, row in enumerate(results[node.name]):
                sources = [values(results[s][sample], graph.info(s)) for s in node.inputs]
                meant = self.expected(node.op, node, graph, *sources)
                np.testing.assert_array_equal(values(row, info), meant, err_msg=str(node))

    def test_the_zoo_has_it(self):
        assert self.samples()

    def test_means_what_it_says_in_the_zoo(self):
        for graph in self.samples():
            self.check(graph, codes(graph, 6))

    @settings(max_examples=40, suppress_health_check=INHERITED)
    @given(data=st.data())
    def test_means_what_it_says(self, data):
        graph = data.draw(graphs(ops={self.name, *self.others}, max_nodes=4))
        self.check(graph, data.draw(graph_codes(graph, 2)))

    @settings(max_examples=15, suppress_health_check=INHERITED)
    @given(data=st.data())
    def test_text_and_saved_form(self, data, tmp_path_factory):
        graph = data.draw(graphs(ops={self.name}, max_nodes=3))
        text = to_text(graph)
        copy = parse(text, arrays_of(graph))
        assert copy == graph
        assert hash(copy) == hash(graph)
        assert to_text(copy) == text
        folder = save(graph).write(tmp_path_factory.mktemp("saved"))
        again = load(folder)
        assert again == graph
        assert again.digest == graph.digest
        assert save(again).digest == save(graph).digest

    def test_no_samples(self):
        for graph in self.samples():
            for name, result in evaluate_codes(graph, {k: v[:0] for k, v in codes(graph, 2).items()}).items():
                assert result.shape == (0, *graph.info(name).shape)
                assert result.dtype == np.int64

    def test_sample_by_sample(self):
        """A batch is the samples one by one."""
        for graph in self.samples():
            inputs = codes(graph, 3)
            together = evaluate_codes(graph, inputs)
            for sample in range(3):
                alone = evaluate_codes(graph, {k: v[sample : sample + 1] for k, v in inputs.items()})
                for name in graph.outputs:
                    np.testing.assert_array_equal(alone[name][0], together[name][sample])

    def test_refusals(self):
        for case in self.refusals:
            build = Builder("refused")
            names: list[str] = []
            for given_input in case.inputs:
                if isinstance(given_input, np.ndarray):
                    names.append(build.const(given_input, PLAIN))
                else:
                    shape, type = given_input if _has_type(given_input) else (given_input, PLAIN)
                    names.append(build.input(shape, type))
            with pytest.raises(EdgemlError, match=case.message) as caught:
                build.add(case.op(), *names, name="layer.op")
            assert caught.value.where.startswith((f"layer.op ({self.name})", self.name)), caught.value

    def test_a_composite_is_its_expansion(self):
        if not issubclass(ops.load(self.name), Composite):
            assert ops.load(self.name).evaluate is not Op.evaluate
            return
        for graph in self.samples():
            flat = Expand().apply(graph)
            assert not any(isinstance(node.op, Composite) for node in flat.nodes)
            inputs = codes(graph, 16)
            expected = evaluate_codes(graph, inputs)
            for name, result in evaluate_codes(flat, inputs).items():
                np.testing.assert_array_equal(result, expected[name])
                assert flat.info(name).type == graph.info(name).type

    @pytest.mark.parametrize("backend", back_ends())
    def test_every_back_end(self, backend, tmp_path):
        target, chosen = backends.load(backend), COMPILED.get(backend, {})
        reasons: list[str] = []
        for graph in self.samples():
            if backend not in COMPILED:
                reasons.append(runs_exactly_once(backend, graph.name))
            elif target.refusals(graph, target.options(chosen)) or cannot_run(target):
                reasons.append(runs_exactly(target, graph, tmp_path / graph.name, chosen))
            else:
                pairs = compiled_zoo(backend)[graph.name]
                assert len(pairs) == len(target.runners()) * len(graph.outputs)
                for what, (got, expected) in pairs.items():
                    np.testing.assert_array_equal(got, expected, err_msg=f"{graph.name}: {what}")
                reasons.append("")
        if all(reasons):
            pytest.skip("; ".join(dict.fromkeys(reasons)))


def _has_type(item: tuple[Any, ...]) -> bool:
    return len(item) == 2 and isinstance(item[1], FixedType | FixedTypeArray)
