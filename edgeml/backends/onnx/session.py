"""ONNX Runtime sessions, and its exceptions as one `EdgemlError`."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from numpy.typing import NDArray

from edgeml import install
from edgeml.errors import BrokenArtefactError, EdgemlError, MissingToolError


def available() -> str:
    """Empty if ONNX Runtime can be imported, else how to get it."""
    from importlib.util import find_spec

    missing = [name for name in ("onnx", "onnxruntime") if find_spec(name) is None]
    return f"{' and '.join(missing)} not installed ({install.command()})" if missing else ""


def open_session(
    model: bytes, where: str, threads: int = 0, config: Mapping[str, str] = MappingProxyType({})
) -> Any:
    """A session on the CPU.

    Args:
        model: serialized ModelProto.
        where: the file or model, for messages.
        threads: for one op; 0 leaves it to ONNX Runtime (all cores).
        config: entries of the session's configuration, by ONNX Runtime's names.

    Raises:
        BrokenArtefactError: not a model that ONNX Runtime can load.
        MissingToolError: ONNX Runtime is not installed.
    """
    missing = available()
    if missing:
        raise MissingToolError(missing, where)
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    for key, value in config.items():
        options.add_session_config_entry(key, value)
    with runtime_errors(where):
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def run_session(
    session: Any, outputs: Sequence[str], feeds: Mapping[str, NDArray[Any]], where: str
) -> list[NDArray[Any]]:
    """The outputs of one batch.

    Raises:
        BrokenArtefactError: the model does not run on these inputs.
    """
    try:
        return session.run(list(outputs), dict(feeds))
    except _kinds() as error:  # not a context manager: one costs as much as a small network
        raise _as_edgeml_error(error, where) from error


_SCARCE = ("allocat", "bad_alloc")
"""Words of errors that are about this machine's memory and not about the model."""


@contextmanager
def runtime_errors(where: str) -> Generator[None]:
    """Turn what ONNX Runtime raises into an `EdgemlError`.

    Raises:
        BrokenArtefactError: the block raised an exception of ONNX Runtime, or a ValueError.
    """
    try:
        yield
    except _kinds() as error:
        raise _as_edgeml_error(error, where) from error


def _kinds() -> tuple[type[Exception], ...]:
    """The exceptions of ONNX Runtime, and ValueError."""
    import onnxruntime

    state: Any = onnxruntime.capi.onnxruntime_pybind11_state
    kinds = (state.Fail, state.InvalidArgument, state.InvalidGraph, state.InvalidProtobuf, state.NoSuchFile)
    return (*kinds, state.NotImplemented, state.RuntimeException, state.EPFail, ValueError)


def _as_edgeml_error(error: Exception, where: str) -> EdgemlError:
    text = str(error).strip().splitlines()
    line = text[0] if text else "unknown error"
    kind = EdgemlError if any(word in line for word in _SCARCE) else BrokenArtefactError
    return kind(f"ONNX Runtime: {line}", where)
