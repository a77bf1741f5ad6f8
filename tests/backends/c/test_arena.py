"""Places in the arena: no two values that are needed at one time share a byte."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from edgeml.backends.c.arena import Lifetime, places
from edgeml.backends.c.plan import program
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.transpose import Transpose
from edgeml.passes import prepare
from tests.strategies import graphs
from tests.zoo import fixed, zoo

LIFETIMES = st.builds(
    lambda items, first, length, alignment: Lifetime(items * alignment, first, first + length, alignment),
    st.integers(1, 40),
    st.integers(0, 12),
    st.integers(0, 6),
    st.sampled_from([1, 2, 4, 8]),
)


@given(st.lists(LIFETIMES, max_size=12))
def test_values_needed_at_one_time_share_no_byte(drawn: list[Lifetime]) -> None:
    lifetimes = {f"v{i}": one for i, one in enumerate(drawn)}
    starts = places(lifetimes)
    assert set(starts) == set(lifetimes)
    for name, one in lifetimes.items():
        assert starts[name] >= 0 and starts[name] % one.alignment == 0
    for a, b in combinations(lifetimes, 2):
        first, second = lifetimes[a], lifetimes[b]
        together = any(t in range(second.first, second.last + 1) for t in range(first.first, first.last + 1))
        apart = starts[a] + first.size <= starts[b] or starts[b] + second.size <= starts[a]
        assert apart or not together, (a, b)


def test_a_chain_of_layers_takes_the_two_largest_neighbours() -> None:
    sizes = [100, 60, 80, 10]
    chain = {f"v{i}": Lifetime(size, i, i + 1) for i, size in enumerate(sizes)}
    starts = places(chain)
    assert max(starts[name] + one.size for name, one in chain.items()) == 160


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
    first = build.add(Transpose((1, 0)), narrow, name="first")
    graph = build.graph(first, build.add(Transpose((1, 0)), turned, name="second"))
    built = program(prepare(graph))
    assert built.slots == {"turned": "turned", "narrow": "narrow"}
    no_value_is_lost(graph)
