"""QOperator and QDQ networks."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto, helper

from tests.importers.look_alikes.draft import Integers


def qoperator(kind: type, weights: type = np.int8, channels: bool = True) -> bytes:
    n = Integers(20, kind=kind, weights=weights)
    p, r, s = n.act(0.02, 3), n.act(0.035, 100), n.act(0.05, 120)
    x = n.quantize("x", p)
    a = n.node(
        "QLinearConv",
        x,
        *p,
        n.codes(4, 3, 3, 3),
        *n.ws(4 * channels),
        *r,
        n.ints(4),
        pads=[1] * 4,
        kernel_shape=[3, 3],
    )
    b = n.node("QLinearConv", a, *r, n.codes(4, 1, 3, 3), *n.ws(4 * channels), *s, pads=[1] * 4, group=4)
    c = n.microsoft("QLinearAdd", a, *r, b, *s, *(t := n.act(0.06, 110)))
    d = n.microsoft("QLinearMul", a, *r, b, *s, *(u := n.act(0.11, 90)))
    e = n.microsoft("QLinearConcat", *(v := n.act(0.1, 100)), c, *t, d, *u, axis=1)
    f = n.microsoft("QLinearLeakyRelu", e, *v, *(y := n.act(0.07, 60)), alpha=0.1)
    g = n.node("MaxPool", f, kernel_shape=[2, 2], strides=[2, 2])
    h = n.microsoft("QLinearAveragePool", g, *y, *y, kernel_shape=[2, 2], strides=[1, 1])
    i = n.microsoft("QLinearGlobalAveragePool", h, *y, *(z := n.act(0.03, 50)), channels_last=0)
    j = n.node("Flatten", i, axis=1)
    k = n.node("QLinearMatMul", j, *z, n.codes(8, 6), *n.ws(), *(o := n.act(0.04, 128)))
    q = n.microsoft("QLinearSigmoid", k, *o, *(o2 := n.act(1 / 256, 0)))
    return n.file((3, 6, 6), n.real(q, o2))


def qgemm(kind: type, floats: bool = False, turned: bool = True) -> bytes:
    n = Integers(21, kind=kind)
    p, r, s = n.act(0.02, 3), n.act(0.045, 0), n.act(0.06, 121)
    x = n.node("Flatten", n.quantize("x", p), axis=1)
    x = n.microsoft("QGemm", x, *p, n.codes(8, 12), *n.ws(8), n.ints(8), *r, transB=1, alpha=1.0)
    shape = (5, 8) if turned else (8, 5)
    last = () if floats else s
    x = n.microsoft("QGemm", x, *r, n.codes(*shape), *n.ws(), n.ints(5), *last, transB=int(turned))
    return n.file((3, 2, 2), x if floats else n.real(x, s))


def softmax_of_codes(floats: bool, midst: bool = False) -> bytes:
    """A classifier as QOperator, its softmax of codes at the end, or with a product behind it."""
    n = Integers(26)
    p, o, end = n.act(0.02, 128), n.act(0.04, 120), n.act(1 / 256, 0)
    x = n.node("QLinearMatMul", n.quantize("x", p), *p, n.codes(6, 5), *n.ws(), *o)
    x = n.microsoft("QLinearSoftmax", x, *o, *end, axis=-1, opset=13)
    if midst:
        x = n.node("QLinearMatMul", x, *end, n.codes(5, 3), *n.ws(), *(end := n.act(0.02, 100)))
    return n.file((6,), n.real(x, end) if floats else x, 1 if floats else 2)


def qdq(opset: int, kind: type = np.uint8) -> bytes:
    """A PyTorch export: int8 weights and int32 bias through DequantizeLinear, Relu6 between."""
    n = Integers(22, opset, kind)
    axes = opset >= 13  # before, one scale per tensor is all there is

    def layer(op: str, x: str, scale: float, *shape: int, axis: int = 0, **flags: Any) -> str:
        """A product whose bias has the scale of its sums, as the exporter computes it."""
        size = shape[axis]
        factor = n.scales(*[size] * axes, low=0.002, high=0.01)
        along = {"axis": axis} if axes else {}
        w = n.real(n.codes(*shape), n.of(factor, np.zeros(factor.shape), np.int8), **along)
        sums = factor * np.float32(scale)
        bias = n.real(
            n.ints(size), n.of(sums, np.zeros(sums.shape), np.int32), **({"axis": 0} if axes else {})
        )
        return n.node("Add", n.node(op, x, w), bias) if op == "MatMul" else n.node(op, x, w, bias, **flags)

    def clip(x: str) -> str:
        if opset < 11:
            return n.node("Clip", x, min=0.0, max=6.0)
        return n.node("Clip", x, n.const(0.0), n.const(6.0))

    x = layer("Conv", n.pair("x", 0.02, 110), 0.02, 4, 3, 3, 3, strides=[2, 2], pads=[1] * 4)
    x = skip = n.pair(clip(x), 6 / 255)
    x = n.pair(clip(layer("Conv", x, 6 / 255, 4, 1, 3, 3, pads=[1] * 4, group=4)), 5.3 / 255)
    x = n.pair(layer("Conv", x, 5.3 / 255, 4, 4, 1, 1), 0.03, 120)
    x = n.pair(n.node("Add", x, skip), 0.045, 88)
    x = n.pair(n.node("GlobalAveragePool", x), 0.02, 88)
    x = n.pair(n.node("Flatten", x), 0.02, 88)
    x = n.pair(n.node("Relu", layer("Gemm", x, 0.02, 8, 4, transB=1)), 0.02)
    return n.file((3, 8, 8), n.pair(layer("MatMul", x, 0.02, 8, 5, axis=1), 0.05, 128))


def qdq_turned() -> bytes:
    """PyTorch's pt2e export: quantized weights of a Linear turned behind DequantizeLinear; bias in floats."""
    n = Integers(23, 17, np.int8)
    x = n.pair("x", 0.02, 110)
    w = n.node("Transpose", n.real(n.codes(8, 12), n.ws(8), axis=0), perm=[1, 0])
    x = n.node("Add", n.node("MatMul", x, w), n.const(n.normal(8)))
    x = n.pair(n.node("Relu", x), 0.03)
    x = n.node("Gemm", x, n.real(n.codes(5, 8), n.ws(5), axis=0), n.const(n.normal(5)), transB=1)
    return n.file((12,), n.pair(x, 0.04, 128))


