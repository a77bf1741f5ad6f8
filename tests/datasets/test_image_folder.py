"""Folders of images: classes by folder, parts if they are there, one error for whatever is no image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgeml import datasets
from edgeml.errors import EdgemlError
from edgeml.presets import DataSpec, prepare

RNG = np.random.default_rng(0)


def pictures(
    folder: Path, classes=("rose", "tulip"), count: int = 10, size=(6, 4), channels: int = 3
) -> None:
    for name in classes:
        (folder / name).mkdir(parents=True)
        for number in range(count):
            shape = (6, 4) if channels == 1 else (6, 4, channels)
            pixels = RNG.integers(0, 256, shape, dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")


def test_a_folder_per_class(tmp_path):
    pictures(tmp_path / "flowers")
    (tmp_path / "flowers" / "notes.txt").write_text("no image")
    data = datasets.load(tmp_path / "flowers")
    assert data.class_names == ("rose", "tulip")
    assert data.sample_shape == (6, 4, 3)
    assert [len(data.x_train), len(data.x_val), len(data.x_test)] == [12, 4, 4]
    with Image.open(tmp_path / "flowers" / "rose" / "3.png") as opened:
        image = np.asarray(opened)
    every = np.concatenate([data.x_train, data.x_val, data.x_test])
    assert (every == image).all(axis=(1, 2, 3)).any()
    assert datasets.load(tmp_path / "flowers").checksum == data.checksum
    assert prepare(DataSpec(dataset=str(tmp_path / "flowers"), scaling="unit")).task == "classification"


def test_parts_that_are_given_stay(tmp_path):
    for part, count in (("train", 10), ("test", 3)):
        pictures(tmp_path / part, count=count, channels=1)
    data = datasets.load(tmp_path)
    assert data.sample_shape == (6, 4, 1)
    assert [len(data.x_train), len(data.x_val), len(data.x_test)] == [18, 2, 6]


def test_what_is_no_data_set_of_images_is_one_error(tmp_path, monkeypatch):
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(EdgemlError, match="has no images.*folder per class"):
        datasets.load(empty)
    one = tmp_path / "one"
    pictures(one / "train")
    with pytest.raises(EdgemlError, match="has train but not train and test"):
        datasets.load(one)
    pictures(one / "test", classes=("rose",))
    with pytest.raises(EdgemlError, match="test has no images of class 'tulip'"):
        datasets.load(one)
    odd = tmp_path / "odd"
    pictures(odd)
    Image.new("RGB", (5, 5)).save(odd / "tulip" / "4.png")
    with pytest.raises(EdgemlError, match=r"4\.png: is an image of 5x5 pixels and 3 channels.*4x6"):
        datasets.load(odd)
    Image.fromarray(np.zeros((6, 4), np.uint16)).save(odd / "tulip" / "4.png")
    with pytest.raises(EdgemlError, match=r"4\.png"):
        datasets.load(odd)
    whole = (odd / "tulip" / "5.png").read_bytes()
    (odd / "tulip" / "4.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(EdgemlError, match=r"4\.png: cannot be read as an image"):
        datasets.load(odd)
    (odd / "tulip" / "4.png").write_bytes(b"GIF89a nothing")
    with pytest.raises(EdgemlError, match=r"4\.png: cannot be read as an image"):
        datasets.load(odd)
    monkeypatch.setenv("EDGEML_MAX_DATA_GB", "1e-6")
    with pytest.raises(EdgemlError, match=r"20 images of \(6, 4, 3\) has .* GB.*set EDGEML_MAX_DATA_GB=1"):
        datasets.load(odd)
