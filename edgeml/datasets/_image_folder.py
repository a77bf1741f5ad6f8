"""A folder of images as a data set: a folder per class, or train/, test/ and val/ with such folders in each.

    flowers/rose/1.png  flowers/tulip/1.png  ...
    flowers/train/rose/1.png  ...  flowers/test/rose/7.png  ...

Pillow reads them: PNG, JPEG, BMP, PPM and PGM, grey or colour, all of one size. Pixels are 0..255, classes
the folders' names in alphabetical order, samples in the order of their names.

Invariant: a file is decoded only after its size was compared with that of the others, and the size of all of
them with the limit; whatever is no such image ends in one error that names the file.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgeml import install
from edgeml.datasets._base import Array, Raw, Split
from edgeml.datasets._disk import DiskRows
from edgeml.datasets._labels import check_names
from edgeml.datasets._limits import check_bytes
from edgeml.errors import EdgemlError, MissingToolError, excerpt

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm")

_PARTS = ("train", "val", "test")
_LAYOUT = "make a folder per class with its images, or train/ and test/ with such folders in each"
_AS_FLOAT = 4  # bytes of a pixel in training


@dataclass(frozen=True)
class ImageFolder:
    """The files of a folder of images, none of which is decoded yet.

    Attributes:
        parts: files by class, by part.
        names: of the classes.
        shape: height, width and channels of the first image.
        first: the first image.
    """

    parts: dict[str, dict[str, list[Path]]]
    names: tuple[str, ...]
    shape: tuple[int, int, int]
    first: Path

    def rows(self, part: str) -> tuple[ImageRows, Array]:
        """The images of a part, and their labels."""
        classes = self.parts[part]
        files = [file for name in self.names for file in classes[name]]
        labels = np.repeat(np.arange(len(self.names)), [len(classes[name]) for name in self.names])
        return ImageRows(files, self.shape, self.first), labels.astype(np.int64)


class ImageRows(DiskRows):
    """Images that are decoded when they are taken.

    Args:
        files: in their order.
        shape: height, width and channels.
        first: the image that has them.
    """

    def __init__(self, files: list[Path], shape: tuple[int, int, int], first: Path) -> None:
        super().__init__(len(files), shape, np.dtype(np.uint8))
        self._files, self._first = files, first

    def read(self, index: int) -> Array:
        """One image.

        Raises:
            EdgemlError: it is damaged, or of another size than the first.
        """
        file, shape = self._files[index], self.shape[1:]
        with _opened(file) as image:
            size = _shape(image)
            if size != shape:
                what = f"is an image of {size[1]}x{size[0]} pixels and {size[2]} channels"
                hint = f"{self._first} has {shape[1]}x{shape[0]} and {shape[2]}: make all alike"
                raise EdgemlError(what, str(file), hint)
            return _pixels(image, file, size)


def load_images(folder: Path) -> Raw:
    """The images below a folder.

    Raises:
        EdgemlError: no images, images of different sizes, a class that a part lacks, a damaged file, or more
            than fit the limit of memory.
        MissingToolError: Pillow is not installed.
    """
    images = image_folder(folder)
    count = sum(len(files) for classes in images.parts.values() for files in classes.values())
    size = _AS_FLOAT * count * int(np.prod(images.shape))
    check_bytes(size, f"{count} images of {images.shape}", str(folder), "or data.stream=true")
    splits = {part: Split(rows[:], y) for part in images.parts for rows, y in [images.rows(part)]}
    return Raw(splits["train"], images.names, splits.get("test"), splits.get("val"))


def image_folder(folder: Path) -> ImageFolder:
    """The images below a folder, not decoded.

    Raises:
        EdgemlError: no images, or a class that a part lacks; or the first one is damaged.
        MissingToolError: Pillow is not installed.
    """
    where = str(folder)
    parts = {part: _classes(folder / part) for part in _PARTS if (folder / part).is_dir()}
    if not parts:
        parts = {"train": _classes(folder)}
    elif "train" not in parts or "test" not in parts:
        raise EdgemlError(f"has {' and '.join(parts)} but not train and test", where, _LAYOUT)
    names = check_names(sorted({name for classes in parts.values() for name in classes}), where)
    for part, classes in parts.items():
        absent = sorted(set(names) - set(classes))
        if absent:
            raise EdgemlError(f"{part} has no images of class {absent[0]!r:.60}", where, _LAYOUT)
    if not names:
        raise EdgemlError("has no images", where, f"{_LAYOUT} ({', '.join(SUFFIXES)})")
    first = next(iter(parts["train"].values()))[0]
    with _opened(first) as image:
        shape = _shape(image)
    return ImageFolder(parts, names, shape, first)


def pixels_of(stream: io.BytesIO, where: str) -> Array:
    """The pixels of an encoded image in memory, 0..255, shape (height, width, channels).

    Raises:
        EdgemlError: it is damaged.
        MissingToolError: Pillow is not installed.
    """
    with _opened(stream, where) as image:
        return _pixels(image, where, _shape(image))


def _classes(folder: Path) -> dict[str, list[Path]]:
    """The files of every class below a folder, classes and files sorted."""
    classes: dict[str, list[Path]] = {}
    for inner in sorted(folder.iterdir()):
        if inner.is_dir() and not inner.name.startswith("."):
            files = [path for path in sorted(inner.iterdir()) if path.suffix.lower() in SUFFIXES]
            if files:
                classes[inner.name] = files
    return classes


@contextmanager
def _opened(file: Path | io.BytesIO, where: str = "") -> Iterator[Any]:
    """An image that is not decoded yet; what is wrong with it becomes an `EdgemlError`."""
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingToolError(
            "Pillow is not installed; it reads images", where or str(file), install.package("pillow")
        ) from error
    try:
        with warnings.catch_warnings():
            # Pillow only warns of an image that would fill the memory.
            warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
            with Image.open(file) as image:
                yield image
    except (OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError) as error:
        what = f"cannot be read as an image: {excerpt(str(error), 300)}"
        raise EdgemlError(what, where or str(file), "delete it or get it again") from error


def _shape(image: Any) -> tuple[int, int, int]:
    """Height, width and channels."""
    return image.height, image.width, 1 if image.mode[:1] in ("1", "L", "I", "F") else 3


def _pixels(image: Any, file: Path | str, shape: tuple[int, int, int]) -> Array:
    """Pixels of 0..255, shape (height, width, channels)."""
    if image.mode[:1] in ("I", "F"):
        raise EdgemlError(f"has pixels of {image.mode}, not of 8 bits", str(file), "save it with 8 bits")
    return np.asarray(image.convert("L" if shape[2] == 1 else "RGB"), np.uint8).reshape(shape)
