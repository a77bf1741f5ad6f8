"""Execute exact.onnx as it lies on the disk.

Invariant: nothing but the file decides what comes out; the graph only tells shapes and types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from edgeml.backend import Runner, Takes, as_floats
from edgeml.backends.onnx.lowering import VALUES_KEY, output_tensor
from edgeml.backends.onnx.session import available, open_session, run_session
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.files import read_bytes
from edgeml.fixed import IntArray, from_float
from edgeml.ir import Graph
from edgeml.ir.layout import Layout, Order, restore
from edgeml.onnx_model import metadata_of, parse_onnx
from edgeml.reading import parse_json, refusing
from edgeml.stages.model import TensorPlace

FILE = "exact.onnx"

_BATCH = 1024


class OnnxRunner(Runner):
    """ONNX Runtime on the CPU, with its default settings."""

    name: ClassVar[str] = "onnxruntime"
    artefact: ClassVar[str] = FILE
    takes: ClassVar[Takes] = Takes.FLOATS

    config: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Entries of the session's configuration."""

    def available(self) -> str:
        return available()

    def run(
        self, folder: Path, graph: Graph, inputs: Mapping[str, NDArray[Any]], keep: Sequence[str] = ()
    ) -> dict[str, IntArray]:
        """Run the file; its metadata says where inner values are.

        A float that is no code of its value's type comes back as `fixed.NO_CODE`.
        """
        missing = self.available()
        if missing:
            raise MissingToolError(missing, self.name)
        inputs = as_floats(inputs, self.name)
        path = folder / self.artefact
        content = read_bytes(path, "exact ONNX model")
        inner: dict[str, TensorPlace] = {}
        if keep:
            content, inner = _exposed(content, graph, keep, str(path))
        session = open_session(content, str(path), config=self.config)
        tensors = {name: output_tensor(graph, name) for name in dict.fromkeys(graph.outputs)}
        expected = [*tensors.values(), *(entry.tensor for entry in inner.values())]
        _check_ports(session, graph, expected, str(path))
        samples = next(iter(inputs.values())).shape[0]
        kinds = {
            port.name: np.float64 if "double" in port.type else np.float32 for port in session.get_inputs()
        }
        parts: list[list[NDArray[Any]]] = []
        for start in range(0, max(samples, 1), _BATCH):
            feeds = {
                name: values[start : start + _BATCH].astype(kinds[name]) for name, values in inputs.items()
            }
            parts.append(run_session(session, expected, feeds, str(path)))
        values = [np.concatenate(chunks) for chunks in zip(*parts, strict=True)]
        results = dict(zip([*tensors, *inner], values, strict=True))
        return {name: _codes(graph, name, tensor, inner.get(name)) for name, tensor in results.items()}


def places_of(model: Any, graph: Graph, names: Sequence[str], where: str) -> dict[str, TensorPlace]:
    """The tensors of those values that the model's metadata names.

    Raises:
        EdgemlError: the metadata cannot be read.
    """
    text = metadata_of(model).get(VALUES_KEY, "{}")
    wrong, hint = f"its metadata {VALUES_KEY} cannot be read", "export it again"
    with refusing(where, wrong, hint):
        entries = parse_json(text, where, "metadata", hint, wrong)
        return {
            name: _place(entries[name])
            for name in dict.fromkeys(names)
            if name in entries and name in graph.infos
        }


def _place(entry: Mapping[str, Any]) -> TensorPlace:
    layout = Layout(Order(entry["order"]), tuple(map(int, entry["image"])))
    return TensorPlace(str(entry["tensor"]), np.array(entry["unit"], np.int64), layout)


def _codes(graph: Graph, name: str, tensor: NDArray[Any], inner: TensorPlace | None) -> IntArray:
    """A tensor of the model as codes of the graph's value."""
    info = graph.info(name)
    if inner is None:
        return from_float(tensor, info.type.frac)
    values = restore(tensor, info.shape, inner.layout)
    return from_float(values, np.asarray(info.type.frac, np.int64) - inner.unit)


def _exposed(
    content: bytes, graph: Graph, keep: Sequence[str], where: str
) -> tuple[bytes, dict[str, TensorPlace]]:
    """The model with those inner values as outputs that its metadata can name."""
    from onnx import ValueInfoProto

    model = parse_onnx(content, where)
    inner = places_of(model, graph, [name for name in keep if name not in graph.outputs], where)
    outputs = {output for node in model.graph.node for output in node.output}
    inner = {name: entry for name, entry in inner.items() if entry.tensor in outputs}
    present = {port.name for port in model.graph.output}
    for tensor in sorted({entry.tensor for entry in inner.values()} - present):
        model.graph.output.append(ValueInfoProto(name=tensor))
    return model.SerializeToString(), inner


def _check_ports(session: Any, graph: Graph, expected: Sequence[str], where: str) -> None:
    """The model has the inputs and outputs of the graph."""
    inputs = {port.name for port in session.get_inputs()}
    outputs = {port.name for port in session.get_outputs()}
    if inputs != set(graph.inputs):
        raise EdgemlError(
            f"has inputs {', '.join(sorted(inputs))}; the graph has {', '.join(graph.inputs)}",
            where,
            "export it again",
        )
    missing = [name for name in expected if name not in outputs]
    if missing:
        raise EdgemlError(f"has no output {', '.join(missing)}", where, "export it again")
