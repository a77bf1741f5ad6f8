"""Scales and offsets behind layers with weights become part of them, and nothing else does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import edgeml
from edgeml.fixed import to_float
from edgeml.ir import evaluate_codes, input_codes
from edgeml.ir.ops.mul import Mul
from edgeml.ptq.net import FloatNet
from edgeml.ptq.source import read_float
from edgeml.ptq.tensors import TensorRunner

RNG = np.random.default_rng(0)


def network(
    nodes: Sequence[onnx.NodeProto],
    shape: tuple[int, ...],
    constants: dict[str, np.ndarray],
    outputs: Sequence[str] = ("y",),
) -> bytes:
    ports = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ("batch", *shape))]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    tensors = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in constants.items()]
    graph = helper.make_graph(list(nodes), "net", ports, ends, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    return onnx.shape_inference.infer_shapes(model).SerializeToString()


def compared(content: bytes, shape: tuple[int, ...]) -> FloatNet:
    """The network that is read, after it gave the same numbers as its file."""
    net = read_float(content, "net.onnx", "net")
    x = RNG.normal(size=(5, *shape)).astype(np.float32)
    turned = x if net.shape == shape else np.moveaxis(x, 1, -1)  # images are read with the channels last
    ours = TensorRunner(net.model(), "net").run(np.ascontiguousarray(turned), tuple(net.outputs))
    theirs = TensorRunner(content, "net").run(
        x, tuple(port.name for port in onnx.load_from_string(content).graph.output)
    )
    for mine, other in zip(ours, theirs, strict=True):
        if mine.shape != other.shape:
            mine = np.moveaxis(mine, -1, 1)
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-4)
    return net


def kinds(net: FloatNet) -> list[str]:
    return [node.op_type for node in net.nodes]


MATRIX, VECTOR = RNG.normal(size=(6, 4)), RNG.uniform(0.5, 2, 4)
NORM = {"g": VECTOR, "b": RNG.normal(size=4), "m": RNG.normal(size=4), "v": RNG.uniform(0.5, 2, 4)}


@pytest.mark.parametrize(
    ("op", "inputs"),
    [
        ("Mul", ("d", "c")),
        ("Mul", ("c", "d")),
        ("Add", ("c", "d")),
        ("Sub", ("d", "c")),
        ("Sub", ("c", "d")),
        ("Div", ("d", "c")),
    ],
)
@pytest.mark.parametrize("constant", [VECTOR, VECTOR.reshape(1, 4), np.array(3.0)])
def test_a_scale_or_offset_behind_a_product(op: str, inputs: tuple[str, str], constant: np.ndarray) -> None:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["d"]),
        helper.make_node(op, inputs, ["e"]),
        helper.make_node("Relu", ["e"], ["y"]),
    ]
    net = compared(network(nodes, (6,), {"w": MATRIX, "c": constant}), (6,))
    assert set(kinds(net)) <= {"MatMul", "Gemm", "Add", "Relu"} and len(kinds(net)) <= 3


def test_a_batch_norm_and_a_scale_behind_a_product_with_a_bias() -> None:
    nodes = [
        helper.make_node("Gemm", ["x", "w", "c"], ["d"], transB=0, alpha=0.5),
        helper.make_node("BatchNormalization", ["d", "g", "b", "m", "v"], ["n"], epsilon=1e-3),
        helper.make_node("Mul", ["n", "c"], ["y"]),
    ]
    assert kinds(compared(network(nodes, (6,), {"w": MATRIX, "c": VECTOR, **NORM}), (6,))) == ["Gemm"]


def test_a_batch_norm_behind_a_transposed_product_of_three_axes() -> None:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["d"]),
        helper.make_node("Transpose", ["d"], ["t"], perm=[0, 2, 1]),
        helper.make_node("BatchNormalization", ["t", "g", "b", "m", "v"], ["n"]),
        helper.make_node("Relu", ["n"], ["y"]),
    ]
    net = compared(network(nodes, (3, 6), {"w": MATRIX, **NORM}), (3, 6))
    assert kinds(net) == ["MatMul", "Add", "Transpose", "Relu"]


def test_a_batch_norm_behind_an_activation_becomes_part_of_the_next_layer() -> None:
    nodes = [
        helper.make_node("Gemm", ["x", "w", "c"], ["d"]),
        helper.make_node("Relu", ["d"], ["r"]),
        helper.make_node("BatchNormalization", ["r", "g", "b", "m", "v"], ["n"]),
        helper.make_node("Gemm", ["n", "u"], ["e"], transB=1),
        helper.make_node("Relu", ["e"], ["f"]),
        helper.make_node("Mul", ["f", "s"], ["h"]),
        helper.make_node("MatMul", ["h", "t"], ["y"]),
    ]
    more = {"u": RNG.normal(size=(3, 4)), "s": RNG.uniform(1, 2, (1, 3)), "t": RNG.normal(size=(3, 2))}
    net = compared(network(nodes, (6,), {"w": MATRIX, "c": VECTOR, **NORM, **more}), (6,))
    assert [kind for kind in kinds(net) if kind not in ("Gemm", "MatMul", "Add")] == ["Relu", "Relu"]


def test_products_one_behind_the_other_keep_their_biases() -> None:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["d"]),
        helper.make_node("Add", ["d", "c"], ["e"]),
        helper.make_node("MatMul", ["e", "t"], ["y"]),
    ]
    net = compared(network(nodes, (6,), {"w": MATRIX, "c": VECTOR, "t": RNG.normal(size=(4, 2))}), (6,))
    assert [net.constants[layer.bias].size for layer in net.layers] == [4, 2]


@pytest.mark.parametrize(
    ("pads", "floor"), [([0, 0, 0, 0], False), ([1, 1, 1, 1], True), ([0, 0, 0, 1], True)]
)
def test_a_padded_convolution_takes_no_offset_over(pads: list[int], floor: bool) -> None:
    """The layer in front of the ReLU takes the norm, whose offset becomes the least value."""
    nodes = [
        helper.make_node("Conv", ["x", "k"], ["d"]),
        helper.make_node("Relu", ["d"], ["r"]),
        helper.make_node("BatchNormalization", ["r", "g", "b", "m", "v"], ["n"]),
        helper.make_node("Conv", ["n", "l"], ["y"], pads=pads),
    ]
    kernels = {"k": RNG.normal(size=(4, 2, 1, 1)), "l": RNG.normal(size=(3, 4, 2, 2))}
    net = compared(network(nodes, (2, 3, 5), {**kernels, **NORM}), (2, 3, 5))
    assert kinds(net) == ["Transpose", "Conv", "Max" if floor else "Relu", "Conv"]


@pytest.mark.parametrize(
    "reader",
    [
        [helper.make_node("Conv", ["n", "l"], ["y"], group=4)],
        [helper.make_node("Conv", ["n", "k4"], ["e"]), helper.make_node("Add", ["n", "e"], ["y"])],
        [helper.make_node("MaxPool", ["n"], ["y"], kernel_shape=[2, 2], pads=[1, 1, 1, 1])],
    ],
    ids=["depthwise", "a skip connection", "the end"],
)
def test_a_batch_norm_behind_a_relu_passes_to_the_front(reader: list[onnx.NodeProto]) -> None:
    nodes = [
        helper.make_node("Conv", ["x", "k"], ["d"]),
        helper.make_node("Relu", ["d"], ["r"]),
        helper.make_node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2], pads=[1, 1, 0, 0]),
        helper.make_node("BatchNormalization", ["p", "g", "b", "m", "v"], ["n"], epsilon=1e-3),
        *reader,
    ]
    kernels = {"k": (4, 2, 1, 1), "l": (4, 1, 2, 2), "k4": (4, 4, 1, 1)}
    constants = {name: RNG.normal(size=shape) for name, shape in kernels.items()}
    net = compared(network(nodes, (2, 3, 5), {**constants, **NORM}), (2, 3, 5))
    assert "Max" in kinds(net) and "BatchNormalization" not in kinds(net)


def test_a_network_with_norms_behind_activations_is_quantized_without_multipliers(
    tmp_path: Path,
) -> None:
    nodes = [
        helper.make_node("Conv", ["x", "k"], ["d"]),
        helper.make_node("Relu", ["d"], ["r"]),
        helper.make_node("BatchNormalization", ["r", "g", "b", "m", "v"], ["n"]),
        helper.make_node("Conv", ["n", "l"], ["y"], pads=[1, 1, 1, 1]),
    ]
    kernels = {"k": RNG.normal(size=(4, 2, 1, 1)), "l": RNG.normal(size=(3, 4, 3, 3))}
    content = network(nodes, (2, 5, 5), {**kernels, **NORM})
    x = RNG.normal(size=(40, 2, 5, 5)).astype(np.float32)
    (tmp_path / "net.onnx").write_bytes(content)
    graph = edgeml.quantize_graph(tmp_path / "net.onnx", np.moveaxis(x, 1, -1), bits=8)
    assert not [node.name for node in graph.nodes if isinstance(node.op, Mul)]
    (output,) = graph.outputs
    codes = evaluate_codes(graph, input_codes(graph, np.moveaxis(x, 1, -1)))[output]
    ours = to_float(codes, graph.info(output).type.frac)
    (theirs,) = TensorRunner(content, "net").run(x, ("y",))
    error = ours - np.moveaxis(theirs, 1, -1)
    assert error.std() < 0.03 * theirs.std()


@pytest.mark.parametrize(
    ("nodes", "outputs", "kept"),
    [
        (
            [helper.make_node("Mul", ["d", "c"], ["y"]), helper.make_node("Relu", ["d"], ["z"])],
            ("y", "z"),
            "Mul",
        ),
        ([helper.make_node("Mul", ["d", "c"], ["y"])], ("y", "d"), "Mul"),
        ([helper.make_node("Div", ["c", "d"], ["y"])], ("y",), "Div"),
        ([helper.make_node("Mul", ["d", "d"], ["y"])], ("y",), "Mul"),
    ],
)
def test_what_is_read_elsewhere_or_is_no_scale_stays(
    nodes: list[onnx.NodeProto], outputs: tuple[str, ...], kept: str
) -> None:
    product = helper.make_node("MatMul", ["x", "w"], ["d"])
    assert kept in kinds(
        compared(network([product, *nodes], (6,), {"w": MATRIX, "c": VECTOR}, outputs), (6,))
    )


def test_a_scale_along_another_axis_stays() -> None:
    """Four columns and four channels: a vector is aligned with the columns."""
    nodes = [helper.make_node("Conv", ["x", "k"], ["d"]), helper.make_node("Mul", ["d", "c"], ["y"])]
    kernel = RNG.normal(size=(4, 2, 1, 1))
    content = network(nodes, (2, 3, 4), {"k": kernel, "c": VECTOR})
    assert "Mul" in kinds(read_float(content, "net.onnx", "net"))  # compared there, its axes turned


def test_weights_of_two_layers_stay_as_they_are() -> None:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["d"]),
        helper.make_node("Mul", ["d", "c"], ["e"]),
        helper.make_node("Relu", ["e"], ["r"]),
        helper.make_node("MatMul", ["r", "w"], ["y"]),
    ]
    square = RNG.normal(size=(4, 4))
    assert "Mul" in kinds(compared(network(nodes, (4,), {"w": square, "c": VECTOR}), (4,)))


def test_a_dense_layer_with_batch_norm_needs_no_multiplier() -> None:
    keras = pytest.importorskip("keras", reason="TensorFlow and Keras are not installed")
    layers = [keras.layers.Dense(5), keras.layers.BatchNormalization(), keras.layers.ReLU()]
    model = keras.Sequential([keras.Input((6,)), *layers, keras.layers.Dense(3)])
    layers[1].set_weights([RNG.uniform(0.5, 2, 5) for _ in range(4)])
    graph = edgeml.quantize_graph(model, RNG.normal(size=(200, 6)).astype(np.float32), bits=8)
    assert "mul" not in {node.op.op_name() for node in graph.nodes}


BEHIND = {"k": RNG.normal(size=(4, 2, 2, 2)), **NORM}


def front(*movers: onnx.NodeProto) -> list[onnx.NodeProto]:
    """A convolution of four channels, ReLU and batch norm "n", and what moves or pools it."""
    return [
        helper.make_node("Conv", ["x", "k"], ["d"]),
        helper.make_node("Relu", ["d"], ["r"]),
        helper.make_node("BatchNormalization", ["r", "g", "b", "m", "v"], ["n"]),
        *movers,
    ]


POOL = helper.make_node("MaxPool", ["n"], ["p"], kernel_shape=[2, 2], strides=[2, 2])
MEAN = helper.make_node("AveragePool", ["n"], ["p"], kernel_shape=[2, 2], strides=[2, 2])
LAST = helper.make_node("Transpose", ["p"], ["t"], perm=[0, 2, 3, 1])


@pytest.mark.parametrize("pool", [POOL, MEAN], ids=["max", "mean"])
@pytest.mark.parametrize(
    "flatten",
    [
        [helper.make_node("Flatten", ["p"], ["f"])],
        [LAST, helper.make_node("Flatten", ["t"], ["f"])],
        [LAST, helper.make_node("Reshape", ["t", "shape"], ["f"])],
    ],
    ids=["channels first", "channels last", "reshaped"],
)
def test_a_batch_norm_passes_pooling_and_flattening(
    pool: onnx.NodeProto, flatten: list[onnx.NodeProto]
) -> None:
    nodes = [*front(pool), *flatten, helper.make_node("MatMul", ["f", "w"], ["y"])]
    content = network(nodes, (2, 7, 5), {**BEHIND, "w": RNG.normal(size=(24, 3))})
    model = onnx.load_from_string(content)
    model.graph.initializer.append(numpy_helper.from_array(np.array([-1, 24]), "shape"))
    net = compared(model.SerializeToString(), (2, 7, 5))
    assert not {"BatchNormalization", "Mul"} & set(kinds(net))


def test_a_batch_norm_passes_pooling_in_front_of_a_convolution() -> None:
    nodes = [*front(POOL), helper.make_node("Conv", ["p", "l"], ["y"])]
    net = compared(network(nodes, (2, 7, 5), {**BEHIND, "l": RNG.normal(size=(3, 4, 2, 2))}), (2, 7, 5))
    assert not {"BatchNormalization", "Mul"} & set(kinds(net))


@pytest.mark.parametrize(
    ("nodes", "changed"),
    [
        ([*front(POOL), helper.make_node("Conv", ["p", "l"], ["y"])], {"g": -VECTOR}),
        (
            [*front(POOL), helper.make_node("Conv", ["p", "l"], ["y"], pads=[1, 1, 1, 1])],
            {"g": VECTOR * [1, -1, 1, 1]},
        ),
        (
            [
                *front()[:2],
                helper.make_node(
                    "AveragePool",
                    ["r"],
                    ["q"],
                    kernel_shape=[2, 2],
                    pads=[1, 1, 1, 1],
                    count_include_pad=1,
                ),
                helper.make_node("BatchNormalization", ["q", "g", "b", "m", "v"], ["p"]),
                helper.make_node("Conv", ["p", "l"], ["y"], pads=[1, 1, 1, 1]),
            ],
            {},
        ),
    ],
    ids=["the largest of a negative channel", "a padded layer", "zeros that are counted"],
)
def test_a_batch_norm_stays_where_it_cannot_pass(
    nodes: list[onnx.NodeProto], changed: dict[str, np.ndarray]
) -> None:
    constants = {**BEHIND, "l": RNG.normal(size=(3, 4, 2, 2)), **changed}
    net = compared(network(nodes, (2, 7, 5), constants), (2, 7, 5))
    assert "BatchNormalization" in kinds(net)
