"""NSL-KDD: network connections, normal or an attack; 119 features after one-hot encoding, not scaled.

The published training and test part differ by design: the test part has attacks that training never shows.
The training part here is the publisher's KDDTrain+_20Percent. Looked for in $EDGEML_DATA as `nsl_kdd.npz`:
x_train (25192, 119), y_train, x_test (22544, 119), y_test, feature_names.
"""

from __future__ import annotations

from edgeml.datasets._base import DatasetInfo, Raw, Split
from edgeml.datasets._readers import read_npz
from edgeml.datasets._sources import Sources

_KEYS = ("x_train", "y_train", "x_test", "y_test", "feature_names")

DATASET = DatasetInfo(
    title="NSL-KDD network connections, 119 features, normal or attack",
    licence="none stated",
    source="Tavallaee et al.: A Detailed Analysis of the KDD CUP 99 Data Set, 2009; UNB CIC",
    url="https://www.unb.ca/cic/datasets/nsl.html",
    shape=(119,),
    classes=("normal", "attack"),
    samples=47_736,
)


def load(sources: Sources) -> Raw:
    """The published parts.

    Raises:
        EdgemlError: no file, or a damaged one.
    """
    path = sources.own_file(
        "nsl_kdd.npz", DATASET.url, f"the symbolic fields one-hot: {', '.join(_KEYS)} (0 normal, 1 attack)"
    )
    arrays = read_npz(path, _KEYS)
    train, test = (Split(arrays[f"x_{part}"], arrays[f"y_{part}"].reshape(-1)) for part in ("train", "test"))
    features = tuple(str(name) for name in arrays["feature_names"].ravel())
    return Raw(train, DATASET.classes, test, features=features)
