"""The shapes that estimates go by are those of the emitted project's own layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from edgeml import boards
from edgeml.backends.hls4ml.options import Hls4mlOptions
from edgeml.backends.hls4ml.planner import plan_graph
from edgeml.backends.hls4ml.project import model_graph, quiet
from edgeml.backends.hls4ml.reuse import choose
from edgeml.estimate import estimate
from edgeml.estimate.hls4ml.shapes import layer_shapes
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.reshape import Reshape
from edgeml.passes import prepare
from tests.zoo import conv, dense, fixed, ufixed, zoo

Middle = Callable[[Builder, str], str]


def start(name: str) -> tuple[Builder, str]:
    build = Builder(name)
    x = build.input((6, 6, 2), ufixed(6, 0))
    return build, conv(build, x, "conv", (3, 3), 4, 3, padding=((1, 1), (1, 1)))


def flattened(name: str, middle: Middle) -> Graph:
    """A convolution, something, and a Flatten in front of a dense layer."""
    build, x = start(name)
    x = middle(build, x)
    x = build.add(Reshape((build.info(x).size,)), x, name="flat")
    return build.graph(dense(build, x, "fc", 3, fixed(5, 1), fixed(6, 2), 7))


def cast(build: Builder, x: str) -> str:
    return build.cast(x, ufixed(6, 3), name="act")


def table(build: Builder, x: str) -> str:
    y = build.cast(x, ufixed(4, 2), name="act")
    return build.add(Lookup(), y, build.const(np.arange(16)[::-1].copy(), ufixed(5, 2)), name="table")


def pooled(build: Builder, x: str) -> str:
    return build.add(MaxPool((2, 2), (2, 2), ((0, 0), (0, 0))), cast(build, x), name="pool")


def added(build: Builder, x: str) -> str:
    y = cast(build, x)
    return build.cast(build.add(Add(), y, y, name="sum"), ufixed(6, 3), name="act2")


def joined(build: Builder, x: str) -> str:
    y = cast(build, x)
    return build.add(Concat(2), y, build.cast(x, ufixed(6, 3), name="other"), name="join")


MIDDLES: dict[str, Middle] = {
    "cast": cast,
    "lookup": table,
    "pool": pooled,
    "add": added,
    "concat": joined,
}


def graphs() -> Iterator[Graph]:
    yield from zoo().values()
    for name, middle in MIDDLES.items():
        yield flattened(f"{name}_flatten", middle)


@pytest.mark.parametrize("io_type", ["io_parallel", "io_stream"])
def test_shapes_are_those_of_the_emitted_project(io_type: str, tmp_path: Path) -> None:
    pytest.importorskip("hls4ml", reason="hls4ml is not installed")
    options = Hls4mlOptions.model_validate({"io_type": io_type})
    compared = 0
    for graph in graphs():
        core = prepare(graph)
        plan = plan_graph(core, "Vitis", io_type, "myproject")
        if plan.refusals:
            continue
        ours = layer_shapes(core, plan)
        with quiet():
            model = model_graph(plan, options, choose(plan.layers, options), tmp_path / graph.name)
            for node in model.get_layers():
                name = node.name.removeprefix("repack_")
                if name in ours:
                    theirs = tuple(int(n) for n in node.get_output_variable().shape)
                    assert ours[name] == theirs, (graph.name, name)
                    compared += 1
    assert compared > 200


@pytest.mark.parametrize("middle", sorted(MIDDLES))
def test_a_stream_costs_the_same_whatever_reads_it(middle: str) -> None:
    """A layer's cost is its own: a Flatten behind it changes none of its figures."""
    graph = flattened(middle, MIDDLES[middle])
    build, x = start("bare")
    bare = build.graph(build.cast(MIDDLES[middle](build, x), ufixed(4, 2), name="last"))
    found = [
        estimate(one, boards.load("pynq-z2"), "hls4ml", {"io_type": "io_stream"}) for one in (graph, bare)
    ]
    with_flatten, without = ({layer.layer: layer.usage for layer in item.layers} for item in found)
    shared = set(with_flatten) & set(without)
    assert {"conv", "act"} <= shared
    assert {name: with_flatten[name] for name in shared} == {name: without[name] for name in shared}
