"""ECG5000: single heartbeats of 140 samples, normal or not; the training part of the UCR archive's set.

The archive's five classes are taken as two, as its users do for anomaly detection: class 1 is normal, the
four others (R-on-T premature ventricular contraction, premature ventricular contraction, supraventricular
beat, unclassified) are not. One of them has two samples only, too few for three parts.

Looked for in $EDGEML_DATA as `ecg5000.npz`: x (500, 140), y from 0 to 4.
"""

from __future__ import annotations

import numpy as np

from edgeml.datasets._base import DatasetInfo, Raw, Split
from edgeml.datasets._readers import read_npz
from edgeml.datasets._sources import Sources

DATASET = DatasetInfo(
    title="heartbeats, 140 samples of one lead, normal or abnormal",
    licence="none stated",
    source="Chen et al., ECG5000 of the UCR archive; PhysioNet, BIDMC congestive heart failure, record 07",
    url="https://www.timeseriesclassification.com/description.php?Dataset=ECG5000",
    shape=(140, 1),
    classes=("normal", "abnormal"),
    samples=500,
    checksum="967bcd3699f8d40dd08e6c720eeb7b8b4e913f97ab0239c4b8ac21cab4b7998c",
)


def load(sources: Sources) -> Raw:
    """The published training part, not split.

    Raises:
        EdgemlError: no file, or a damaged one.
    """
    path = sources.own_file(
        "ecg5000.npz", DATASET.url, "the training part as x (500, 140) and y (0 for normal, 1 to 4)"
    )
    arrays = read_npz(path, ("x", "y"))
    labels = (arrays["y"].reshape(-1) != 0).astype(np.int64)
    return Raw(Split(arrays["x"][..., None], labels), DATASET.classes)
