"""An imported ONNX model in its own executor: the qonnx package for QONNX, ONNX Runtime for the others.

Invariant: the model that runs is the user's, but for what an executor needs to take it at all: the IR
version, names of QONNX's domains, and more outputs.
"""

from __future__ import annotations

import warnings
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from operator import itemgetter
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml import install
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.importers.affine.compared import Correspondence
from edgeml.importers.base import Floats, SourceModel
from edgeml.importers.onnx_reader import double
from edgeml.importers.onnx_reader.session import session_of
from edgeml.reading import error_text

_IR_VERSION = 10
"""Read by every ONNX Runtime that is supported; QONNX files often have one that is too old or too new."""


class OnnxSource(SourceModel):
    """The shared part of both executors.

    Args:
        model: the ModelProto.
        match: how its tensors and the graph's values belong together.
        where: the file, for messages.
        shapes: of its tensors, with a batch of one.
    """

    def __init__(
        self, model: Any, match: Correspondence, where: str, shapes: Mapping[str, tuple[int, ...]]
    ) -> None:
        self.values = match.values
        self.rounded_layers = match.rounded_layers
        self._model = model
        self._match = match
        self._where = where
        self._shapes = shapes

    def run(self, x: Mapping[str, Floats], keep: Sequence[str] = ()) -> dict[str, Floats]:
        missing = self.missing()
        if missing:
            raise MissingToolError(missing, self.title)
        return self._run(x, keep, self._tensors)

    def run_double(self, x: Mapping[str, Floats], keep: Sequence[str] = ()) -> dict[str, Floats] | None:
        """The model in float64, by the onnx package's reference implementation of every operator."""
        models: dict[tuple[str, ...], double.DoubleModel] = {}

        def tensors(feeds: Mapping[str, NDArray[Any]], names: Sequence[str]) -> Mapping[str, NDArray[Any]]:
            key = tuple(names)
            if key not in models:
                models[key] = double.DoubleModel(self._model, names)
            return models[key].tensors(feeds)

        return self._run(x, keep, tensors)

    def _run(self, x: Mapping[str, Floats], keep: Sequence[str], tensors: Any) -> dict[str, Floats]:
        names_ = tuple(dict.fromkeys((*self._match.graph.outputs, *keep)))
        feeds = self._match.to_source(x)
        names = tuple(dict.fromkeys(self._match.tensors[value][0] for value in names_))
        samples = next(iter(feeds.values())).shape[0]
        batches: dict[str, list[NDArray[Any]]] = {name: [] for name in names}
        for sample in range(samples):
            one = {name: values[sample : sample + 1] for name, values in feeds.items()}
            try:
                results = tensors(one, names)
            except EdgemlError:
                raise
            except Exception as error:  # qonnx raises bare Exception, ONNX Runtime classes of its own
                raise EdgemlError(f"{self.title} cannot run it: {error_text(error)}", self._where) from error
            for name in names:
                batches[name].append(np.asarray(results[name], np.float64))
        return {
            value: self._match.to_graph(value, np.stack(batches[self._match.tensors[value][0]]))
            for value in names_
        }

    def _tensors(self, feeds: Mapping[str, NDArray[Any]], names: Sequence[str]) -> Mapping[str, NDArray[Any]]:
        raise NotImplementedError