def qdq_float_weights() -> bytes:
    """A PyTorch QAT export: weights in floats through both linear nodes, per channel."""
    n = Integers(24, 13, np.uint8)

    def weights(*shape: int) -> str:
        p = n.ws(shape[0])
        return n.real(n.quantize(n.const(n.normal(*shape)), p, axis=0), p, axis=0)

    x = n.pair("x", 0.02, 110)
    x = n.node("Conv", x, weights(4, 3, 3, 3), n.const(n.normal(4)), kernel_shape=[3, 3])
    x = n.pair(n.node("Relu", x), 0.03)
    x = n.pool(x, 2, 2)
    x = n.pair(n.node("Reshape", x, n.integers(-1, 36)), 0.03)
    x = n.node("Gemm", x, weights(5, 36), n.const(n.normal(5)), transB=1)
    return n.file((3, 8, 8), x)


def narrow_weights(scales: tuple[int, ...], **flags: Any) -> bytes:
    """Weights of 4 bits as their integers, scales per channel or per block (opset 21)."""
    n = Integers(25, 21)
    x = n.pair("x", 0.05, 128)
    codes = n.rng.integers(-8, 8, 60).tolist()
    n.constants.append(helper.make_tensor("w", TensorProto.INT4, [12, 5], codes))
    factor = 2.0 ** n.rng.integers(-6, -3, scales)
    w = n.node("DequantizeLinear", "w", n.const(factor), **flags)
    return n.file((12,), n.pair(n.node("MatMul", x, w), 0.1, 128))


def narrow_quantizer() -> bytes:
    n = Integers(26, 21)
    n.constants.append(helper.make_tensor("zero", TensorProto.INT4, [], [0]))
    p = (n.const(0.1), "zero")
    return n.file((12,), n.real(n.quantize("x", p), p))


def stated_type() -> bytes:
    """QuantizeLinear without a zero point whose attribute says int8 (opset 21)."""
    n = Integers(27, 21)
    p = n.of(0.05, 0, np.int8)
    x = n.real(n.node("QuantizeLinear", "x", p[0], output_dtype=TensorProto.INT8), p)
    return n.file(
        (12,), n.pair(n.node("Gemm", x, n.real(n.codes(5, 12), n.ws(5), axis=0), transB=1), 0.1, 128)
    )


def mobilenet_v3() -> bytes:
    """Squeeze and excitation with HardSigmoid, then HardSwish."""
    n = Integers(28, 14)

    def conv(x: str, outputs: int, inputs: int, scale: float, act: str = "", zero: int = 0) -> str:
        x = n.node(
            "Conv",
            x,
            n.real(n.codes(outputs, inputs, 1, 1), n.ws(outputs), axis=0),
            n.const(n.normal(outputs)),
        )
        return n.pair(n.node(act, x) if act else x, scale, zero)

    x = n.pair("x", 0.02, 110)
    x = n.pair(n.node("HardSwish", conv(x, 4, 3, 0.04, zero=128)), 0.025, 15)
    s = conv(n.pair(n.node("GlobalAveragePool", x), 0.02, 20), 2, 4, 0.02, "Relu")
    s = n.pair(n.node("HardSigmoid", conv(s, 4, 2, 0.04, zero=128), alpha=1 / 6), 1 / 255)
    return n.file((3, 6, 6), n.pair(n.node("Mul", x, s), 0.02, 20))


def hard_end(quantized: bool) -> bytes:
    n = Integers(32, 14)
    x = n.node("HardSwish", n.pair("x", 0.05, 128))
    return n.file((6,), n.pair(x, 0.03, 13) if quantized else x)


