"""A wrong artefact is found, the first op that differs is named, and the cause is right."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest

from edgeml import backends
from edgeml.checks import golden as vectors
from edgeml.checks.compare import Execute, compare
from edgeml.checks.golden import Golden
from edgeml.checks.names import runners, select
from edgeml.checks.result import Check, Result
from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, IntArray, Overflow, Round
from edgeml.ir import Builder, Graph, Node, evaluate_codes
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.mat_mul import MatMul


@pytest.fixture
def graph() -> Graph:
    rng = np.random.default_rng(7)
    build = Builder("net")
    value = build.input((6,), FixedType(False, 6, 6))
    for layer, (inputs, outputs) in {"fc1": (6, 5), "fc2": (5, 3)}.items():
        weight = build.const(
            rng.integers(-16, 16, (inputs, outputs)), FixedType(True, 5, 4), f"{layer}.weight"
        )
        bias = build.const(rng.integers(-16, 16, (outputs,)), FixedType(True, 5, 4), f"{layer}.bias")
        value = build.add(MatMul(), value, weight, name=f"{layer}.matmul")
        value = build.add(Add(), value, bias, name=layer)
        value = build.cast(value, FixedType(False, 5, 3), name=f"act_{layer}")
    return build.graph(value)


@pytest.fixture
def golden(graph: Graph) -> Golden:
    return vectors.make(graph, np.random.default_rng(1).random((200, 6)))


def executing(graph: Graph, traced: bool = True) -> Execute:
    """An artefact that computes what `graph` says and shows inner values if `traced`."""

    def execute(golden: Golden, keep: Sequence[str]) -> dict[str, IntArray]:
        return evaluate_codes(graph, golden.inputs, [*graph.outputs, *(keep if traced else ())])

    return execute


def altered(graph: Graph, name: str, op: Cast | Const) -> Graph:
    nodes = [Node(node.name, op, node.inputs) if node.name == name else node for node in graph.nodes]
    return Graph(graph.name, nodes, graph.outputs)


def test_equal_is_exact(graph: Graph, golden: Golden) -> None:
    result = compare("twin", graph, golden, executing(graph))
    assert (result.status, result.mismatches, result.samples, result.first) == ("exact", 0, 200, None)


def test_another_rounding_is_named(graph: Graph, golden: Golden) -> None:
    wrong = altered(graph, "act_fc1", Cast(FixedType(False, 5, 3), Round.TRN, Overflow.SAT))
    result = compare("artefact", graph, golden, executing(wrong))
    assert result.status == "mismatch"
    assert result.first is not None and result.first.op == "act_fc1"
    assert "TRN, SAT gives; the graph says RND_CONV, SAT" in result.reason
    assert result.max_abs_lsb >= 1 and result.mismatches >= 1


@pytest.mark.parametrize(("layer", "position", "change"), [("fc1", (2, 4), 3), ("fc2", (0, 1), -2)])
def test_another_weight_is_named(
    graph: Graph, golden: Golden, layer: str, position: tuple[int, int], change: int
) -> None:
    codes = graph.constant(f"{layer}.weight").copy()
    codes[position] += change
    wrong = altered(graph, f"{layer}.weight", Const(codes, FixedType(True, 8, 4)))
    result = compare("artefact", graph, golden, executing(wrong))
    assert result.first is not None and result.first.op == f"{layer}.matmul"
    before = graph.constant(f"{layer}.weight")[position]
    assert (
        f"weight [{position[0]}, {position[1]}] had code {before + change} instead of {before}"
        in result.reason
    )


def test_another_bias_is_named(graph: Graph, golden: Golden) -> None:
    codes = graph.constant("fc1.bias").copy()
    codes[3] += 1
    wrong = altered(graph, "fc1.bias", Const(codes, FixedType(True, 8, 4)))
    result = compare("artefact", graph, golden, executing(wrong))
    assert result.first is not None and result.first.op == "fc1"
    assert "another bias" in result.reason


def test_the_position_is_that_of_the_first_difference(graph: Graph, golden: Golden) -> None:
    wrong = altered(graph, "act_fc2", Cast(FixedType(False, 5, 3), Round.TRN, Overflow.SAT))
    result = compare("artefact", graph, golden, executing(wrong, traced=False))
    assert result.first is not None
    sample, column = result.first.index
    got = evaluate_codes(wrong, golden.inputs)["act_fc2"]
    expected = golden.expected["act_fc2"]
    assert (result.first.expected, result.first.got) == (expected[sample, column], got[sample, column])
    assert np.array_equal(expected[:sample], got[:sample])


def test_an_altered_golden_integer_is_found(graph: Graph, golden: Golden) -> None:
    expected = {name: codes.copy() for name, codes in golden.expected.items()}
    expected["act_fc2"][17, 2] ^= 1
    changed = Golden(golden.x, golden.inputs, expected)
    result = compare("evaluate", graph, changed, executing(graph))
    assert (result.status, result.mismatches, result.max_abs_lsb) == ("mismatch", 1, 1)
    assert result.first is not None and result.first.index == (17, 2)
    assert "golden vectors do not" in result.reason


@pytest.mark.parametrize("wrong", ["fc1", "act_fc2"])
def test_every_output_is_compared(graph: Graph, wrong: str) -> None:
    two = Graph(graph.name, graph.nodes, ["fc1", "act_fc2"])
    golden = vectors.make(two, np.random.default_rng(2).random((50, 6)))

    def execute(part: Golden, keep: Sequence[str]) -> dict[str, IntArray]:
        codes = evaluate_codes(two, part.inputs, [*two.outputs, *keep])
        return codes | {wrong: codes[wrong] + 1}

    result = compare("second", two, golden, execute)
    assert result.status == "mismatch" and result.first is not None
    assert (result.first.op, result.mismatches) == (wrong, golden.joined().expected[wrong].size)


def test_a_wrong_shape_is_an_error(graph: Graph, golden: Golden) -> None:
    def execute(golden: Golden, keep: Sequence[str]) -> dict[str, IntArray]:
        return {"act_fc2": np.zeros((golden.samples, 2), np.int64)}

    with pytest.raises(EdgemlError, match="shape"):
        compare("artefact", graph, golden, execute)


def test_not_run_is_neither_a_mismatch_nor_compared() -> None:
    skipped = Result(backend="hls4ml", status="not-run", reason="g++ is missing")
    check = Check(model="m", samples=3, results=(skipped,))
    assert check.ok and check.compared == ()


def test_result_file_round_trip(graph: Graph, golden: Golden, tmp_path) -> None:
    wrong = altered(graph, "act_fc1", Cast(FixedType(False, 5, 3), Round.TRN, Overflow.SAT))
    check = Check(model="net", samples=200, results=(compare("a", graph, golden, executing(wrong)),))
    (tmp_path / "check.json").write_text(check.to_json())
    assert Check.read(tmp_path / "check.json") == check
    (tmp_path / "check.json").write_text(check.to_json()[:-30])
    with pytest.raises(EdgemlError, match="check.json"):
        Check.read(tmp_path / "check.json")


def test_golden_file_round_trip(graph: Graph, golden: Golden, tmp_path) -> None:
    vectors.save(golden, tmp_path / "golden.npz")
    back = vectors.read(tmp_path / "golden.npz", graph)
    for mine, theirs in ((golden.inputs, back.inputs), (golden.expected, back.expected), (golden.x, back.x)):
        assert mine.keys() == theirs.keys()
        assert all(np.array_equal(mine[name], theirs[name]) for name in mine)


def test_truncated_golden_file_is_one_error(graph: Graph, golden: Golden, tmp_path) -> None:
    path = tmp_path / "golden.npz"
    vectors.save(golden, path)
    whole = path.read_bytes()
    for size in (0, 10, len(whole) // 2, len(whole) - 5):
        path.write_bytes(whole[:size])
        with pytest.raises(EdgemlError, match="golden"):
            vectors.read(path, graph)


@pytest.mark.parametrize(
    ("key", "change", "told"),
    [
        (
            "x.input",
            lambda a: np.where(a == a.max(), np.nan, a),
            "NaN or infinite",
        ),
        ("x.input", lambda a: a + np.inf, "NaN or infinite"),
        ("x.input", lambda a: a.astype(np.int64), "floats expected"),
        ("x.input", lambda a: a[:, :5], "shape"),
        ("x.input", lambda a: a[:7], "shape"),
        ("x.input", lambda a: a.astype("U8"), "floats expected"),
        ("input.input", lambda a: a + 0.5, "integers expected"),
        ("input.input", lambda a: a.astype(np.float32), "integers expected"),
        ("input.input", lambda a: a.astype(bool), "integers expected"),
        ("input.input", lambda a: a.astype(complex), "integers expected"),
        ("input.input", lambda a: a.astype(np.int64) + 64, "which is ufixed<6,0>"),
        ("input.input", lambda a: a.astype(np.int64) - 1, "which is ufixed<6,0>"),
        ("input.input", lambda a: a.astype(np.uint64) + 2**63, "within 64 bits"),
        ("input.input", lambda a: a[0, 0], "samples"),
        ("input.input", lambda a: a[:0], "samples"),
        ("input.input", lambda a: a.T, "shape"),
        ("expected.act_fc2", lambda a: a.astype(np.float64), "integers expected"),
        ("expected.act_fc2", lambda a: a[:, :2], "shape"),
        ("expected.act_fc2", lambda a: a[3], "shape"),
        ("label", lambda a: a + 0.1, "integers expected"),
        ("label", lambda a: a + 1, "labels of shape (200,) from 1 to 3 for 200 samples of 3 classes"),
        ("label", lambda a: a - 1, "from -1 to 1"),
        ("label", lambda a: a[:9], "labels of shape (9,)"),
        ("label", lambda a: a[:0], "labels of shape (0,) for 200"),
    ],
)
def test_vectors_that_are_none_are_refused(graph: Graph, golden: Golden, tmp_path, key, change, told) -> None:
    path = tmp_path / "golden.npz"
    vectors.save(Golden(golden.x, golden.inputs, golden.expected, np.arange(200) % 3), path)
    with np.load(path) as archive:
        arrays = dict(archive)
    assert vectors.read(path, graph).label is not None
    np.savez(path, **{**arrays, key: change(arrays[key])})
    with pytest.raises(EdgemlError) as error:
        vectors.read(path, graph)
    assert told in str(error.value) and "golden.npz" in str(error.value)


def test_rows_that_contradict_themselves_are_none(tmp_path) -> None:
    row = {"backend": "qonnx", "status": "exact", "samples": 3}
    for change in (
        {"mismatches": 1}, {"samples": -1}, {"status": "not-run"}, {"failed": True}, {"announced": "a note"},
        {"status": "mismatch", "failed": True}, {"max_abs_lsb": 2}, {"status": "fine"}, {"samples": 1e9},
    ):  # fmt: skip
        document = {"schema": 1, "model": "m", "samples": 3, "results": [{**row, **change}]}
        (tmp_path / "check.json").write_text(json.dumps(document))
        with pytest.raises(EdgemlError, match=r"check\.json"):
            Check.read(tmp_path / "check.json")


def test_rows_are_found_by_the_names_they_print_and_by_those_of_back_ends() -> None:
    rows = [Result(backend=name, status="exact") for name in ("onnxruntime", "verilator", "keras")]
    check = Check(model="m", samples=3, results=tuple(rows))
    for name, place in {"onnx": 0, "onnxruntime": 0, "verilog": 1, "verilator": 1, "keras": 2}.items():
        assert check[name] is rows[place]
    with pytest.raises(EdgemlError, match="did you mean"):
        check["verilatr"]
    every = {runner.name for name in backends.names() for runner in backends.load(name).runners()}
    for name in every:
        assert select([name]) == select([runners()[name]])
