"""Readers of the formats of data sets: npz, idx and ARFF files, scikit-learn's own sets.

Invariant: nothing here runs code from a file (no pickles); a bad one raises `EdgemlError` and nothing else.
To add a format, add one function that returns arrays.
"""

from __future__ import annotations

import gzip
import lzma
import math
import struct
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from edgeml import install
from edgeml.datasets._base import Array, DatasetInfo, Raw, Split
from edgeml.datasets._limits import check_bytes
from edgeml.datasets._sources import Sources
from edgeml.errors import EdgemlError, MissingToolError, excerpt
from edgeml.files import read_bytes

_IDX_UINT8 = 8
_NPY = b"\x93NUMPY"
_MOST_PACKED = 1100  # deflate cannot pack more than 1,032 to 1
_DAMAGED = (
    *(
        OSError,
        EOFError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        SyntaxError,
        OverflowError,
        RuntimeError,
    ),
    *(struct.error, tokenize.TokenError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError),
)
"""The exceptions of zipfile and NumPy for damaged, encrypted or unknown archives and headers."""


def read_npz(path: Path, keys: Iterable[str] = ()) -> dict[str, Array]:
    """The arrays of an .npz file; those of `keys` if given, which must be there, else all.

    The size in an array's header is compared with the size of its member before anything is allocated.

    Raises:
        EdgemlError: the file is missing, damaged, too large, lacks a key, or holds Python objects.
    """
    if not path.is_file():
        raise EdgemlError("there is no such data file", str(path))
    where = str(path)
    try:
        # Opened here, because NumPy does not close a file that it opened and could not read.
        with path.open("rb") as handle:
            if handle.read(len(_NPY)) == _NPY:
                raise EdgemlError("a single array, no .npz file", where, "save it with numpy.savez")
            with zipfile.ZipFile(handle) as archive:
                there = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
                members = list(keys) or [name for name, info in there.items() if info.filename != name]
                absent = [key for key in members if key not in there]
                if absent:
                    has = f"it has: {excerpt(', '.join(there), 300)}"
                    raise EdgemlError(f"has no array {', '.join(absent)}", where, has)
                total = sum(there[key].file_size for key in members)
                check_bytes(total, "what the file declares", where)
                return {key: _member(archive, there[key], where) for key in members}
    except PermissionError as error:
        raise EdgemlError(f"cannot read the data file: {error.strerror}", where) from error
    except _DAMAGED as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        hint = "get the file again; it may be truncated"
        raise EdgemlError(f"damaged .npz file: {excerpt(reason, 200)}", where, hint) from error


