"""TensorFlow Lite models against TFLite's reference kernels, integer by integer."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgeml import importers
from edgeml.checks import golden as vectors
from edgeml.checks.source import check_source
from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, cover
from edgeml.importers import tflite_ops
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.tflite_reader.folding import folded
from edgeml.importers.tflite_reader.kernels import QuantizedMultiplier
from edgeml.importers.tflite_reader.model import TfliteModel, TfliteOperator, TfliteTensor
from edgeml.importers.tflite_reader.softmax import integer_softmax
from edgeml.ir import Graph, evaluate_codes, input_codes
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.input import Input
from edgeml.keras.notes import LayerNote, Notes
from edgeml.presets import Lowering
from tests.importers import small_tflite

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

SEEDS = 4
"""Models of each kind; 25 were tried once, all equal."""


def differing(content: bytes) -> int:
    """Codes of the output that are not those of the interpreter, over 40 samples."""
    imported = importers.read(importers.SourceFile(Path("x.tflite"), content), importers.ImportOptions("net"))
    graph, rng = imported.graph, np.random.default_rng(1)
    x = {}
    for name in graph.inputs:
        shape = graph.info(name).shape
        x[name] = rng.integers(-128, 128, (40, *shape)).astype(np.float64)
        x[name][0], x[name][1] = -128, 127
        if shape == (256,):
            x[name][2] = np.arange(-128, 128)
    keep = imported.model.values
    ours, theirs = evaluate_codes(graph, input_codes(graph, x), keep), imported.model.run(x, keep)
    return sum(int(np.count_nonzero(ours[value] != theirs[value])) for value in keep)


def test_weights_of_a_scale_per_output():
    assert [differing(small_tflite.fully_connected(seed, True)) for seed in range(SEEDS)] == [0] * SEEDS


@pytest.mark.parametrize("kind", ["CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D"])
def test_windows_with_strides(kind):
    assert [differing(small_tflite.window(kind, seed, 2)) for seed in range(SEEDS)] == [0] * SEEDS


@pytest.mark.parametrize("name", tflite_ops.names())
def test_every_operator_that_is_read(name):
    """A new file of `tflite_ops` needs a model of its operator in `small_tflite.SAMPLES`."""
    assert name.upper() in small_tflite.SAMPLES, f"small_tflite.SAMPLES has no model of {name.upper()}"
    assert [differing(small_tflite.SAMPLES[name.upper()](seed)) for seed in range(SEEDS)] == [0] * SEEDS


@pytest.mark.parametrize("once", [False, True])
def test_the_kernels_rounding_in_core_ops_is_that_in_numpy(once):
    rng = np.random.default_rng(0)
    for _ in range(10):
        assembly = Assembly("m", Lowering())
        node = assembly.graph.add(Input((4,), FixedType(True, 20, 0)), name="x")
        multiplier = QuantizedMultiplier.of(2.0 ** rng.uniform(-14, 1, 4), once)
        graph = assembly.finished((multiplier.ops(assembly, node, "own"),))
        codes = rng.integers(-(1 << 19), 1 << 19, (500, 4))
        found = evaluate_codes(graph, {"x": codes})[graph.outputs[0]]
        assert np.array_equal(found, multiplier.apply(codes))


def test_a_float_model_says_how_to_quantize_it():
    float_tensors = [{"name": n, "shape": (1, 4), "kind": "FLOAT32"} for n in ("x", "y")]
    content = small_tflite.file_of(float_tensors, [{"kind": "RELU", "inputs": [0], "outputs": [1]}], [0], [1])
    with pytest.raises(EdgemlError, match="computes in floats") as refusal:
        importers.read(importers.SourceFile(Path("x.tflite"), content), importers.ImportOptions("net"))
    assert "edgeml quantize MODEL.keras" in refusal.value.hint
    assert "TFLITE_BUILTINS_INT8" in refusal.value.hint


def test_weights_in_float16_are_a_float_model_too():
    tensors = [{"name": n, "shape": (1, 4), "kind": "FLOAT32"} for n in ("x", "w", "y")]
    half = {"name": "h", "shape": (1, 4), "kind": "FLOAT16", "values": np.ones((1, 4), np.float16)}
    nodes = [
        {"kind": "DEQUANTIZE", "inputs": [3], "outputs": [1]},
        {"kind": "MUL", "inputs": [0, 1], "outputs": [2]},
    ]
    content = small_tflite.file_of([*tensors, half], nodes, [0], [2])
    with pytest.raises(EdgemlError, match="computes in floats") as refusal:
        importers.read(importers.SourceFile(Path("x.tflite"), content), importers.ImportOptions("net"))
    assert refusal.value.where == "x.tflite" and "edgeml quantize MODEL.keras" in refusal.value.hint


def test_an_operator_whose_version_has_no_reference_kernel_runs_by_that_of_an_older_one():
    """Keras 3 RepeatVector: TILE of version 3, and a product that the built-in kernels round twice."""
    content = small_tflite.repeated(3)
    imported = importers.read(importers.SourceFile(Path("x.tflite"), content), importers.ImportOptions("net"))
    graph = imported.graph
    (name,), (output,) = graph.inputs, graph.outputs
    codes = np.random.default_rng(1).integers(-128, 128, (4000, *graph.info(name).shape))
    theirs = imported.model.run({name: codes.astype(np.float64)})[output]
    assert imported.model.title == "TensorFlow Lite, reference kernels"
    assert np.array_equal(evaluate_codes(graph, {name: codes})[output], theirs)


def test_an_operator_that_is_not_read_is_named():
    tensors = [{"name": n, "shape": (1, 4), "scale": 0.1} for n in ("x", "y")]
    content = small_tflite.file_of(tensors, [{"kind": "SIN", "inputs": [0], "outputs": [1]}], [0], [1])
    with pytest.raises(EdgemlError, match="SIN is not read"):
        importers.read(importers.SourceFile(Path("x.tflite"), content), importers.ImportOptions("net"))


def test_damaged_files_end_in_one_error():
    """Bytes changed and cut off at random: each is read or refused, nothing else."""
    good = small_tflite.window("CONV_2D", 0)
    rng = np.random.default_rng(0)
    refused = 0
    for trial in range(300):
        content = bytearray(good)
        for place in rng.integers(0, len(content), int(rng.integers(1, 6))):
            content[place] = int(rng.integers(0, 256))
        if trial % 3 == 0:
            content = content[: int(rng.integers(8, len(content)))]
        try:
            importers.read(
                importers.SourceFile(Path("x.tflite"), bytes(content)),
                importers.ImportOptions("net"),
                "tflite",
            )
        except EdgemlError:
            refused += 1
    assert refused > 100


@pytest.mark.parametrize("count", [2, 3, 10])
def test_the_integer_softmax_is_a_softmax(count):
    logits = np.random.default_rng(count).integers(-128, 128, (500, count))
    codes = integer_softmax(logits, 0.07)
    raised = np.exp(0.07 * (logits - logits.max(axis=1, keepdims=True)))
    real = raised / raised.sum(axis=1, keepdims=True)
    assert np.abs(codes - np.clip(real * 256 - 128, -128, 127)).max() <= 0.502
    assert integer_softmax(np.array([[5, 5]]), 0.07).tolist() == [[0, 0]]


def test_resnet8_gives_the_files_own_output():
    path = Path(os.environ.get("EDGEML_MODELS", "")) / "resnet8_int8.tflite"
    if not path.is_file():
        pytest.skip("EDGEML_MODELS names no folder with resnet8_int8.tflite")
    source = importers.SourceFile(path, path.read_bytes())
    imported = importers.read(source, importers.ImportOptions("net"))
    with np.load(path.with_name("resnet8_int8.io.npz")) as data:
        x, y = data["x"][:8].astype(float), data["y"][:8]
    (logits,) = evaluate_codes(imported.graph, input_codes(imported.graph, x)).values()
    assert np.array_equal(integer_softmax(logits, imported.outputs[0].scale), y)


class SliceOptions:
    """The table of options of a slice or a stack, whose masks take the first number of a shape."""

    def __getattr__(self, name):
        return lambda: 1 if name == "ShrinkAxisMask" else 0


def test_a_flatten_is_a_reshape_by_constants():
    """The chain that TensorFlow's converter writes: SHAPE, STRIDED_SLICE, PACK."""

    def tensor(name, values=None, shape=()):
        shape = shape if values is None else np.shape(values)
        no_scale, no_zero_point = np.zeros(0, np.float32), np.zeros(0, np.int64)
        return TfliteTensor(name, shape, "INT32", no_scale, no_zero_point, 0, values)

    numbers = [np.array([number], np.int32) for number in (0, 1, 1)]
    tensors = [
        tensor("x", shape=(1, 3, 2)),
        tensor("shape", shape=(3,)),
        *(tensor(f"n{place}", values) for place, values in enumerate(numbers)),
        tensor("batch"),
        tensor("six", np.array(6, np.int32)),
        tensor("wanted", shape=(2,)),
        tensor("y", shape=(1, 6)),
    ]
    operators = [
        TfliteOperator("shape_0", "SHAPE", (0,), (1,), None),
        TfliteOperator("slice_1", "STRIDED_SLICE", (1, 2, 3, 4), (5,), SliceOptions()),
        TfliteOperator("pack_2", "PACK", (5, 6), (7,), SliceOptions()),
        TfliteOperator("reshape_3", "RESHAPE", (0, 7), (8,), None),
        TfliteOperator("pack_4", "PACK", (0, 8), (8,), SliceOptions()),
    ]
    model = folded(TfliteModel(tuple(tensors), tuple(operators), (0,), (8,)))
    assert [operator.kind for operator in model.operators] == ["RESHAPE", "PACK"]
    assert model.tensors[7].values is not None
    assert model.tensors[7].values.tolist() == [1, 6]
    broken = replace(operators[1], inputs=(1, 2, 3))
    with pytest.raises(EdgemlError, match="slice of another form"):
        folded(TfliteModel(tuple(tensors), (operators[0], broken), (0,), (8,)))


