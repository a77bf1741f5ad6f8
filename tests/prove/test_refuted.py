"""Errors of one code are refuted with an input on which the artefact really answers wrongly."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx.external_data_helper import set_external_data

import edgeml
from edgeml import backends
from edgeml.backend import Runner, Takes
from edgeml.cache import digest
from edgeml.checks import golden as vectors
from edgeml.errors import BrokenArtefactError, EdgemlError
from edgeml.fixed import FixedType
from edgeml.ir import Builder, Graph, evaluate_codes, input_codes
from edgeml.ir.ops.arg_max import ArgMax
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.prove.prove import prove_folder
from edgeml.prove.result import Proof, Verdict
from edgeml.tools import verilator
from tests.mutants.artefacts import Edit, edits
from tests.support import needs_c_compiler
from tests.zoo import codes, zoo

SOME = [("onnx", "mlp", 12), ("onnx", "cnn_2d", 6), ("qonnx", "mlp", 3)]
WITH_OTHER_TEXT = ("c", "hls4ml", "verilog")
"""Back ends of which an edit may leave text that the prover does not understand."""
PROVER = Path(edgeml.__file__).parent / "prove"
FILES = {"onnx": "exact.onnx", "qonnx": "qonnx.onnx"}


def prove(name: str, graph: Graph, folder: Path) -> Proof:
    return prove_folder(folder, graph, [name]).results[0]


def drawn(name: str, folder: Path, count: int, seed: int, share: slice = slice(None)) -> list[Edit]:
    every = list(edits(name, folder))
    chosen = np.random.default_rng(seed).choice(len(every), min(count, len(every)), replace=False)
    return [every[at] for at in chosen[share]]


def third(name: str) -> slice:
    """The edits that are judged of those drawn: others with each change of the prover or of the back end."""
    sources = [*PROVER.rglob("*.py"), *(PROVER.parent / "backends" / name).rglob("*.py")]
    return slice(int(digest(path.read_bytes() for path in sorted(sources)), 16) % 3, None, 3)


def answers_wrongly(name: str, graph: Graph, folder: Path, proof: Proof, soon: bool = False) -> bool:
    """True if the artefact's answer to the witness is not the graph's, or it cannot be built or run.

    Args:
        name: of the back end.
        graph: the graph.
        folder: with the artefact's files.
        proof: refutes it.
        soon: the back end's early runner suffices, where that answers wrongly.
    """
    (runner, *_), early = backends.load(name).runners(), backends.load(name).early_runner()
    runner = runner.unoptimized()
    if proof.failure.startswith("yosys: "):
        return not runs(name, graph, folder)
    if proof.failure:
        return any(is_broken(one, folder, graph) for one in (runner, *runner.alternatives()))
    if proof.witness is None:
        return False
    inputs = [*proof.witness.before, proof.witness.inputs]
    x = {
        key: np.array([one[key] for one in inputs], np.float32).reshape(-1, *graph.info(key).shape)
        for key in graph.inputs
    }
    right = evaluate_codes(graph, input_codes(graph, x))[proof.witness.output]
    for one in (*([early] if soon and early else []), runner, *runner.alternatives()):
        try:
            got = one.run(folder, graph, x if one.takes is Takes.FLOATS else input_codes(graph, x))
        except EdgemlError:
            continue
        if np.any(got[proof.witness.output] != right):
            return True
    return False


def is_broken(runner: Runner, folder: Path, graph: Graph) -> bool:
    """True if a runner cannot build the artefact, or cannot run it to its end or to the graph's shapes."""
    inputs = codes(graph, 1000)
    try:
        got, right = runner.run_codes(folder, graph, inputs), evaluate_codes(graph, inputs)
        return any(got[name].shape != right[name].shape for name in graph.outputs)
    except BrokenArtefactError:
        return True
    except EdgemlError:  # the fault is not the artefact's: a warning that is taken for an error
        return False


