"""The hls4ml model against figures that others published with their models (results/published.json).

Their graphs are not ours: activations and sums have hls4ml's default width, and the weights are not always
there. So the layers are written down by hand, with random weights of the same width and sparsity. To add a
design, add its source and a line to the file; a layer is ["dense", outputs], ["conv", filters, kernel,
stride], ["conv1", filters, kernel, stride, "same"], ["pool", size], ["pool1", size], ["globalpool"] or
["flatten", 0].
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
from edgeml.backends.hls4ml.layer import Hls4mlLayer, LayerConstant, Precision
from edgeml.backends.hls4ml.planner import LayerPlan
from edgeml.backends.hls4ml.reuse import Parallelism, valid_factors
from edgeml.estimate.count import Count, total
from edgeml.estimate.hls4ml.model import reused_far
from edgeml.estimate.hls4ml.project import ProjectModel, TimedProject
from edgeml.families import fabric
from edgeml.fixed import FixedType
from edgeml.ir import Builder

_NONE = FixedType(False, 1, 0)
_PLAIN = Parallelism("latency", 1)


@dataclass(frozen=True)
class Published:
    """One published design and what the model counts for it.

    Args:
        record: the line of the file, and its `repository`.
        count: what its layers need together.
        project: its layers in time.
        reusing_dense: they are dense ones of the resource strategy, with more reuse than inputs.
    """

    record: dict[str, Any]
    count: Count
    project: TimedProject
    reusing_dense: bool

    @property
    def held_out(self) -> bool:
        """Two of three are for testing; both stages of a design are on the same side."""
        return zlib.crc32(f"{self.record['name']} {self.record['tool']}".encode()) % 3 != 0

    @property
    def synthesized(self) -> bool:
        """The figures are those after logic synthesis, not those that HLS predicted."""
        return self.record["stage"] == "logic synthesis"

    @property
    def author(self) -> str:
        """The publisher: the owner and name of a repository."""
        return self.record["repository"]


def published(results: Path) -> Iterator[Published]:
    """All of them."""
    document = json.loads((results / "published.json").read_text(encoding="utf-8"))
    for record in document["designs"]:
        url = document["sources"][record["source"]]["url"]
        record["repository"] = "/".join(url.removeprefix("https://github.com/").split("/")[:2])
        plan, ways = _Written(record).plan()
        chip = fabric(boards.load(record["board"]), "vendor")
        graph = Builder("none")
        empty = graph.graph(graph.input((1,), _NONE))
        stream, vitis = record["io_type"] == "io_stream", "Vitis" in record["tool"]
        model = ProjectModel(empty, plan, chip, record["clock_ns"], stream, vitis)
        project = model.project(ways)
        far = not stream and reused_far(ways, plan.layers)
        yield Published(record, total(item.cost.count for item in project.placed), project, far)


def nearest(n_in: int, n_out: int, asked: int) -> int:
    """The valid reuse factor that hls4ml takes: the closest one, the smaller of two."""
    return min(valid_factors(n_in, n_out), key=lambda factor: (abs(factor - asked), factor))


class _Written:
    """A record's layers as hls4ml's."""

    def __init__(self, record: dict[str, Any]) -> None:
        self._record = record
        self._rng = np.random.default_rng(zlib.crc32(record["name"].encode()))
        self._act = _activation(record["act_bits"])
        self._accum = FixedType(True, record.get("accum_bits", 16), 10)
        self._shape: tuple[int, ...] = tuple(record["input"])
        self._ways: dict[str, Parallelism] = {}
        held = Precision(_activation(record.get("input_bits", record["act_bits"])))
        self._layers = [Hls4mlLayer("x", "InputLayer", (), held, {"target_shape": self._shape})]

    def plan(self) -> tuple[LayerPlan, dict[str, Parallelism]]:
        """All layers, and how each multiplies."""
        written = {
            "flatten": self._flatten,
            "pool": self._pool,
            "pool1": self._pool1,
            "globalpool": self._global,
            "conv": self._conv,
            "conv1": self._conv1,
            "dense": self._dense,
        }
        layers = self._record["layers"]
        for position, (kind, *sizes) in enumerate(layers):
            written[kind](f"{kind}{position}", *sizes)
            relu = self._record.get("relu", True)
            if (
                self._layers[-1].products is not None
                and (relu == "last" or position < len(layers) - 1)
                and relu
            ):
                given = {"activation": "relu", "n_in": math.prod(self._shape)}
                self._add(f"relu{position}", "Activation", self._act, given)
        plan = LayerPlan(tuple(self._layers), {}, {"y": self._layers[-1].name}, {}, ())
        return plan, {layer.name: self._ways.get(layer.name, _PLAIN) for layer in self._layers}

    def _add(self, name: str, kind: str, result: FixedType, given: dict[str, Any]) -> None:
        self._layers.append(Hls4mlLayer(name, kind, (self._layers[-1].name,), Precision(result), given))

    def _flatten(self, name: str, _: int) -> None:
        self._shape = (math.prod(self._shape),)
        self._add(name, "Reshape", self._layers[-1].result.type, {"target_shape": self._shape})

    def _pool(self, name: str, size: int) -> None:
        given = _space(self._shape, self._shape[-1])
        self._shape = (self._shape[0] // size, self._shape[1] // size, self._shape[2])
        given |= {"out_height": self._shape[0], "out_width": self._shape[1]}
        given |= {"pool_height": size, "pool_width": size}
        self._add(name, "MaxPooling2D", self._layers[-1].result.type, given)

    def _pool1(self, name: str, size: int) -> None:
        given = _line(self._shape, self._shape[-1])
        self._shape = (self._shape[0] // size, self._shape[1])
        given |= {"out_width": self._shape[0], "pool_width": size}
        self._add(name, "MaxPooling1D", self._layers[-1].result.type, given)

    def _global(self, name: str) -> None:
        given = _line(self._shape, self._shape[-1]) | {"out_width": 1, "pool_width": self._shape[0]}
        self._shape = (1, self._shape[1])
        self._add(name, "GlobalPooling1D", self._layers[-1].result.type, given)
        self._flatten(f"{name}f", 0)

    def _conv(self, name: str, filters: int, kernel: int, stride: int = 1) -> None:
        given = _space(self._shape, filters) | {"filt_height": kernel, "filt_width": kernel}
        n_in = kernel * kernel * self._shape[-1]
        rows, columns = ((size - kernel) // stride + 1 for size in self._shape[:2])
        self._shape = (rows, columns, filters)
        self._multiply(name, "Conv2D", (n_in, filters), given | {"out_height": rows, "out_width": columns})

    def _conv1(self, name: str, filters: int, kernel: int, stride: int, padding: str) -> None:
        given = _line(self._shape, filters) | {"filt_width": kernel}
        n_in, (width, _) = kernel * self._shape[-1], self._shape
        out = math.ceil(width / stride) if padding == "same" else (width - kernel) // stride + 1
        pad = max(0, (out - 1) * stride + kernel - width)
        given |= {"pad_left": pad // 2, "pad_right": pad - pad // 2, "out_width": out}
        self._shape = (out, filters)
        self._multiply(name, "Conv1D", (n_in, filters), given)

    def _dense(self, name: str, size: int) -> None:
        products, self._shape = (self._shape[0], size), (size,)
        self._multiply(name, "Dense", products, {"n_in": products[0], "n_out": size})

    def _multiply(self, name: str, kind: str, products: tuple[int, int], given: dict[str, Any]) -> None:
        record = self._record
        weight = FixedType(True, record["weight_bits"], record["weight_bits"] - 1)
        codes = _codes(self._rng, products, weight, record["sparsity"], record.get("weight_std"))
        result = FixedType(True, record.get("result_bits", self._accum.width), 10)
        sums = {"accum": Precision(self._accum)}
        held = {"weight": LayerConstant(codes, weight)}
        before = (self._layers[-1].name,)
        self._layers.append(
            Hls4mlLayer(
                name, kind, before, Precision(result), given, sums, held, products=products, layer=name
            )  # type: ignore[arg-type]
        )
        reuse = record["reuse_factor"]
        if record["strategy"] == "resource":
            reuse = nearest(*products, reuse)
        self._ways[name] = Parallelism(record["strategy"], reuse)


def _space(shape: tuple[int, ...], filters: int) -> dict[str, Any]:
    return {"in_height": shape[0], "in_width": shape[1], "n_chan": shape[2], "n_filt": filters}


def _line(shape: tuple[int, ...], filters: int) -> dict[str, Any]:
    return {"in_width": shape[0], "n_chan": shape[1], "n_filt": filters}


def _activation(bits: int) -> FixedType:
    """hls4ml's default of 16 bits or what is wider, or a quantized ReLU."""
    return FixedType(True, bits, 10) if bits >= 16 else FixedType(False, bits, bits)


def _codes(
    rng: np.random.Generator, shape: tuple[int, int], type: FixedType, sparsity: float, std: float | None
) -> Any:
    """Normal weights, of the spread that is known or the size of trained ones with ten fractional bits."""
    if std is None:
        std = 1024 * 0.7 / math.sqrt(shape[0]) if type.width == 16 else max(type.hi / 2.5, 0.7)
    codes = np.rint(rng.normal(0, std, shape)).astype(np.int64)
    if type.width != 16:
        codes = np.clip(codes, type.lo, type.hi)
    codes[rng.random(shape) < sparsity] = 0
    return codes
