"""Tensors of an ONNX model on many samples, in batches.

Invariant: memory is bounded by a batch where values are streamed; `run` alone keeps all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.onnx.session import open_session, run_session
from edgeml.errors import EdgemlError
from edgeml.onnx_model import parse_onnx

Floats32 = NDArray[np.float32]

_BATCH = 64


class TensorRunner:
    """A model with one input in ONNX Runtime, inner tensors included.

    Args:
        model: a ModelProto, or the bytes of a file.
        where: the file or model, for messages.
        inner: tensors that are wanted beside the outputs.
    """

    def __init__(self, model: Any, where: str, inner: Sequence[str] = ()) -> None:
        import onnx

        copy = onnx.ModelProto()
        copy.CopyFrom(parse_onnx(model, where) if isinstance(model, bytes) else model)
        self.outputs = tuple(port.name for port in copy.graph.output)
        there = {*self.outputs, copy.graph.input[0].name}
        copy.graph.output.extend(onnx.ValueInfoProto(name=name) for name in inner if name not in there)
        self._input = str(copy.graph.input[0].name)
        self._where = where
        self._session = open_session(copy.SerializeToString(), where)

    def stream(self, x: Any, names: Sequence[str], batch: int = _BATCH) -> Iterator[list[Floats32]]:
        """The tensors of one batch after the other, each (batch, ...).

        Raises:
            EdgemlError: the model does not run on such samples.
        """
        computed = [name for name in names if name != self._input]
        for start in range(0, len(x), batch):
            part = np.ascontiguousarray(x[start : start + batch], np.float32)
            values = (
                run_session(self._session, computed, {self._input: part}, self._where) if computed else []
            )
            by_name = {**dict(zip(computed, values, strict=True)), self._input: part}
            for name in computed:
                if by_name[name].shape[:1] != part.shape[:1]:
                    raise EdgemlError(
                        f"the tensor {name!r} has no batch axis in front",
                        self._where,
                        "export the model again",
                    )
            yield [by_name[name] for name in names]

    def run(self, x: Any, names: Sequence[str]) -> list[Floats32]:
        """The tensors of all samples, each (samples, ...).

        Raises:
            EdgemlError: as for `stream`.
        """
        parts = list(self.stream(x, names))
        return [np.concatenate(values) for values in zip(*parts, strict=True)]
