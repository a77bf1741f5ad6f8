"""MAGIC: images of a Cherenkov telescope by ten parameters, a gamma ray or a hadron.

The parameters are those of an ellipse around the image (Hillas). Judged by the share of gammas kept at a
given share of hadrons kept. Looked for in $EDGEML_DATA as `magic04.npz`: x (19020, 10), y with 0 for a gamma.
"""

from __future__ import annotations

from edgeml.datasets._base import DatasetInfo, Raw, Split
from edgeml.datasets._readers import read_npz
from edgeml.datasets._sources import Sources

_FEATURES = ("length", "width", "size", "conc", "conc1", "asym", "m3long", "m3trans", "alpha", "dist")

DATASET = DatasetInfo(
    title="MAGIC telescope, 10 image parameters, gamma or hadron",
    licence="CC BY 4.0",
    source="Bock: MAGIC Gamma Telescope, UCI, DOI 10.24432/C52C8B",
    url="https://archive.ics.uci.edu/dataset/159/magic+gamma+telescope",
    shape=(10,),
    classes=("gamma", "hadron"),
    samples=19_020,
    features=_FEATURES,
    checksum="a9413879b69ebc1e7a03afe730a17a794877327db701baaec84a2f5c223a81a2",
)


def load(sources: Sources) -> Raw:
    """All samples, not split.

    Raises:
        EdgemlError: no file, or a damaged one.
    """
    path = sources.own_file("magic04.npz", DATASET.url, "x (19020, 10) and y (0 gamma, 1 hadron)")
    arrays = read_npz(path, ("x", "y"))
    return Raw(Split(arrays["x"], arrays["y"].reshape(-1)), DATASET.classes, features=_FEATURES)
