"""Graphs with branches, and of layers that are folded, for tests of streams."""

from __future__ import annotations

import numpy as np

from edgeml.fixed import cover
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.relu import Relu
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.sum_pool import SumPool
from tests.zoo import conv, dense, fixed, ufixed

SAME = ((1, 1), (1, 1))


def depthwise(build: Builder, x: str, name: str, seed: int, stride: int = 1) -> str:
    """A padded depthwise convolution of 3 x 3 taps with a bias."""
    channels = build.info(x).shape[-1]
    rng = np.random.default_rng(seed)
    weights = build.const(rng.integers(-8, 8, (3, 3, 1, channels)), fixed(4, 0), f"{name}.w")
    bias = build.const(rng.integers(-8, 8, (channels,)), fixed(4, 0), f"{name}.b")
    op = Conv((stride, stride), SAME, (1, 1), channels)
    return build.add(Add(), build.add(op, x, weights, name=f"{name}.conv"), bias, name=name)


def residual(side: int = 8, channels: int = 4) -> Graph:
    """A block whose skip is the input, one whose skip is a convolution of stride 2, and a mean."""
    build = Builder("residual_net")
    x = build.input((side, side, 3), ufixed(4, 0), "image")
    x = build.cast(conv(build, x, "stem", (3, 3), channels, 11, padding=SAME), ufixed(4, 0), name="stem_act")
    y = build.cast(conv(build, x, "a1", (3, 3), channels, 13, padding=SAME), ufixed(4, 0), name="a1_act")
    y = build.cast(conv(build, y, "a2", (3, 3), channels, 15, padding=SAME), fixed(5, 1), name="a2_act")
    x = build.cast(build.add(Add(), x, y, name="a_sum"), ufixed(4, 1), name="a_act")
    y = build.cast(
        conv(build, x, "b1", (3, 3), 2 * channels, 17, strides=(2, 2), padding=((0, 1), (0, 1))),
        ufixed(4, 1),
        name="b1_act",
    )
    y = build.cast(conv(build, y, "b2", (3, 3), 2 * channels, 19, padding=SAME), fixed(5, 1), name="b2_act")
    x = build.cast(conv(build, x, "b3", (1, 1), 2 * channels, 21, strides=(2, 2)), fixed(5, 1), name="b3_act")
    x = build.cast(build.add(Add(), x, y, name="b_sum"), ufixed(4, 1), name="b_act")
    x = build.add(SumPool((side // 2, side // 2), (1, 1), ((0, 0), (0, 0))), x, name="mean")
    x = build.add(Reshape((2 * channels,)), x, name="flatten")
    return build.graph(dense(build, x, "logits", 5, fixed(4, 0), fixed(4, 0), 23))


def inception(side: int = 7) -> Graph:
    """Three branches of different length side by side along the channels, pooled by their maximum."""
    build = Builder("inception_net")
    x = build.input((side, side + 1, 2), ufixed(4, 0), "image")
    one = build.cast(conv(build, x, "one", (1, 1), 3, 31), ufixed(4, 0), name="one_act")
    three = build.cast(conv(build, x, "three", (3, 3), 4, 33, padding=SAME), ufixed(4, 0), name="three_act")
    pool = build.add(MaxPool((3, 3), (1, 1), SAME), x, name="pool")
    x = build.add(Concat(2), one, three, pool, name="concat")
    x = build.cast(conv(build, x, "last", (1, 1), 4, 35), fixed(5, 1), name="last_act")
    x = build.add(MaxPool((side, side + 1), (1, 1), ((0, 0), (0, 0))), x, name="most")
    return build.graph(build.add(Relu(), build.add(Reshape((4,)), x, name="flatten"), name="result"))


def separable(side: int = 8) -> Graph:
    """Depthwise and pointwise convolutions in turn, with strides, as in MobileNet."""
    build = Builder("separable_net")
    x = build.input((side, side, 2), ufixed(5, 0), "image")
    x = build.cast(
        conv(build, x, "stem", (3, 3), 4, 41, strides=(2, 2), padding=SAME), ufixed(5, 1), name="s"
    )
    for step, (channels, stride) in enumerate(((6, 1), (8, 2))):
        x = build.cast(
            depthwise(build, x, f"dw{step}", 43 + step, stride), ufixed(5, 1), name=f"dw{step}_act"
        )
        x = build.cast(
            conv(build, x, f"pw{step}", (1, 1), channels, 53 + step), ufixed(5, 1), name=f"pw{step}_act"
        )
    x = build.add(SumPool((2, 2), (2, 2), ((0, 0), (0, 0))), x, name="mean")
    x = build.add(Reshape((8,)), x, name="flatten")
    return build.graph(dense(build, x, "logits", 6, fixed(4, 0), fixed(4, 0), 61))


def autoencoder() -> Graph:
    """Dense layers down and up again, with a skip around the middle."""
    build = Builder("autoencoder")
    x = build.input((24,), fixed(6, 2), "frame")
    x = build.cast(dense(build, x, "down", 12, fixed(4, 0), fixed(4, 0), 71), ufixed(5, 2), name="down_act")
    y = build.cast(
        dense(build, x, "middle", 12, fixed(4, 0), fixed(4, 0), 73), ufixed(5, 2), name="middle_act"
    )
    x = build.add(Add(), x, y, name="around")
    x = build.cast(x, ufixed(5, 2), name="around_act")
    offsets = np.arange(24) - 12
    x = dense(build, x, "up", 24, fixed(4, 0), fixed(4, 0), 75)
    edge = build.const(offsets, cover(-12, 11, 0), "edge")
    return build.graph(build.cast(build.add(Add(), x, edge, name="moved"), fixed(8, 2), name="out"))
