"""Iris flowers: 4 measurements in centimetres, 3 species, part of scikit-learn; no download."""

from __future__ import annotations

from edgeml.datasets._base import DatasetInfo
from edgeml.datasets._readers import bundled

DATASET = DatasetInfo(
    title="iris flowers, 4 measurements in cm, 3 species",
    licence="CC BY 4.0",
    source="Fisher 1936, UCI, DOI 10.24432/C56C76, with Fisher's own values in samples 34 and 37",
    url="https://archive.ics.uci.edu/dataset/53/iris",
    shape=(4,),
    classes=("setosa", "versicolor", "virginica"),
    samples=150,
    features=("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"),
    checksum="d642a7d7c19a42b30e105a3c2d33155a2e113587cf249dce850c7e9b5f91daf5",
)


load = bundled("load_iris", DATASET)