class QonnxSource(OnnxSource):
    """The qonnx package's executor."""

    title = "qonnx, float32"

    def __init__(
        self, model: Any, match: Correspondence, where: str, shapes: Mapping[str, tuple[int, ...]]
    ) -> None:
        super().__init__(model, match, where, shapes)
        self._wrapper: Any = None
        self._sessions = _NodeSessions()

    def missing(self) -> str:
        absent = [name for name in ("qonnx", "onnxruntime") if find_spec(name) is None]
        return f"{' and '.join(absent)} not installed ({install.command('qonnx')})" if absent else ""

    def _tensors(self, feeds: Mapping[str, NDArray[Any]], names: Sequence[str]) -> Mapping[str, NDArray[Any]]:
        from qonnx.core.onnx_exec import execute_onnx

        if self._wrapper is None:
            self._wrapper = _wrapped(self._model, self._shapes)
            if not self._wrapper.check_all_tensor_shapes_specified():
                raise EdgemlError(
                    "qonnx cannot run it: it does not work out the shapes of all tensors", self._where
                )
            _check_once(self._wrapper)
            self._node_tensors = _NodeTensors(self._wrapper.graph)
        with _executable(_opset(self._model), self._sessions, self._node_tensors):
            fed = {
                name: values.astype(np.float32).reshape(self._wrapper.get_tensor_shape(name))
                for name, values in feeds.items()
            }
            return execute_onnx(self._wrapper, fed, return_full_exec_context=True)


class OrtSource(OnnxSource):
    """ONNX Runtime."""

    title = "ONNX Runtime"

    def __init__(
        self, model: Any, match: Correspondence, where: str, shapes: Mapping[str, tuple[int, ...]]
    ) -> None:
        super().__init__(model, match, where, shapes)
        self._sessions: dict[tuple[str, ...], Any] = {}

    def missing(self) -> str:
        return "" if find_spec("onnxruntime") else f"onnxruntime not installed ({install.command('')})"

    def _tensors(self, feeds: Mapping[str, NDArray[Any]], names: Sequence[str]) -> Mapping[str, NDArray[Any]]:
        key = tuple(names)
        if key not in self._sessions:
            self._sessions[key] = session_of(self._model, names)
        session = self._sessions[key]
        fed = {
            port.name: feeds[port.name].astype(_KINDS.get(port.type, np.float32))
            for port in session.get_inputs()
        }
        return dict(zip(names, session.run(list(names), fed), strict=True))


_KINDS: Mapping[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
    "tensor(uint16)": np.uint16,
    "tensor(int16)": np.int16,
}


def _wrapped(model: Any, shapes: Mapping[str, tuple[int, ...]]) -> Any:
    """The model as qonnx has it; shapes around its own nodes are given where the file does not state them."""
    import onnx
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.transformation.infer_shapes import InferShapes

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    copy.ir_version = _IR_VERSION
    for node in copy.graph.node:
        node.domain = _NAMES.get(node.domain, node.domain)
    for entry in copy.opset_import:
        entry.domain = _NAMES.get(entry.domain, entry.domain)
    present = {entry.domain for entry in copy.opset_import}
    for domain in sorted({node.domain for node in copy.graph.node} - present - {""}):
        copy.opset_import.append(onnx.helper.make_opsetid(domain, 1))
    constants = {tensor.name for tensor in copy.graph.initializer}
    for port in copy.graph.input:
        dims = port.type.tensor_type.shape.dim
        if port.name not in constants and len(dims) and dims[0].dim_value <= 0:
            dims[0].dim_value = 1
    with _executable(_opset(copy), _NodeSessions()):
        wrapper = ModelWrapper(copy)
        own = [node for node in copy.graph.node if node.domain]
        for name in (name for node in own for name in (*node.input, *node.output)):
            if name in shapes and not wrapper.get_tensor_shape(name):
                wrapper.set_tensor_shape(name, list(shapes[name]))
        return wrapper.transform(InferShapes())


def _check_once(wrapper: Any) -> None:
    """Let qonnx 1.0 remember what it works out for every sample anew, in time quadratic in the nodes.

    Its shapes have been found complete; the order of its nodes is checked here.
    """
    from qonnx.analysis.topology import nodes_topologically_sorted

    order = wrapper.analysis(nodes_topologically_sorted)
    wrapper.analysis = lambda _: order
    wrapper.check_all_tensor_shapes_specified = lambda: True
    wrapper.get_tensor_datatype = cache(wrapper.get_tensor_datatype)


_NAMES: Mapping[str, str] = dict.fromkeys(
    ("onnx.brevitas", "finn.custom_op.general"), "qonnx.custom_op.general"
)
"""Today's name of a domain."""


