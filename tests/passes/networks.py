"""Random small networks in which every pass finds something to do.

Weights have zero rows and columns, layers occur twice, values branch and join, are moved, pooled and cast by
every rounding and overflow, with one type or one per channel.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import ElementType, FixedType, FixedTypeArray, IntArray, Overflow, Round
from edgeml.ir import Builder, Graph, Op
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.pad import Pad
from edgeml.ir.ops.relu import Relu
from edgeml.ir.ops.repeat import Repeat
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.scale import Scale
from edgeml.ir.ops.slice import Slice
from edgeml.ir.ops.sum_pool import SumPool
from edgeml.ir.ops.transpose import Transpose


def network(seed: int) -> Graph:
    """A verified graph; the same seed gives the same one."""
    return _Network(np.random.default_rng(seed)).graph()


def narrow_network(seed: int) -> Graph:
    """Dense layers of narrow values whose neurons read few of them, of all roundings and overflows."""
    rng = np.random.default_rng(seed)
    build = Builder("narrow")
    size = int(rng.integers(2, 8))
    value = build.input((size,), _narrow(rng, size, signed=bool(rng.integers(0, 5) == 0)), "x")
    for layer in range(int(rng.integers(1, 4))):
        neurons = int(rng.integers(1, 9))
        weights = rng.integers(-8, 8, (size, neurons))
        for column in weights.T:
            column[rng.permutation(size)[int(rng.integers(1, 4)) :]] = 0
        name, frac = f"fc{layer}", int(rng.integers(-1, 4))
        kernel = build.const(weights, FixedType(True, 4, frac), f"{name}.w")
        value = build.add(MatMul(), value, kernel, name=f"{name}.product")
        if rng.integers(0, 3):
            bias = build.const(rng.integers(-16, 16, neurons), FixedType(True, 5, frac), f"{name}.b")
            value = build.add(Add(), value, bias, name=f"{name}.sum")
        if rng.integers(0, 2):
            value = build.add(Relu(), value, name=f"{name}.relu")
        if rng.integers(0, 6):
            overflow = Overflow(rng.choice([each.value for each in Overflow]))
            rounding = Round(rng.choice([each.value for each in Round]))
            signed = bool(rng.integers(0, 5) == 0) or overflow is Overflow.SAT_SYM
            value = build.add(Cast(_narrow(rng, neurons, signed), rounding, overflow), value, name=name)
        size = neurons
    return build.graph(value)


def voting_network(seed: int) -> Graph:
    """Bits of all kinds of types, summed over rows and windows."""
    rng = np.random.default_rng(seed)
    build = Builder("voting")
    shape = tuple(int(size) for size in rng.integers((1, 2, 1), (4, 20, 3)))
    x = build.input(shape, FixedType(True, 4, int(rng.integers(-1, 3))), "x")
    bit = FixedType(bool(rng.integers(0, 5) == 0), int(rng.choice([1, 1, 1, 2])), int(rng.integers(-1, 3)))
    value = build.add(Cast(bit, Round.TRN, Overflow.SAT), x, name="bits")
    pool = (1, shape[1]) if rng.integers(0, 4) else tuple(int(rng.integers(1, n + 1)) for n in shape[:2])
    value = build.add(SumPool(pool, (1, 1), ((0, 0), (0, 0))), value, name="sum")
    return build.graph(build.add(Scale(int(rng.integers(-2, 3))), value, name="logits"))


def scaled_network(seed: int) -> Graph:
    """Dense layers, each with a factor and an offset per channel in front of casts to few codes."""
    rng = np.random.default_rng(seed)
    build = Builder("scaled")
    size = int(rng.integers(2, 6))
    value = build.input((size,), FixedType(bool(rng.integers(0, 2)), 4, int(rng.integers(-1, 4))), "x")
    for layer in range(int(rng.integers(1, 3))):
        units, name = int(rng.integers(1, 6)), f"fc{layer}"
        kernel = build.const(rng.integers(-8, 8, (size, units)), FixedType(True, 4, 2), f"{name}.w")
        value = build.add(MatMul(), value, kernel, name=f"{name}.product")
        bits = int(rng.integers(2, 12))
        factors = rng.integers(-(1 << bits) + 1, 1 << bits, units)
        factor = build.const(factors, FixedType(True, bits + 1, bits + int(rng.integers(-2, 3))), f"{name}.f")
        value = build.add(Mul(), value, factor, name=f"{name}.scaled")
        offset = build.const(rng.integers(-32, 32, units), FixedType(True, 6, 4), f"{name}.offset")
        value = build.add(Add(), value, offset, name=f"{name}.sum")
        if rng.integers(0, 2):
            value = build.add(Relu(), value, name=f"{name}.relu")
        ends: list[str] = []
        for part in range(int(rng.integers(1, 3))):
            overflow = Overflow(rng.choice([each.value for each in Overflow]))
            rounding = Round(rng.choice([each.value for each in Round]))
            signed = bool(rng.integers(0, 2)) or overflow is Overflow.SAT_SYM
            kind = FixedType(signed, int(rng.integers(1 + signed, 5)), int(rng.integers(-1, 3)))
            ends.append(build.add(Cast(kind, rounding, overflow), value, name=f"{name}.end{part}"))
        value = ends[0] if len(ends) == 1 else build.add(Add(), *ends, name=name)
        size = units
    return build.graph(value)


def _narrow(rng: np.random.Generator, size: int, signed: bool) -> ElementType:
    """One to three bits, for all elements or for each."""
    if rng.integers(0, 3):
        return FixedType(signed, int(rng.integers(1 + signed, 4)), int(rng.integers(-1, 4)))
    widths, fracs = rng.integers(1 + signed, 4, size), rng.integers(-1, 4, size)
    return FixedTypeArray(signed, widths, fracs)


def extremes(graph: Graph, rng: np.random.Generator, samples: int = 12) -> dict[str, IntArray]:
    """Codes for every input: both ends, mixtures of them, and random ones."""
    codes: dict[str, IntArray] = {}
    for name in graph.inputs:
        info = graph.info(name)
        mixed = np.where(rng.integers(0, 2, (samples, *info.shape)) == 0, info.lo, info.hi)
        drawn = rng.integers(info.lo, info.hi, (samples, *info.shape), endpoint=True)
        codes[name] = np.concatenate([info.lo[np.newaxis], info.hi[np.newaxis], mixed, drawn])
    return codes


class _Network:
    """A network in the making."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._build = Builder("network")

    def graph(self) -> Graph:
        shape = ((6,), (4, 3), (4, 4, 2))[self._draw(3)]
        x = self._build.input(shape, self._type(6), "x")
        values = [x]
        for _ in range(2 + self._draw(5)):
            steps: tuple[Callable[[str], str], ...] = (
                *[self._layer] * 3, *[self._move] * 2, self._activation, self._pool, self._join
            )  # fmt: skip
            source = values[-1] if self._draw(4) else values[self._draw(len(values))]
            try:
                values.append(steps[self._draw(len(steps))](source))
            except EdgemlError:  # it does not fit: another step
                continue
        outputs = dict.fromkeys([values[-1], *(values[1:][: self._draw(2)] if len(values) > 2 else ())])
        return self._build.graph(*outputs)

    def _draw(self, count: int) -> int:
        return int(self._rng.integers(count))

    def _type(self, widest: int) -> FixedType:
        return FixedType(bool(self._draw(2)), 1 + self._draw(widest), self._draw(6))

    def _sparse(self, shape: tuple[int, ...]) -> IntArray:
        """Weights with zeros here and there, in whole rows and in whole columns."""
        codes = self._rng.integers(-4, 4, shape) * self._rng.integers(0, 2, shape)
        codes[..., self._rng.random(shape[-2]) < 0.3, :] = 0
        codes[..., self._rng.random(shape[-1]) < 0.3] = 0
        return codes

    def _kind(self, channels: int) -> ElementType:
        """Four bits, at one LSB or at one per channel."""
        if self._draw(3):
            return FixedType(True, 4, self._draw(5))
        return FixedTypeArray(True, 4, self._rng.integers(0, 5, channels))

    def _layer(self, x: str) -> str:
        """A product, sometimes twice, with a bias, a rounding and an activation."""
        shape = self._build.info(x).shape
        columns = 1 + self._draw(4)
        kernel, op = (), MatMul()
        if len(shape) == 3 and self._draw(2):
            groups = shape[-1] if self._draw(3) == 0 else 1
            columns = shape[-1] if groups > 1 else columns
            pads = ((self._draw(2), 0), (0, self._draw(2)))
            kernel, op = (2, 2), Conv((1, 1), pads, (1, 1), groups)
        rows = 1 if isinstance(op, Conv) and op.groups > 1 else shape[-1]
        w = self._build.const(self._sparse((*kernel, rows, columns)), self._kind(columns), "w")
        product = self._build.add(op, x, w, name="product")
        if self._draw(4) == 0:
            other = self._build.const(self._sparse((*kernel, rows, columns)), self._kind(columns), "w")
            same = w if self._draw(2) else other
            product = self._build.add(Add(), product, self._build.add(op, x, same, name="product"))
        y = self._build.add(Add(), product, self._bias(columns), name="sum") if self._draw(3) else product
        return self._cast(self._build.add(Relu(), y) if self._draw(2) else y)

    def _bias(self, columns: int) -> str:
        """A constant per column or one for all, sometimes a computed one."""
        if self._draw(4) == 0:
            return self._build.const(self._rng.integers(-8, 8, (1,)), FixedType(True, 4, self._draw(6)), "b")
        b = self._build.const(self._rng.integers(-8, 8, (columns,)), self._kind(columns), "b")
        return self._build.add(Scale(-1), b, name="b") if self._draw(3) == 0 else b

    def _cast(self, x: str) -> str:
        info = self._build.info(x)
        roundings = (Round.TRN, Round.RND, *Round)
        frac = info.frac - self._draw(5)
        to: ElementType = FixedType(bool(self._draw(2)), 1 + self._draw(5), frac)
        if info.shape and self._draw(4) == 0:
            fracs = frac - self._rng.integers(0, 3, info.shape[-1])
            to = FixedTypeArray(bool(self._draw(2)), 4, fracs)
        overflow = tuple(Overflow)[self._draw(4)]
        return self._build.add(Cast(to, roundings[self._draw(len(roundings))], overflow), x)

    def _move(self, x: str) -> str:
        shape = self._build.info(x).shape
        size, last, rank = self._build.info(x).size, shape[-1], len(shape)
        ops: tuple[Op, ...] = (
            Reshape((size,)),
            Reshape((last, size // last)),
            Transpose(tuple(range(rank))[::-1]),
            Transpose((*range(rank - 1)[::-1], rank - 1)),
            Repeat(self._draw(rank), 2),
            Pad((*((self._draw(2), self._draw(2)) for _ in range(rank - 1)), (0, 0))),
            Slice((0,) * rank, (*(max(1, n - 1) for n in shape[:-1]), last), (1,) * rank),
        )
        y = self._build.add(ops[self._draw(len(ops))], x, name="moved")
        return self._cast(y) if self._draw(4) else y

    def _activation(self, x: str) -> str:
        match self._draw(3):
            case 0:
                return self._build.add(Relu(), x)
            case 1:
                return self._build.add(Scale(self._draw(3) - 1), x)
            case _:
                index = self._build.cast(x, FixedType(True, 3, self._build.info(x).frac - 1))
                table = self._build.const(self._rng.integers(-8, 8, 8), FixedType(True, 4, self._draw(6)))
                return self._build.add(Lookup(), index, table)

    def _pool(self, x: str) -> str:
        rank = len(self._build.info(x).shape) - 1
        kind = MaxPool if self._draw(2) else SumPool
        op = kind((2,) * rank, (2,) * rank, ((0, 0),) * rank)
        return self._cast(self._build.add(op, x)) if rank in (1, 2) else x

    def _join(self, x: str) -> str:
        """A value with a layer of itself, or beside another one."""
        info = self._build.info(x)
        y = self._cast(x)
        match self._draw(4):
            case 0:
                joined = self._build.add(Concat(self._draw(len(info.shape))), x, y)
            case 1:
                joined = self._build.add(Max(), x, y)
            case 2:
                joined = self._build.add(Mul(), x, y)
            case _:
                joined = self._build.add(Add(), y, x)
        return self._cast(joined)
