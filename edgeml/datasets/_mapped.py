"""Arrays of an .npz file that stay on the disk, and rows of them that are scaled when they are read.

An uncompressed .npz file has its arrays as they lie in memory, so that the system can map one and read the
pages that are asked for. A compressed one is refused, with how to save it.

Invariant: what is taken of such an array costs memory for the rows that were asked for, not for the array.
"""

from __future__ import annotations

import math
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from edgeml.datasets._base import Array, blocks_of
from edgeml.errors import EdgemlError, excerpt
from edgeml.reading import refusing

_LOCAL_HEADER = 30  # bytes, then the name and an extra field, whose lengths are its last two numbers


class StreamedRows:
    """Samples on the disk that are made ready when rows of them are taken.

    Args:
        stored: raw values, shape (n, ...).
        ready: from raw rows to the input of a model, float32.

    Attributes:
        fault: the error with which rows could not be read; None if there was none.
    """

    dtype = np.dtype(np.float32)

    def __init__(self, stored: Array, ready: Callable[[Array], Array]) -> None:
        self._stored, self._ready = stored, ready
        self.shape = (len(stored), *ready(stored[:1]).shape[1:])
        self.ndim = len(self.shape)
        self.fault: EdgemlError | None = None  # TensorFlow, which takes rows, loses what is raised here

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> Array:
        try:
            return self._ready(np.asarray(self._stored[rows]))
        except EdgemlError as error:
            self.fault = error
            raise

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        """All rows in memory, for those who need them all."""
        del copy
        return self[:].astype(dtype or self.dtype, copy=False)

    def min(self) -> float:
        """The least value."""
        return min(float(block.min()) for block in blocks_of(self))

    def max(self) -> float:
        """The largest value."""
        return max(float(block.max()) for block in blocks_of(self))


def mapped(path: Path, key: str) -> Array:
    """An array of an .npz file, read-only, of which nothing is read yet.

    Raises:
        EdgemlError: the file is missing or damaged, the array is compressed, not there, or no numbers.
    """
    where = str(path)
    if not path.is_file():
        raise EdgemlError("there is no such data file", where)
    with refusing(where, "is no readable .npz file", "get the file again; it may be truncated"):
        with zipfile.ZipFile(path) as archive:
            members = {info.filename: info for info in archive.infolist()}
        member = members.get(f"{key}.npy")
        if member is None:
            raise EdgemlError(f"has no array {key}", where, f"it has: {excerpt(', '.join(members), 300)}")
        if member.compress_type != zipfile.ZIP_STORED:
            raise EdgemlError(
                f"{key} is compressed and cannot stay on the disk", where, "save it with numpy.savez"
            )
        with path.open("rb") as file:
            file.seek(member.header_offset)
            name, extra = struct.unpack("<HH", file.read(_LOCAL_HEADER)[-4:])
            begins = member.header_offset + _LOCAL_HEADER + name + extra
            file.seek(begins)
            shape, fortran, dtype = _header(file, where)
            offset = file.tell()
        size = math.prod(shape) * dtype.itemsize
        if dtype.kind not in "biuf" or min(shape, default=0) < 1 or fortran:
            hint = "save plain numbers in C order, with at least one sample"
            raise EdgemlError(f"{key} holds {dtype} of shape {shape}", where, hint)
        if offset + size > begins + member.file_size:
            raise ValueError(f"{key} declares {size} bytes and has {member.file_size}")
        return np.memmap(path, dtype, "r", offset, shape)


def _header(file: Any, where: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise EdgemlError("holds no array of numbers", where, "save plain arrays")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning)  # of headers that Python 2 wrote
        if version == (1, 0):
            return np.lib.format.read_array_header_1_0(file)
        return np.lib.format.read_array_header_2_0(file)