def npz_names(path: Path) -> list[str]:
    """The names of the arrays in an .npz file.

    Raises:
        EdgemlError: the file is missing or damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist()]
    except _DAMAGED:
        return list(read_npz(path))  # whose error names the fault


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str) -> Array:
    """One array, after its declared size was compared with the size of the member."""
    if not info.filename.endswith(".npy"):
        raise EdgemlError(f"{info.filename} is no array", where, "save arrays with numpy.savez")
    if info.file_size > _MOST_PACKED * (info.compress_size + 1000):
        raise ValueError(f"{info.filename} declares {info.file_size} bytes in {info.compress_size}")
    with archive.open(info) as member, warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning)  # of headers that Python 2 wrote
        version = np.lib.format.read_magic(member)
        if version not in ((1, 0), (2, 0)):
            raise EdgemlError(f"{info.filename} is no array of numbers or text", where, "save plain arrays")
        read = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = read(member)
        if dtype.hasobject:
            raise EdgemlError("holds Python objects, which edgeml does not load", where, "save plain arrays")
        size = math.prod(shape) * dtype.itemsize
        if min(shape, default=0) < 0 or size > info.file_size:
            raise ValueError(f"{info.filename} declares {size} bytes and has {info.file_size}")
    with archive.open(info) as member, warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning)
        return np.lib.format.read_array(member, allow_pickle=False)


def read_idx(path: Path) -> Array:
    """The array of an idx file of unsigned bytes, gzipped or not (the format of MNIST's publishers).

    Raises:
        EdgemlError: the file is missing, damaged, or holds another type.
    """
    content = read_bytes(path, "data file")
    try:
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise EdgemlError(f"damaged .gz file: {error}", str(path), "delete it and get it again") from error
    rank = content[3] if len(content) > 3 else 0
    start = 4 + 4 * rank
    if content[:3] != bytes([0, 0, _IDX_UINT8]) or len(content) < start:
        raise EdgemlError("not an idx file of bytes", str(path), "delete it and get it again")
    shape = tuple(int(n) for n in np.frombuffer(content, ">u4", rank, 4))
    values = np.frombuffer(content, np.uint8, -1, start)
    if values.size != int(np.prod(shape)):
        raise EdgemlError(
            f"truncated: {values.size} values for shape {shape}", str(path), "delete it and get it again"
        )
    return values.reshape(shape)


def read_arff(path: Path) -> tuple[Array, Array, tuple[str, ...]]:
    """The numeric columns of an ARFF file, the text of its one nominal column, the names of the numeric ones.

    Raises:
        EdgemlError: the file is damaged, or has not exactly one nominal column beside numeric ones.
        MissingToolError: SciPy, which comes with scikit-learn, is not installed.
    """
    try:
        from scipy.io import arff
    except ImportError as error:
        raise MissingToolError(
            "SciPy is not installed; it reads .arff", str(path), install.command("data")
        ) from error
    try:
        table, meta = arff.loadarff(path)
    except (*_DAMAGED, AttributeError, StopIteration, arff.ArffError) as error:
        raise EdgemlError(f"damaged .arff file: {error}", str(path), "get the file again") from error
    kinds = dict(zip(meta.names(), meta.types(), strict=True))
    labels = [name for name, kind in kinds.items() if kind == "nominal"]
    features = tuple(name for name, kind in kinds.items() if kind == "numeric")
    if len(labels) != 1 or len(features) != len(kinds) - 1 or not features:
        raise EdgemlError("expected numeric columns and one nominal column", str(path), f"it has: {kinds}")
    x = np.stack([table[name] for name in features], axis=1)
    return x, table[labels[0]].astype(str), features


def read_bundled(loader: str, **options: Any) -> Any:
    """The result of `sklearn.datasets.LOADER(...)`, a data set that is part of scikit-learn: no download.

    Raises:
        MissingToolError: scikit-learn is not installed.
    """
    try:
        from sklearn import datasets
    except ImportError as error:
        raise MissingToolError(
            "scikit-learn is not installed; this data set is part of it", loader, install.command("data")
        ) from error
    return getattr(datasets, loader)(**options)


def bundled(loader: str, info: DatasetInfo) -> Callable[[Sources], Raw]:
    """The `load` of a data set that is part of scikit-learn; it raises as `read_bundled` does.

    Args:
        loader: a function of sklearn.datasets, "load_iris".
        info: of the data set; its samples get that shape.
    """

    def load(sources: Sources) -> Raw:
        del sources  # nothing is looked for
        data = read_bundled(loader)
        return Raw(
            Split(data.data.reshape(-1, *info.shape), data.target), info.classes, features=info.features
        )

    return load


def images(x: Array) -> Array:
    """Images with a channel axis: (n, height, width) becomes (n, height, width, 1)."""
    return x[..., None] if x.ndim == 3 else x


def image_parts(path: Path, classes: tuple[str, ...]) -> Raw:
    """Training and test part of an .npz file in the layout of keras.datasets; labels may be a column.

    Raises:
        EdgemlError: the file is damaged or lacks an array.
    """
    arrays = read_npz(path, ("x_train", "y_train", "x_test", "y_test"))
    train, test = (
        Split(
            images(arrays[f"x_{part}"]),
            y[:, 0] if (y := arrays[f"y_{part}"]).ndim == 2 and y.shape[1] == 1 else y,
        )
        for part in ("train", "test")
    )
    return Raw(train, classes, test)
