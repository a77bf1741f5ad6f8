"""Random models through the importer and their own executor; `python -m tests.fuzz` runs many.

A model is equal if every code of every quantizer and output is the executor's. An executor that computes in
float32 may get another code where the importer announced it: the first code that differs then lies in an
announced layer and differs by one, or the same model in float64 has the importer's codes.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from edgeml import importers
from edgeml.errors import EdgemlError
from edgeml.fixed import to_float
from edgeml.ir import evaluate_codes, input_codes

KINDS = ("powers", "floats", "qdq", "products", "tflite")
"""QONNX with scales that are powers of two and with others, ONNX quantized by onnxruntime, integer products
between constant scales, TFLite."""


def suffix(kind: str) -> str:
    """Of the kind's files."""
    return ".tflite" if kind == "tflite" else ".onnx"


@dataclass(frozen=True)
class ImportOutcome:
    """The result of one model.

    Args:
        values: how many of the graph's values were compared.
        float32: codes that differ from the executor's.
        double: codes that differ from the model's in float64; None if they were not needed.
        total: codes compared.
        announced: whether the importer said of the layer in which the first code differs that the executor
            rounds there, and it differs by one.
    """

    values: int
    float32: int
    double: int | None
    total: int
    announced: bool

    @property
    def right(self) -> bool:
        """True if nothing differs, or the executor rounds where the importer says so."""
        return not self.float32 or self.announced or self.double == 0


def outcome(content: bytes, name: str, samples: int = 3, seed: int = 0, lowering=None) -> ImportOutcome:
    """Compare one model with its executor.

    Raises:
        EdgemlError: the importer refuses it.
    """
    options = importers.ImportOptions("net") if lowering is None else importers.ImportOptions("net", lowering)
    imported = importers.read(importers.SourceFile(Path(name), content), options)
    graph, rng = imported.graph, np.random.default_rng(seed)
    x = {}
    for port in graph.inputs:
        info = graph.info(port)
        codes = rng.integers(info.lo, info.hi + 1)
        codes = np.stack([codes, *(rng.integers(info.lo, info.hi + 1) for _ in range(samples - 1))])
        x[port] = to_float(codes, info.type.frac)
    keep = imported.model.values
    ours = {
        name: to_float(codes, graph.info(name).type.frac)
        for name, codes in evaluate_codes(graph, input_codes(graph, x), keep).items()
    }
    theirs = imported.model.run(x, keep)
    wrong = sum(int(np.count_nonzero(ours[value] != theirs[value])) for value in keep)
    double = None
    if wrong:
        wide = imported.model.run_double(x, keep)
        assert wide is not None
        double = sum(int(np.count_nonzero(ours[value] != wide[value])) for value in keep)
    total = sum(ours[value].size for value in keep)
    layers = {note.layer for note in graph.notes if not note.exact}
    first = next((value for value in keep if np.any(ours[value] != theirs[value])), "")
    announced = bool(first) and first.split(".")[0] in layers
    if announced:
        step = 2.0 ** -graph.info(first).frac
        announced = bool(np.max(np.abs(ours[first] - theirs[first])) <= step * 1.001)
    return ImportOutcome(len(keep), wrong, double, total, announced)


def contents(kind: str, seed: int, folder: Path) -> bytes:
    """The file of a random model."""
    if kind == "tflite":
        from tests.importers.random_tflite import converted

        return converted(seed)
    if kind == "qdq":
        from tests.importers.random_qdq import quantized

        return quantized(seed, folder)
    if kind == "products":
        from tests.importers import random_products

        return random_products.model(seed).SerializeToString()
    from tests.importers.random_qonnx import model

    return model(seed, powers=kind == "powers").SerializeToString()


@dataclass
class ImportCampaign:
    """Models by verdict, and a line for each that is not exact."""

    counts: Counter[str] = field(default_factory=Counter)
    lines: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        """True if every model was read and equal, or differed as announced."""
        return not self.counts["refused"] and not self.counts["wrong"]


def campaign(kind: str, seeds: range, tell: Callable[[], None] = lambda: None) -> ImportCampaign:
    """Random models of one kind through the importer and their own executor."""
    result = ImportCampaign()
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            verdict = "exact"
            try:
                found = outcome(contents(kind, seed, Path(folder)), f"{kind}_{seed}{suffix(kind)}")
            except EdgemlError as error:
                verdict = "refused"
                result.lines.append(f"{kind} {seed} refused: {error}")
            else:
                if found.float32:
                    verdict = "rounded by its executor" if found.right else "wrong"
                    result.lines.append(f"{kind} {seed} {verdict}: {found}")
            result.counts[verdict] += 1
            tell()
    return result
