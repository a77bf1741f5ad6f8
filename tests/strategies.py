"""Hypothesis strategies: types, per-element types, random graphs of core ops, and codes for their inputs.

    @given(graph=graphs(ops={"mat_mul", "add", "cast"}, max_bits=24), data=st.data())
    def test_it(graph, data):
        inputs = data.draw(graph_codes(graph))

Every drawn graph verifies by construction; shapes stay small and widths below `max_bits`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from edgeml.errors import EdgemlError
from edgeml.fixed import ElementType, FixedType, FixedTypeArray, IntArray, Overflow, Round
from edgeml.ir import Builder, Graph, Node, Op
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

Shape = tuple[int, ...]

roundings = st.sampled_from(Round)
overflows = st.sampled_from(Overflow)


@st.composite
def fixed_types(
    draw: st.DrawFn,
    min_width: int = 1,
    max_width: int = 16,
    min_frac: int = -6,
    max_frac: int = 20,
    signed: bool | None = None,
) -> FixedType:
    """One type; by default widths 1 to 16, LSBs from 64 down to 2^-20."""
    sign = draw(st.booleans()) if signed is None else signed
    return FixedType(sign, draw(st.integers(min_width, max_width)), draw(st.integers(min_frac, max_frac)))


@st.composite
def fixed_type_arrays(
    draw: st.DrawFn, shape: Shape, max_width: int = 16, min_frac: int = -3, max_frac: int = 8
) -> FixedTypeArray:
    """A type per element that broadcasts to `shape`: full, per last axis, or with axes of one."""
    axes = draw(st.lists(st.booleans(), min_size=len(shape), max_size=len(shape)))
    mine = tuple(n if keep else 1 for n, keep in zip(shape, axes, strict=True))
    cut = draw(st.integers(0, next((i for i, keep in enumerate(axes) if keep), len(mine))))
    mine = mine[cut:]
    count = int(np.prod(mine, dtype=int))
    widths = draw(st.lists(st.integers(1, max_width), min_size=count, max_size=count))
    fracs = draw(st.lists(st.integers(min_frac, max_frac), min_size=count, max_size=count))
    return FixedTypeArray(draw(st.booleans()), np.reshape(widths, mine), np.reshape(fracs, mine))


def codes_of(type: FixedType) -> st.SearchStrategy[int]:
    """Codes of one type, its ends and the neighbourhood of zero often among them."""
    corners = [
        code for code in (type.lo, type.lo + 1, -1, 0, 1, type.hi - 1, type.hi) if type.lo <= code <= type.hi
    ]
    return st.one_of(st.sampled_from(corners), st.integers(type.lo, type.hi))


@st.composite
def code_arrays(draw: st.DrawFn, shape: Shape, lo: Any, hi: Any) -> IntArray:
    """Codes between element-wise bounds: all lowest, all highest, the ends mixed, near zero, or uniform."""
    low, high = (np.broadcast_to(np.asarray(end, np.int64), shape) for end in (lo, hi))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    uniform = rng.integers(low, high, endpoint=True)
    match draw(st.sampled_from(("lowest", "highest", "ends", "zero", "uniform"))):
        case "lowest":
            return np.array(low)
        case "highest":
            return np.array(high)
        case "ends":
            return np.where(rng.integers(0, 2, shape) == 0, low, high)
        case "zero":
            return np.clip(rng.integers(-1, 2, shape), low, high)
        case _:
            return uniform


@st.composite
def graph_codes(draw: st.DrawFn, graph: Graph, max_samples: int = 4) -> dict[str, IntArray]:
    """Codes (samples, *shape) for every input, corners included."""
    samples = draw(st.integers(1, max_samples))
    result: dict[str, IntArray] = {}
    for name in graph.inputs:
        info = graph.info(name)
        rows = [draw(code_arrays(info.shape, info.lo, info.hi)) for _ in range(samples)]
        result[name] = np.stack(rows)
    return result


# ---------------------------------------------------------------- random graphs


@dataclass(frozen=True)
class Limits:
    """Limits of a drawn graph.

    Args:
        ops: names of the ops beside input, const and cast.
        roundings: of casts.
        overflows: of casts.
        max_width: of inputs, weights and cast results.
        max_bits: no value is wider.
        per_element: types per element may occur.
        spread: fractional bits of types per element go from -spread to spread; 0 for a narrow range.
    """

    ops: frozenset[str]
    roundings: tuple[Round, ...]
    overflows: tuple[Overflow, ...]
    max_width: int
    max_bits: int
    per_element: bool
    spread: int = 0


@st.composite
def graphs(
    draw: st.DrawFn,
    ops: Collection[str] | None = None,
    roundings: Collection[Round] = tuple(Round),
    overflows: Collection[Overflow] = tuple(Overflow),
    max_nodes: int = 8,
    max_width: int = 16,
    max_bits: int = 63,
    per_element: bool = True,
    max_inputs: int = 2,
    max_outputs: int = 2,
    spread: int = 0,
) -> Graph:
    """A random graph: inputs of rank 1 to 3, then ops on any values made so far.

    Args:
        draw: given by hypothesis.
        ops: names of the ops allowed beside input, const and cast; all core ops by default.
        roundings: of casts.
        overflows: of casts.
        max_nodes: ops drawn, constants and casts put in for the width not counted.
        max_width: of inputs, weights and cast results.
        max_bits: an op whose result would be wider is left out.
        per_element: inputs, casts, scales and weights may have a type per element.
        max_inputs: graph inputs.
        max_outputs: graph outputs, the last value always among them.
        spread: if given, every second type is per element, with fractional bits from -spread to spread, so
            that one type for all may need more than 63 bits; `max_bits` is then of each element.
    """
    allowed = frozenset(STEPS) if ops is None else frozenset(ops) & frozenset(STEPS)
    modes = tuple(roundings), tuple(overflows)
    limits = Limits(allowed | {"cast"}, *modes, max_width, max_bits, per_element, spread)
    build = Builder("random")
    names: list[str] = []
    for position in range(draw(st.integers(1, max_inputs))):
        shape = draw(_shapes())
        names.append(build.input(shape, draw(_types(shape, limits)), f"x{position}"))
    choices = sorted(limits.ops)
    for _ in range(draw(st.integers(1, max_nodes))):
        step = STEPS[draw(st.sampled_from(choices))]
        source = draw(st.sampled_from(names))
        made = _attempt(build, lambda part, s=step, x=source: s(draw, part, x, names, limits), limits)
        if made:
            names.append(made)
    inner = [name for name in names[:-1] if build.node(name) is not None]
    extra = draw(st.lists(st.sampled_from(inner), max_size=max_outputs - 1, unique=True)) if inner else []
    return build.graph(*extra, names[-1])


_Step = Callable[[st.DrawFn, Builder, str, list[str], Limits], str]


def _attempt(build: Builder, step: Callable[[Builder], str], limits: Limits) -> str:
    """Run a step on a copy of the graph; take it over if it verifies and is narrow enough."""
    part = Builder("part", values=build.infos)
    try:
        made = step(part)
        infos = [part.info(node.name) for node in part.nodes]
        widths = [int(np.max(i.type.width)) if limits.spread else i.scalar.width for i in infos]
        if max(widths, default=0) > limits.max_bits:
            return ""
    except EdgemlError:  # a shape that does not fit or a result that is too wide: draw something else
        return ""
    for node in part.nodes:
        build.append(node)
    return made


def _shapes() -> st.SearchStrategy[Shape]:
    return st.one_of(
        st.tuples(st.integers(1, 6)),
        st.tuples(st.integers(1, 6), st.integers(1, 4)),
        st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 4)),
    )


@st.composite
def _types(draw: st.DrawFn, shape: Shape, limits: Limits) -> ElementType:
    if limits.spread and draw(st.booleans()):
        return draw(fixed_type_arrays(shape, limits.max_width, -limits.spread, limits.spread))
    if limits.per_element and draw(st.integers(0, 4)) == 0:
        return draw(fixed_type_arrays(shape, limits.max_width))
    return draw(fixed_types(1, limits.max_width, -4, limits.max_width + 2))


@st.composite
def _constants(draw: st.DrawFn, shape: Shape, type: ElementType) -> IntArray:
    if draw(st.integers(0, 9)) == 0:
        return np.zeros(shape, np.int64)
    return draw(code_arrays(shape, type.lo, type.hi))


def _const(draw: st.DrawFn, build: Builder, shape: Shape, limits: Limits) -> str:
    kind = draw(_types(shape, limits))
    return build.const(draw(_constants(shape, kind)), kind)


def _cast(draw: st.DrawFn, build: Builder, x: str, names: list[str], limits: Limits) -> str:
    info = build.info(x)
    if limits.per_element and draw(st.integers(0, 4)) == 0:
        to: ElementType = draw(
            _types(info.shape, limits) if limits.spread else fixed_type_arrays(info.shape, limits.max_width)
        )
    else:  # near the LSB the value has, so that most casts keep something
        frac = int(np.max(info.type.frac)) + draw(st.integers(-8, 2))
        to = FixedType(draw(st.booleans()), draw(st.integers(1, limits.max_width)), frac)
    op = Cast(to, draw(st.sampled_from(limits.roundings)), draw(st.sampled_from(limits.overflows)))
    return build.add(op, x)


def _mat_mul(draw: st.DrawFn, build: Builder, x: str, names: list[str], limits: Limits) -> str:
    shape = build.info(x).shape
    if not shape:
        raise EdgemlError("no axis")
    w = _const(draw, build, (shape[-1], draw(st.integers(1, 4))), limits)
    return build.add(MatMul(), x, w)


def _pairs(draw: st.DrawFn, rank: int, most: int) -> tuple[tuple[int, int], ...]:
    return tuple((draw(st.integers(0, most)), draw(st.integers(0, most))) for _ in range(rank))


def _sizes(draw: st.DrawFn, rank: int, most: int) -> Shape:
    return tuple(draw(st.integers(1, most)) for _ in range(rank))


def _spatial(draw: st.DrawFn, build: Builder, x: str, names: list[str]) -> str:
    """A value with one or two spatial axes, the wanted one if it is."""
    fits = [name for name in names if len(build.info(name).shape) in (2, 3)]
    if not fits:
        raise EdgemlError("no space")
    return x if x in fits else draw(st.sampled_from(fits))


def _conv(draw: st.DrawFn, build: Builder, x: str, names: list[str], limits: Limits) -> str:
    x = _spatial(draw, build, x, names)
    shape = build.info(x).shape
    rank = len(shape) - 1
    groups = draw(st.sampled_from([n for n in range(1, shape[-1] + 1) if shape[-1] % n == 0]))
    filters = groups * draw(st.integers(1, 2))
    kernel = tuple(draw(st.integers(1, min(3, n))) for n in shape[:-1])
    w = _const(draw, build, (*kernel, shape[-1] // groups, filters), limits)
    dilation = tuple(
        draw(st.integers(1, 2 if 2 * k <= n else 1)) for k, n in zip(kernel, shape, strict=False)
    )
    return build.add(Conv(_sizes(draw, rank, 2), _pairs(draw, rank, 2), dilation, groups), x, w)


def _pool(kind: type[MaxPool] | type[SumPool]) -> _Step:
    def step(draw: st.DrawFn, build: Builder, x: str, names: list[str], limits: Limits) -> str:
        x = _spatial(draw, build, x, names)
        space = build.info(x).shape[:-1]
        pool = tuple(draw(st.integers(1, min(3, n))) for n in space)
        padding = tuple(pair for n in pool for pair in _pairs(draw, 1, min(n - 1, 1)))
        return build.add(kind(pool, _sizes(draw, len(space), 3), padding), x)

    return step


def _pair(kind: Callable[[], Op]) -> _Step:
    def step(draw: st.DrawFn, build: Builder, x: str, names: list[str], limits: Limits) -> str:
        shape = build.info(x).shape
        fits = [name for name in names if _broadcasts(shape, build.info(name).shape)]
        if draw(st.booleans()):
            other = draw(st.sampled_from(fits))
        else:
            other = _const(draw, build, draw(st.sampled_from((shape, shape[-1:], ()))), limits)
        return build.add(kind(), *((x, other) if draw(st.booleans()) else (other, x)))

    return step


def _broadcasts(a: Shape, b: Shape) -> bool:
    return all(m == n or 1 in (m, n) for m, n in zip(a[::-1], b[::-1], strict=False))


def _plain(op: Callable[[], Op]) -> _Step:
    def step(draw: st.DrawFn, build: Builder, x: str, names: list[str], limits: Limits) -> str:
        return build.add(op(), x)

    return step


def _scale(draw: st.DrawFn, build: Builder, x: str, names: list[str], limits: Limits) -> str:
    shape = build.info(x).shape
    if limits.per_element and draw(st.integers(0, 3)) == 0 and shape:
        shifts = draw(st.lists(st.integers(-2, 2), min_size=shape[-1], max_size=shape[-1]))
        return build.add(Scale(np.array(shifts)), x)
    return build.add(Scale(draw(st.integers(-4, 4))), x)


def _lookup(draw: st.DrawFn, build: Builder, x: str, names: list[str], limits: Limits) -> str:
    info = build.info(x)
    if not isinstance(info.type, FixedType) or info.type.width > 6:
        width = draw(st.integers(1, 6))
        x = build.cast(x, FixedType(draw(st.booleans()), width, info.frac - draw(st.integers(0, 4))))
    size = 1 << build.info(x).scalar.width
    kind = draw(fixed_types(1, limits.max_width, -4, limits.max_width))
    return build.add(Lookup(), x, build.const(draw(_constants((size,), kind)), kind))


def _reshape(draw: st.DrawFn, build: Builder, x: str, names: list[str], limits: Limits) -> str:
    size = build.info(x).size
    first = draw(st.sampled_from([n for n in range(1, size + 1) if size % n == 0]))
    return build.add(Reshape(draw(st.sampled_from(((size,), (first, size // first), (1, size))))), x)


def _transpose(draw: st.DrawFn, build: Builder, x: str, names: list[str], limits: Limits) -> str:
    return build.add(Transpose(tuple(draw(st.permutations(range(len(build.info(x).shape)))))), x)


def _slice(draw: st.DrawFn, build: Builder, x: str, names: list[str], limits: Limits) -> str:
    shape = build.info(x).shape
    starts = tuple(draw(st.integers(0, n - 1)) for n in shape)
    stops = tuple(draw(st.integers(a + 1, n)) for a, n in zip(starts, shape, strict=True))
    return build.add(Slice(starts, stops, _sizes(draw, len(shape), 3)), x)


def _axis(draw: st.DrawFn, build: Builder, x: str) -> int:
    rank = len(build.info(x).shape)
    if rank == 0:
        raise EdgemlError("no axis")
    return draw(st.integers(0, rank - 1))


def _repeat(draw: st.DrawFn, build: Builder, x: str, names: list[str], limits: Limits) -> str:
    return build.add(Repeat(_axis(draw, build, x), draw(st.integers(1, 3))), x)


def _concat(draw: st.DrawFn, build: Builder, x: str, names: list[str], limits: Limits) -> str:
    axis = _axis(draw, build, x)
    shape = build.info(x).shape

    def rest(other: Shape) -> tuple[int, Shape, Shape]:
        return len(other), other[:axis], other[axis + 1 :]

    fits = [name for name in names if rest(build.info(name).shape) == rest(shape)]
    others = draw(st.lists(st.sampled_from(fits), min_size=0, max_size=2))
    return build.add(Concat(axis), x, *others)


def _pad(draw: st.DrawFn, build: Builder, x: str, names: list[str], limits: Limits) -> str:
    return build.add(Pad(_pairs(draw, len(build.info(x).shape), 2)), x)


def _softmax(draw: st.DrawFn, build: Builder, x: str, names: list[str], limits: Limits) -> str:
    return build.add(Softmax(draw(st.integers(1, 10)), draw(st.integers(4, 10))), x)


STEPS: dict[str, _Step] = {
    "add": _pair(Add),
    "arg_max": _plain(ArgMax),
    "cast": _cast,
    "concat": _concat,
    "conv": _conv,
    "lookup": _lookup,
    "mat_mul": _mat_mul,
    "max": _pair(Max),
    "max_pool": _pool(MaxPool),
    "min": _pair(Min),
    "mul": _pair(Mul),
    "pad": _pad,
    "relu": _plain(Relu),
    "repeat": _repeat,
    "reshape": _reshape,
    "scale": _scale,
    "slice": _slice,
    "softmax": _softmax,
    "sum_pool": _pool(SumPool),
    "transpose": _transpose,
}
STEPS |= {name: (_pair if kind.arity == 2 else _plain)(kind) for name, kind in plain_ops(STEPS).items()}
"""An op with attributes, or with other demands on its inputs, needs a line above."""


def side_by_side(parts: Collection[Graph], name: str = "random") -> Graph:
    """One graph that computes all of them, to be compiled once; names get a number in front."""
    nodes: list[Node] = []
    for number, part in enumerate(parts):
        nodes += [
            Node(f"g{number}_{n.name}", n.op, tuple(f"g{number}_{x}" for x in n.inputs)) for n in part.nodes
        ]
    outputs = [f"g{number}_{name}" for number, part in enumerate(parts) for name in part.outputs]
    return Graph(name, nodes, outputs)
