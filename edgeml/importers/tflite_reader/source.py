"""An imported TensorFlow Lite model in its own interpreter, by the reference kernels.

Invariant: the integers are the interpreter's own; tensors are told apart by their place in the file.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from edgeml import install
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.importers.affine.compared import Correspondence
from edgeml.importers.base import Floats, SourceModel
from edgeml.importers.tflite_reader.model import TfliteModel
from edgeml.reading import FAULTS, error_text

_NO_KERNEL = re.compile(r"Didn't find op for builtin opcode '(\w+)' version '(\d+)'")
"""The message about an operator, such as TILE of Keras 3, of whose version there is no reference kernel."""

_KINDS = {"INT8": np.int8, "UINT8": np.uint8}


class TfliteSource(SourceModel):
    """TFLite's reference kernels.

    Args:
        content: the file.
        model: its parts.
        match: how its tensors and the graph's values belong together.
        where: the file, for messages.
    """

    title = "TensorFlow Lite, reference kernels"

    def __init__(self, content: bytes, model: TfliteModel, match: Correspondence, where: str) -> None:
        self.values = match.values
        self._content = content
        self._model = model
        self._match = match
        self._where = where
        self._interpreter: Any = None

    def missing(self) -> str:
        return "" if find_spec("tensorflow") else f"TensorFlow not installed ({install.command('train')})"

    def run(self, x: Mapping[str, Floats], keep: Sequence[str] = ()) -> dict[str, Floats]:
        if self.missing():
            raise MissingToolError(self.missing(), self.title)
        feeds = self._match.to_source(x)
        places = {self._model.tensors[place].name: place for place in self._model.inputs}
        names_ = tuple(dict.fromkeys((*self._match.graph.outputs, *keep)))
        batches: dict[str, list[Any]] = {value: [] for value in names_}
        try:
            interpreter = self._loaded()
            for sample in range(next(iter(feeds.values())).shape[0]):
                for name, values in feeds.items():
                    kind = _KINDS.get(self._model.tensors[places[name]].kind, np.float32)
                    interpreter.set_tensor(places[name], values[sample : sample + 1].astype(kind))
                interpreter.invoke()
                for value in names_:
                    tensor = interpreter.get_tensor(int(self._match.tensors[value][0]))
                    batches[value].append(np.array(tensor, np.float64))
        except FAULTS as error:
            raise EdgemlError(f"{self.title} cannot run it: {error_text(error)}", self._where) from error
        return {value: self._match.to_graph(value, np.stack(parts)) for value, parts in batches.items()}

    def run_double(self, x: Mapping[str, Floats], keep: Sequence[str] = ()) -> dict[str, Floats]:
        """The same: the kernels compute in integers, which a wider float format does not change."""
        return self.run(x, keep)

    def _loaded(self) -> Any:
        if self._interpreter is None:
            self._interpreter = self._by_reference_kernels()
        return self._interpreter

    def _by_reference_kernels(self) -> Any:
        """The interpreter; by the built-in kernels, which round some products otherwise, if need be."""
        from tensorflow.lite.python.interpreter import OpResolverType

        content: bytes | None = self._content
        while content is not None:
            try:
                return self._interpreter_with(content, OpResolverType.BUILTIN_REF)
            except ValueError as error:
                lacking = _NO_KERNEL.search(str(error))
                if lacking is None:
                    raise
                content = _with_older(content, lacking[1], int(lacking[2]))
        self.title = "TensorFlow Lite, built-in kernels"
        return self._interpreter_with(self._content, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)

    def _interpreter_with(self, content: bytes, kernels: Any) -> Any:
        from tensorflow.lite.python.interpreter import Interpreter

        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "(?s).*tf.lite.Interpreter is deprecated", UserWarning)
            interpreter = Interpreter(
                model_content=content,
                experimental_op_resolver_type=kernels,
                experimental_preserve_all_tensors=True,
                num_threads=1,
            )
        interpreter.allocate_tensors()
        return interpreter


def _with_older(content: bytes, kind: str, version: int) -> bytes | None:
    """The file with an operator of the version before, whose kernel is the same code; None at 1."""
    import flatbuffers
    from tensorflow.lite.python import schema_py_generated as schema

    if version <= 1:
        return None
    model: Any = schema.ModelT.InitFromPackedBuf(content, 0)
    for code in model.operatorCodes:
        if code.builtinCode == getattr(schema.BuiltinOperator, kind):
            code.version = min(code.version, version - 1)
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