def _opset(model: Any) -> int:
    return next((entry.version for entry in model.opset_import if not entry.domain), 1)


class _NodeTensors:
    """The tensors of a graph by their names, so that a node's are not looked for among those of all nodes."""

    def __init__(self, graph: Any) -> None:
        self._fields = {
            field: {info.name: (place, info) for place, info in enumerate(getattr(graph, field))}
            for field in ("input", "output", "value_info")
        }

    def of(self, node: Any) -> SimpleNamespace:
        """The part of the graph that qonnx reads to run a node without graphs of its own."""
        names = dict.fromkeys((*node.input, *node.output))
        parts: dict[str, list[Any]] = {}
        for field, infos in self._fields.items():
            chosen = sorted((infos[name] for name in names if name in infos), key=itemgetter(0))
            parts[field] = [info for _, info in chosen]
        return SimpleNamespace(**parts)


class _NodeSessions:
    """ONNX Runtime as the qonnx package uses it: a model of one node at a time, opened once and kept.

    The weights of such a model are its inputs, so that it is small.
    """

    def __init__(self) -> None:
        self._open: dict[bytes, Any] = {}

    def InferenceSession(self, model: bytes) -> Any:  # noqa: N802  ONNX Runtime's name
        """The session of a model, by its bytes."""
        import onnxruntime

        if model not in self._open:
            options = onnxruntime.SessionOptions()
            options.log_severity_level = 4
            options.intra_op_num_threads = 1
            providers = ["CPUExecutionProvider"]
            self._open[model] = onnxruntime.InferenceSession(model, options, providers=providers)
        return self._open[model]


@contextmanager
def _executable(opset: int, sessions: _NodeSessions, tensors: _NodeTensors | None = None) -> Generator[None]:
    """Let qonnx 1.0 write models that ONNX Runtime reads, open each once, and quiet two warnings.

    It looks for the tensors of every node among those of all, in time quadratic in the nodes; with `tensors`
    it is given the node's alone.

    Their IR version is too new, and nodes of the domain channels_last, which are run as ONNX's own, have the
    version of that domain.
    """
    from onnx.helper import make_opsetid
    from qonnx.core import onnx_exec
    from qonnx.custom_op.channels_last import base_wrapped_op
    from qonnx.custom_op.general import quantavgpool2d

    modules: tuple[Any, ...] = (onnx_exec, base_wrapped_op)
    runtimes: tuple[Any, ...] = (*modules, quantavgpool2d)
    originals = [module.qonnx_make_model for module in modules]
    own, whole = onnx_exec.rt, onnx_exec.execute_node

    def run_node(node: Any, context: Any, graph: Any, *args: Any, **kwargs: Any) -> None:
        inner = any(attribute.HasField("g") for attribute in node.attribute)
        if tensors is None or inner or onnx_exec.is_custom_op(node.domain, node.op_type):
            whole(node, context, graph, *args, **kwargs)
        else:
            whole(node, context, tensors.of(node), *args, **kwargs)

    def make(graph_proto: Any, **kwargs: Any) -> Any:
        return originals[0](graph_proto, **{"ir_version": _IR_VERSION, **kwargs})

    def make_plain(graph_proto: Any, **kwargs: Any) -> Any:
        return make(graph_proto, **{**kwargs, "opset_imports": [make_opsetid("", opset)]})

    for module, function in zip(modules, (make, make_plain), strict=True):
        module.qonnx_make_model = function
    for module in runtimes:
        module.rt = sessions
    modules[0].execute_node = run_node
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"numpy\.fix is deprecated", DeprecationWarning)
            warnings.filterwarnings("ignore", "(?s)Output shapes disagree", UserWarning)
            yield
    finally:
        for module, original in zip(modules, originals, strict=True):
            module.qonnx_make_model = original
        for module in runtimes:
            module.rt = own
        modules[0].execute_node = whole
