"""golden.npz: real inputs, their codes and the integers every artefact must give.

    x.NAME         float32 (samples, ...)  what Keras is fed
    input.NAME     integer codes of the graph's input NAME
    expected.NAME  integer codes of the graph's output NAME
    label          class of each sample, if known

Invariant: written once, with the graph; `check` compares with the integers in the file, so a graph that
was changed afterwards is found out as well. What is read are integers, finite floats and shapes of the graph,
or there is an error; nothing is rounded or cut to fit.
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
from edgeml.fixed import IntArray, int_array
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
        EdgemlError: it is missing or cut short, holds something else than integers of the graph's shapes and
            finite floats, or belongs to a graph with other inputs or outputs.
    """
    arrays = read_npz(path, "golden vectors")
    try:
        golden = Golden(
            {name: _floats(arrays[f"x.{name}"], f"x.{name}", path) for name in graph.inputs},
            {name: _integers(arrays[f"input.{name}"], f"input.{name}", path) for name in graph.inputs},
            {name: _integers(arrays[f"expected.{name}"], f"expected.{name}", path) for name in graph.outputs},
            _integers(arrays["label"], "label", path) if "label" in arrays else None,
        )
    except KeyError as error:
        raise EdgemlError(f"has no vectors {error}", str(path), _AGAIN) from None
    samples = {len(codes) if codes.ndim else 0 for codes in golden.inputs.values()}
    if len(samples) != 1 or not min(samples):
        raise EdgemlError(f"has inputs with {sorted(samples)} samples", str(path), _AGAIN)
    for kind, group in (("x", golden.x), ("input", golden.inputs), ("expected", golden.expected)):
        for name, values in group.items():
            wanted = (golden.samples, *graph.info(name).shape)
            if values.shape != wanted:
                raise EdgemlError(
                    f"has {kind}.{name} of shape {values.shape}, {wanted} expected", str(path), _AGAIN
                )
    for name, codes in golden.inputs.items():
        info = graph.info(name)
        if np.any(codes < info.lo) or np.any(codes > info.hi):
            raise EdgemlError(
                f"has codes from {codes.min()} to {codes.max()} for input {name}, which is {info.type}",
                str(path),
                _AGAIN,
            )
    _check_labels(golden, graph, path)
    return golden


_AGAIN = "delete it, graph.json and graph.npz, and run the command that made the run again"


def _integers(values: Any, name: str, path: Path) -> IntArray:
    if values.dtype.kind not in "iu":
        raise EdgemlError(f"has {name} of type {values.dtype}, integers expected", str(path), _AGAIN)
    return int_array(values, f"{path}: {name}")


def _floats(values: Any, name: str, path: Path) -> Any:
    if values.dtype.kind != "f":
        raise EdgemlError(f"has {name} of type {values.dtype}, floats expected", str(path), _AGAIN)
    wrong = int(np.count_nonzero(~np.isfinite(values)))
    if wrong:
        raise EdgemlError(
            f"has {name} with {wrong} of {values.size} numbers that are NaN or infinite", str(path), _AGAIN
        )
    return values


def _check_labels(golden: Golden, graph: Graph, path: Path) -> None:
    """There is one label per sample, and a class for each."""
    if golden.label is None:
        return
    info = graph.info(graph.outputs[0])
    # A scalar is the class itself; one logit tells two classes apart.
    classes = max(info.shape[-1] if info.shape else int(info.hi) + 1, 2)
    label = golden.label
    if label.shape != (golden.samples,) or np.any(label < 0) or np.any(label >= classes):
        span = f" from {label.min()} to {label.max()}" if label.size else ""
        raise EdgemlError(
            f"has labels of shape {label.shape}{span} for {golden.samples} samples of {classes} classes",
            str(path),
            _AGAIN,
        )
