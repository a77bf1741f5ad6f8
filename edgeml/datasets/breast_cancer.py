"""Wisconsin diagnostic breast cancer: 30 features of cell nuclei, 2 classes; part of scikit-learn."""

from __future__ import annotations

from edgeml.datasets._base import DatasetInfo
from edgeml.datasets._readers import bundled

_MEASURES = (
    "radius", "texture", "perimeter", "area", "smoothness",
    "compactness", "concavity", "concave points", "symmetry", "fractal dimension",
)  # fmt: skip

DATASET = DatasetInfo(
    title="breast cancer (Wisconsin diagnostic), 30 features, malignant or benign",
    licence="CC BY 4.0",
    source="Wolberg, Mangasarian, Street: Breast Cancer Wisconsin (Diagnostic), UCI, DOI 10.24432/C5DW2B",
    url="https://archive.ics.uci.edu/dataset/17/breast+cancer+wisconsin+diagnostic",
    shape=(30,),
    classes=("malignant", "benign"),
    samples=569,
    features=(
        *(f"mean {name}" for name in _MEASURES),
        *(f"{name} error" for name in _MEASURES),
        *(f"worst {name}" for name in _MEASURES),
    ),
    checksum="c75e7e0db5e13fa2633a3fafd1f01998c49fe6dcb6ab46bac5e7160ad5782779",
)


load = bundled("load_breast_cancer", DATASET)
