"""An hls4ml project compared with a fresh emission: types, constants, code.

Compared are the sources and headers that a simulation or synthesis compiles, hls4ml's own among them, and
both files of every constant. Scripts and the configuration around them are the user's.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from edgeml.backends.hls4ml.manifest import MANIFEST, Hls4mlManifest
from edgeml.deviations import Deviation
from edgeml.deviations.text import compare_text
from edgeml.files import FileSet, read_bytes

_CODE = (".cpp", ".h", ".hpp", ".c")
_WEIGHTS = "firmware/weights/"
_ARRAY = re.compile(r"=\s*\{(.*?)\}\s*;", re.DOTALL)
_DECLARED = re.compile(r"(\w+?)_t\s+\w+\[")
_SHAPE = re.compile(r"//Numpy array shape \[([\d, ]+)\]")


def compare_project(folder: Path, fresh: FileSet) -> tuple[Deviation, ...]:
    """Every file that differs, with the first constant, type or line that does.

    Args:
        folder: the folder of the project.
        fresh: the files of a fresh emission.

    Raises:
        EdgemlError: a file cannot be read.
    """
    deviations: list[Deviation] = []
    for name in fresh:
        if Path(name).suffix not in _CODE and not name.startswith(_WEIGHTS):
            continue
        path = folder / name
        if not path.is_file():
            deviations.append(Deviation(name, "is missing"))
            continue
        content = read_bytes(path, "part of the project")
        if content != fresh[name]:
            compare = _constants if name.startswith(_WEIGHTS) else compare_text
            deviations += compare(name, content, fresh[name])
    deviations += _promises(folder, fresh[MANIFEST])
    # defines.h first: a narrow type in it explains the lines that differ because of it.
    return tuple(sorted(deviations, key=lambda deviation: "defines.h" not in deviation.file))


def _promises(folder: Path, fresh: bytes) -> list[Deviation]:
    """Deviations of the manifest, without its options, which the fresh emission took over."""
    mine, theirs = Hls4mlManifest.read(folder), Hls4mlManifest.parse(fresh, MANIFEST)
    keys = [key for key in Hls4mlManifest.model_fields if key != "options"]
    apart = [key for key in keys if getattr(mine, key) != getattr(theirs, key)]
    return [Deviation(MANIFEST, f"says other {key} than the graph") for key in apart]


def _constants(file: str, content: bytes, fresh: bytes) -> list[Deviation]:
    mine, theirs = content.decode(errors="replace"), fresh.decode()
    a, b = _numbers(mine), _numbers(theirs)
    if a is None or b is None or len(a) != len(b):
        return compare_text(file, content, fresh)
    apart = np.flatnonzero(a != b)
    if not len(apart):
        empty = (_ARRAY.sub("= {};", text) if "{" in text else "" for text in (mine, theirs))
        return compare_text(file, *(text.encode() for text in empty))
    declared, shape = _DECLARED.search(theirs), _SHAPE.search(theirs)
    name = declared[1].replace("_", " ") if declared else "constant"
    at: list[int] = [int(apart[0])]
    if shape is not None:
        sizes = [int(size) for size in shape[1].split(",")]
        if int(np.prod(sizes)) == len(b):
            at = _position(at[0], sizes)
    more = f", and {len(apart) - 1} more differ" if len(apart) > 1 else ""
    return [Deviation(file, f"{name} {at} is {a[apart[0]]:g}, {b[apart[0]]:g} expected{more}")]


def _position(at: int, sizes: list[int]) -> list[int]:
    """Index into an array in C order."""
    indices: list[int] = []
    for size in reversed(sizes):
        at, rest = divmod(at, size)
        indices.insert(0, rest)
    return indices


def _numbers(text: str) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    """The numbers of a .txt, or of the array in a .h; None if they are none."""
    match = _ARRAY.search(text)
    words = (match[1] if match else text).replace("{", " ").replace("}", " ").split(",")
    try:
        return np.array([float(word) for word in words])
    except ValueError:
        return None
