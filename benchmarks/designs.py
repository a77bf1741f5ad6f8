"""The designs that estimates are validated on: varied in width, size, sparsity, layers and reuse.

All are small enough for Yosys. Every design is a name, which seeds it, and a few numbers, so the same graphs
are made everywhere. `held_out` says which ones the model may not be fitted on. To add designs, add to a list
below; results that are already on the disk stay.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edgeml.fixed import FixedType, IntArray
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.arg_max import ArgMax
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.reshape import Reshape

INPUT = FixedType(False, 8, 8)


@dataclass(frozen=True)
class Design:
    """One graph and the options it is laid out with.

    Args:
        name: unique.
        graph: the exact graph.
        options: of the Verilog back end.
    """

    name: str
    graph: Graph
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def held_out(self) -> bool:
        """Two of three designs are for testing, chosen by the name's checksum."""
        return zlib.crc32(self.name.encode()) % 3 != 0


def weights(rng: np.random.Generator, shape: tuple[int, ...], bits: int, sparsity: float) -> IntArray:
    """Codes like trained ones: many small, a given share zero; one bit is -1 and +1."""
    if bits == 1:
        return rng.integers(0, 2, shape) * 2 - 1
    top = 2 ** (bits - 1) - 1
    codes = np.clip(np.rint(rng.normal(0, max(top / 2.5, 0.7), shape)), -top, top).astype(np.int64)
    codes[rng.random(shape) < sparsity] = 0
    return codes


def _type(bits: int) -> FixedType:
    return FixedType(True, max(bits, 2), max(bits, 2) - 1)


class _Net:
    def __init__(self, name: str, shape: tuple[int, ...], bits: int, sparsity: float, act: int) -> None:
        self.build = Builder(name)
        self.rng = np.random.default_rng(zlib.crc32(name.encode()))
        self.bits, self.sparsity, self.act = bits, sparsity, act
        self.x = self.build.input(shape, INPUT)

    def dense(self, name: str, units: int) -> None:
        shape = (self.build.info(self.x).shape[-1], units)
        w = self.build.const(
            weights(self.rng, shape, self.bits, self.sparsity), _type(self.bits), f"{name}.w"
        )
        self._bias(name, self.build.add(MatMul(), self.x, w, name=f"{name}.matmul"), units)

    def conv(self, name: str, kernel: tuple[int, ...], filters: int, pad: bool = False) -> None:
        shape = (*kernel, self.build.info(self.x).shape[-1], filters)
        w = self.build.const(
            weights(self.rng, shape, self.bits, self.sparsity), _type(self.bits), f"{name}.w"
        )
        edge = tuple((1, 1) if pad else (0, 0) for _ in kernel)
        op = Conv((1,) * len(kernel), edge, (1,) * len(kernel))
        self._bias(name, self.build.add(op, self.x, w, name=f"{name}.conv"), filters)

    def _bias(self, name: str, product: str, units: int) -> None:
        b = self.build.const(weights(self.rng, (units,), 6, 0.0), _type(6), f"{name}.b")
        self.x = self.build.add(Add(), product, b, name=name)

    def relu(self, name: str) -> None:
        self.x = self.build.cast(self.x, FixedType(False, self.act, self.act - 2), name=name)

    def signed(self, name: str) -> None:
        self.x = self.build.cast(self.x, FixedType(True, self.act, self.act - 3), name=name)

    def table(self, name: str) -> None:
        """A tanh, read from a table."""
        self.x = self.build.cast(self.x, FixedType(True, self.act, self.act - 3), name=f"{name}.index")
        index, to = FixedType(True, self.act, self.act - 3), FixedType(True, 6, 5)
        values = np.tanh(np.arange(index.lo, index.hi + 1) * 2.0**-index.frac)
        codes = np.clip(np.rint(values * 32), to.lo, to.hi).astype(np.int64)
        self.x = self.build.add(Lookup(), self.x, self.build.const(codes, to, f"{name}.table"), name=name)

    def pool(self, name: str) -> None:
        rank = len(self.build.info(self.x).shape) - 1
        self.x = self.build.add(MaxPool((2,) * rank, (2,) * rank, ((0, 0),) * rank), self.x, name=name)

    def flat(self) -> None:
        self.x = self.build.add(Reshape((self.build.info(self.x).size,)), self.x, name="flatten")

    def graph(self) -> Graph:
        return self.build.graph(self.x)


def mlp(
    name: str, sizes: tuple[int, ...], bits: int, act: int = 6, sparsity: float = 0.0, **options: Any
) -> Design:
    """Dense layers with quantized ReLU between them."""
    net = _Net(name, (sizes[0],), bits, sparsity, act)
    for position, units in enumerate(sizes[1:], start=1):
        net.dense(f"fc{position}", units)
        if position < len(sizes) - 1:
            net.relu(f"act{position}")
    return Design(name, net.graph(), options)


def cnn(
    name: str,
    shape: tuple[int, ...],
    filters: tuple[int, ...],
    units: tuple[int, ...],
    bits: int,
    act: int = 6,
    sparsity: float = 0.0,
    pad: bool = False,
    **options: Any,
) -> Design:
    """Convolutions with pooling, dense layers behind them."""
    net = _Net(name, shape, bits, sparsity, act)
    for position, count in enumerate(filters, start=1):
        net.conv(f"conv{position}", (3,) * (len(shape) - 1), count, pad)
        net.relu(f"cact{position}")
        net.pool(f"pool{position}")
    if units:
        net.flat()
    for position, count in enumerate(units, start=1):
        net.dense(f"fc{position}", count)
        if position < len(units):
            net.relu(f"act{position}")
    return Design(name, net.graph(), options)


