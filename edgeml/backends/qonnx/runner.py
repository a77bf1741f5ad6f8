"""Execute qonnx.onnx, as it lies on the disk, with the qonnx package.

The package executes node by node, Quant in NumPy and the rest in an ONNX Runtime session each; the batch
size of the file is raised first, so that a session serves many samples.

Invariant: nothing but the file decides what comes out; the graph only tells shapes and types.
"""

from __future__ import annotations

import warnings
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from edgeml import install
from edgeml.backend import Runner, Takes, as_floats
from edgeml.backends.qonnx.model import OUTPUTS_KEY, VALUES_KEY
from edgeml.errors import BrokenArtefactError, EdgemlError, MissingToolError
from edgeml.files import read_bytes
from edgeml.fixed import IntArray, from_float
from edgeml.ir import Graph
from edgeml.ir.layout import LAST, Layout, Order, restore
from edgeml.onnx_model import metadata_of, parse_onnx
from edgeml.reading import parse_json, refusing
from edgeml.stages.model import TensorPlace

FILE = "qonnx.onnx"

_BATCH = 256


class QonnxRunner(Runner):
    """The qonnx package's own executor."""

    name: ClassVar[str] = "qonnx"
    artefact: ClassVar[str] = FILE
    takes: ClassVar[Takes] = Takes.FLOATS

    def available(self) -> str:
        missing = [name for name in ("onnx", "onnxruntime", "qonnx") if find_spec(name) is None]
        return f"{' and '.join(missing)} not installed ({install.command('qonnx')})" if missing else ""

    def run(
        self, folder: Path, graph: Graph, inputs: Mapping[str, NDArray[Any]], keep: Sequence[str] = ()
    ) -> dict[str, IntArray]:
        """Run the file; a float that is no code of its value's type comes back as `fixed.NO_CODE`."""
        missing = self.available()
        if missing:
            raise MissingToolError(missing, self.name)
        inputs = as_floats(inputs, self.name)
        path = folder / FILE
        model = load_model(read_bytes(path, "QONNX model"), str(path))
        outputs = _outputs(model, graph, str(path))
        _check_ports(model, graph, outputs, str(path))
        tensors = {name: (tensor, LAST) for name, tensor in outputs.items()}
        tensors |= _inner(model, graph, keep, str(path))
        samples = next(iter(inputs.values())).shape[0]
        parts: dict[str, list[IntArray]] = {name: [] for name in tensors}
        size = _BATCH if _any_batch(model) else 1
        for start in range(0, max(samples, 1), size):
            feeds = {
                name: np.asarray(values[start : start + size], np.float32) for name, values in inputs.items()
            }
            context = execute(model, feeds, str(path))
            count = min(size, samples - start)
            for name, (tensor, layout) in tensors.items():
                parts[name].append(_codes(graph, name, context[tensor], layout, count))
        return {name: np.concatenate(chunks) for name, chunks in parts.items()}


def load_model(content: bytes, where: str) -> Any:
    """The ModelProto of a QONNX file, checked.

    Raises:
        BrokenArtefactError: it is not valid.
        EdgemlError: it is not readable.
    """
    import onnx

    model = parse_onnx(content, where)
    try:
        onnx.checker.check_model(model)  # pyright: ignore[reportUnknownMemberType]  # PathLike without its type
    except (onnx.checker.ValidationError, UnicodeDecodeError) as error:
        text = str(error).strip().splitlines()
        raise BrokenArtefactError(
            f"is not a valid ONNX model ({text[0] if text else error!r})", where, "export it again"
        ) from error
    return model


