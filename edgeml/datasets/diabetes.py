"""Diabetes: a regression from ten measures of 442 patients, part of scikit-learn; no download.

The target is the published measure of disease progression (25 to 346) divided by 128. A power of two only
moves the binary point, so a deployed model's result times 128 is the published unit, exactly.
"""

from __future__ import annotations

from edgeml.datasets._base import DatasetInfo, Raw, Split
from edgeml.datasets._readers import read_bundled
from edgeml.datasets._sources import Sources

UNIT = 128.0
"""The published target of one in the stored unit."""

DATASET = DatasetInfo(
    title="diabetes, 10 measures of a patient, progression after a year / 128",
    licence="none stated",
    source="Efron, Hastie, Johnstone, Tibshirani: Least Angle Regression, Annals of Statistics, 2004",
    url="https://www4.stat.ncsu.edu/~boos/var.select/diabetes.html",
    shape=(10,),
    classes=(),
    samples=442,
    features=("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"),
    targets=("progression",),
    checksum="b0b43db9a00e84648d97b938bd8d2c86c8610262fa2fdbdd4fd7002e8e7e25f3",
)


def load(sources: Sources) -> Raw:
    """All samples in their own units, not split.

    Raises:
        MissingToolError: scikit-learn is not installed.
    """
    del sources  # nothing is looked for
    data = read_bundled("load_diabetes", scaled=False)
    return Raw(Split(data.data, data.target[:, None] / UNIT), (), features=DATASET.features)
