"""The one writer of ONNX models, and the parsing of such a file.

The exact model, QONNX and the float baseline are built with the writer.

It wraps `onnx_ir`, which holds the nodes and constants and turns them into a `ModelProto`. Tensors are
referred to by name; each name is written once.

Invariant: the bytes depend only on the calls and their order, and the IR version is stated, never left to the
installed onnx: onnx 1.23 would write IR version 14, and ONNX Runtime 1.31 reads up to 13.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edgeml import install
from edgeml._version import __version__
from edgeml.errors import EdgemlError, MissingToolError

if TYPE_CHECKING:
    import onnx
    import onnx_ir


def missing_onnx() -> str:
    """Empty if ONNX models can be written here, else which package is not installed and how to get it."""
    missing = [name for name in ("onnx", "onnx_ir") if find_spec(name) is None]
    return f"{' and '.join(missing)} not installed ({install.command()})" if missing else ""


def parse_onnx(content: bytes, where: str, hint: str = "export it again") -> onnx.ModelProto:
    """The model in a file; it is not checked.

    Args:
        content: of the file.
        where: the file, for the message.
        hint: the remedy, for the message.

    Raises:
        EdgemlError: the bytes are no ModelProto.
    """
    import onnx
    from google.protobuf.message import DecodeError

    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except DecodeError as error:
        raise EdgemlError(f"is not a readable ONNX model ({error})", where, hint) from error
    return model


def metadata_of(model: onnx.ModelProto) -> dict[str, str]:
    """The entries of a model's metadata."""
    return {entry.key: entry.value for entry in model.metadata_props}


@dataclass(frozen=True)
class OnnxVersion:
    """The version of the standard ops and of the file format of a model.

    Args:
        opset: of the domain ai.onnx.
        ir_version: at least the one that came with the opset; ONNX Runtime 1.31 reads up to 13.
        domains: other op domains that the model uses, with their versions.
    """

    opset: int
    ir_version: int
    domains: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class OnnxPort:
    """An input or output of a model.

    Args:
        name: of the tensor.
        shape: with the batch axis; a word stands for a free size.
        double: float64 instead of float32.
    """

    name: str
    shape: tuple[int | str, ...]
    double: bool = False


