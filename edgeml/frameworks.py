"""Imports of TensorFlow, Keras and QKeras: quiet, and in one configuration."""

from __future__ import annotations

import ast
import importlib
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

ONEDNN = "1" if platform.machine() in ("x86_64", "AMD64") else "0"
"""TF_ENABLE_ONEDNN_OPTS: on where oneDNN's convolutions are exact if their sums are."""

_FRAMEWORKS = ("tensorflow", "keras", "qkeras")


def configure() -> None:
    """Set KERAS_BACKEND, TF_CPP_MIN_LOG_LEVEL and TF_ENABLE_ONEDNN_OPTS where they are not set.

    They are read when TensorFlow and Keras are first imported.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", ONEDNN)
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")


def import_quietly(name: str) -> ModuleType:
    """The module `name`, imported with edgeml's configuration of TensorFlow and Keras.

    Raises:
        ModuleNotFoundError: it is not installed, or a package that it needs is not.
    """
    configure()
    with _quiet_stderr():
        return importlib.import_module(name)


def frameworks_of(source: ast.Module) -> list[str]:
    """The frameworks that a Python file imports at its top level, TensorFlow first."""
    imported: set[str] = set()
    for node in source.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Import):
            imported |= {one.name.partition(".")[0] for one in node.names}
    return [name for name in _FRAMEWORKS if name in imported]


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Keep what C++ libraries write to stderr while they load, and show it only if loading fails.

    TensorFlow's first lines ("could not find cuda drivers") come before its log level is read.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as captured:
        saved = os.dup(2)
        try:
            os.dup2(captured.fileno(), 2)
            yield
        except Exception:  # an interrupt has nothing to show
            os.dup2(saved, 2)
            captured.seek(0)
            sys.stderr.write(captured.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)
