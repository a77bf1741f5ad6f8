"""Every data set of the folder: its loader on the published file format, and the real data where it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgeml import datasets
from edgeml.datasets import Dataset, Sources
from edgeml.datasets._base import Raw, check_raw
from edgeml.datasets._splits import split
from edgeml.errors import EdgemlError
from tests.datasets import offline


def offline_raw(name: str, folder: Path) -> Raw:
    """The loaded data of the made-up file, or of no file for data that are part of scikit-learn."""
    make = getattr(offline, name, offline.sources)
    try:
        return datasets.read(name, make(folder))
    except EdgemlError as error:
        if make is offline.sources and "downloading is off" in error.what:
            pytest.fail(f"edgeml/datasets/{name}.py needs a file: write {name}(folder) in offline.py")
        raise


def real(name: str) -> Dataset:
    """The real data if it is on this machine."""
    try:
        return datasets.load(name, sources=replace(Sources.default(), online=False))
    except EdgemlError as error:
        if "downloading is off" not in error.what:
            raise
        pytest.skip(f"the data of {name} is not on this machine: {error.where}")


@pytest.mark.parametrize("name", datasets.names())
def test_description_is_complete(name: str) -> None:
    info = datasets.info(name)
    assert info.title
    assert info.licence
    assert info.source
    assert info.url.startswith("https://")
    named = info.targets or info.classes
    assert len(named) == len(set(named)) >= (1 if info.targets else 2)
    assert not (info.targets and info.classes)
    assert info.features is None or (len(info.features),) == info.shape
    assert info.checksum == "" or len(info.checksum) == 64


@pytest.mark.parametrize("name", datasets.names())
def test_loader_reads_the_published_format(name: str, tmp_path: Path) -> None:
    info = datasets.info(name)
    raw = offline_raw(name, tmp_path)
    check_raw(raw, name, len(info.targets))
    assert raw.train.x.shape[1:] == info.shape
    assert raw.classes == info.classes
    assert info.features is None or raw.features == info.features
    if info.targets:
        assert len(np.unique(raw.train.y)) > 1
        return
    assert set(raw.train.y.tolist()) == set(range(len(info.classes)))
    *parts, how = split(raw, 0, name)
    assert all(set(part.y.tolist()) == set(range(len(info.classes))) for part in parts)
    assert how


@pytest.mark.parametrize("name", datasets.names())
def test_without_file_and_network_says_what_to_do(name: str, tmp_path: Path) -> None:
    if not hasattr(offline, name):
        assert datasets.load(name, sources=offline.sources(tmp_path)).name == name
        return
    with pytest.raises(EdgemlError, match="downloading is off") as caught:
        datasets.load(name, sources=offline.sources(tmp_path))
    assert datasets.info(name).url.rpartition("/")[0] in caught.value.hint
    assert "EDGEML_DATA" in caught.value.hint or str(tmp_path / "data") in caught.value.hint


@pytest.mark.parametrize("name", [name for name in datasets.names() if hasattr(offline, name)])
def test_made_up_values_do_not_pass_for_the_published_ones(name: str, tmp_path: Path) -> None:
    with pytest.raises(EdgemlError, match=r"expected|published"):
        datasets.load(name, sources=getattr(offline, name)(tmp_path))


@pytest.mark.parametrize("name", datasets.names())
def test_real_data(name: str) -> None:
    data = real(name)
    info = datasets.info(name)
    for part in ("train", "val", "test"):
        x, y = getattr(data, f"x_{part}"), getattr(data, f"y_{part}")
        assert x.dtype == np.float32
        assert y.dtype == (np.float32 if info.targets else np.int64)
        assert x.shape == (len(y), *info.shape)
        assert not x.flags.writeable
        if info.targets:
            assert y.shape[1:] == (len(info.targets),)
            continue
        assert set(y.tolist()) == set(range(data.n_classes))
    assert data.sample_shape == info.shape
    assert data.class_names == info.classes
    assert data.licence == info.licence
    total = len(data.y_train) + len(data.y_val) + len(data.y_test)
    assert total == info.samples or "subset" in data.note


@pytest.mark.parametrize("name", datasets.names())
def test_same_seed_same_data(name: str) -> None:
    first = real(name)
    sources = replace(Sources.default(), online=False)
    assert datasets.load(name, sources=sources).checksum == first.checksum
    assert datasets.load(name, seed=1, sources=sources).checksum != first.checksum
