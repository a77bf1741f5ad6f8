"""The hls4ml model against figures that others published with their models (results/published.json).

Their graphs are not ours: activations and sums have hls4ml's default width, and the weights are not always
there. So the layers are written down by hand, with random weights of the same width and sparsity.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgeml import boards
from edgeml.backends.hls4ml.layer import Layer, Precision, Weights
from edgeml.backends.hls4ml.planner import Plan
from edgeml.backends.hls4ml.reuse import Parallelism, valid_factors
from edgeml.estimate.circuit import Count, total
from edgeml.estimate.family import family
from edgeml.estimate.hls import Model, Project
from edgeml.fixed import FixedType
from edgeml.ir import Builder

_NONE = FixedType(False, 1, 0)


@dataclass(frozen=True)
class Published:
    """One published design and what the model counts for it."""

    record: dict[str, Any]
    count: Count
    project: Project

    @property
    def held_out(self) -> bool:
        """Two of three are for testing."""
        return zlib.crc32(f"{self.record['name']} {self.record['tool']}".encode()) % 3 != 0


def published(results: Path) -> Iterator[Published]:
    """All of them."""
    document = json.loads((results / "published.json").read_text(encoding="utf-8"))
    for record in document["designs"]:
        plan, ways = _planned(record)
        chip = family(boards.load(record["board"]), "vendor")
        graph = Builder("none")
        empty = graph.graph(graph.input((1,), _NONE))
        model = Model(empty, plan, chip, record["clock_ns"], record["io_type"] == "io_stream")
        project = model.project(ways)
        yield Published(record, total(item.cost.count for item in project.placed), project)


def nearest(n_in: int, n_out: int, asked: int) -> int:
    """The valid reuse factor that hls4ml takes: the closest one, the smaller of two."""
    return min(valid_factors(n_in, n_out), key=lambda factor: (abs(factor - asked), factor))


def _planned(record: dict[str, Any]) -> tuple[Plan, dict[str, Parallelism]]:
    rng = np.random.default_rng(zlib.crc32(record["name"].encode()))
    act = _activation(record["act_bits"])
    held = _activation(record.get("input_bits", record["act_bits"]))
    accum = FixedType(True, 16, 10)
    weight = FixedType(True, record["weight_bits"], record["weight_bits"] - 1)
    shape: Any = tuple(record["input"])
    layers = [Layer("x", "InputLayer", (), Precision(held), {"target_shape": shape})]
    ways: dict[str, Parallelism] = {}
    last = len(record["layers"]) - 1
    for position, (kind, size, *more) in enumerate(record["layers"]):
        name, before = f"{kind}{position}", layers[-1].name
        if kind == "flatten":
            shape = (math.prod(shape),)
            layers.append(Layer(name, "Reshape", (before,), layers[-1].result, {"target_shape": shape}))
            continue
        if kind == "pool":
            given = _space(shape, shape[-1])
            shape = (shape[0] // size, shape[1] // size, shape[2])
            given |= {"out_height": shape[0], "out_width": shape[1], "pool_height": size, "pool_width": size}
            layers.append(Layer(name, "MaxPooling2D", (before,), layers[-1].result, given))
            continue
        if kind == "conv":
            (kernel,) = more
            given = _space(shape, size)
            n_in = kernel * kernel * shape[-1]
            shape = (shape[0] - kernel + 1, shape[1] - kernel + 1, size)
            given |= {
                "out_height": shape[0],
                "out_width": shape[1],
                "filt_height": kernel,
                "filt_width": kernel,
            }
            made, products = "Conv2D", (n_in, size)
        else:
            products, made = (shape[0], size), "Dense"
            given, shape = {"n_in": shape[0], "n_out": size}, (size,)
        codes = _codes(rng, products, weight, record["sparsity"])
        layers.append(
            Layer(
                name,
                made,
                (before,),
                Precision(accum),
                given,
                {"accum": Precision(accum)},
                {"weight": Weights(codes, weight)},
                products=products,
                layer=name,
            )
        )
        reuse = record["reuse_factor"]
        if record["strategy"] == "resource":
            reuse = nearest(*products, reuse)
        ways[name] = Parallelism(record["strategy"], reuse)
        if position < last:
            given = {"activation": "relu", "n_in": math.prod(shape)}
            layers.append(Layer(f"relu{position}", "Activation", (name,), Precision(act), given))
    plain = Parallelism("latency", 1)
    plan = Plan(tuple(layers), {}, {"y": layers[-1].name}, {}, ())
    return plan, {layer.name: ways.get(layer.name, plain) for layer in layers}


def _space(shape: tuple[int, ...], filters: int) -> dict[str, Any]:
    return {"in_height": shape[0], "in_width": shape[1], "n_chan": shape[2], "n_filt": filters}


def _activation(bits: int) -> FixedType:
    """hls4ml's default of 16 bits, or a quantized ReLU."""
    return FixedType(True, 16, 10) if bits == 16 else FixedType(False, bits, bits)


def _codes(rng: np.random.Generator, shape: tuple[int, int], type: FixedType, sparsity: float) -> Any:
    """Normal weights; those of 16 bits have hls4ml's ten fractional bits and the size of trained ones."""
    if type.width == 16:
        spread = 1024 * 0.7 / math.sqrt(shape[0])
        codes = np.rint(rng.normal(0, spread, shape)).astype(np.int64)
    else:
        codes = np.clip(np.rint(rng.normal(0, max(type.hi / 2.5, 0.7), shape)), type.lo, type.hi).astype(
            np.int64
        )
    codes[rng.random(shape) < sparsity] = 0
    return codes