def probabilities(used: bool = False) -> bytes:
    """A classifier that was quantized up to its probabilities; something reads them, or nothing."""
    n = Integers(33)
    x = n.node("Gemm", n.pair("x", 0.05, 128), n.real(n.codes(5, 12), n.ws(5), axis=0), transB=1)
    x = n.pair(n.node("Softmax", n.pair(x, 0.05, 128), axis=-1), 1 / 256)
    return n.file((12,), n.pair(n.node("Relu", x), 1 / 256) if used else x)


def integer_input() -> bytes:
    """A camera's pixels: the input itself is uint8."""
    n = Integers(29)
    x = n.real("x", n.act(1 / 255))
    x = n.node("Conv", x, n.real(n.codes(4, 3, 3, 3), n.ws(4), axis=0), n.const(n.normal(4)))
    return n.file((3, 6, 6), n.pair(x, 0.03, 100), data=TensorProto.UINT8)


def shuffle() -> bytes:
    """Channel shuffle over five axes, a depthwise convolution, Concat, AveragePool with its border."""
    n = Integers(31)
    x = n.pair("x", 0.02)
    y = n.node("Reshape", x, n.integers(-1, 2, 2, 5, 5))
    y = n.node("Reshape", n.node("Transpose", y, perm=[0, 2, 1, 3, 4]), n.integers(-1, 4, 5, 5))
    y = n.node("Conv", n.pair(y, 0.02), n.real(n.codes(4, 1, 3, 3), n.ws(4), axis=0), group=4, pads=[1] * 4)
    y = n.pair(n.node("Relu", y), 0.03)
    x = n.pair(n.node("Concat", x, y, axis=1), 0.03)
    x = n.pool(x, 3, 3, op="AveragePool", strides=[2, 2], pads=[1] * 4, count_include_pad=1)
    return n.file((4, 5, 5), n.pair(x, 0.025))


NETWORKS = {
    "qoperator_uint8": lambda: qoperator(np.uint8),
    "qoperator_uint8_uint8": lambda: qoperator(np.uint8, np.uint8),
    "qoperator_int8": lambda: qoperator(np.int8),
    "qoperator_per_tensor": lambda: qoperator(np.uint8, channels=False),
    "qgemm_uint8": lambda: qgemm(np.uint8),
    "qgemm_int8": lambda: qgemm(np.int8, turned=False),
    "qgemm_floats": lambda: qgemm(np.uint8, floats=True),
    **{
        f"qdq_opset_{opset}": (lambda opset=opset: qdq(opset))
        for opset in (10, 11, 12, 13, 14, 17, 18, 19, 21)
    },
    "qdq_int8": lambda: qdq(13, np.int8),
    "qdq_turned": qdq_turned,
    "qdq_float_weights": qdq_float_weights,
    "int4_channels": lambda: narrow_weights((5,), axis=1),
    "int4_blocks": lambda: narrow_weights((3, 5), axis=0, block_size=4),
    "stated_type": stated_type,
    "mobilenet_v3": mobilenet_v3,
    "integer_input": integer_input,
    "shuffle": shuffle,
}


def dynamic(op: str) -> bytes:
    """onnxruntime's dynamic quantization: codes whose scale is found while it runs."""
    n = Integers(30)
    n.node("DynamicQuantizeLinear", "x", outputs=3)
    x, zero = n.nodes[-1].output[0], n.nodes[-1].output[2]
    weights = n.codes(4, 3, 3, 3) if op == "ConvInteger" else n.codes(6, 5)
    y = n.node(op, x, weights, zero, n.const(0, np.int8))
    return n.file((3, 6, 6) if op == "ConvInteger" else (6,), n.node("Cast", y, to=TensorProto.FLOAT))


def sixteen_bits(scale: float) -> bytes:
    """Codes of uint16 with a zero point; the scales are powers of two but for that of the result."""
    n = Integers(32, 21)

    def pair(x: str, scale: float, zero: int) -> str:
        both = n.const(scale), n.const(zero, np.uint16)
        return n.real(n.node("QuantizeLinear", x, *both), both)

    weights = n.real(n.codes(6, 5), (n.const(2.0**-6), n.const(0, np.int8)))
    return n.file((6,), pair(n.node("MatMul", pair("x", 2.0**-6, 32768), weights), scale, 30000))


def static_integers(op: str, quantized: bool) -> bytes:
    """The same product on codes of a QuantizeLinear; weights have zero points, of MatMul one per column."""
    n = Integers(31)
    p = n.act(0.05, 128)
    conv = op == "ConvInteger"
    weights, columns = (n.codes(4, 3, 3, 3), 4) if conv else (n.codes(6, 5), 5)
    zeros = n.const(3 if conv else np.arange(-2, columns - 2), np.int8)
    y = n.node("Cast", n.node(op, n.quantize("x", p), weights, p[1], zeros), to=TensorProto.FLOAT)
    if quantized:
        bias = n.normal(columns).reshape((1, columns, 1, 1) if conv else (1, columns))
        y = n.node("Add", n.node("Mul", y, n.const(0.05 * 0.0173)), n.const(bias))
        y = n.pair(n.node("Relu", y), 0.021)
    return n.file((3, 6, 6) if conv else (6,), y)
