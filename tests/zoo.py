"""Small deterministic graphs that together use every core op, mode and corner of the type system.

`zoo()` gives them by name, `codes(graph)` inputs that reach the ends of every range. A back end's test
runs over all of them: each is either emitted and equal integer for integer, or refused by name.

To add one, write a function that returns a Graph and list it in `_FUNCTIONS`; its name is the graph's name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from edgeml.fixed import ElementType, FixedType, FixedTypeArray, IntArray, Overflow, Round
from edgeml.ir import Builder, Graph, Op
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.arg_max import ArgMax
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.min import Min
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.pad import Pad
from edgeml.ir.ops.relu import Relu
from edgeml.ir.ops.repeat import Repeat
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.scale import Scale
from edgeml.ir.ops.slice import Slice
from edgeml.ir.ops.softmax import Softmax
from edgeml.ir.ops.sum_pool import SumPool
from edgeml.ir.ops.transpose import Transpose
from tests.plain_ops import plain_ops


def fixed(width: int, integer: int) -> FixedType:
    """fixed<width, integer>."""
    return FixedType(True, width, width - integer)


def ufixed(width: int, integer: int) -> FixedType:
    """ufixed<width, integer>."""
    return FixedType(False, width, width - integer)


def random_codes(shape: tuple[int, ...], type: ElementType, seed: int) -> IntArray:
    """Uniform codes of `type`, both ends included."""
    rng = np.random.default_rng(seed)
    return rng.integers(np.broadcast_to(type.lo, shape), np.broadcast_to(type.hi, shape), endpoint=True)


def codes(graph: Graph, samples: int = 16, seed: int = 0) -> dict[str, IntArray]:
    """Codes (samples, *shape) for every input of `graph`.

    The first rows are all lowest, all highest, all zero and the ends in turn; the others are random.
    """
    result: dict[str, IntArray] = {}
    for position, name in enumerate(graph.inputs):
        info = graph.info(name)
        rng = np.random.default_rng([seed, position])
        batch = rng.integers(info.lo, info.hi, size=(samples, *info.shape), endpoint=True)
        turn = np.arange(info.size).reshape(info.shape) % 2 == 0
        corners = [info.lo, info.hi, np.zeros(info.shape, np.int64), np.where(turn, info.lo, info.hi)]
        for row, corner in enumerate(corners[:samples]):
            batch[row] = corner
        result[name] = batch
    return result


def dense(
    build: Builder, x: str, name: str, units: int, weight: FixedType, bias: FixedType, seed: int
) -> str:
    """A dense layer under the names that lowering gives."""
    inputs = build.info(x).shape[-1]
    w = build.const(random_codes((inputs, units), weight, seed), weight, f"{name}.weight")
    product = build.add(MatMul(), x, w, name=f"{name}.matmul")
    b = build.const(random_codes((units,), bias, seed + 1), bias, f"{name}.bias")
    return build.add(Add(), product, b, name=name)


def conv(
    build: Builder,
    x: str,
    name: str,
    kernel: tuple[int, ...],
    filters: int,
    seed: int,
    *,
    strides: tuple[int, ...] | None = None,
    padding: tuple[tuple[int, int], ...] | None = None,
    dilation: tuple[int, ...] | None = None,
    groups: int = 1,
    weight: FixedType | None = None,
    bias: FixedType | None = None,
) -> str:
    """A convolution layer under the names that lowering gives."""
    channels = build.info(x).shape[-1]
    weight = weight or fixed(4, 1)
    bias = bias or fixed(6, 2)
    ones = (1,) * len(kernel)
    w = build.const(
        random_codes((*kernel, channels // groups, filters), weight, seed), weight, f"{name}.weight"
    )
    op = Conv(strides or ones, padding or ((0, 0),) * len(kernel), dilation or ones, groups)
    product = build.add(op, x, w, name=f"{name}.conv")
    b = build.const(random_codes((filters,), bias, seed + 1), bias, f"{name}.bias")
    return build.add(Add(), product, b, name=name)


# ---------------------------------------------------------------- whole networks


def mlp() -> Graph:
    """Three dense layers, unsigned activations, signed logits."""
    build = Builder("mlp")
    x = build.input((16,), ufixed(8, 0))
    x = dense(build, x, "fc1", 12, fixed(6, 1), fixed(6, 1), 1)
    x = build.cast(x, ufixed(6, 2), name="act1")
    x = dense(build, x, "fc2", 8, fixed(4, 1), fixed(5, 2), 3)
    x = build.cast(x, ufixed(6, 3), name="act2")
    return build.graph(dense(build, x, "fc3", 5, fixed(6, 1), fixed(6, 1), 5))


def mlp_classes() -> Graph:
    """Relu kept apart from the cast, signed activations, the class as output."""
    build = Builder("mlp_classes")
    x = build.input((6,), fixed(7, 3))
    x = build.add(Relu(), dense(build, x, "fc1", 8, fixed(5, 2), fixed(5, 2), 11), name="relu1")
    x = build.cast(x, fixed(6, 4), name="act1")
    x = dense(build, x, "fc2", 4, fixed(5, 2), fixed(5, 2), 13)
    return build.graph(build.add(ArgMax(), x, name="label"))


def cnn_2d() -> Graph:
    """Two convolutions with pooling and a dense layer."""
    build = Builder("cnn_2d")
    x = build.input((8, 8, 1), ufixed(4, 0))
    x = conv(build, x, "conv1", (3, 3), 3, 21)
    x = build.cast(x, ufixed(5, 2), name="act1")
    x = build.add(MaxPool((2, 2), (2, 2), ((0, 0), (0, 0))), x, name="pool1")
    x = conv(build, x, "conv2", (2, 2), 4, 23)
    x = build.cast(x, ufixed(5, 3), name="act2")
    x = build.add(Reshape((16,)), x, name="flatten")
    return build.graph(dense(build, x, "fc", 3, fixed(5, 1), fixed(5, 1), 25))


def cnn_1d() -> Graph:
    """The same over time."""
    build = Builder("cnn_1d")
    x = build.input((12, 2), fixed(5, 2))
    x = conv(build, x, "conv1", (3,), 4, 31)
    x = build.cast(x, fixed(5, 3), name="act1")
    x = build.add(MaxPool((2,), (2,), ((0, 0),)), x, name="pool1")
    x = conv(build, x, "conv2", (3,), 2, 33, padding=((1, 1),))
    x = build.add(SumPool((5,), (1,), ((0, 0),)), x, name="sum")
    return build.graph(build.add(Reshape((2,)), x, name="flatten"))


def residual() -> Graph:
    """A skip connection whose two sides have different LSBs."""
    build = Builder("residual")
    x = build.input((6,), fixed(6, 2))
    y = build.cast(dense(build, x, "fc1", 6, fixed(4, 1), fixed(4, 1), 41), fixed(5, 4), name="act1")
    return build.graph(build.add(Add(), x, y, name="sum"))


# ---------------------------------------------------------------- one op at a time


def matmul_rank_3() -> Graph:
    """A dense layer on every row of a matrix (time-distributed)."""
    build = Builder("matmul_rank_3")
    return build.graph(dense(build, build.input((3, 4), fixed(5, 2)), "fc", 2, fixed(4, 2), fixed(4, 2), 51))


def conv_strides() -> Graph:
    """Strides that leave a rest, one per axis."""
    build = Builder("conv_strides")
    x = build.input((7, 6, 2), fixed(4, 1))
    return build.graph(conv(build, x, "conv", (3, 2), 3, 61, strides=(2, 3)))


def conv_padding() -> Graph:
    """Other padding on every side, as 'same' with even kernels gives."""
    build = Builder("conv_padding")
    x = build.input((4, 5, 2), fixed(4, 1))
    return build.graph(conv(build, x, "conv", (2, 3), 2, 63, padding=((0, 1), (2, 1))))


def conv_dilation() -> Graph:
    """Dilated taps."""
    build = Builder("conv_dilation")
    x = build.input((7, 6, 1), fixed(4, 1))
    return build.graph(conv(build, x, "conv", (3, 2), 2, 65, dilation=(2, 3)))


def conv_groups() -> Graph:
    """Two groups of channels."""
    build = Builder("conv_groups")
    x = build.input((4, 4, 4), fixed(4, 1))
    return build.graph(conv(build, x, "conv", (2, 2), 6, 67, groups=2))


def conv_depthwise() -> Graph:
    """A group per channel."""
    build = Builder("conv_depthwise")
    x = build.input((4, 4, 3), ufixed(4, 1))
    return build.graph(conv(build, x, "conv", (3, 3), 3, 69, groups=3))


def conv_1d_all() -> Graph:
    """Stride, padding, dilation and groups at once, 1-D."""
    build = Builder("conv_1d_all")
    x = build.input((9, 4), fixed(4, 2))
    return build.graph(
        conv(build, x, "conv", (3,), 4, 71, strides=(2,), padding=((2, 1),), dilation=(2,), groups=2)
    )


def conv_pointwise() -> Graph:
    """A 1x1 kernel."""
    build = Builder("conv_pointwise")
    return build.graph(conv(build, build.input((3, 3, 3), ufixed(4, 0)), "conv", (1, 1), 2, 73))


def pad_scalar() -> Graph:
    """A value without axes, which has nothing to pad."""
    build = Builder("pad_scalar")
    x = build.add(Reshape(()), build.input((1,), fixed(4, 2), "x"), name="scalar")
    return build.graph(build.add(Reshape((1,)), build.add(Pad(()), x, name="padded"), name="out"))


def add_broadcast_per_element() -> Graph:
    """A value of one element added to one of a higher rank whose elements have types of their own."""
    build = Builder("add_broadcast_per_element")
    x = build.input((2, 3), FixedTypeArray(False, 1, [[1, 1, 1], [1, 1, 0]]), "x")
    y = build.input((1,), ufixed(1, 0), "y")
    return build.graph(build.add(Add(), x, y, name="sum"))


def convolution_broadcast_per_element() -> Graph:
    """One channel of a convolution is added to two elements that have LSBs of their own."""
    build = Builder("convolution_broadcast_per_element")
    x = build.input((2,), FixedTypeArray(False, np.array([2, 2]), np.array([0, 1])))
    y = conv(build, build.input((1, 1, 1), ufixed(3, 2), "y"), "conv", (1, 1), 1, 79)
    total = build.add(Add(), x, y, name="sum")
    return build.graph(conv(build, total, "last", (1, 1), 2, 81))


def add_broadcast() -> Graph:
    """Sums of values of different rank and of axes of one."""
    build = Builder("add_broadcast")
    a = build.input((3, 1, 4), fixed(4, 2), "a")
    b = build.input((2, 1), fixed(6, 1), "b")
    return build.graph(build.add(Add(), a, b, name="sum"))


def mul() -> Graph:
    """A product of two values, signed by unsigned."""
    build = Builder("mul")
    a, b = build.input((5,), fixed(5, 3), "a"), build.input((5,), ufixed(4, 1), "b")
    return build.graph(build.add(Mul(), a, b, name="product"))


def mul_constant() -> Graph:
    """A product with a constant per channel, as a batch norm has."""
    build = Builder("mul_constant")
    x = build.input((3, 3, 4), fixed(5, 3))
    c = build.const(random_codes((4,), fixed(4, 1), 81), fixed(4, 1), "norm.scale")
    return build.graph(build.add(Mul(), x, c, name="norm"))


def square() -> Graph:
    """A value times itself."""
    build = Builder("square")
    x = build.input((4,), fixed(6, 2))
    return build.graph(build.add(Mul(), x, x, name="square"))


def max_min() -> Graph:
    """Max of two values and Min with a scalar constant, with different LSBs."""
    build = Builder("max_min")
    a, b = build.input((6,), fixed(5, 2), "a"), build.input((6,), fixed(6, 4), "b")
    top = build.const(5, ufixed(4, 2), "top")
    return build.graph(build.add(Min(), build.add(Max(), a, b, name="max"), top, name="min"))


def relu() -> Graph:
    """Relu alone, signed in, unsigned out."""
    build = Builder("relu")
    return build.graph(build.add(Relu(), build.input((8,), fixed(5, 2)), name="relu"))


def lookup() -> Graph:
    """A table over a signed index, not monotone."""
    build = Builder("lookup")
    x = build.input((7,), fixed(4, 2))
    table = build.const(random_codes((16,), fixed(6, 1), 91), fixed(6, 1), "tanh.table")
    return build.graph(build.add(Lookup(), x, table, name="tanh"))


def lookup_restricted() -> Graph:
    """A table whose index cannot reach every entry."""
    build = Builder("lookup_restricted")
    x = build.add(Relu(), build.input((7,), fixed(4, 2)), name="relu")
    x = build.cast(x, fixed(4, 2), name="index")
    table = build.const(np.arange(-8, 8) ** 3, fixed(11, 8), "cube.table")
    return build.graph(build.add(Lookup(), x, table, name="cube"))


def max_pool_overlap() -> Graph:
    """Overlapping windows, padding that must not win over negative values."""
    build = Builder("max_pool_overlap")
    x = build.input((5, 6, 2), fixed(4, 2))
    return build.graph(build.add(MaxPool((3, 2), (2, 1), ((1, 1), (0, 1))), x, name="pool"))


def max_pool_1d() -> Graph:
    """1-D pooling with a rest that is dropped."""
    build = Builder("max_pool_1d")
    return build.graph(
        build.add(MaxPool((3,), (3,), ((0, 0),)), build.input((8, 2), fixed(4, 2)), name="pool")
    )


def average_pool() -> Graph:
    """An average of four as sum and power of two, rounded."""
    build = Builder("average_pool")
    x = build.input((4, 6, 3), fixed(5, 2))
    x = build.add(SumPool((2, 2), (2, 2), ((0, 0), (0, 0))), x, name="pool.sum")
    x = build.add(Scale(-2), x, name="pool.mean")
    return build.graph(build.cast(x, fixed(5, 2), name="pool"))


def sum_pool_padding() -> Graph:
    """Sums over windows that reach into the padding."""
    build = Builder("sum_pool_padding")
    x = build.input((4, 5, 2), fixed(4, 1))
    return build.graph(build.add(SumPool((2, 3), (1, 2), ((1, 0), (1, 2))), x, name="pool"))


def arg_max() -> Graph:
    """The first of the largest, on narrow values with many ties."""
    build = Builder("arg_max")
    return build.graph(build.add(ArgMax(), build.input((2, 5), fixed(2, 2)), name="label"))


def concat() -> Graph:
    """Three values with different types along the middle axis."""
    build = Builder("concat")
    a = build.input((2, 1, 3), fixed(4, 2), "a")
    b = build.input((2, 2, 3), ufixed(5, 1), "b")
    return build.graph(build.add(Concat(1), a, b, a, name="concat"))


def moves() -> Graph:
    """Reshape, transpose, slice, repeat and pad after one another."""
    build = Builder("moves")
    x = build.input((4, 6), fixed(5, 2))
    x = build.add(Reshape((2, 3, 4)), x, name="reshape")
    x = build.add(Transpose((2, 0, 1)), x, name="transpose")
    x = build.add(Slice((1, 0, 0), (4, 2, 3), (2, 1, 2)), x, name="slice")
    x = build.add(Repeat(1, 3), x, name="repeat")
    return build.graph(build.add(Pad(((0, 1), (2, 0), (1, 1))), x, name="pad"))


def transpose() -> Graph:
    """Channels first to channels last."""
    build = Builder("transpose")
    return build.graph(build.add(Transpose((1, 2, 0)), build.input((2, 3, 4), fixed(4, 2)), name="transpose"))


def slice_steps() -> Graph:
    """Every second element."""
    build = Builder("slice_steps")
    return build.graph(build.add(Slice((1,), (8,), (2,)), build.input((9,), fixed(4, 2)), name="slice"))


def pad() -> Graph:
    """Zeros around an image."""
    build = Builder("pad")
    x = build.input((2, 3, 2), fixed(4, 2))
    return build.graph(build.add(Pad(((1, 0), (2, 1), (0, 0))), x, name="pad"))


def repeat() -> Graph:
    """Nearest-neighbour upsampling of both axes of an image."""
    build = Builder("repeat")
    x = build.add(Repeat(0, 2), build.input((2, 3, 2), fixed(4, 2)), name="up.rows")
    return build.graph(build.add(Repeat(1, 2), x, name="up"))


# ---------------------------------------------------------------- types


def scale_per_channel() -> Graph:
    """A power of two per channel, then an op on the mixed types."""
    build = Builder("scale_per_channel")
    x = build.input((3, 4), fixed(5, 2))
    x = build.add(Scale(np.array([0, 2, -3, 1])), x, name="scaled")
    return build.graph(build.add(Relu(), x, name="relu"))


def cast_per_element() -> Graph:
    """A cast to other widths and LSBs per element, some of them narrower, then a dense layer."""
    build = Builder("cast_per_element")
    x = build.input((4,), fixed(8, 3))
    mixed = FixedTypeArray(True, [3, 8, 1, 5], [1, 5, 0, -1])
    x = build.cast(x, mixed, name="act")
    return build.graph(dense(build, x, "fc", 3, fixed(4, 1), fixed(4, 1), 101))


def cast_per_channel_modes() -> Graph:
    """Per-channel types with wrapping and truncation, unsigned; the mixed types leave the graph."""
    build = Builder("cast_per_channel_modes")
    x = build.input((2, 3), fixed(8, 3))
    mixed = FixedTypeArray(False, [4, 2, 7], [3, -1, 8])
    return build.graph(build.cast(x, mixed, Round.TRN, Overflow.WRAP, name="act"))


def input_per_element() -> Graph:
    """Features of different ranges as they come."""
    build = Builder("input_per_element")
    x = build.input((3,), FixedTypeArray(True, [4, 6, 8], [3, 0, 5]))
    return build.graph(dense(build, x, "fc", 2, fixed(4, 1), fixed(4, 1), 103))


def weights_per_element() -> Graph:
    """A width and an LSB per weight."""
    build = Builder("weights_per_element")
    x = build.input((4,), ufixed(5, 1))
    kind = FixedTypeArray(True, [[1, 3], [6, 2], [4, 4], [2, 5]], [[0, 2], [4, -1], [3, 1], [1, 6]])
    w = build.const(random_codes((4, 2), kind, 105), kind, "fc.weight")
    return build.graph(build.add(MatMul(), x, w, name="fc"))


def weights_per_filter() -> Graph:
    """An LSB per filter of a convolution."""
    build = Builder("weights_per_filter")
    x = build.input((4, 4, 2), ufixed(4, 1))
    kind = FixedTypeArray(True, [4, 2, 5], [3, 0, 6])
    w = build.const(random_codes((2, 2, 2, 3), kind, 107), kind, "conv.weight")
    return build.graph(build.add(Conv((1, 1), ((0, 0), (0, 0)), (1, 1)), x, w, name="conv"))


def binary() -> Graph:
    """One-bit inputs and weights: {0, 1} times {-1, 0}, signed one-bit activations."""
    build = Builder("binary")
    x = build.input((8,), ufixed(1, 1))
    w = build.const(random_codes((8, 4), fixed(1, 1), 111), fixed(1, 1), "fc1.weight")
    x = build.cast(build.add(MatMul(), x, w, name="fc1"), fixed(1, 3), name="act1")
    return build.graph(dense(build, x, "fc2", 2, fixed(2, 2), fixed(2, 2), 112))


def zero_weights() -> Graph:
    """A dense layer whose weights are all zero: the result has one possible value."""
    build = Builder("zero_weights")
    x = build.input((3,), fixed(6, 2))
    w = build.const(np.zeros((3, 2)), fixed(4, 1), "fc.weight")
    b = build.const([3, -5], fixed(4, 1), "fc.bias")
    return build.graph(build.add(Add(), build.add(MatMul(), x, w, name="fc.matmul"), b, name="fc"))


def one_channel() -> Graph:
    """Every size as small as it can be."""
    build = Builder("one_channel")
    x = conv(build, build.input((1, 1, 1), fixed(4, 2)), "conv", (1, 1), 1, 121)
    return build.graph(
        dense(build, build.add(Reshape((1,)), x, name="flat"), "fc", 1, fixed(3, 1), fixed(3, 1), 123)
    )


def scalar() -> Graph:
    """A value without axes."""
    build = Builder("scalar")
    x = build.input((), fixed(6, 2))
    return build.graph(build.cast(build.add(Mul(), x, x, name="square"), fixed(6, 5), name="act"))


def negative_frac() -> Graph:
    """LSBs above one: codes count in steps of 4 and 8."""
    build = Builder("negative_frac")
    x = build.input((4,), FixedType(True, 5, -2))
    x = dense(build, x, "fc", 3, FixedType(True, 4, -1), FixedType(True, 5, -3), 131)
    return build.graph(build.cast(x, FixedType(True, 6, -5), name="act"))


def frac_above_width() -> Graph:
    """Values far below one: no integer bits, and fewer than none."""
    build = Builder("frac_above_width")
    x = build.input((4,), FixedType(False, 4, 7))
    x = dense(build, x, "fc", 3, FixedType(True, 4, 6), FixedType(True, 3, 8), 133)
    return build.graph(build.cast(x, FixedType(True, 5, 11), name="act"))


def cast_up() -> Graph:
    """Casts that only add bits, on either side."""
    build = Builder("cast_up")
    x = build.input((5,), fixed(4, 2))
    return build.graph(build.cast(x, fixed(10, 5), name="act"))


def cast_far_below() -> Graph:
    """A cast whose LSB lies far above the value: rounding decides from the sign and a little more."""
    build = Builder("cast_far_below")
    x = build.input((5,), FixedType(True, 6, 9))
    return build.graph(build.cast(x, fixed(4, 4), Round.TRN, Overflow.SAT, name="act"))


def wide_products() -> Graph:
    """Sums of products beyond 24 bits, as a dense layer on 12-bit data has."""
    build = Builder("wide_products")
    x = build.input((6,), fixed(12, 4))
    return build.graph(dense(build, x, "fc", 3, fixed(14, 1), fixed(16, 4), 141))


def wide_conv() -> Graph:
    """A convolution beyond 24 bits."""
    build = Builder("wide_conv")
    x = build.input((4, 4, 2), fixed(12, 4))
    return build.graph(conv(build, x, "conv", (2, 2), 2, 143, weight=fixed(14, 1), bias=fixed(16, 4)))


def beyond_float() -> Graph:
    """Codes of 60 bits, which no float64 holds."""
    build = Builder("beyond_float")
    a, b = build.input((3,), fixed(30, 4), "a"), build.input((3,), fixed(30, 4), "b")
    return build.graph(build.add(Mul(), a, b, name="product"))


# ---------------------------------------------------------------- structure


def several_inputs_outputs() -> Graph:
    """Two inputs, an inner value and a last one as outputs, one of them read twice."""
    build = Builder("several_inputs_outputs")
    a, b = build.input((4,), fixed(5, 2), "a"), build.input((4,), ufixed(6, 3), "b")
    total = build.add(Add(), a, b, name="sum")
    low = build.cast(total, fixed(4, 3), name="low")
    return build.graph(total, build.add(Max(), low, a, name="high"), low)


def shared_weights() -> Graph:
    """One constant used by two layers."""
    build = Builder("shared_weights")
    x = build.input((3,), fixed(4, 1))
    w = build.const(random_codes((3, 3), fixed(3, 1), 151), fixed(3, 1), "shared.weight")
    y = build.cast(build.add(MatMul(), x, w, name="fc1"), fixed(5, 2), name="act1")
    return build.graph(build.add(MatMul(), y, w, name="fc2"))


def constant_output() -> Graph:
    """A constant and an op on constants alone beside a real output."""
    build = Builder("constant_output")
    x = build.input((3,), fixed(4, 1))
    c = build.const([1, -2, 3], fixed(4, 2), "c")
    double = build.add(Add(), c, c, name="double")
    return build.graph(build.add(Add(), x, c, name="sum"), double, c)


def passed_through() -> Graph:
    """The input itself is an output, and a value nobody reads."""
    build = Builder("passed_through")
    x = build.input((3,), fixed(4, 1))
    build.add(Relu(), x, name="unused")
    return build.graph(x)


def unread_input() -> Graph:
    """An input that no op reads."""
    build = Builder("unread_input")
    a = build.input((3,), fixed(4, 1), "a")
    build.input((2,), fixed(4, 1), "b")
    return build.graph(build.add(Relu(), a, name="relu"))


def softmax() -> Graph:
    """Probabilities of narrow logits, cast behind it as a layer would."""
    build = Builder("softmax")
    x = build.add(Softmax(8, 10), build.input((5,), fixed(6, 4)), name="softmax")
    return build.graph(build.cast(x, ufixed(4, 0), name="act"), x)


def softmax_rows() -> Graph:
    """Along the last axis of two, of values whose differences are clipped and rounded."""
    build = Builder("softmax_rows")
    x = build.input((2, 3), fixed(12, 7))
    return build.graph(build.add(Softmax(6, 6), x, name="softmax"))


def wrapped_inside() -> Graph:
    """Wrapped values that an op reads: an output port would cut bits too many off by itself."""
    build = Builder("wrapped_inside")
    x = build.input((5,), fixed(8, 4))
    signed = build.cast(x, fixed(4, 3), Round.TRN, Overflow.WRAP, name="signed")
    unsigned = build.cast(x, ufixed(5, 2), Round.RND_CONV, Overflow.WRAP, name="unsigned")
    return build.graph(build.add(Add(), signed, unsigned, name="sum"))


def cast_modes() -> Graph:
    """Every rounding with every overflow, to a signed and an unsigned type, one output each."""
    build = Builder("cast_modes")
    x = build.input((16,), fixed(8, 4))
    outputs: list[str] = []
    for rounding in Round:
        for overflow in Overflow:
            for to in (fixed(4, 2), ufixed(3, 2)):
                op = Cast(to, rounding, overflow)
                outputs.append(build.add(op, x, name=f"{rounding.value}.{overflow.value}.{int(to.signed)}"))
    return build.graph(*outputs)


def _one_cast(name: str, rounding: Round, overflow: Overflow, to: FixedType) -> Callable[[], Graph]:
    def build_it() -> Graph:
        build = Builder(name)
        x = build.input((16,), fixed(8, 4))
        return build.graph(build.cast(x, to, rounding, overflow, name="act"))

    return build_it


_FUNCTIONS: tuple[Callable[[], Graph], ...] = (
    mlp,
    mlp_classes,
    cnn_2d,
    cnn_1d,
    residual,
    matmul_rank_3,
    conv_strides,
    conv_padding,
    conv_dilation,
    conv_groups,
    conv_depthwise,
    conv_1d_all,
    add_broadcast_per_element,
    convolution_broadcast_per_element,
    pad_scalar,
    conv_pointwise,
    add_broadcast,
    mul,
    mul_constant,
    square,
    max_min,
    relu,
    lookup,
    lookup_restricted,
    max_pool_overlap,
    max_pool_1d,
    average_pool,
    sum_pool_padding,
    arg_max,
    concat,
    moves,
    transpose,
    slice_steps,
    pad,
    repeat,
    scale_per_channel,
    cast_per_element,
    cast_per_channel_modes,
    input_per_element,
    weights_per_element,
    weights_per_filter,
    binary,
    zero_weights,
    one_channel,
    scalar,
    negative_frac,
    frac_above_width,
    cast_up,
    cast_far_below,
    wide_products,
    wide_conv,
    beyond_float,
    several_inputs_outputs,
    shared_weights,
    constant_output,
    passed_through,
    unread_input,
    cast_modes,
    wrapped_inside,
    softmax,
    softmax_rows,
)


@cache
def zoo() -> dict[str, Graph]:
    """All graphs by name."""
    functions = {function.__name__: function for function in _FUNCTIONS}
    for rounding in Round:
        name = f"round_{rounding.value.lower()}"
        functions[name] = _one_cast(name, rounding, Overflow.SAT, fixed(5, 3))
    for overflow in Overflow:
        for to in (fixed(4, 2), ufixed(4, 2)):
            name = f"overflow_{overflow.value.lower()}{'' if to.signed else '_unsigned'}"
            functions[name] = _one_cast(name, Round.RND_CONV, overflow, to)
    graphs = {name: function() for name, function in functions.items()}
    there = {node.op.op_name() for graph in graphs.values() for node in graph.nodes}
    alone = {f"only_{name}": _alone(f"only_{name}", kind) for name, kind in plain_ops(there).items()}
    return {**graphs, **alone}


def _alone(name: str, kind: type[Op]) -> Graph:
    """An op that no other graph has, on one value or on two."""
    build = Builder(name)
    inputs = [build.input((2, 3), fixed(6, 2), f"x{position}") for position in range(kind.arity or 1)]
    return build.graph(build.add(kind(), *inputs, name="y"))
