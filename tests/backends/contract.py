"""The contract of back ends, as checks that fail like a test; `CHECKS` lists them by name.

`test_contract.py` runs them over the folder of back ends, `test_contract_catches.py` over a small back end
with one fault at a time. To add one, write `check_x(back_end, name, folder)`: the back end, the name of its
folder, and an empty folder to write to.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from edgeml.backend import Backend, Runner
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.fixed import FixedType
from edgeml.ir import Builder, Composite, Graph, Node, evaluate_codes, ops
from edgeml.ir.ops.const import Const
from edgeml.stages import NoProver
from tests.ir.test_op_contract import foreign
from tests.strategies import graph_codes, graphs
from tests.zoo import codes, zoo

Check = Callable[[Backend, str, Path], None]

QUICK = 25
"""Random graphs per back end that runs without a compiler."""


def core_ops() -> frozenset[str]:
    """The names of all ops that a back end has to express or refuse."""
    return frozenset(name for name in ops.names() if not issubclass(ops.load(name), Composite))


def small() -> Graph:
    """A dense layer of 3 x 2 with a bias and a cast: every back end expresses it."""
    build = Builder("small")
    x = build.input((3,), FixedType(True, 6, 3), "x")
    weight = build.const([[3, -2], [5, 7], [-8, 1]], FixedType(True, 4, 2), "fc.weight")
    bias = build.const([1, -3], FixedType(True, 4, 3), "fc.bias")
    product = build.add(ops.load("mat_mul")(), x, weight, name="fc.matmul")
    total = build.add(ops.load("add")(), product, bias, name="fc")
    return build.graph(build.cast(total, FixedType(True, 7, 2), name="out"))


def with_other_weight(graph: Graph) -> Graph:
    """The same graph with one weight that is larger by one code."""
    nodes = list(graph.nodes)
    at = next(i for i, node in enumerate(nodes) if node.name == "fc.weight")
    op = nodes[at].op
    assert isinstance(op, Const)
    changed = np.array(op.codes)
    changed[0, 0] += 1
    nodes[at] = Node("fc.weight", Const(changed, op.type))
    return Graph(graph.name, nodes, graph.outputs)


def runners(back_end: Backend) -> list[Runner]:
    """Those that can run on this machine."""
    return [runner for runner in back_end.runners() if not runner.available()]


def check_name(back_end: Backend, name: str, folder: Path) -> None:
    """The name is the folder's; what lists of back ends print fits a line."""
    assert back_end.name == name
    assert back_end.folder and "/" not in back_end.folder
    assert back_end.summary and "\n" not in back_end.summary and len(back_end.summary) <= 80
    assert back_end.runners(), "nothing can execute what it emits"
    for runner in back_end.runners():
        assert runner.name and runner.artefact


def check_options(back_end: Backend, name: str, folder: Path) -> None:
    """Defaults parse; an unknown option is refused, a misspelt one with the right spelling."""
    known = sorted(type(back_end.options({})).model_fields)
    for wrong in ("nonsense", *(f"{key}x" for key in known)):
        with pytest.raises(EdgemlError, match=wrong) as error:
            back_end.options({wrong: 1})
        hint = error.value.hint
        assert wrong == "nonsense" or wrong[:-1] in hint, f"{wrong}: the hint is {hint!r}"


def check_same_bytes(back_end: Backend, name: str, folder: Path) -> None:
    """The same graph and options give the same bytes, and another graph other ones."""
    graph = small()
    first, second = back_end.emit(graph), back_end.emit(graph)
    assert first == second
    assert first.digest != back_end.emit(with_other_weight(graph)).digest


def check_foreign_op(back_end: Backend, name: str, folder: Path) -> None:
    """An op that the back end does not know is a refusal that names it, and nothing is emitted."""
    graph = foreign()
    refused = back_end.refusals(graph, back_end.options({}))
    assert [(refusal.node, refusal.op) for refusal in refused] == [("size", "magnitude")]
    assert all(refusal.reason for refusal in refused)
    with pytest.raises(EdgemlError) as error:
        back_end.emit(graph)
    assert error.value.where == "size"


def check_only_what_was_asked(back_end: Backend, name: str, folder: Path) -> None:
    """A runner returns the outputs, and inner values only if they are wanted."""
    graph = small()
    back_end.emit(graph).write(folder)
    inputs = codes(graph, 4)
    for runner in runners(back_end):
        assert set(runner.run_codes(folder, graph, inputs)) == set(graph.outputs)
        assert set(runner.run_codes(folder, graph, inputs, ["fc"])) <= {*graph.outputs, "fc"}