def execute(model: Any, feeds: Mapping[str, NDArray[np.float32]], where: str) -> dict[str, NDArray[Any]]:
    """Every tensor of the model for one batch of inputs, computed by the qonnx package.

    Args:
        model: the ModelProto; left as it is.
        feeds: float32 by input name, all with the same number of samples.
        where: the file, for messages.

    Raises:
        BrokenArtefactError: the package cannot execute it.
    """
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.core.onnx_exec import execute_onnx
    from qonnx.transformation.infer_shapes import InferShapes

    samples = next(iter(feeds.values())).shape[0]
    with _same_ir_version(model.ir_version), _deprecated_fix(), _QonnxErrors(where):
        wrapper = ModelWrapper(model, make_deepcopy=True)
        _rebatch(wrapper, samples)
        wrapper = wrapper.transform(InferShapes())
        # The package raises a bare Exception for these two.
        if not wrapper.check_all_tensor_shapes_specified():
            raise ValueError("the shapes of some tensors cannot be inferred")
        for name, values in feeds.items():
            if list(values.shape) != wrapper.get_tensor_shape(name):
                raise ValueError(f"input {name} has another shape than {values.shape}")
        return execute_onnx(wrapper, dict(feeds), return_full_exec_context=True)


def _rebatch(wrapper: Any, samples: int) -> None:
    """Another batch size; the package's own ChangeBatchSize knows one input and one output only."""
    import onnx

    graph = wrapper.model.graph
    live = _live(graph)
    for port in (port for port in (*graph.input, *graph.output) if port.name in live):
        port.type.tensor_type.shape.dim[0].dim_value = samples
    del graph.value_info[:]
    targets = {node.input[1] for node in graph.node if node.op_type == "Reshape"}
    for tensor in graph.initializer:
        if tensor.name in targets:
            shape = onnx.numpy_helper.to_array(tensor).copy()
            shape[0] = samples
            tensor.CopyFrom(onnx.numpy_helper.from_array(shape, tensor.name))


def _live(graph: Any) -> set[str]:
    """The tensors that depend on an input of the model; the others have a batch of one."""
    live = {port.name for port in graph.input}
    for node in graph.node:
        if not live.isdisjoint(node.input):
            live.update(node.output)
    return live


def _any_batch(model: Any) -> bool:
    """False if a constant is joined to a value: its batch of one is then the batch of the model."""
    live = _live(model.graph)
    return not any(node.op_type == "Concat" and not live.issuperset(node.input) for node in model.graph.node)


@contextmanager
def _same_ir_version(version: int) -> Generator[None]:
    """Let qonnx 1.0 write its one-node models in the file's IR version.

    It takes the newest that onnx knows, which ONNX Runtime may not read: onnx 1.23 writes 14, ONNX
    Runtime 1.31 reads up to 13.
    """
    from qonnx.core import onnx_exec as module

    onnx_exec: Any = module
    original = onnx_exec.qonnx_make_model

    def make(graph_proto: Any, **kwargs: Any) -> Any:
        return original(graph_proto, **{"ir_version": version, **kwargs})

    onnx_exec.qonnx_make_model = make
    try:
        yield
    finally:
        onnx_exec.qonnx_make_model = original


@contextmanager
def _deprecated_fix() -> Generator[None]:
    """Let qonnx 1.0 round towards zero by numpy.fix, which NumPy 2.5 deprecates and which is right still."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"numpy\.fix is deprecated", DeprecationWarning)
        yield


class _QonnxErrors:
    """Turn what the package and ONNX Runtime raise for a broken model into a `BrokenArtefactError`.

    The package raises bare Exceptions, of no class of its own, so that only their exact type tells them from
    anything else.
    """

    def __init__(self, where: str) -> None:
        import onnx
        import onnxruntime

        state: Any = onnxruntime.capi.onnxruntime_pybind11_state
        self._where = where
        self._kinds: tuple[type[BaseException], ...] = (
            state.Fail,
            state.InvalidArgument,
            state.InvalidGraph,
            state.NotImplemented,
            state.RuntimeException,
            onnx.shape_inference.InferenceError,
            onnx.checker.ValidationError,
            *(AssertionError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
        )

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or not (kind is Exception or isinstance(error, self._kinds)):
            return
        text = " ".join(str(error).split())
        raise BrokenArtefactError(f"qonnx cannot execute it: {text or repr(error)}", self._where) from error


def _outputs(model: Any, graph: Graph, where: str) -> dict[str, str]:
    """The tensor of each output; its own name, unless an input has that."""
    tensors = _metadata(model, OUTPUTS_KEY, where)
    return {name: str(tensors.get(name, name)) for name in graph.outputs}


def _metadata(model: Any, key: str, where: str) -> dict[str, Any]:
    """A JSON object in the model's metadata; empty if it is not there."""
    text = metadata_of(model).get(key, "{}")
    wrong, hint = f"its metadata {key} cannot be read", "export it again"
    with refusing(where, wrong, hint):
        return dict(parse_json(text, where, "metadata", hint, wrong))