@pytest.mark.parametrize(("name", "graph", "count"), SOME)
def test_errors_of_one_code_are_refuted(name: str, graph: str, count: int, tmp_path: Path) -> None:
    refuted_edits(name, graph, count, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "graph", "count"), [("onnx", "residual", 60), ("onnx", "cnn_2d", 60)])
def test_more_errors_of_one_code_are_refuted(name: str, graph: str, count: int, tmp_path: Path) -> None:
    refuted_edits(name, graph, count, tmp_path, share=third(name) if graph == "cnn_2d" else slice(None))


@pytest.mark.tool
def test_errors_of_one_code_of_the_c_are_refuted(tmp_path: Path) -> None:
    """Another share of them in every run of the continuous integration."""
    needs_c_compiler()
    refuted_edits("c", "mlp_classes", 2, tmp_path, int(os.environ.get("GITHUB_RUN_NUMBER", "1")))


@pytest.mark.slow
@pytest.mark.tool
def test_more_errors_of_one_code_of_the_c_are_refuted(tmp_path: Path) -> None:
    needs_c_compiler()
    refuted_edits("c", "cnn_2d", 15, tmp_path, int(os.environ.get("GITHUB_RUN_NUMBER", "1")), third("c"))


@pytest.mark.slow
@pytest.mark.tool
def test_errors_of_one_code_of_the_verilog_are_refuted(tmp_path: Path) -> None:
    if verilator.missing():
        pytest.skip(verilator.missing())
    refuted_edits("verilog", "max_min", 2, tmp_path, int(os.environ.get("GITHUB_RUN_NUMBER", "1")))


def refuted_edits(
    name: str, graph: str, count: int, tmp_path: Path, seed: int = 1, share: slice = slice(None)
) -> None:
    """Edits are refuted, or no input is found that shows them, or the file does not run.

    What is proven nevertheless changes nothing.
    """
    backend, exact = backends.load(name), zoo()[graph]
    folder = tmp_path / backend.folder
    backend.emit(exact).write(folder)
    refuted, judged = 0, drawn(name, folder, count, seed, share)
    for edit in judged:
        before = {path: (folder / path).read_bytes() for path, _ in edit.files}
        for path, content in edit.files:
            (folder / path).write_bytes(content)
        proof = prove(name, exact, tmp_path)
        if proof.verdict is Verdict.REFUTED:
            refuted += 1
            assert answers_wrongly(name, exact, folder, proof), edit.what
        elif proof.verdict is Verdict.NOT_PROVEN:
            unseen = "no input of the network was found" in proof.reason
            assert unseen or name in WITH_OTHER_TEXT or not runs(name, exact, folder), edit.what
            assert proof.reason
        else:
            assert changes_nothing(name, exact, folder), edit.what
        for path, content in before.items():
            (folder / path).write_bytes(content)
    assert name in WITH_OTHER_TEXT or refuted >= len(judged) / 2
    assert prove(name, exact, tmp_path).verdict is Verdict.PROVEN


def runs(name: str, graph: Graph, folder: Path) -> bool:
    (runner, *_) = backends.load(name).runners()
    try:
        runner.run_codes(folder, graph, codes(graph, 4))
    except EdgemlError:
        return False
    return True


def changes_nothing(name: str, graph: Graph, folder: Path) -> bool:
    """True if the artefact gives the graph's integers on the ends of all ranges and 1,000 random inputs."""
    inputs = codes(graph, 1000, seed=3)
    right = evaluate_codes(graph, inputs)
    runner = backends.load(name).runners()[0].unoptimized()
    for one in (runner, *runner.alternatives()):
        try:
            got = one.run_codes(folder, graph, inputs)
        except EdgemlError:  # a warning that is taken for an error, as of a constant of another type
            continue
        return all(np.array_equal(got[output], right[output]) for output in graph.outputs)
    return False


def changed(folder: Path, change: object) -> None:
    path = folder / "onnx/exact.onnx"
    model = onnx.load(path)
    change(model)  # type: ignore[operator]
    path.write_bytes(model.SerializeToString())


def rename_values(model: onnx.ModelProto) -> None:
    for entry in model.metadata_props:
        if entry.key == "edgeml.values":
            entry.value = "{}"