def check_the_file_is_run(back_end: Backend, name: str, folder: Path) -> None:
    """The files decide the results: those of another graph give that graph's integers."""
    graph = small()
    other = with_other_weight(graph)
    back_end.emit(other).write(folder)
    inputs = codes(graph, 16)
    expected = evaluate_codes(other, inputs)["out"]
    assert not np.array_equal(expected, evaluate_codes(graph, inputs)["out"])
    for runner in runners(back_end):
        np.testing.assert_array_equal(runner.run_codes(folder, graph, inputs)["out"], expected)


def check_damage(back_end: Backend, name: str, folder: Path) -> None:
    """An artefact that is cut short, empty or gone ends in one error."""
    graph = small()
    files = back_end.emit(graph)
    inputs = codes(graph, 4)
    for runner in runners(back_end):
        content = files[runner.artefact]
        for damage in (content[: len(content) // 2], b"", None):
            shutil.rmtree(folder, ignore_errors=True)
            files.write(folder)
            target = folder / runner.artefact
            target.unlink() if damage is None else target.write_bytes(damage)
            with pytest.raises((EdgemlError, MissingToolError), match=r"\w"):
                runner.run_codes(folder, graph, inputs)


def check_zoo(back_end: Backend, name: str, folder: Path) -> None:
    """Every graph of the zoo is exact or refused, and every core op is expressed in one of them."""
    expressed: set[str] = set()
    for graph in zoo().values():
        if _exact_or_refused(back_end, graph, folder, codes(graph, 12)):
            expressed |= {node.op.op_name() for node in graph.nodes}
    lacking = core_ops() - expressed
    assert not lacking, f"in no graph of the zoo it expresses {', '.join(sorted(lacking))}"


def check_random_graphs(back_end: Backend, name: str, folder: Path) -> None:
    """Random graphs of all core ops are exact or refused, and not all of them are refused."""
    counts = {True: 0, False: 0}

    @seed(1)
    @settings(
        max_examples=QUICK, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )  # fmt: skip
    @given(graph=graphs(max_width=8, max_nodes=6), data=st.data())
    def run(graph: Graph, data: st.DataObject) -> None:
        counts[_exact_or_refused(back_end, graph, folder, data.draw(graph_codes(graph)))] += 1

    run()
    assert counts[True] > counts[False], f"{counts[False]} of {sum(counts.values())} graphs are refused"


def _exact_or_refused(
    back_end: Backend, graph: Graph, folder: Path, inputs: Mapping[str, np.ndarray]
) -> bool:
    """True if it was emitted and equal; False if it was refused by name, with a reason."""
    refused = back_end.refusals(graph, back_end.options({}))
    if refused:
        assert all(refusal.node and refusal.op and refusal.reason for refusal in refused)
        return False
    shutil.rmtree(folder, ignore_errors=True)
    back_end.emit(graph).write(folder)
    expected = evaluate_codes(graph, inputs)
    for runner in runners(back_end):
        got = runner.run_codes(folder, graph, inputs)
        for output in graph.outputs:
            np.testing.assert_array_equal(
                got[output], expected[output], err_msg=f"{runner.name}: {output}\n{graph}"
            )
    return True


def check_files_compared(back_end: Backend, name: str, folder: Path) -> None:
    """Files that were just written do not deviate from a fresh emission, and those of another graph do."""
    graph = small()
    back_end.emit(graph).write(folder)
    assert back_end.compare_files(folder, graph) == ()
    shutil.rmtree(folder)
    back_end.emit(with_other_weight(graph)).write(folder)
    assert [deviation for deviation in back_end.compare_files(folder, graph) if not deviation.text]


def check_prover(back_end: Backend, name: str, folder: Path) -> None:
    """It says what cuts its artefact into stages, or why nothing does."""
    prover = back_end.prover()
    assert prover.reason if isinstance(prover, NoProver) else prover.covers


EMISSION: Mapping[str, Check] = MappingProxyType(
    {
        "name": check_name,
        "options": check_options,
        "same bytes": check_same_bytes,
        "foreign op": check_foreign_op,
        "files compared": check_files_compared,
        "prover": check_prover,
    }
)
"""Checks that execute no artefact; quick for every back end."""

EXECUTION: Mapping[str, Check] = MappingProxyType(
    {
        "only what was asked": check_only_what_was_asked,
        "the file is run": check_the_file_is_run,
        "damage": check_damage,
    }
)
"""A few runs of one small artefact."""

EXACTNESS: Mapping[str, Check] = MappingProxyType({"zoo": check_zoo, "random graphs": check_random_graphs})
"""Many graphs. Back ends whose artefacts are compiled have tests of their own that put many graphs in one."""

CHECKS: Mapping[str, Check] = MappingProxyType({**EMISSION, **EXECUTION, **EXACTNESS})
