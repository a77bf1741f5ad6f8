"""Places in the arena: no two values that are needed at one time share a byte."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeml.backends.c.arena import Lifetime, places
from edgeml.backends.c.plan import program
from edgeml.backends.c.steps import Program
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.transpose import Transpose
from edgeml.passes import prepare
from tests.strategies import graphs
from tests.zoo import conv, fixed, zoo

LIFETIMES = st.builds(
    lambda items, first, length, alignment: Lifetime(items * alignment, first, first + length, alignment),
    st.integers(1, 40),
    st.integers(0, 12),
    st.integers(0, 6),
    st.sampled_from([1, 2, 4, 8]),
)


@given(st.lists(st.lists(LIFETIMES, min_size=1, max_size=3), max_size=8))
def test_values_needed_at_one_time_share_no_byte(drawn: list[list[Lifetime]]) -> None:
    slots = {f"v{i}": slot for i, slot in enumerate(drawn)}
    starts = places(slots)
    assert set(starts) == set(slots)
    for name, slot in slots.items():
        assert starts[name] >= 0 and all(starts[name] % one.alignment == 0 for one in slot)
    for a, b in combinations(slots, 2):
        for first, second in product(slots[a], slots[b]):
            steps = range(first.first, first.last + 1)
            together = any(t in range(second.first, second.last + 1) for t in steps)
            apart = starts[a] + first.size <= starts[b] or starts[b] + second.size <= starts[a]
            assert apart or not together, (a, b)


def test_a_chain_of_layers_takes_the_two_largest_neighbours() -> None:
    sizes = [100, 60, 80, 10]
    chain = {f"v{i}": [Lifetime(size, i, i + 1)] for i, size in enumerate(sizes)}
    starts = places(chain)
    assert max(starts[name] + slot[0].size for name, slot in chain.items()) == 160


def test_what_became_smaller_leaves_its_bytes_to_others() -> None:
    slots = {"pooled": [Lifetime(100, 0, 1), Lifetime(25, 1, 2)], "next": [Lifetime(60, 2, 3)]}
    assert places(slots) == {"pooled": 0, "next": 25}


def no_value_is_lost(graph: Graph) -> None:
    """Walk through a program: whatever a step reads still lies where its writer put it."""
    built = program(prepare(graph))
    owner: dict[int, str] = {}
    for step in built.steps:
        for value in built.reads(step):
            if value in built.arena:
                start = built.arena[value]
                size = built.graph.info(value).size * built.kind(value).size
                assert {owner[byte] for byte in range(start, start + size)} == {value}, (step.result, value)
        if step.result in built.arena:
            start = built.arena[step.result]
            size = built.graph.info(step.result).size * built.kind(step.result).size
            assert start + size <= built.arena_bytes
            owner.update(dict.fromkeys(range(start, start + size), step.result))


def test_no_value_of_the_zoo_is_lost() -> None:
    for graph in zoo().values():
        no_value_is_lost(graph)


@given(graphs(max_nodes=10))
def test_no_value_of_random_graphs_is_lost(graph: Graph) -> None:
    no_value_is_lost(graph)


def test_an_element_wise_step_writes_over_what_nothing_needs_behind_it() -> None:
    build = Builder("over")
    x = build.input((8,), fixed(6, 2))
    act = build.cast(x, fixed(5, 2), name="act")
    total = build.add(Add(), act, act, name="sum")
    low = build.cast(total, fixed(4, 2), name="low")
    # Reversed twice by transposes, so that neither can be part of the step before it.
    turned = build.add(Transpose((1, 0)), build.add(Reshape((2, 4)), low, name="image"), name="turned")
    wide = build.add(Add(), turned, turned, name="wide")
    narrow = build.cast(wide, fixed(4, 2), name="narrow")
    back = build.add(Transpose((1, 0)), narrow, name="back")
    built = program(prepare(build.graph(back)))
    assert [step.result for step in built.steps] == ["low", "turned", "narrow", "back"]
    assert built.slots["narrow"] == "turned" and built.arena["narrow"] == built.arena["turned"]
    assert built.arena_bytes == 16


def test_a_value_that_is_needed_again_is_not_written_over() -> None:
    build = Builder("again")
    turned = build.add(Transpose((1, 0)), build.input((2, 4), fixed(6, 2)), name="turned")
    narrow = build.cast(turned, fixed(4, 2), name="narrow")
    graph = build.graph(build.add(Concat(0), narrow, turned, name="both"))
    built = program(prepare(graph))
    assert built.slots == {"turned": "turned", "narrow": "narrow"}
    no_value_is_lost(graph)


def residual(pool: bool) -> Graph:
    """A residual block as TensorFlow Lite quantizes it: zero points, and a factor before the sum."""
    build = Builder("residual")
    x = build.input((4, 4, 2), fixed(5, 2), "x")
    a = build.cast(conv(build, x, "first", (1, 1), 4, 3), fixed(5, 2), name="a")
    zero = build.add(Add(), a, build.const(np.array(3), fixed(5, 2), "offset"), name="zero")
    factor = build.const(np.array(117), fixed(12, 0), "factor")
    b = build.cast(conv(build, zero, "second", (3, 3), 4, 4, padding=((1, 1), (1, 1))), fixed(5, 2), name="b")
    d = build.cast(conv(build, x, "third", (1, 1), 4, 5), fixed(5, 2), name="d")
    sides = [build.add(Mul(), one, factor, name=f"wide_{one}") for one in (b, d)]
    wide = build.add(Add(), *sides, name="sides")
    c = build.cast(build.add(Add(), a, wide, name="total"), fixed(5, 2), name="c")
    end = build.add(MaxPool((2, 2), (2, 2), ((0, 0), (0, 0))), c, name="end") if pool else c
    return build.graph(build.add(Transpose((1, 0, 2)), end, name="out"))


def test_a_residual_block_keeps_narrow_numbers_once() -> None:
    """Neither `a` nor the products with the factor are in memory."""
    built = program(prepare(residual(pool=False)))
    assert [step.result for step in built.steps] == ["zero", "d", "c", "out"]
    assert built.slots["c"] == "d"  # read element by element, and by nothing else
    assert built.arena_bytes == 2 * 64
    no_value_is_lost(residual(pool=False))


def test_a_pool_writes_over_its_input_and_frees_the_rest() -> None:
    built = program(prepare(residual(pool=True)))
    assert built.slots["end"] == "d"
    at = [step.result for step in built.steps].index("out")
    assert built.used(at) == 16
    no_value_is_lost(residual(pool=True))


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_window_over_its_own_input_reads_before_it_writes(size: int, stride: int) -> None:
    """Walk through the loops of a pool, element by element, over one array."""
    height, width, channels = 5, 7, 2
    assert pooled((height, width, channels), size, stride, 0).slots["y"] == "x"
    written: set[int] = set()
    rows, columns = (height - size) // stride + 1, (width - size) // stride + 1
    for r, c, channel in product(range(rows), range(columns), range(channels)):
        for p, q in product(range(size), range(size)):
            row, column = r * stride + p, c * stride + q
            assert (row * width + column) * channels + channel not in written
        written.add((r * columns + c) * channels + channel)


def test_a_padded_window_does_not_write_over_its_input() -> None:
    assert pooled((5, 7, 2), 3, 1, 1).slots["y"] == "y"


def pooled(shape: tuple[int, int, int], size: int, stride: int, pad: int) -> Program:
    """A pool of values in the arena."""
    build = Builder("pool")
    x = build.add(Transpose((1, 0, 2)), build.input((shape[1], shape[0], shape[2]), fixed(5, 2)), name="x")
    y = build.add(MaxPool((size, size), (stride, stride), ((pad, pad), (pad, pad))), x, name="y")
    return program(prepare(build.graph(build.add(Transpose((1, 0, 2)), y, name="out"))))