def add_division(model: onnx.ModelProto) -> None:
    node = next(node for node in model.graph.node if node.op_type == "Round")
    node.op_type = "Exp"


@pytest.mark.parametrize(
    ("change", "reason"),
    [(rename_values, "which nothing computes"), (add_division, "nothing is known of the operator Exp")],
)
def test_what_is_not_understood_is_not_proven(change: object, reason: str, tmp_path: Path) -> None:
    exact = zoo()["mlp"]
    backends.load("onnx").emit(exact).write(tmp_path / "onnx")
    changed(tmp_path, change)
    proof = prove("onnx", exact, tmp_path)
    assert proof.verdict is not Verdict.PROVEN
    assert reason in proof.reason


def test_a_file_that_mixes_samples_is_refuted(tmp_path: Path) -> None:
    """It gives an array of another shape, and ends in no traceback."""
    exact = zoo()["mlp_classes"]
    backends.load("onnx").emit(exact).write(tmp_path / "onnx")

    def along_samples(model: onnx.ModelProto) -> None:
        node = next(node for node in model.graph.node if node.op_type == "ArgMax")
        (axis,) = (attribute for attribute in node.attribute if attribute.name == "axis")
        axis.i = 0

    changed(tmp_path, along_samples)
    proof = prove("onnx", exact, tmp_path)
    assert proof.verdict is Verdict.REFUTED
    assert answers_wrongly("onnx", exact, tmp_path / "onnx", proof)


def test_a_damaged_file_leaves_the_other_artefacts_alone(tmp_path: Path) -> None:
    exact = zoo()["mlp"]
    for name in FILES:
        backends.load(name).emit(exact).write(tmp_path / "onnx")
    (tmp_path / "onnx/exact.onnx").write_bytes(b"no model")
    results = {proof.backend: proof for proof in prove_folder(tmp_path, exact).results}
    assert results["onnx"].verdict is Verdict.REFUTED
    assert "exact.onnx" in results["onnx"].failure
    assert results["qonnx"].verdict is Verdict.PROVEN
    assert results["c"].verdict is Verdict.NOT_RUN


def test_golden_vectors_are_tried_first(tmp_path: Path) -> None:
    exact = zoo()["mlp"]
    backends.load("onnx").emit(exact).write(tmp_path / "onnx")
    x = np.random.default_rng(0).random((20, 16)).astype(np.float32)
    golden = vectors.make(exact, x)
    edit = drawn("onnx", tmp_path / "onnx", 1, seed=2)[0]
    for path, content in edit.files:
        (tmp_path / "onnx" / path).write_bytes(content)
    proof = prove_folder(tmp_path, exact, ["onnx"], golden).results[0]
    assert proof.witness is not None
    assert proof.witness.origin == "the golden vectors"


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """A model with one node or constant of another kind, size or name."""
    model = onnx.load_from_string(content)
    nodes, constants = model.graph.node, model.graph.initializer
    match int(rng.integers(6)):
        case 0:
            nodes[rng.integers(len(nodes))].op_type = str(rng.choice(["Shape", "Transpose", "Slice", "Abs"]))
        case 1:
            node = nodes[rng.integers(len(nodes))]
            del node.attribute[:]
        case 2:
            node = nodes[rng.integers(len(nodes))]
            node.input[0] = str(rng.choice([other.output[0] for other in nodes]))
        case 3:
            tensor = constants[rng.integers(len(constants))]
            tensor.dims.append(3)
        case 4:
            tensor = constants[rng.integers(len(constants))]
            tensor.raw_data = tensor.raw_data[:-1]
        case _:
            del nodes[int(rng.integers(len(nodes)))]
    return model.SerializeToString()