class OnnxWriter:
    """An ONNX model that is being built.

    Args:
        separator: what stands between a name that is taken and the number that makes it unique.

    Raises:
        MissingToolError: onnx or onnx_ir is not installed.

    >>> writer = OnnxWriter()
    >>> two = writer.constant(np.array([2.0], np.float32), "two")
    >>> writer.node("Mul", ["x", two], "y")
    'y'
    >>> port = OnnxPort("x", ("batch", 1)), OnnxPort("y", ("batch", 1))
    >>> model = writer.finish("double", port[:1], port[1:], OnnxVersion(13, 7))
    >>> model.ir_version, [node.op_type for node in model.graph.node]
    (7, ['Mul'])
    """

    def __init__(self, separator: str = "_") -> None:
        if missing := missing_onnx():
            raise MissingToolError(missing, "ONNX model")
        import onnx_ir

        self._ir = onnx_ir
        self._separator = separator
        self._values: dict[str, onnx_ir.Value] = {}
        self._nodes: list[onnx_ir.Node] = []
        self._constants: list[onnx_ir.Value] = []
        self._shared: dict[tuple[str, tuple[int, ...], bytes], onnx_ir.Value] = {}
        self._written: set[str] = set()
        self._reserved: set[str] = set()
        self._counts: dict[str, int] = {}

    @property
    def size(self) -> tuple[int, int]:
        """The number of nodes and of constants."""
        return len(self._nodes), len(self._constants)

    def op_giving(self, tensor: str) -> str:
        """The type of the op whose result a tensor is; "" for a constant or an input."""
        maker = self._value(tensor).producer()
        return maker.op_type if maker is not None else ""

    def unique(self, stem: str) -> str:
        """Reserve a new name: `wanted`, or `wanted` with the first number from 2 that makes it new."""
        name, count = stem, self._counts.get(stem, 1)
        while name in self._reserved:
            count += 1
            name = f"{stem}{self._separator}{count}"
        self._counts[stem] = count
        self._reserved.add(name)
        return name

    def node(self, op: str, inputs: Sequence[str], output: str, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output; the node has the name of its output.

        Args:
            op: its type.
            inputs: names of tensors, "" for an optional input that is left out.
            output: name of the result, which no other node or constant has.
            domain: of the op; "" is ai.onnx.
            attributes: numbers, texts and non-empty sequences of them.

        Returns:
            `output`.
        """
        self._claim(output)
        ordered = dict(sorted(attributes.items()))
        sources = [self._value(name) if name else None for name in inputs]
        result = [self._value(output)]
        self._nodes.append(self._ir.node(op, sources, ordered, domain=domain, outputs=result))
        return output

    def new_node(self, op: str, inputs: Sequence[str], stem: str, **attributes: Any) -> str:
        """Add a node whose output is called `wanted`, or `unique(wanted)` if that name is taken."""
        return self.node(op, inputs, self.unique(stem), **attributes)

    def constant(self, values: NDArray[Any], name: str) -> str:
        """Add a constant of this name, which no other node or constant has."""
        self._claim(name)
        value = self._value(name)
        value.const_value = self._ir.Tensor(np.array(values, order="C"), name=name)
        self._constants.append(value)
        return name

    def shared_constant(self, values: NDArray[Any], stem: str) -> str:
        """A constant: an equal one of the same type and shape if there is one, else a new one.

        Minus zero counts as zero, so that equal constants have equal bytes.
        """
        array = np.asarray(values + values.dtype.type(0), order="C").reshape(values.shape)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._shared:
            self._shared[key] = self._value(self.constant(array, self.unique(stem)))
        return str(self._shared[key].name)

    def rename(self, names: Mapping[str, str]) -> None:
        """Rename tensors, all at once; the keys are the present names."""
        values = [(self._values.pop(old), old, new) for old, new in names.items() if old in self._values]
        for value, old, new in values:
            value.name = new
            self._values[new] = value
            self._written.discard(old)
        self._written.update(new for _, _, new in values)

    def finish(
        self,
        name: str,
        inputs: Sequence[OnnxPort],
        outputs: Sequence[OnnxPort],
        version: OnnxVersion,
        metadata: Mapping[str, str] | None = None,
        doc: str = "",
    ) -> onnx.ModelProto:
        """The model; the writer cannot be used afterwards.

        Args:
            name: of the graph.
            inputs: the tensors that are fed.
            outputs: the tensors that come out.
            version: of its ops and of the file.
            metadata: entries of the model's metadata, in their order.
            doc: the model's description.

        Raises:
            ValueError: a node reads a tensor that nothing gives, which would be a fault of the caller.
        """
        from onnx import helper

        defined = self._written.union(port.name for port in inputs)
        if dangling := sorted(self._values.keys() - defined):
            raise ValueError(f"nothing gives the tensor {dangling[0]}")
        for node in self._nodes:
            node.name = node.outputs[0].name
        graph = self._ir.Graph(
            [self._port(port) for port in inputs],
            [self._port(port) for port in outputs],
            nodes=self._nodes,
            initializers=self._constants,
            opset_imports={"": version.opset, **dict(version.domains)},
            name=name,
        )
        model = self._ir.to_proto(
            self._ir.Model(
                graph,
                ir_version=version.ir_version,
                producer_name="edgeml",
                producer_version=__version__,
                doc_string=doc or None,
            )
        )
        if metadata:
            helper.set_model_props(model, dict(metadata))
        return model

    def _value(self, name: str) -> onnx_ir.Value:
        if name not in self._values:
            self._values[name] = self._ir.Value(name=name)
        return self._values[name]

    def _claim(self, name: str) -> None:
        """Note that a node or constant gives this tensor.

        Raises:
            ValueError: another one gives it already, which would be a fault of the caller.
        """
        if name in self._written:
            raise ValueError(f"two nodes or constants give the tensor {name}")
        self._written.add(name)
        self._reserved.add(name)

    def _port(self, port: OnnxPort) -> onnx_ir.Value:
        value = self._value(port.name)
        value.shape = self._ir.Shape(port.shape)
        value.type = self._ir.TensorType(self._ir.DataType.DOUBLE if port.double else self._ir.DataType.FLOAT)
        return value
