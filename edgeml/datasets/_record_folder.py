"""A folder of TFRecord files as a data set, whose training samples stay on the disk.

    digits/train-0.tfrecord  digits/train-1.tfrecord  digits/val.tfrecord  digits/test.tfrecord

A record is a `tf.train.Example` with `x` or `image` (numbers, bytes of pixels 0..255, or an encoded PNG or
JPEG), `y` or `label` (a whole number or text), and perhaps `shape` (of a sample).

Invariant: all samples have the shape of the first; a record that has not ends in one error with its file and
number.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from edgeml.datasets._base import Array
from edgeml.datasets._disk import DiskRows
from edgeml.datasets._image_folder import pixels_of
from edgeml.datasets._tf_example import Feature, example, places_of
from edgeml.errors import EdgemlError, excerpt

_PATTERN = "*.tfrecord*"
_ENCODED = (b"\x89PNG", b"\xff\xd8\xff")
_SAMPLE, _LABEL = ("x", "image"), ("y", "label")


def is_record_folder(folder: Path) -> bool:
    """True if TFRecord files lie in a folder."""
    return folder.is_dir() and next(folder.glob(_PATTERN), None) is not None


def record_parts(folder: Path) -> dict[str, RecordRows]:
    """The samples of the parts train, val and test, none of which is kept in memory.

    Raises:
        EdgemlError: a part is missing, or a file is no TFRecord or damaged.
    """
    parts = {part: sorted(folder.glob(f"{part}{_PATTERN}")) for part in ("train", "val", "test")}
    absent = [part for part, files in parts.items() if not files]
    if absent:
        hint = f"name the files {absent[0]}.tfrecord, or {absent[0]}-0.tfrecord and so on"
        raise EdgemlError(f"has no TFRecord file of the part {absent[0]}", str(folder), hint)
    return {part: RecordRows(files) for part, files in parts.items()}


class RecordRows(DiskRows):
    """The samples of TFRecord files in their order.

    Args:
        files: one or more.

    Raises:
        EdgemlError: one of them is damaged, or has no records.
    """

    def __init__(self, files: list[Path]) -> None:
        self._places = [(file, *place) for file in files for place in places_of(file)]
        if not self._places:
            raise EdgemlError("has no records", str(files[0]), "write at least one")
        first = self._sample(0)
        super().__init__(len(self._places), first.shape, first.dtype)

    def read(self, index: int) -> Array:
        """One sample.

        Raises:
            EdgemlError: its record is damaged, or has another shape than the first.
        """
        sample = self._sample(index)
        if sample.shape != self.shape[1:]:
            what = f"has a sample of shape {sample.shape}, and the first has {self.shape[1:]}"
            raise EdgemlError(what, self._where(index), "make all alike")
        return sample

    def labels(self) -> Array:
        """The labels of all records, whole numbers or text, shape (n,).

        Raises:
            EdgemlError: a record has none, or several.
        """
        return np.array([self._label(index) for index in range(len(self._places))])

    def _label(self, index: int) -> int | str:
        value = self._named(index, _LABEL)
        if len(value) != 1 or (isinstance(value, np.ndarray) and value.dtype.kind != "i"):
            what = f"has a label of {len(value)} values, or one that is no whole number"
            raise EdgemlError(what, self._where(index), "a label is an int64 or text")
        return value[0].decode(errors="replace") if isinstance(value, list) else int(value[0])

    def _sample(self, index: int) -> Array:
        value, where = self._named(index, _SAMPLE), self._where(index)
        if isinstance(value, list):
            if len(value) != 1:
                raise EdgemlError(f"has {len(value)} byte strings as its sample", where, "give one")
            if value[0].startswith(_ENCODED):
                return pixels_of(io.BytesIO(value[0]), where)
            value = np.frombuffer(value[0], np.uint8)
        shape = self._features(index).get("shape")
        if not isinstance(shape, np.ndarray):
            return value
        if int(np.prod(shape)) != value.size:
            raise EdgemlError(f"has {value.size} values and the shape {shape.tolist()}", where, "mend it")
        return value.reshape(tuple(int(size) for size in shape))

    def _named(self, index: int, names: tuple[str, ...]) -> Feature:
        features = self._features(index)
        for name in names:
            if name in features:
                return features[name]
        what = f"has no feature {' or '.join(names)}"
        raise EdgemlError(what, self._where(index), f"it has: {excerpt(', '.join(features), 200)}")

    def _features(self, index: int) -> dict[str, Feature]:
        file, offset, length = self._places[index]
        with file.open("rb") as stream:
            stream.seek(offset)
            data = stream.read(length)
        try:
            return example(data)
        except (ValueError, KeyError) as error:
            hint = "write tf.train.Example records"
            raise EdgemlError(f"is no tf.train.Example: {error}", self._where(index), hint) from None

    def _where(self, index: int) -> str:
        return f"{self._places[index][0]}, byte {self._places[index][1]}"
