"""LHC jets: 16 high-level features of simulated jets, 5 classes; the data set of the hls4ml papers.

Looked for in $EDGEML_DATA as `jets.npz` (x, y, optionally feature_names and class_names) or `jets.arff`
(OpenML's download), else fetched with scikit-learn's `fetch_openml` into its cache. Reading 830,000 samples
from ARFF is slow, so a copy of the arrays is kept beside scikit-learn's file.
"""

from __future__ import annotations

import warnings
from http.client import HTTPException
from typing import Any

import numpy as np

from edgeml import install
from edgeml.datasets import _own_file
from edgeml.datasets._base import Array, DatasetInfo, Raw, Split
from edgeml.datasets._labels import encode
from edgeml.datasets._readers import read_arff
from edgeml.datasets._sources import Sources
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.files import staged_path

_OPENML_ID = 42468
_URL = f"https://www.openml.org/d/{_OPENML_ID}"
_HINT = f"download it from {_URL} and put it as jets.arff into the folder that EDGEML_DATA names"

DATASET = DatasetInfo(
    title="LHC jets, 16 features, 5 classes (gluon, light quark, top, W, Z)",
    licence="CC BY 4.0",
    source="Pierini, Duarte, Tran, Freytsis: hls4ml LHC jets, DOI 10.5281/zenodo.3602260; OpenML 42468",
    url=_URL,
    shape=(16,),
    classes=("g", "q", "t", "w", "z"),
    samples=830_000,
    features=(
        "zlogz",
        "c1_b0_mmdt",
        "c1_b1_mmdt",
        "c1_b2_mmdt",
        "c2_b1_mmdt",
        "c2_b2_mmdt",
        "d2_b1_mmdt",
        "d2_b2_mmdt",
        "d2_a1_b1_mmdt",
        "d2_a1_b2_mmdt",
        "m2_b1_mmdt",
        "m2_b2_mmdt",
        "n2_b1_mmdt",
        "n2_b2_mmdt",
        "mass_mmdt",
        "multiplicity",
    ),
)


def load(sources: Sources) -> Raw:
    """All samples, not split.

    Raises:
        EdgemlError: no file and no network, or a damaged file.
        MissingToolError: scikit-learn is not installed.
    """
    copy = sources.scikit / "openml" / f"edgeml-{_OPENML_ID}.npz"
    path = sources.find(["jets.npz", "jets.arff"])
    if path is not None and path.suffix == ".arff":
        return _raw(*read_arff(path))
    if path is None and copy.is_file():
        path = copy
    if path is not None:
        return _own_file.load(path)
    x, y, features = _fetch(sources)
    with staged_path(copy) as temporary:
        np.savez(temporary, x=x.astype(np.float32), y=y, feature_names=np.array(features))
    return _raw(x, y, features)


def _raw(x: Array, y: Array, features: tuple[str, ...]) -> Raw:
    (labels,), classes = encode([y], None, "jets")
    return Raw(Split(x, labels), classes, features=features)


def _fetch(sources: Sources) -> tuple[Array, Array, tuple[str, ...]]:
    try:
        from sklearn.datasets import fetch_openml
    except ImportError as error:
        raise MissingToolError(
            "scikit-learn is not installed; it reads OpenML", "jets", install.command("data")
        ) from error
    cached = sources.scikit / "openml" / "openml.org" / "api" / "v1" / "json" / "data" / f"{_OPENML_ID}.gz"
    if not sources.online and not cached.is_file():
        raise EdgemlError("data not found and downloading is off", str(cached), _HINT)
    try:
        with warnings.catch_warnings():
            # scikit-learn announces its second try; what comes of it is in the error, if it fails too.
            warnings.filterwarnings("ignore", message="A network error occurred|Invalid cache")
            data: Any = fetch_openml(
                data_id=_OPENML_ID,
                data_home=str(sources.scikit),
                as_frame=False,
                parser="liac-arff",
                n_retries=1,
            )
    # URLError is an OSError; OpenML's refusals and damaged files of the cache are ValueErrors.
    except (OSError, ValueError, KeyError, EOFError, HTTPException) as error:
        raise EdgemlError(f"cannot get the data: {error}", DATASET.url, _HINT) from error
    return data.data, np.array(data.target, dtype=str), tuple(data.feature_names)
