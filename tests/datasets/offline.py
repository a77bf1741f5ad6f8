"""Tiny made-up files in the published formats: NAME(folder) writes what the loader of NAME looks for.

A data set that needs a file needs a function here.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

import numpy as np

from edgeml.datasets import Sources, info

PER_CLASS = 20


def sources(folder: Path, online: bool = False) -> Sources:
    """Sources that look in `folder`/data, /keras and /scikit and nowhere else."""
    for name in ("data", "keras", "scikit"):
        (folder / name).mkdir(exist_ok=True)
    return Sources(folder / "data", folder / "keras", folder / "scikit", online)


def pixels(name: str, channels: tuple[int, ...] = ()) -> dict[str, np.ndarray]:
    """Images of the size of data set `name` and their labels in the layout of keras.datasets."""
    rng = np.random.default_rng(len(name))
    size = info(name).shape[:2]
    arrays = {}
    for part in ("train", "test"):
        y = np.repeat(np.arange(10, dtype=np.uint8), PER_CLASS)
        arrays[f"x_{part}"] = rng.integers(0, 256, (len(y), *size, *channels), dtype=np.uint8)
        arrays[f"y_{part}"] = y
    return arrays


def jet_table() -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Features, labels and feature names like those of the jets."""
    rng = np.random.default_rng(7)
    features = info("jets").features
    assert features is not None
    y = np.array(list("gqtwz") * PER_CLASS)
    return rng.normal(size=(len(y), len(features))).round(4), y, features


def jet_arff() -> str:
    """The jets as OpenML writes them."""
    x, y, features = jet_table()
    lines = ["@RELATION jets", *(f"@ATTRIBUTE {name} REAL" for name in features)]
    lines += ["@ATTRIBUTE class {g,q,t,w,z}", "@DATA"]
    lines += [",".join([*map(str, row), label]) for row, label in zip(x.tolist(), y, strict=True)]
    return "\n".join(lines) + "\n"


def mnist(folder: Path) -> Sources:
    found = sources(folder)
    save(folder / "keras" / "mnist.npz", pixels("mnist"))
    return found


def fashion_mnist(folder: Path) -> Sources:
    found = sources(folder)
    (folder / "keras" / "fashion-mnist").mkdir()
    arrays = pixels("fashion_mnist")
    for published, part in (("train", "train"), ("t10k", "test")):
        for kind, key in (("images-idx3", "x"), ("labels-idx1", "y")):
            array = arrays[f"{key}_{part}"]
            header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
            path = folder / "keras" / "fashion-mnist" / f"{published}-{kind}-ubyte.gz"
            path.write_bytes(gzip.compress(header + array.tobytes()))
    return found


def cifar10(folder: Path) -> Sources:
    found = sources(folder)
    arrays = pixels("cifar10", (3,))
    with tarfile.open(folder / "keras" / "cifar-10-binary.tar.gz", "w:gz") as archive:
        for name, part, rows in [
            *((f"data_batch_{i + 1}.bin", "train", slice(40 * i, 40 * i + 40)) for i in range(5)),
            ("test_batch.bin", "test", slice(None)),
        ]:
            x = arrays[f"x_{part}"][rows].transpose(0, 3, 1, 2).reshape(-1, 3072)
            content = np.hstack([arrays[f"y_{part}"][rows, None], x]).tobytes()
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return found


cifar10_grey = cifar10


def jets(folder: Path) -> Sources:
    """The cache that `sklearn.datasets.fetch_openml` leaves; its own code reads it, without a network."""
    found = sources(folder)
    arff = jet_arff().encode()
    root = folder / "scikit" / "openml" / "openml.org"
    file = "data/v1/download/22101666/hls4ml_lhc_jets_hlf.arff"
    description = {
        "id": "42468",
        "name": "hls4ml_lhc_jets_hlf",
        "version": "1",
        "description": "made up",
        "format": "ARFF",
        "status": "active",
        "file_id": "22101666",
        "default_target_attribute": "class",
        "md5_checksum": hashlib.md5(arff).hexdigest(),
        "url": f"https://www.openml.org/{file}",
    }
    columns = [(name, "numeric") for name in jet_table()[2]] + [("class", "nominal")]
    features = [
        {
            "index": str(i),
            "name": name,
            "data_type": kind,
            "number_of_missing_values": "0",
            "is_target": str(name == "class").lower(),
            "is_ignore": "false",
            "is_row_identifier": "false",
        }
        for i, (name, kind) in enumerate(columns)
    ]
    qualities = [{"name": "NumberOfInstances", "value": str(5 * PER_CLASS)}]
    answers = {
        "data/42468": {"data_set_description": description},
        "data/features/42468": {"data_features": {"feature": features}},
        "data/qualities/42468": {"data_qualities": {"quality": qualities}},
    }
    for name, answer in answers.items():
        _write_gz(root / "api" / "v1" / "json" / f"{name}.gz", json.dumps(answer).encode())
    _write_gz(root / f"{file}.gz", arff)
    return found


def ecg5000(folder: Path) -> Sources:
    y = np.repeat(np.arange(5), PER_CLASS)
    return _own(folder, "ecg5000", {"x": _samples(y, (140,)), "y": y})


def japanese_vowels(folder: Path) -> Sources:
    y = np.repeat(np.arange(9), PER_CLASS)
    arrays = {part: _samples(y, (12, 25)) for part in ("train", "test")}
    named = {f"JapaneseVowels_x_{part}": x for part, x in arrays.items()}
    return _own(folder, "timeseries", named | {f"JapaneseVowels_y_{part}": y for part in arrays})


def magic04(folder: Path) -> Sources:
    y = np.repeat(np.arange(2), PER_CLASS)
    return _own(folder, "magic04", {"x": _samples(y, (10,)), "y": y})


def nsl_kdd(folder: Path) -> Sources:
    y = np.repeat(np.arange(2), PER_CLASS)
    names = np.array([f"feature{number}" for number in range(119)])
    parts = {f"x_{part}": _samples(y, (119,)) for part in ("train", "test")}
    return _own(folder, "nsl_kdd", parts | {"y_train": y, "y_test": y, "feature_names": names})


def _samples(y: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(3).normal(size=(len(y), *shape)).astype(np.float32)


def _own(folder: Path, name: str, arrays: dict[str, np.ndarray]) -> Sources:
    found = sources(folder)
    save(folder / "data" / f"{name}.npz", arrays)
    return found


def save(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """An .npz file."""
    np.savez(path, allow_pickle=False, **arrays)


def _write_gz(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content))
