"""Handwritten digits of 8x8 pixels with values 0..16, part of scikit-learn; no download."""

from __future__ import annotations

from edgeml.datasets._base import DatasetInfo, Raw, Split
from edgeml.datasets._readers import read_bundled
from edgeml.datasets._sources import Sources

DATASET = DatasetInfo(
    title="handwritten digits, 8x8 grey pixels 0..16",
    licence="CC BY 4.0",
    source="Alpaydin, Kaynak: Optical Recognition of Handwritten Digits, UCI, DOI 10.24432/C50P49",
    url="https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
    shape=(8, 8, 1),
    classes=tuple("0123456789"),
    samples=1797,
    checksum="f031434f016577cb2f1bb4af9dc5a7318ce881bdc6536033f06b64951d05a241",
)


def load(sources: Sources) -> Raw:  # noqa: ARG001  every loader has this signature
    """The arrays that scikit-learn ships.

    Raises:
        MissingToolError: scikit-learn is not installed.
    """
    data = read_bundled("load_digits")
    return Raw(Split(data.images[..., None], data.target), DATASET.classes)
