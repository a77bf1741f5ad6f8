"""Two gaussians: points of two classes in the plane, made here; the best possible accuracy is known.

Means (-1, -1) and (1, 1), unit variance, equally frequent. The line between them is the best classifier; it
is right with probability Phi(sqrt(2)) = 92.14 %, Phi the distribution function of the normal distribution.
"""

from __future__ import annotations

import numpy as np

from edgeml.datasets._base import DatasetInfo, Raw, Split
from edgeml.datasets._sources import Sources

SEED = 2024

DATASET = DatasetInfo(
    title="two gaussians in the plane, best possible accuracy 92.14 %",
    licence="CC0",
    source="made by edgeml, seed 2024",
    url="https://scikit-learn.org/stable/modules/lda_qda.html",
    shape=(2,),
    classes=("lower", "upper"),
    samples=4000,
    features=("x1", "x2"),
    checksum="b17ec52926de1daf65484f4a48477c8b1ef4714cbe88636a4064c77e28f694c9",
)


def load(sources: Sources) -> Raw:
    """All samples, not split; the same ones each time."""
    del sources  # nothing is looked for
    rng = np.random.default_rng(SEED)
    y = np.arange(DATASET.samples) % 2
    x = rng.normal(size=(DATASET.samples, 2)) + (2 * y - 1)[:, None]
    return Raw(Split(x.round(4), y), DATASET.classes, features=DATASET.features)
