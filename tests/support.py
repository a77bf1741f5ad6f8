"""Shared by tests: skips that say what is missing and where it was looked for."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest


def needs_data(name: str) -> Path:
    """The file `name`.npz of the folder EDGEML_DATA; skips the test if there is none.

    For tests on real data sets that are too big for the repository. `name` is the file's stem: "mnist".
    """
    folder = os.environ.get("EDGEML_DATA")
    if not folder:
        pytest.skip(f"{name}.npz: EDGEML_DATA is not set")
    path = Path(folder) / f"{name}.npz"
    if not path.is_file():
        pytest.skip(f"{name}.npz: not in EDGEML_DATA ({folder})")
    return path


def needs_tool(*names: str) -> str:
    """The path of the first of these programs on PATH or beside this Python; skips the test if there is none.

    A test that calls it carries the marker `tool`.
    """
    for name in names:
        if found := shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent)):
            return found
    pytest.skip(f"no {' or '.join(names)} on PATH or beside {sys.executable}")


def needs_c_compiler(*names: str) -> None:
    """Skips the test if none of these compilers (all if none is named) makes a program with sanitizers.

    A test that calls it carries the marker `tool`.
    """
    from edgeml.backends.c.compilers import COMPILERS, no_compiler

    if reason := no_compiler(names or COMPILERS):
        pytest.skip(reason)
