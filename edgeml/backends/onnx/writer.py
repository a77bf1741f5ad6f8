"""Collect ONNX nodes and constants, then make the model.

Nodes stay plain tuples until `finish`, so that tensors can still be renamed; equal constants are stored
once; the bytes depend on nothing but what was added.

Invariant: only standard ops of `OPSET` are written, and the IR version is one that every ONNX Runtime
since 1.8 reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

OPSET = 13
IR_VERSION = 7
"""The IR version that came with opset 13; onnx 1.23 would write 14, which ONNX Runtime 1.31 refuses."""

BATCH = "samples"
"""Name of the free first dimension of every input and output."""


@dataclass(frozen=True)
class Port:
    """An input or output of the model: name, shape without the batch axis, element type."""

    name: str
    shape: tuple[int, ...]
    double: bool


@dataclass
class Writer:
    """Nodes and constants of a model in the making."""

    nodes: list[tuple[str, list[str], str, dict[str, Any]]] = field(default_factory=list[Any])
    constants: dict[str, NDArray[Any]] = field(default_factory=dict[str, NDArray[Any]])
    _keys: dict[tuple[str, tuple[int, ...], bytes], str] = field(default_factory=dict[Any, str])
    _taken: dict[str, int] = field(default_factory=dict[str, int])

    def node(self, op: str, inputs: Sequence[str], name: str, **attributes: Any) -> str:
        """Add a node whose only output is called `name`, or `name` with a number if that is taken."""
        output = self.unique(name)
        self.nodes.append((op, list(inputs), output, attributes))
        return output

    def constant(self, values: NDArray[Any], name: str) -> str:
        """Add a constant, or find an equal one of the same type and shape."""
        # + 0 makes minus zero plus zero, so that equal constants have equal bytes
        array = np.ascontiguousarray(values) + values.dtype.type(0)
        array = array.reshape(values.shape)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._keys:
            self._keys[key] = self.unique(name)
            self.constants[self._keys[key]] = array
        return self._keys[key]

    def unique(self, wanted: str) -> str:
        """`wanted`, or `wanted` with the first number that makes it new."""
        count = self._taken.get(wanted, 0) + 1
        self._taken[wanted] = count
        return wanted if count == 1 else self.unique(f"{wanted}#{count}")

    def rename(self, names: Mapping[str, str]) -> None:
        """Rename tensors."""
        self.nodes = [
            (op, [names.get(name, name) for name in inputs], names.get(output, output), attributes)
            for op, inputs, output, attributes in self.nodes
        ]

    def finish(
        self,
        name: str,
        inputs: Sequence[Port],
        outputs: Sequence[Port],
        metadata: Mapping[str, str],
        doc: str,
    ) -> Any:
        """The ModelProto."""
        from onnx import TensorProto, helper, numpy_helper

        from edgeml._version import __version__

        def ports(which: Sequence[Port]) -> list[Any]:
            return [
                helper.make_tensor_value_info(
                    port.name,
                    TensorProto.DOUBLE if port.double else TensorProto.FLOAT,
                    [BATCH, *port.shape],
                )
                for port in which
            ]

        graph = helper.make_graph(
            [
                helper.make_node(op, sources, [output], name=output, **attributes)
                for op, sources, output, attributes in self.nodes
            ],
            name,
            ports(inputs),
            ports(outputs),
            [numpy_helper.from_array(values, key) for key, values in self.constants.items()],
        )
        model = helper.make_model(
            graph,
            ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET)],
            producer_name="edgeml",
            producer_version=__version__,
            doc_string=doc,
        )
        helper.set_model_props(model, dict(metadata))
        return model