@pytest.mark.parametrize("graph", ["cnn_2d", "mlp_classes", "several_inputs_outputs"])
def test_a_malformed_model_is_never_proven_and_never_a_traceback(graph: str, tmp_path: Path) -> None:
    exact, backend = zoo()[graph], backends.load("onnx")
    backend.emit(exact).write(tmp_path / "onnx")
    path, rng = tmp_path / "onnx/exact.onnx", np.random.default_rng(0)
    content = path.read_bytes()
    for _ in range(40):
        path.write_bytes(damaged(content, rng))
        proof = prove("onnx", exact, tmp_path)
        if proof.verdict is Verdict.PROVEN:  # such as a factor's attributes, of which there are none
            assert changes_nothing("onnx", exact, tmp_path / "onnx")
        else:
            assert proof.reason


def test_constants_in_another_file_are_refused(tmp_path: Path) -> None:
    def move_out(model: onnx.ModelProto) -> None:
        set_external_data(model.graph.initializer[0], "/etc/hostname")

    exact = zoo()["mlp"]
    backends.load("onnx").emit(exact).write(tmp_path / "onnx")
    changed(tmp_path, move_out)
    assert "another file" in prove("onnx", exact, tmp_path).reason


def with_nodes(model: onnx.ModelProto, before: str, *nodes: onnx.NodeProto) -> None:
    """Put nodes before the one that gives a tensor."""
    place = next(n for n, node in enumerate(model.graph.node) if before in node.output)
    for node in reversed(nodes):
        model.graph.node.insert(place, node)


def test_a_random_number_is_no_constant(tmp_path: Path) -> None:
    def add_noise(model: onnx.ModelProto) -> None:
        gemm = next(node for node in model.graph.node if node.op_type == "Gemm")
        name, gemm.output[0] = gemm.output[0], "bare"
        noise = onnx.helper.make_node("RandomUniform", [], ["noise"], shape=[1, 12], high=1e-30)
        total = onnx.helper.make_node("Add", ["bare", "noise"], [name])
        place = list(model.graph.node).index(gemm)
        model.graph.node.insert(place + 1, total)
        model.graph.node.insert(place + 1, noise)

    exact = zoo()["mlp"]
    backends.load("onnx").emit(exact).write(tmp_path / "onnx")
    changed(tmp_path, add_noise)
    proof = prove("onnx", exact, tmp_path)
    assert proof.verdict is not Verdict.PROVEN
    assert "RandomUniform" in proof.reason


def test_a_position_among_rounded_values_is_not_proven(tmp_path: Path) -> None:
    """float32 makes two wide sums equal, so that another one is the first of the largest."""
    build = Builder("wide_classes")
    x = build.input((3,), FixedType(True, 8, 0), "x")
    weights = np.random.default_rng(0).integers(-(2**25), 2**25, (3, 3))
    scores = build.add(MatMul(), x, build.const(weights, FixedType(True, 26, 0), "w"), name="scores")
    exact = build.graph(build.add(ArgMax(), scores, name="class"))
    backends.load("onnx").emit(exact).write(tmp_path / "onnx")
    assert prove("onnx", exact, tmp_path).verdict is Verdict.PROVEN

    def narrow(model: onnx.ModelProto) -> None:
        node = next(node for node in model.graph.node if node.op_type == "ArgMax")
        cast = onnx.helper.make_node("Cast", [node.input[0]], ["narrow"], to=onnx.TensorProto.FLOAT)
        node.input[0] = "narrow"
        with_nodes(model, node.output[0], cast)

    changed(tmp_path, narrow)
    assert prove("onnx", exact, tmp_path).verdict is not Verdict.PROVEN


@pytest.mark.parametrize("other", ["Floor", "Ceil"])
def test_another_rounding_of_the_input_is_refuted(other: str, tmp_path: Path) -> None:
    """Floats that are codes do not show it."""

    def change(model: onnx.ModelProto) -> None:
        next(node for node in model.graph.node if node.op_type == "Round").op_type = other

    exact = zoo()["mlp"]
    backends.load("onnx").emit(exact).write(tmp_path / "onnx")
    changed(tmp_path, change)
    proof = prove("onnx", exact, tmp_path)
    assert proof.verdict is Verdict.REFUTED
    assert answers_wrongly("onnx", exact, tmp_path / "onnx", proof)
