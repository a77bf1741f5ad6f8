"""golden.npz: real inputs, their codes and the integers every artefact must give.

    x.NAME         float32 (samples, ...)  what Keras is fed
    input.NAME     integer codes of the graph's input NAME
    expected.NAME  integer codes of the graph's output NAME
    label          class of each sample, if known

Invariant: written once, with the graph; `check` compares with the integers in the file, so a graph that
was changed afterwards is found out as well.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.files import write_atomic
from edgeml.fixed import IntArray
from edgeml.ir import Graph, evaluate_codes, input_codes
from edgeml.ir.saved import narrow, read_npz


@dataclass(frozen=True)
class Golden:
    """Vectors: all arrays have the samples on their first axis."""

    x: Mapping[str, Any]
    inputs: Mapping[str, IntArray]
    expected: Mapping[str, IntArray]
    label: IntArray | None = None

    @property
    def samples(self) -> int:
        """How many samples there are."""
        return next(iter(self.inputs.values())).shape[0]

    @property
    def digest(self) -> str:
        """SHA-256 over what goes in and what must come out; labels are not part of a check."""
        total = hashlib.sha256()
        for kind, arrays in (("x", self.x), ("input", self.inputs), ("expected", self.expected)):
            for name in sorted(arrays):
                array = np.ascontiguousarray(arrays[name])
                total.update(f"\n{kind}.{name}{array.shape}{array.dtype.str}:".encode() + array.tobytes())
        return total.hexdigest()

    def head(self, samples: int) -> Golden:
        """The first `samples` of them."""
        return Golden(
            {name: values[:samples] for name, values in self.x.items()},
            {name: codes[:samples] for name, codes in self.inputs.items()},
            {name: codes[:samples] for name, codes in self.expected.items()},
            None if self.label is None else self.label[:samples],
        )


def make(graph: Graph, x: Any, label: IntArray | None = None) -> Golden:
    """Vectors for floats `x` (samples, ...), expected integers from the reference.

    Raises:
        EdgemlError: the data do not fit the graph, or there is none.
    """
    codes = input_codes(graph, x)
    if not next(iter(codes.values())).shape[0]:
        raise EdgemlError("no samples to check with", graph.name)
    given: Mapping[str, Any] = (
        x
        if isinstance(x, Mapping)
        else dict(zip(graph.inputs, [x] if len(graph.inputs) == 1 else x, strict=True))
    )
    floats = {name: np.asarray(given[name], np.float32) for name in graph.inputs}
    return Golden(floats, codes, evaluate_codes(graph, codes), label)


def save(golden: Golden, path: Path) -> None:
    """Write golden.npz."""
    arrays: dict[str, Any] = {f"x.{name}": values for name, values in golden.x.items()}
    arrays |= {f"input.{name}": narrow(codes) for name, codes in golden.inputs.items()}
    arrays |= {f"expected.{name}": narrow(codes) for name, codes in golden.expected.items()}
    if golden.label is not None:
        arrays["label"] = narrow(golden.label)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    write_atomic(path, buffer.getvalue())


def read(path: Path, graph: Graph) -> Golden:
    """Read golden.npz for `graph`.

    Raises:
        EdgemlError: it is missing or cut short, or belongs to a graph with other inputs or outputs.
    """
    arrays = read_npz(path, "golden vectors")
    try:
        golden = Golden(
            {name: arrays[f"x.{name}"] for name in graph.inputs},
            {name: arrays[f"input.{name}"].astype(np.int64) for name in graph.inputs},
            {name: arrays[f"expected.{name}"].astype(np.int64) for name in graph.outputs},
            arrays["label"].astype(np.int64) if "label" in arrays else None,
        )
    except KeyError as error:
        raise EdgemlError(
            f"has no vectors {error}", str(path), "export the run again to renew them"
        ) from None
    for name, codes in golden.expected.items():
        if codes.shape != (golden.samples, *graph.info(name).shape):
            raise EdgemlError(f"vectors of shape {codes.shape} for {name}", str(path), "export the run again")
    return golden