def tail(name: str, inputs: int, units: int, kind: str, bits: int, act: int, **options: Any) -> Design:
    """A dense layer and what else there is: tables, the class, signed activations."""
    net = _Net(name, (inputs,), bits, 0.0, act)
    net.dense("fc1", units)
    if kind == "table":
        net.table("tanh1")
        net.dense("fc2", 5)
    elif kind == "signed":
        net.signed("act1")
        net.dense("fc2", 5)
    else:
        net.x = net.build.add(ArgMax(), net.x, name="label")
    return Design(name, net.graph(), options)


def designs() -> Iterator[Design]:
    """All of them."""
    yield from dense()
    yield from tails()
    yield from unrolled_convolutions()
    yield from folded()
    yield from streamed()
    yield mlp("mlp_32_16_10_w6", (32, 16, 10), 6)
    yield mlp("digits_like", (64, 32, 32, 10), 3, 4, 0.3)


def dense() -> Iterator[Design]:
    """Dense layers, unrolled: widths, sparsity, clocks, depths."""
    for bits in (1, 2, 3, 4, 6, 8, 10):
        yield mlp(f"dense_16_8_w{bits}", (16, 8), bits)
    for sparsity in (30, 60, 85):
        for bits in (4, 8):
            yield mlp(f"dense_24_12_w{bits}_s{sparsity}", (24, 12), bits, sparsity=sparsity / 100)
    for act in (3, 4, 8, 12):
        yield mlp(f"mlp_12_10_5_a{act}", (12, 10, 5), 5, act)
    for mhz in (25, 50, 200, 400):
        yield mlp(f"mlp_16_12_4_c{mhz}", (16, 12, 4), 6, clock_mhz=float(mhz))
    for stages in (1, 2, 8):
        yield mlp(f"mlp_14_9_6_l{stages}", (14, 9, 6), 5, adders_per_stage=stages)
    for sizes in ((4, 16, 3), (32, 4, 4), (8, 8, 8, 8), (20, 20, 5), (40, 10), (6, 24)):
        yield mlp("mlp_" + "_".join(map(str, sizes)) + "_w4", sizes, 4)
    for sizes in ((30, 16, 2), (13, 11, 7, 3)):
        for bits in (3, 7):
            yield mlp("mlp_" + "_".join(map(str, sizes)) + f"_w{bits}", sizes, bits, 5, 0.4)


def tails() -> Iterator[Design]:
    """Other ends of a layer."""
    for act in (4, 6, 8):
        yield tail(f"table_a{act}", 8, 6, "table", 4, act)
    for count in (4, 10):
        yield tail(f"argmax_{count}", 10, count, "argmax", 5, 6)
    for act in (5, 9):
        yield tail(f"signed_a{act}", 12, 8, "signed", 5, act)


def unrolled_convolutions() -> Iterator[Design]:
    """Convolutions with all positions side by side."""
    for bits in (2, 4, 6):
        yield cnn(f"conv2d_par_w{bits}", (6, 6, 1), (3,), (4,), bits)
    yield cnn("conv1d_par_w4", (16, 2), (4,), (3,), 4)
    yield cnn("conv1d_par_w6_s50", (20, 1), (4, 4), (), 6, sparsity=0.5)


def folded() -> Iterator[Design]:
    """Dense layers that use their multipliers several times."""
    for reuse in (1, 2, 4, 8, 16):
        yield mlp(f"fold_16_8_r{reuse}", (16, 8), 5, mode="stream", reuse_factor=reuse)
    for reuse in (4, 12):
        yield mlp(f"fold_24_16_5_r{reuse}", (24, 16, 5), 6, mode="stream", reuse_factor=reuse)
    yield mlp("fold_64_16_5_r16", (64, 16, 5), 4, 4, mode="stream", reuse_factor=16)
    yield mlp("fold_32_8_w8_r8", (32, 8), 8, 8, mode="stream", reuse_factor=8)
    yield mlp("fold_16_8_w12_r4", (16, 8), 12, 12, mode="stream", reuse_factor=4)


def streamed() -> Iterator[Design]:
    """Convolutional networks, a pixel per clock."""
    for side, filters, units, bits in (
        (8, (3,), (4,), 4),
        (10, (4,), (), 6),
        (10, (2, 3), (5,), 5),
        (12, (4, 4), (6, 4), 4),
        (14, (6,), (8,), 3),
        (16, (3, 6), (10,), 6),
        (28, (4,), (10,), 4),
        (28, (2, 4), (8, 10), 6),
    ):
        shown = "_".join(map(str, (*filters, *units)))
        yield cnn(f"cnn_{side}_{shown}_w{bits}", (side, side, 1), filters, units, bits, mode="stream")
    yield cnn("cnn_pad_10_3_4", (10, 10, 1), (3,), (4,), 4, pad=True, mode="stream")
    yield cnn("cnn_rgb_8_4", (8, 8, 3), (4,), (3,), 4, 4, mode="stream")
    yield cnn("cnn_rgb_12_4_s70", (12, 12, 3), (6,), (4,), 6, 5, 0.7, mode="stream")
    yield cnn("conv1d_stream_w4", (32, 2), (4, 4), (3,), 4, mode="stream")
    yield cnn("conv1d_stream_w7_r8", (24, 1), (6,), (4,), 7, mode="stream", reuse_factor=64)
