"""A value that differs is proven together with what follows, where that drops the difference."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from edgeml import backends
from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, IntArray, Overflow, Round
from edgeml.ir import Builder, Graph, structure
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.prove import prove, witness
from edgeml.prove.arguments import prove_stage
from edgeml.prove.following import look_behind
from edgeml.prove.prove import prove_folder
from edgeml.prove.result import Proof, Verdict
from edgeml.prove.segment import GraphSegment
from edgeml.stages import ArtefactStage, Prover, nodes
from tests.mutants.artefacts import edits
from tests.passes.networks import network
from tests.prove.test_refuted import changes_nothing
from tests.zoo import zoo


def graph(largest: int) -> Graph:
    """A cast to codes up to 15, and one to codes that stop at a smaller number."""
    build = Builder("two_casts")
    x = build.input((4,), FixedType(False, 8, 2), "x")
    first = build.cast(x, FixedType(False, 4, 0), Round.RND, Overflow.SAT, name="first")
    width = largest.bit_length()
    return build.graph(build.cast(first, FixedType(False, width, 0), Round.TRN, Overflow.SAT, name="last"))


def proven(name: str, exact: Graph, folder: Path, least: float) -> Proof:
    """The proof about a file in which 15, the bound of the first cast, is another number."""
    backend = backends.load(name)
    backend.emit(exact).write(folder / "onnx")
    path = folder / "onnx" / backend.runners()[0].artefact
    model = onnx.load(path)
    changed = 0
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.size and np.all(values == 15):
            tensor.CopyFrom(numpy_helper.from_array(np.full_like(values, least), tensor.name))
            changed += 1
    assert changed
    path.write_bytes(model.SerializeToString())
    return prove_folder(folder, exact, [name]).results[0]


@pytest.mark.parametrize("bound", [14, 16])
def test_a_bound_that_a_later_one_hides_is_proven(
    bound: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prove, "find_witness", lambda *_: None)  # which takes its time to find none
    exact = graph(7)
    proof = proven("onnx", exact, tmp_path, bound)
    assert proof.verdict is Verdict.PROVEN
    assert (proof.steps[0].value, proof.steps[0].vectors) == ("first", 0)
    assert "first" not in {step.value for step in proof.steps[1:]}
    assert changes_nothing("onnx", exact, tmp_path / "onnx")


def test_a_bound_that_a_later_one_does_not_hide_is_refuted(tmp_path: Path) -> None:
    proof = proven("onnx", graph(7), tmp_path, 6)
    assert proof.verdict is Verdict.REFUTED


def units(bias: int) -> Graph:
    """A unit of 12 elements of 8 bits that is on for few inputs, or none."""
    build = Builder("unit")
    x = build.input((12,), FixedType(False, 8, 0), "x")
    total = build.add(MatMul(), x, build.const(np.ones((12, 1), int), FixedType(True, 2, 0), "w"), name="sum")
    moved = build.add(Add(), total, build.const(np.array([bias]), FixedType(True, 13, 0), "b"), name="moved")
    return build.graph(build.cast(moved, FixedType(False, 1, 0), Round.TRN, Overflow.SAT, name="on"))


def with_other_weight(name: str, exact: Graph, folder: Path) -> Proof:
    """The proof about a file in which the third element has no weight."""
    backend = backends.load(name)
    backend.emit(exact).write(folder / backend.folder)
    path = folder / backend.folder / backend.runners()[0].artefact
    model = onnx.load(path)
    changed = 0
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor).copy()
        if values.size == 12 and np.all(values != 0):
            values.reshape(-1)[2] = 0
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
            changed += 1
    assert changed == 1
    path.write_bytes(model.SerializeToString())
    return prove_folder(folder, exact, [name]).results[0]


@pytest.mark.parametrize("name", ["onnx", "qdq", "qonnx"])
def test_a_weight_into_a_unit_that_is_never_on_changes_nothing(name: str, tmp_path: Path) -> None:
    proof = with_other_weight(name, units(-12 * 255), tmp_path)
    assert proof.verdict is Verdict.PROVEN
    assert "moved" in proof.steps[0].value
    assert "all pairs of numbers" in " ".join(step.argument for step in proof.steps)


def test_the_one_input_that_shows_a_weight_is_counted_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witness, "_to_its_ends", lambda *_: iter(()))  # which has that input too
    proof = with_other_weight("onnx", units(1 - 12 * 255), tmp_path)  # on for twelve times 255 alone
    assert proof.verdict is Verdict.REFUTED
    assert proof.witness is not None
    assert proof.witness.inputs == {"x": [255.0] * 12}
    assert proof.witness.origin == "the codes of the stage"


@pytest.mark.parametrize(("entry", "verdict"), [(5, Verdict.PROVEN), (6, Verdict.REFUTED)])
def test_an_entry_of_a_table_that_no_input_reads_changes_nothing(
    entry: int, verdict: Verdict, tmp_path: Path
) -> None:
    """The sum in front of the table gives even numbers only."""
    build = Builder("even")
    x = build.input((4,), FixedType(False, 3, 0), "x")
    twice = build.add(Add(), x, x, name="twice")
    table = build.const(np.arange(16) * 3 % 16, FixedType(False, 4, 0), "table")
    exact = build.graph(build.add(Lookup(), twice, table, name="last"))
    backend = backends.load("onnx")
    backend.emit(exact).write(tmp_path / "onnx")
    path = tmp_path / "onnx" / backend.runners()[0].artefact
    model = onnx.load(path)
    (tensor,) = (tensor for tensor in model.graph.initializer if tensor.dims and tensor.dims[0] > 14)
    values = numpy_helper.to_array(tensor).copy()
    values[entry] += 1
    tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    path.write_bytes(model.SerializeToString())
    assert prove_folder(tmp_path, exact, ["onnx"]).results[0].verdict is verdict


def test_a_reshape_to_a_number_of_samples_is_not_proven() -> None:
    """A value of one code is driven by one sample, which shows nothing of several."""
    known = structure.source((4, 2), 0)
    for samples, form in ((1, structure.Form.UNKNOWN), (0, known.form), (-1, known.form)):
        target = np.array([samples, 8])
        site = nodes.NodeSite("Reshape", {}, [known, None], [None, target], (8,))
        assert nodes.structure_of("", site).form is form


def other_constant(path: Path, name: str, values: np.ndarray) -> None:  # type: ignore[type-arg]
    """Another constant in a file."""
    model = onnx.load(path)
    (tensor,) = (tensor for tensor in model.graph.initializer if tensor.name == name)
    tensor.CopyFrom(numpy_helper.from_array(values.reshape(tuple(tensor.dims)), tensor.name))
    path.write_bytes(model.SerializeToString())


def test_a_zero_point_of_a_bias_is_seen_though_integer_kernels_overlook_it(tmp_path: Path) -> None:
    """ONNX Runtime takes it for zero in the whole model; its operators one by one do not."""
    exact = zoo()["mlp"]
    backend = backends.load("qdq")
    backend.emit(exact).write(tmp_path / backend.folder)
    path = tmp_path / backend.folder / backend.runners()[0].artefact
    model = onnx.load(path)
    zero = next(
        node.input[2]
        for node in model.graph.node
        if node.op_type == "DequantizeLinear" and "bias" in node.input[0]
    )
    other_constant(path, zero, np.array(1, np.int32))
    proof = prove_folder(tmp_path, exact, ["qdq"]).results[0]
    assert proof.verdict is Verdict.REFUTED
    assert proof.witness is not None


@pytest.mark.parametrize(("name", "place"), [("product_2/weight/codes", 20), ("b_2/value", 1)])
def test_a_sum_that_is_quantized_first_is_looked_at_before_that(
    name: str, place: int, tmp_path: Path
) -> None:
    """A conv and a sum behind it with codes of their own, and a cast that cuts both off."""
    exact = network(22)
    backend = backends.load("qdq")
    backend.emit(exact).write(tmp_path / backend.folder)
    path = tmp_path / backend.folder / backend.runners()[0].artefact
    (edit,) = (one for one in edits("qdq", path.parent) if one.what == f"{name}[{place}]")
    path.write_bytes(edit.files[0][1])
    assert prove_folder(tmp_path, exact, ["qdq"]).results[0].verdict is Verdict.PROVEN
    assert changes_nothing("qdq", exact, tmp_path / backend.folder)


@pytest.mark.parametrize("name", ["c", "hls4ml", "verilog"])
def test_other_artefacts_are_not_cut_anew(name: str, tmp_path: Path) -> None:
    """Their difference stays open, and ends in no traceback."""
    following = look_behind(prover_of(name), tmp_path, graph(7))
    assert not following.proven
    assert following.difference is None


def prover_of(name: str) -> Prover:
    """The prover of a back end."""
    prover = backends.load(name).prover()
    assert isinstance(prover, Prover)
    return prover


@pytest.mark.parametrize(("shape", "verdict"), [((2,), "equal"), ((1,), "another shape")])
def test_fewer_elements_are_another_value_though_all_are_equal(shape: tuple[int, ...], verdict: str) -> None:
    build = Builder("equal")
    x = build.input((3,), FixedType(False, 3, 3), "x")
    ones = build.const(np.ones((3, 2), np.int64), FixedType(True, 2, 2), "w")
    exact = build.graph(build.add(MatMul(), x, ones, name="sums"))
    segment = GraphSegment(exact, ("x",), "sums")

    def run(codes: Mapping[str, IntArray]) -> IntArray:
        return np.repeat(codes["x"].sum(axis=1, keepdims=True), shape[0], axis=1)

    stage = ArtefactStage("sums", ("x",), segment.structure, "", run)
    if verdict == "equal":
        assert not prove_stage(stage, segment).missing
        return
    with pytest.raises(EdgemlError, match=r"sums: gives the shape \(\d+, 1\) for \d+ samples of \(2,\)"):
        prove_stage(stage, segment)
