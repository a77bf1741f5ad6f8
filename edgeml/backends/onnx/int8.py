"""The int8 model that users of embedded CPUs would otherwise take: ONNX Runtime's static quantization.

Weights are int8 per channel, activations uint8 per tensor, calibrated with training samples, written as
QuantizeLinear/DequantizeLinear pairs. It is a baseline to compare accuracy with, not an exact model.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.onnx.session import available, open_session, run_session
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.files import read_bytes
from edgeml.scratch import scratch_folder

_CALIBRATION = 512
"""Samples that are enough for the ranges of activations; more take longer and change nothing."""

_BATCH = 64


def quantize_int8(model: bytes | Path, samples: Any) -> bytes:
    """A float model quantized to int8.

    Args:
        model: the float ONNX model, one input; bytes or a file.
        samples: floats (samples, ...) like its input, from the training split; the first 512 are used.

    Raises:
        EdgemlError: the model cannot be read or quantized, or there are no samples.
        MissingToolError: onnx or onnxruntime is not installed.
    """
    where = str(model) if isinstance(model, Path) else "float model"
    content = read_bytes(model, "float ONNX model") if isinstance(model, Path) else model
    x = np.asarray(samples, np.float32)[:_CALIBRATION]
    if not len(x):
        raise EdgemlError("no samples to calibrate with", where)
    session = open_session(content, where)
    (name, *more) = [port.name for port in session.get_inputs()]
    if more:
        raise EdgemlError(f"has {1 + len(more)} inputs; int8 quantization takes models with one", where)
    run_session(session, [], {name: x[:1]}, where)  # the samples fit
    return _quantized(content, name, x)


def _quantized(content: bytes, name: str, x: NDArray[np.float32]) -> bytes:
    missing = available()
    if missing:
        raise MissingToolError(missing, "int8 model")
    from onnxruntime import quantization

    batches = [{name: x[start : start + _BATCH]} for start in range(0, len(x), _BATCH)]

    class Reader(quantization.CalibrationDataReader):
        """Hands out the batches once."""

        def __init__(self) -> None:
            self._left: Iterator[dict[str, NDArray[np.float32]]] = iter(batches)

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            return next(self._left, None)

    with scratch_folder() as folder:
        source, prepared, target = (Path(folder) / f"{stem}.onnx" for stem in ("float", "prepared", "int8"))
        source.write_bytes(content)
        root = logging.getLogger()
        level = root.level
        root.setLevel(logging.ERROR)  # it advises on standard error what is done here already
        try:
            quantization.quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
            quantization.quantize_static(
                str(prepared),
                str(target),
                Reader(),
                quant_format=quantization.QuantFormat.QDQ,
                per_channel=True,
                activation_type=quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QInt8,
            )
        finally:
            root.setLevel(level)
        return target.read_bytes()
