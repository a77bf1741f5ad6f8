"""Handwritten digits of 8x8 pixels with values 0..16, part of scikit-learn; no download."""

from __future__ import annotations

from edgeml.datasets._base import DatasetInfo
from edgeml.datasets._readers import bundled

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


load = bundled("load_digits", DATASET)
