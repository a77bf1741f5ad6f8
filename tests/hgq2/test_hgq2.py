"""Models that HGQ2 saves, imported without HGQ2, against the integers that HGQ2 traces itself.

`make test-hgq2` writes them in an environment of their own (`networks.py`) and names the folder in
EDGEML_HGQ2 and that environment's Python in EDGEML_HGQ2_PYTHON.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from edgeml import importers
from edgeml.importers import Imported
from edgeml.ir import evaluate

FOLDER = os.environ.get("EDGEML_HGQ2", "")
TRACED_OTHERWISE = "branches"
"""HGQ2 0.2 traces it to other integers than its own model gives; edgeml gives those of the model."""
NETWORKS = ("dense", "convolutional", "skip", "branches", "saturating")

pytestmark = pytest.mark.skipif(not FOLDER, reason="EDGEML_HGQ2 is not set: make test-hgq2 writes the files")


def imported(network: str) -> Imported:
    path = Path(FOLDER) / f"{network}.keras"
    source = importers.SourceFile(path, path.read_bytes())
    assert importers.choose(source) == "hgq2"
    return importers.read(source, importers.ImportOptions("net"))


@pytest.mark.parametrize("network", NETWORKS)
def test_integers_are_those_that_hgq2_traces(network: str) -> None:
    with np.load(Path(FOLDER) / f"{network}.npz", allow_pickle=False) as stored:
        x, y, own = stored["x"], stored["y"], stored["own"].astype(np.float64)
    got = evaluate(imported(network).graph, x).reshape(len(x), -1)
    np.testing.assert_array_equal(got, own)
    if network != TRACED_OTHERWISE:
        np.testing.assert_array_equal(got, y)
    assert len(np.unique(own)) > 10


@pytest.mark.parametrize("network", ["dense", "skip"])
def test_the_model_in_its_own_framework_agrees(network: str) -> None:
    model = imported(network)
    assert model.model.missing() == ""
    with np.load(Path(FOLDER) / f"{network}.npz", allow_pickle=False) as stored:
        rows = importers.compare(model, {model.graph.inputs[0]: stored["x"]})
    assert rows and all(row.differing == 0 for row in rows)
