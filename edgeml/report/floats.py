"""The float and int8 ONNX baselines of a run, in ONNX Runtime. Invariant: the files run as they lie there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.onnx.session import open_session, run_session
from edgeml.files import read_bytes
from edgeml.onnx_model import parse_onnx

_BATCH = 1024
_PASSING = ("QuantizeLinear", "DequantizeLinear", "Identity", "Reshape", "Flatten", "Transpose")


class FloatModel:
    """One ONNX model with one float input.

    Args:
        path: the .onnx file.
        threads: for ONNX Runtime; 0 takes all cores.

    Raises:
        EdgemlError: the file is missing or no model that ONNX Runtime can load.
        MissingToolError: onnx or ONNX Runtime is not installed.
    """

    def __init__(self, path: Path, threads: int = 0) -> None:
        content = read_bytes(path, "ONNX model")
        self._where = str(path)
        self._session = open_session(content, self._where, threads)
        self._input = self._session.get_inputs()[0].name
        self._outputs = [self._session.get_outputs()[0].name]
        self._model = parse_onnx(content, self._where, "export the run again")

    @property
    def parameters(self) -> int:
        """Elements of the float initializers."""
        import onnx

        floats = (t for t in self._model.graph.initializer if t.data_type == onnx.TensorProto.FLOAT)
        return sum(int(np.prod(tensor.dims, dtype=np.int64)) for tensor in floats)

    @property
    def constant_bits(self) -> int:
        """Bits of the initializers at their types; scales and zero points are among them."""
        import onnx

        def bits(tensor: Any) -> int:
            kind = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
            return int(np.prod(tensor.dims, dtype=np.int64)) * kind.itemsize * 8

        return sum(bits(tensor) for tensor in self._model.graph.initializer)

    @property
    def threshold(self) -> float:
        """Above it a single output means class 1: 0.5 behind a sigmoid, else 0."""
        producers = {name: node for node in self._model.graph.node for name in node.output}
        node = producers.get(self._outputs[0])
        while node is not None and node.op_type in _PASSING:
            node = producers.get(node.input[0])
        return 0.5 if node is not None and node.op_type in ("Sigmoid", "HardSigmoid") else 0.0

    def predict(self, x: NDArray[np.float32], batch: int = _BATCH) -> NDArray[np.float32]:
        """The first output for float32 samples (samples, ...), `batch` at a time.

        Raises:
            EdgemlError: the model does not run on such samples.
        """
        parts = [
            run_session(self._session, self._outputs, {self._input: x[start : start + batch]}, self._where)[0]
            for start in range(0, len(x), batch)
        ]
        return np.concatenate(parts)
