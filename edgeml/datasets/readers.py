"""Readers of what data sets come in: npz, idx and ARFF files, scikit-learn's own sets.

Invariant: nothing here runs code from a file (no pickles); a bad one raises `EdgemlError` and nothing else.
To add a format, add one function that returns arrays.
"""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from edgeml.datasets.base import Array, Part, Raw
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.files import read_bytes

_IDX_UINT8 = 8


def read_npz(path: Path, keys: Iterable[str] = ()) -> dict[str, Array]:
    """The arrays of an .npz file; those of `keys` if given, which must be there, else all.

    Raises:
        EdgemlError: the file is missing, damaged, lacks a key, or holds Python objects.
    """
    if not path.is_file():
        raise EdgemlError("there is no such data file", str(path))
    try:
        # Opened here, since numpy leaves a file that it opened and could not read open.
        with path.open("rb") as handle:
            file = np.load(handle, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise EdgemlError("a single array, no .npz file", str(path), "save it with numpy.savez")
            wanted = list(keys) or file.files
            absent = [key for key in wanted if key not in file.files]
            if absent:
                has = f"it has: {', '.join(file.files)}"
                raise EdgemlError(f"has no array {', '.join(absent)}", str(path), has)
            return {key: file[key] for key in wanted}
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        objects = "pickle" in str(error) or "Object arrays" in str(error)
        what = (
            "holds Python objects, which edgeml does not load" if objects else f"damaged .npz file: {error}"
        )
        hint = "save plain arrays" if objects else "get the file again; it may be truncated"
        raise EdgemlError(what, str(path), hint) from error


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
            "SciPy is not installed; it reads .arff", str(path), "pip install 'edgeml[data]'"
        ) from error
    try:
        table, meta = arff.loadarff(path)
    except (OSError, ValueError, IndexError, StopIteration, NotImplementedError, arff.ArffError) as error:
        raise EdgemlError(f"damaged .arff file: {error}", str(path), "get the file again") from error
    kinds = dict(zip(meta.names(), meta.types(), strict=True))
    labels = [name for name, kind in kinds.items() if kind == "nominal"]
    features = tuple(name for name, kind in kinds.items() if kind == "numeric")
    if len(labels) != 1 or len(features) != len(kinds) - 1 or not features:
        raise EdgemlError("expected numeric columns and one nominal column", str(path), f"it has: {kinds}")
    x = np.stack([table[name] for name in features], axis=1)
    return x, table[labels[0]].astype(str), features


def read_bundled(loader: str) -> Any:
    """What `sklearn.datasets.LOADER()` returns: a data set that is part of scikit-learn, no download.

    Raises:
        MissingToolError: scikit-learn is not installed.
    """
    try:
        from sklearn import datasets
    except ImportError as error:
        raise MissingToolError(
            "scikit-learn is not installed; this data set is part of it", loader, "pip install 'edgeml[data]'"
        ) from error
    return getattr(datasets, loader)()


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
        Part(
            images(arrays[f"x_{part}"]),
            y[:, 0] if (y := arrays[f"y_{part}"]).ndim == 2 and y.shape[1] == 1 else y,
        )
        for part in ("train", "test")
    )
    return Raw(train, classes, test)
