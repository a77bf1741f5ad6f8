"""CIFAR-10: colour photographs of 32x32 pixels with values 0..255; 50,000 for training, 10,000 for testing.

Looked for in $EDGEML_DATA as `cifar10.npz` (x_train, y_train, x_test, y_test), `cifar-10-binary.tar.gz` or
`cifar10_subset.npz`, then as `cifar-10-binary.tar.gz` in Keras' cache. Keras itself downloads the Python
version, which consists of pickles; edgeml does not load pickles and takes the binary version of the same
publisher.
"""

from __future__ import annotations

import hashlib
import tarfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from edgeml.datasets._base import DatasetInfo, Raw, Split
from edgeml.datasets._readers import image_parts
from edgeml.datasets._sources import Sources
from edgeml.errors import EdgemlError

_ARCHIVE = "cifar-10-binary.tar.gz"
_SUBSET = "cifar10_subset.npz"

DATASET = DatasetInfo(
    title="CIFAR-10 photographs, 32x32 colour pixels 0..255",
    licence="none stated",
    source="Krizhevsky: Learning Multiple Layers of Features from Tiny Images, 2009",
    url=f"https://www.cs.toronto.edu/~kriz/{_ARCHIVE}",
    shape=(32, 32, 3),
    classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    samples=60_000,
    digest="sha256:c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
)
_RECORD_BYTES = 1 + 3 * 32 * 32  # a label, then the red, the green and the blue plane
_TRAIN_FILES = tuple(f"cifar-10-batches-bin/data_batch_{i}.bin" for i in range(1, 6))
_TEST_FILES = ("cifar-10-batches-bin/test_batch.bin",)


def load(sources: Sources) -> Raw:
    """The published parts, or those of a subset, which says so in its note.

    Raises:
        EdgemlError: no file and no network, or a damaged file.
    """
    path = sources.find(["cifar10.npz", _ARCHIVE, _SUBSET]) or sources.keras_file(
        _ARCHIVE, DATASET.url, DATASET.digest
    )
    if path.name == _ARCHIVE:
        return _read_archive(path)
    raw = image_parts(path, DATASET.classes)
    if path.name != _SUBSET or raw.test is None:
        return raw
    note = f"subset of {len(raw.train.y)}/{len(raw.test.y)}: no accuracy claim"
    return replace(raw, note=note, whole=False)


def _read_archive(path: Path) -> Raw:
    try:
        with path.open("rb") as file:
            digest = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
        with tarfile.open(path) as archive:
            train, test = (_records(archive, names, path) for names in (_TRAIN_FILES, _TEST_FILES))
    except (OSError, EOFError, KeyError, tarfile.TarError, zlib.error) as error:
        raise EdgemlError(f"damaged archive: {error}", str(path), "delete it and get it again") from error
    return Raw(train, DATASET.classes, test, digest=digest)


def _records(archive: tarfile.TarFile, names: tuple[str, ...], path: Path) -> Split:
    content = bytearray()
    for name in names:
        member = archive.extractfile(name)
        if member is None:
            raise EdgemlError(f"{name} is not a file", str(path), "delete the archive and get it again")
        content += member.read()
    if not content or len(content) % _RECORD_BYTES:
        raise EdgemlError(
            f"truncated: {len(content)} bytes", str(path), "delete the archive and get it again"
        )
    records = np.frombuffer(content, np.uint8).reshape(-1, _RECORD_BYTES)
    return Split(records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), records[:, 0])
