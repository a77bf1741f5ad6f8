"""The C of a network of MLPerf Tiny's size stays small: loops that are not unrolled, tables of weights."""

from __future__ import annotations

import json
import re

from edgeml import backends
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.sum_pool import SumPool
from tests.zoo import conv, dense, fixed, ufixed


def keyword_spotting() -> Graph:
    """The shape of MLPerf Tiny's DS-CNN: 49 x 10 features, 64 filters, four depthwise separable blocks."""
    build = Builder("kws")
    weight = fixed(8, 1)
    x = build.input((49, 10, 1), fixed(8, 4))
    padding = ((4, 5), (1, 1))
    x = conv(build, x, "conv", (10, 4), 64, 1, strides=(2, 2), padding=padding, weight=weight)
    x = build.cast(x, ufixed(8, 3), name="act")
    for block in range(4):
        padding = ((1, 1), (1, 1))
        x = conv(build, x, f"depth{block}", (3, 3), 64, 2 * block, padding=padding, groups=64, weight=weight)
        x = build.cast(x, ufixed(8, 3), name=f"depth_act{block}")
        x = conv(build, x, f"point{block}", (1, 1), 64, 2 * block + 1, weight=weight)
        x = build.cast(x, ufixed(8, 3), name=f"point_act{block}")
    height, width = build.info(x).shape[:2]
    x = build.add(SumPool((height, width), (1, 1), ((0, 0), (0, 0))), x, name="mean")
    x = build.add(Reshape((64,)), build.cast(x, ufixed(8, 3), name="mean_act"), name="flatten")
    return build.graph(dense(build, x, "fc", 12, weight, weight, 3))


def test_code_grows_with_layers_and_tables_with_weights() -> None:
    graph = keyword_spotting()
    files = backends.load("c").emit(graph)
    source = files["src/model.c"].decode()
    weights = sum(codes.size for codes in graph.constants.values())
    code = re.sub(r"= \{[^}]*\};", "", source)
    assert len(code.splitlines()) < 50 * 12  # of the twelve layers
    assert len(source) - len(code) < 6 * weights  # "-128, "
    manifest = json.loads(files["edgeml.json"])
    matrices = sum(codes.size for codes in graph.constants.values() if codes.ndim > 1)
    assert matrices <= manifest["constant_bytes"] < 1.1 * weights
    assert manifest["arena_bytes"] == 2 * 25 * 5 * 64  # two maps