def _check_ports(model: Any, graph: Graph, outputs: Mapping[str, str], where: str) -> None:
    """The model has the inputs and outputs of the graph, with their shapes."""
    for ports, tensors in (
        (model.graph.input, {name: name for name in graph.inputs}),
        (model.graph.output, outputs),
    ):
        shapes = {
            port.name: tuple(dim.dim_value for dim in port.type.tensor_type.shape.dim)[1:] for port in ports
        }
        expected = {tensor: graph.info(name).shape for name, tensor in tensors.items()}
        if shapes != expected:
            raise EdgemlError(f"has {shapes} where the graph has {expected}", where, "export it again")


def places_of(model: Any, graph: Graph, where: str) -> tuple[dict[str, TensorPlace], dict[str, str]]:
    """The tensors of all values that the metadata names, and those of the outputs; they hold plain values.

    Raises:
        EdgemlError: the metadata cannot be read.
    """
    places = {
        name: TensorPlace(tensor, np.array(0), layout)
        for name, (tensor, layout) in _inner(model, graph, list(graph.infos), where, outputs=True).items()
    }
    return places, _outputs(model, graph, where)


def constants_of(model: Any, where: str) -> dict[str, NDArray[Any]]:
    """The tensors that nodes compute from constants alone, such as quantized weights.

    Raises:
        BrokenArtefactError: the package cannot execute the model.
    """
    feeds = {
        port.name: np.zeros((1, *(dim.dim_value for dim in port.type.tensor_type.shape.dim[1:])), np.float32)
        for port in model.graph.input
    }
    live, context = _live(model.graph), execute(model, feeds, where)
    outputs = [output for node in model.graph.node for output in node.output]
    return {name: np.asarray(context[name]) for name in outputs if name not in live}


def _inner(
    model: Any, graph: Graph, keep: Sequence[str], where: str, outputs: bool = False
) -> dict[str, tuple[str, Layout]]:
    """The tensors of inner values that the metadata names, with `outputs` of those of outputs as well."""
    places = _metadata(model, VALUES_KEY, where)
    node_outputs = {output for node in model.graph.node for output in node.output}
    inner: dict[str, tuple[str, Layout]] = {}
    try:
        for name in dict.fromkeys(keep):
            if name in places and name in graph.infos and (outputs or name not in graph.outputs):
                entry = places[name]
                if entry["tensor"] in node_outputs:
                    inner[name] = entry["tensor"], Layout(Order(entry["order"]), tuple(entry["image"]))
    except (ValueError, TypeError, KeyError) as error:
        raise EdgemlError(f"its metadata {VALUES_KEY} cannot be read ({error!r})", where) from error
    return inner


def _codes(graph: Graph, name: str, tensor: NDArray[Any], layout: Layout, samples: int) -> IntArray:
    """A tensor of the model as codes of the graph's value, one row per sample."""
    info = graph.info(name)
    values = np.broadcast_to(restore(tensor, info.shape, layout), (samples, *info.shape))
    return from_float(values, info.type.frac)
