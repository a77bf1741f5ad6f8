"""Wines: 13 measurements, 3 cultivars, part of scikit-learn; no download."""

from __future__ import annotations

from edgeml.datasets._base import DatasetInfo, Raw, Split
from edgeml.datasets._readers import read_bundled
from edgeml.datasets._sources import Sources

DATASET = DatasetInfo(
    title="wines, 13 measurements, 3 cultivars",
    licence="CC BY 4.0",
    source="Forina et al., UCI, DOI 10.24432/C5PC7J",
    url="https://archive.ics.uci.edu/dataset/109/wine",
    shape=(13,),
    classes=("class_0", "class_1", "class_2"),
    samples=178,
)


def load(sources: Sources) -> Raw:
    """The arrays that scikit-learn ships.

    Raises:
        MissingToolError: scikit-learn is not installed.
    """
    data = read_bundled("load_wine")
    return Raw(Split(data.data, data.target), DATASET.classes)
