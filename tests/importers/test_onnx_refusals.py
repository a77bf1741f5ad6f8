"""Forbidden requests of ONNX files, and damaged files: one error each, at once."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeml import importers
from edgeml.errors import EdgemlError
from edgeml.presets import Lowering
from tests.importers import random_qonnx

DOMAIN = "qonnx.custom_op.general"


def read(content: bytes, lowering: Lowering | None = None):
    options = importers.ImportOptions("net", lowering or Lowering())
    return importers.read(importers.SourceFile(Path("x.onnx"), content), options, "onnx")


def model(nodes, constants=(), shape=(1, 4), output="y", opset=11) -> onnx.ModelProto:
    graph = helper.make_graph(
        list(nodes),
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(shape))],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(values), name) for name, values in dict(constants).items()],
    )
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", opset), helper.make_opsetid(DOMAIN, 1)]
    )


def quant(x: str = "x", y: str = "q", **attributes):
    flags = {"signed": 1, "narrow": 0, "rounding_mode": "ROUND"} | attributes
    return helper.make_node("Quant", [x, "s", "z", "b"], [y], name="quant", domain=DOMAIN, **flags)


NUMBERS = {"s": np.float32(0.25), "z": np.float32(0), "b": np.float32(4)}


def test_a_float_model_says_what_works_today():
    content = model([helper.make_node("Relu", ["x"], ["y"])]).SerializeToString()
    with pytest.raises(EdgemlError, match="is a float model") as refusal:
        read(content)
    assert refusal.value.hint.startswith("edgeml quantize ")


def test_weights_that_nothing_quantizes_are_named():
    weights = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    nodes = [quant(), helper.make_node("MatMul", ["q", "w"], ["y"], name="product")]
    with pytest.raises(EdgemlError, match=r"node product \(MatMul\): its weights are floats"):
        read(model(nodes, NUMBERS | {"w": weights}).SerializeToString())


def test_the_remedy_of_an_input_without_a_type_works():
    nodes = [
        helper.make_node("Relu", ["x"], ["r"], name="relu"),
        helper.make_node("Flatten", ["r"], ["f"], name="flat"),
        helper.make_node("MatMul", ["f", "w"], ["p"], name="product"),
        quant("p", "y"),
    ]
    content = model(nodes, NUMBERS | {"w": np.eye(4, dtype=np.float32)}).SerializeToString()
    with pytest.raises(EdgemlError, match="--input-type") as refusal:
        read(content)
    stated = refusal.value.hint.split("'")[1]
    assert read(content, Lowering(input_type=stated)).graph.inputs == ("x",)


def test_an_operator_that_is_not_read_is_named_with_its_node():
    nodes = [quant(), helper.make_node("Det", ["q"], ["y"], name="strange")]
    with pytest.raises(EdgemlError, match=r"node strange \(Det\): the operator Det is not read"):
        read(model(nodes, NUMBERS).SerializeToString())


def test_an_operator_of_another_domain_is_not_taken_for_onnx_s():
    nodes = [quant(), helper.make_node("Relu", ["q"], ["y"], name="mine", domain="my.domain")]
    with pytest.raises(EdgemlError, match="my.domain.Relu is not read"):
        read(model(nodes, NUMBERS).SerializeToString())


def test_a_cycle():
    nodes = [
        helper.make_node("Add", ["x", "b2"], ["a"], name="one"),
        helper.make_node("Relu", ["a"], ["b2"], name="two"),
        quant("b2", "y"),
    ]
    with pytest.raises(EdgemlError, match="has a cycle"):
        read(model(nodes, NUMBERS).SerializeToString())


@pytest.mark.parametrize("constants", [{}, {"q": np.zeros(4, np.float32)}])
def test_a_tensor_that_is_computed_twice(constants):
    nodes = [quant(), helper.make_node("Relu", ["q"], ["y"], name="one")]
    twice = [*nodes, helper.make_node("Relu", ["x"], ["q"], name="two")]
    with pytest.raises(EdgemlError, match=r"the tensor 'q' is computed twice"):
        read(model(nodes if constants else twice, NUMBERS | constants).SerializeToString())


def test_a_tensor_that_nothing_computes():
    with pytest.raises(EdgemlError, match="which nothing computes"):
        read(model([quant("nowhere", "y")], NUMBERS).SerializeToString())


@pytest.mark.parametrize("location", ["../../etc/passwd", "/etc/passwd", "weights.bin"])
def test_external_data_are_never_opened(location):
    proto = model([quant(y="y")], NUMBERS)
    tensor = proto.graph.initializer.add()
    tensor.CopyFrom(numpy_helper.from_array(np.zeros(4, np.float32), "w"))
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", location
    with pytest.raises(EdgemlError, match="lie in another file"):
        read(proto.SerializeToString())


@pytest.mark.parametrize("dims", [[1 << 40, 1 << 20], [-4], [1 << 24, 1 << 24]])
def test_declared_sizes_are_checked_before_memory_is_taken(dims):
    proto = model([quant(y="y")], NUMBERS)
    tensor = proto.graph.initializer.add()
    tensor.name, tensor.data_type = "w", TensorProto.FLOAT
    tensor.dims.extend(dims)
    begin = time.monotonic()
    with pytest.raises(EdgemlError):
        read(proto.SerializeToString())
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize(
    ("op", "inputs", "constants"),
    [
        ("ConstantOfShape", ["n"], {"n": np.array([1 << 20, 1 << 20])}),
        ("Expand", ["w", "n"], {"w": np.ones((1, 1), np.float32), "n": np.array([1 << 20, 1 << 20])}),
        ("Tile", ["w", "n"], {"w": np.ones((4, 4), np.float32), "n": np.array([1 << 20, 1 << 20])}),
        ("Add", ["v", "w"], {"v": np.ones((1 << 16, 1), np.float32), "w": np.ones((1, 1 << 16), np.float32)}),
    ],
)
def test_constants_cannot_be_folded_to_gigabytes(op, inputs, constants):
    nodes = [
        helper.make_node(op, inputs, ["big"], name="bomb"),
        quant(),
        helper.make_node("Add", ["q", "big"], ["y"]),
    ]
    begin = time.monotonic()
    with pytest.raises(EdgemlError, match="elements"):
        read(model(nodes, NUMBERS | constants).SerializeToString())
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize("op", ["Add", "Sub"])
def test_sums_of_sums_do_not_double_each_time(op):
    nodes = [quant(y="t0")]
    nodes += [helper.make_node(op if i == 0 else "Add", [f"t{i}"] * 2, [f"t{i + 1}"]) for i in range(60)]
    nodes.append(quant("t60", "y"))
    begin = time.monotonic()
    with suppress(EdgemlError):  # x - x is a product with zero, and refused
        assert len(read(model(nodes, NUMBERS).SerializeToString()).graph.nodes) < 100
    assert time.monotonic() - begin < 5


def test_a_product_that_broadcasts_to_gigabytes():
    nodes = [
        quant(),
        helper.make_node("Unsqueeze", ["q"], ["column"], axes=[2]),
        helper.make_node("Unsqueeze", ["q"], ["row"], axes=[1]),
        helper.make_node("Mul", ["column", "row"], ["y"], name="bomb"),
    ]
    with pytest.raises(EdgemlError, match="elements"):
        read(model(nodes, NUMBERS, shape=(1, 60_000)).SerializeToString())


def test_thousands_of_thresholds_are_a_table_if_alike_and_refused_per_channel():
    flags = {"name": "count", "domain": DOMAIN, "out_dtype": "INT16"}
    node = helper.make_node("MultiThreshold", ["q", "t"], ["y"], **flags)
    alike = np.linspace(-1, 1, 4000, dtype=np.float32)[np.newaxis].repeat(4, axis=0)
    graph = read(model([quant(), node], NUMBERS | {"t": alike}).SerializeToString()).graph
    assert len(graph.nodes) < 10
    other = alike.copy()
    other[1] += 0.0005
    wide = NUMBERS | {"b": np.float32(14), "s": np.float32(2**-13)}
    with pytest.raises(EdgemlError, match="more than 512 thresholds"):
        read(model([quant(), node], wide | {"t": other}).SerializeToString())


def test_a_resize_to_gigabytes():
    nodes = [
        quant(),
        helper.make_node(
            "Resize",
            ["q", "", "n"],
            ["y"],
            name="bomb",
            mode="nearest",
            nearest_mode="floor",
            coordinate_transformation_mode="asymmetric",
        ),
    ]
    constants = NUMBERS | {"n": np.array([1, 1 << 30], np.float32)}
    with pytest.raises(EdgemlError, match="elements"):
        read(model(nodes, constants).SerializeToString())


def test_control_flow_and_functions():
    branch = helper.make_graph([], "b", [], [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])])
    flow = helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch)
    with pytest.raises(EdgemlError, match="subgraph"):
        read(model([flow, quant()], NUMBERS).SerializeToString())
    proto = model([quant(y="y")], NUMBERS)
    proto.functions.append(onnx.FunctionProto(name="f", domain="d"))
    with pytest.raises(EdgemlError, match="functions of its own"):
        read(proto.SerializeToString())


def test_a_constant_beside_the_output_is_left_off_and_alone_refused():
    proto = model([quant(y="y")], NUMBERS)  # Brevitas writes the scale of its last quantizer as an output
    proto.graph.output.append(helper.make_tensor_value_info("s", TensorProto.FLOAT, []))
    graph = read(proto.SerializeToString()).graph
    assert len(graph.outputs) == 1
    assert any("'s' is a constant" in note.text for note in graph.notes)
    proto = model([quant("w", "y")], NUMBERS | {"w": np.ones(4, np.float32)})
    with pytest.raises(EdgemlError, match="does not depend on any input"):
        read(proto.SerializeToString())


def test_a_fixed_batch_and_open_sizes():
    for shape, what in (
        ((8, 4), "batch of 8"),
        ((1, "n"), "all sizes but the batch"),
        ((), "no stated shape"),
    ):
        with pytest.raises(EdgemlError) as refusal:
            read(model([quant(y="y")], NUMBERS, shape=shape).SerializeToString())
        assert what in f"{refusal.value.what} {refusal.value.hint}"


@pytest.mark.parametrize(
    ("constants", "attributes", "what"),
    [
        ({"s": np.float32(0)}, {}, "not positive"),
        ({"s": np.float32(np.nan)}, {}, "not positive"),
        ({"b": np.float32(99)}, {}, "99 bits"),
        ({"b": np.array([2, 3, 4, 4], np.float32)}, {}, "differ between elements"),
        ({"z": np.float32(0.5)}, {}, "zero point that is no integer"),
        ({}, {"rounding_mode": "SOMEHOW"}, "rounding mode 'SOMEHOW'"),
    ],
)
def test_quantizers_that_are_none(constants, attributes, what):
    with pytest.raises(EdgemlError, match=what):
        read(model([quant(y="y", **attributes)], NUMBERS | constants).SerializeToString())


def test_damaged_files_end_in_one_error():
    """Bytes changed, cut off or repeated at random in eight models: each is read or refused, nothing else."""
    rng = np.random.default_rng(0)
    good = [random_qonnx.model(seed, powers=seed % 2 == 0).SerializeToString() for seed in range(8)]
    refused = 0
    begin = time.monotonic()
    for trial in range(400):
        content = bytearray(good[trial % len(good)])
        for place in rng.integers(0, len(content), int(rng.integers(1, 8))):
            content[place] = int(rng.integers(0, 256))
        if trial % 4 == 0:
            content = content[: int(rng.integers(0, len(content)))]
        try:
            read(bytes(content))
        except EdgemlError:
            refused += 1
    assert refused > 200
    assert time.monotonic() - begin < 120