@pytest.mark.parametrize("seed", [3, 4])
def test_uint8_at_the_ends_of_a_model(seed):
    """The converter puts a QUANTIZE behind uint8 inputs and before uint8 outputs."""
    rng = np.random.default_rng(seed)
    scale, zero = float(rng.uniform(0.01, 0.05)), int(rng.integers(-60, 60))
    tensors = [
        {"name": "x", "shape": (1, 9), "kind": "UINT8", "scale": scale, "zero": zero + 128},
        {"name": "inner", "shape": (1, 9), "scale": scale, "zero": zero},
        {"name": "act", "shape": (1, 9), "scale": scale * 0.7, "zero": -100},
        {"name": "y", "shape": (1, 9), "kind": "UINT8", "scale": scale * 0.7, "zero": 28},
    ]
    kinds = ("QUANTIZE", "RELU", "QUANTIZE")
    operators = [
        {"kind": kind, "inputs": [place], "outputs": [place + 1], "version": 2}
        for place, kind in enumerate(kinds)
    ]
    assert differing(small_tflite.file_of(tensors, operators, [0], [3])) == 0


@pytest.mark.parametrize("step", [0, 3])
def test_a_stated_multiplier_is_announced_within_one_code(step, tmp_path):
    """The kernels are integers: a requantization of few bits is a code off at most, an error is more."""
    source = importers.SourceFile(Path("x.tflite"), small_tflite.fully_connected(1))
    options = importers.ImportOptions("net", Lowering(multiplier_bits=5))
    imported = importers.read(source, options)
    graph = imported.graph
    if step:  # an error of some codes that nothing announced
        moved = [node for node in graph.nodes if isinstance(node.op, Const) and "shift" in node.name]
        assert moved
        nodes = [
            replace(node, op=plus(node.as_op(Const), step)) if node in moved else node for node in graph.nodes
        ]
        graph = Graph(graph.name, nodes, graph.outputs, graph.notes)
    x = np.random.default_rng(0).integers(-128, 128, (300, 12)).astype(np.float32)
    notes = Notes(
        graph=graph.digest,
        model="m",
        notes=tuple(LayerNote(layer=n.layer, text=n.text, exact=n.exact) for n in graph.notes),
        float32=(),
        differences=(),
    )
    notes.write(tmp_path / "notes.json")
    golden = vectors.make(graph, x, synthetic=False)
    row = check_source(graph, golden, lambda: (imported.model, "m"), tmp_path / "notes.json")
    assert row.mismatches
    assert (row.announced, row.bound) == ("", None) if step else (row.announced and row.bound == 1)


def plus(op: Const, step: int) -> Const:
    """A constant some whole numbers larger."""
    assert isinstance(op.type, FixedType)
    codes = np.asarray(op.codes) + (step << op.type.frac)
    return Const(codes, cover(int(codes.min()), int(codes.max()), op.type.frac))


@pytest.mark.parametrize(
    "kind",
    [
        "ADD",
        "SUB",
        "MUL",
        "MAXIMUM",
        "CONCATENATION",
        "MAX_POOL_2D",
        "AVERAGE_POOL_2D",
        "PAD",
        "RELU",
        "LOGISTIC",
        "SOFTMAX",
    ],
)
def test_nothing_computes_with_a_softmax(kind):
    with pytest.raises(EdgemlError, match="a softmax in the midst of a model") as refusal:
        differing(small_tflite.behind_a_softmax(kind))
    assert "put a sigmoid in its place" in refusal.value.hint
