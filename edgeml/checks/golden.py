"""golden.npz: real and synthetic inputs, their codes and the integers every artefact must give.

    x.NAME         float32 (samples, ...)  the input of Keras
    input.NAME     integer codes of the graph's input NAME
    expected.NAME  integer codes of the graph's output NAME
    label          class of each sample, if known

    synthetic.x.NAME, synthetic.input.NAME, synthetic.expected.NAME: the same of vectors made from the graph
    (`edgeml.checks.synthetic`), kept apart: no accuracy, range or other figure of the data counts them.

Invariant: written once, with the graph; `check` compares with the integers in the file, so a graph that
was changed afterwards is found out as well. What is read are integers, finite floats and shapes of the graph,
or there is an error; nothing is rounded or cut to fit.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from edgeml.archives import PLAIN
from edgeml.checks.synthetic import synthetic_floats
from edgeml.errors import EdgemlError
from edgeml.files import write_atomic
from edgeml.fixed import IntArray, int_array
from edgeml.ir import Graph, evaluate_codes, input_codes
from edgeml.ir.saved import narrow, read_npz


@dataclass(frozen=True)
class Golden:
    """Vectors: all arrays have the samples on their first axis.

    Args:
        x: float32 inputs of Keras, by input name.
        inputs: codes by input name, those of `x` exactly.
        expected: codes by output name.
        label: class of each sample, if known.
        synthetic: the vectors made from the graph; None where there are none (a file of an older edgeml).
    """

    x: Mapping[str, Any]
    inputs: Mapping[str, IntArray]
    expected: Mapping[str, IntArray]
    label: IntArray | None = None
    synthetic: Golden | None = None

    @property
    def samples(self) -> int:
        """The number of real samples."""
        return next(iter(self.inputs.values())).shape[0]

    @property
    def synthetic_count(self) -> int:
        """The number of synthetic vectors."""
        return 0 if self.synthetic is None else self.synthetic.samples

    def joined(self) -> Golden:
        """Real samples and behind them the synthetic ones, as one list of vectors without labels."""
        if self.synthetic is None:
            return Golden(self.x, self.inputs, self.expected)
        synthetic = self.synthetic
        return Golden(
            _end_to_end(self.x, synthetic.x),
            _end_to_end(self.inputs, synthetic.inputs),
            _end_to_end(self.expected, synthetic.expected),
        )

    def take(self, rows: IntArray) -> Golden:
        """The real samples of those numbers, alone."""
        return Golden(
            {name: values[rows] for name, values in self.x.items()},
            {name: codes[rows] for name, codes in self.inputs.items()},
            {name: codes[rows] for name, codes in self.expected.items()},
        )

    @property
    def digest(self) -> str:
        """SHA-256 over inputs and expected outputs, without labels."""
        total = hashlib.sha256()
        for kind, arrays in (("x", self.x), ("input", self.inputs), ("expected", self.expected)):
            for name in sorted(arrays):
                array = np.ascontiguousarray(arrays[name])
                total.update(f"\n{kind}.{name}{array.shape}{array.dtype.str}:".encode() + array.tobytes())
        if self.synthetic is not None:
            total.update(f"\nsynthetic:{self.synthetic.digest}".encode())
        return total.hexdigest()

    def head(self, samples: int) -> Golden:
        """The first `samples` real ones, and all synthetic ones."""
        return Golden(
            {name: values[:samples] for name, values in self.x.items()},
            {name: codes[:samples] for name, codes in self.inputs.items()},
            {name: codes[:samples] for name, codes in self.expected.items()},
            None if self.label is None else self.label[:samples],
            self.synthetic,
        )

    def within(self, most: int, least: int = 0) -> tuple[Golden, int]:
        """At most so many vectors, half of them synthetic; more of one kind if there are few of the other.

        Args:
            most: vectors.
            least: real samples that stay whatever `most` says.

        Returns:
            The first real samples and every n-th synthetic one, which so are of all kinds, and n.
        """
        synthetic = min(self.synthetic_count, max(most // 2, most - self.samples))
        part = self.head(max(most - synthetic, least))
        if part.synthetic is None:
            return part, 1
        step = -(-self.synthetic_count // synthetic)
        rows = np.arange(0, self.synthetic_count, step)
        return replace(part, synthetic=part.synthetic.take(rows)), step


def _end_to_end(first: Mapping[str, Any], then: Mapping[str, Any]) -> dict[str, Any]:
    return {name: np.concatenate([values, then[name]]) for name, values in first.items()}


def make(graph: Graph, x: Any, label: IntArray | None = None, synthetic: bool = True) -> Golden:
    """Vectors for floats `x` (samples, ...), expected integers from the reference.

    Args:
        graph: the exact graph.
        x: floats; taken as float32, as Keras does.
        label: class of each sample, if known.
        synthetic: add the vectors that are made from the graph.

    Raises:
        EdgemlError: the data do not fit the graph, or there is none.
    """
    codes = input_codes(graph, x)
    if not next(iter(codes.values())).shape[0]:
        raise EdgemlError("no samples to check with", graph.name)
    inputs: Mapping[str, Any] = (
        x
        if isinstance(x, Mapping)
        else dict(zip(graph.inputs, [x] if len(graph.inputs) == 1 else x, strict=True))
    )
    floats = {name: np.asarray(inputs[name], np.float32) for name in graph.inputs}
    golden = Golden(floats, codes, evaluate_codes(graph, codes), label)
    return with_synthetic(golden, graph) if synthetic else golden


def with_synthetic(golden: Golden, graph: Graph) -> Golden:
    """The same real samples, with the synthetic vectors that go with the graph."""
    floats = synthetic_floats(graph, golden.x)
    codes = input_codes(graph, floats)
    return replace(golden, synthetic=Golden(floats, codes, evaluate_codes(graph, codes)))


def save(golden: Golden, path: Path) -> None:
    """Write golden.npz."""
    arrays = _arrays(golden)
    if golden.synthetic is not None:
        arrays |= {f"{_SYNTHETIC}{key}": array for key, array in _arrays(golden.synthetic).items()}
    if golden.label is not None:
        arrays["label"] = narrow(golden.label)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    write_atomic(path, buffer.getvalue())


_SYNTHETIC = "synthetic."


def _arrays(golden: Golden) -> dict[str, Any]:
    arrays: dict[str, Any] = {f"x.{name}": values for name, values in golden.x.items()}
    arrays |= {f"input.{name}": narrow(codes) for name, codes in golden.inputs.items()}
    return arrays | {f"expected.{name}": narrow(codes) for name, codes in golden.expected.items()}


def read(path: Path, graph: Graph, origin: str = "") -> Golden:
    """Read golden.npz for `graph`.

    Args:
        path: of the file.
        graph: the exact graph.
        origin: the command that makes both, for the message where only the graph is there.

    Raises:
        EdgemlError: it is missing or cut short, holds something else than integers of the graph's shapes and
            finite floats, or belongs to a graph with other inputs or outputs.
    """
    if origin and not path.exists():
        raise EdgemlError(
            f"edgeml {origin} was ended before it had compared and made the vectors to check with",
            str(path.parent),
            "run it again with the same options and --out: it goes on where it stopped",
        )
    arrays = read_npz(path, "golden vectors", kinds=PLAIN)
    golden = _part(arrays, "", graph, path)
    if any(key.startswith(_SYNTHETIC) for key in arrays):
        golden = replace(golden, synthetic=_part(arrays, _SYNTHETIC, graph, path))
    _check_labels(golden, graph, path)
    return golden


def _part(arrays: Mapping[str, Any], prefix: str, graph: Graph, path: Path) -> Golden:
    """The real part (no prefix) or the synthetic one, checked."""

    def integers(key: str) -> IntArray:
        return _integers(arrays[prefix + key], prefix + key, path)

    try:
        golden = Golden(
            {name: _floats(arrays[f"{prefix}x.{name}"], f"{prefix}x.{name}", path) for name in graph.inputs},
            {name: integers(f"input.{name}") for name in graph.inputs},
            {name: integers(f"expected.{name}") for name in graph.outputs},
            integers("label") if f"{prefix}label" in arrays else None,
        )
    except KeyError as error:
        raise EdgemlError(f"has no vectors {error}", str(path), _AGAIN) from None
    samples = {len(codes) if codes.ndim else 0 for codes in golden.inputs.values()}
    if len(samples) != 1 or not min(samples):
        raise EdgemlError(f"has inputs with {sorted(samples)} samples", str(path), _AGAIN)
    for kind, group in (("x", golden.x), ("input", golden.inputs), ("expected", golden.expected)):
        for name, values in group.items():
            shape = (golden.samples, *graph.info(name).shape)
            if values.shape != shape:
                raise EdgemlError(
                    f"has {prefix}{kind}.{name} of shape {values.shape}, {shape} expected", str(path), _AGAIN
                )
    for name, codes in golden.inputs.items():
        info = graph.info(name)
        if np.any(codes < info.lo) or np.any(codes > info.hi):
            raise EdgemlError(
                f"has codes from {codes.min()} to {codes.max()} for input {name}, which is {info.type}",
                str(path),
                _AGAIN,
            )
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
