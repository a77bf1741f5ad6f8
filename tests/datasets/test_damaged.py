"""Damaged and hostile .csv and .npz files: an `EdgemlError` or a valid data set, in bounded memory."""

from __future__ import annotations

import io
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgeml import datasets
from edgeml.datasets._base import Dataset
from edgeml.errors import EdgemlError

ROUNDS = 500


def _csv() -> bytes:
    rng = np.random.default_rng(1)
    rows = [f"{a:.3f},{b},{'xyz'[i % 3]}" for i, (a, b) in enumerate(rng.normal(size=(30, 2)))]
    return ("mass,energy,label\n" + "\n".join(rows) + "\n").encode()


def _npz(**changes) -> bytes:
    rng = np.random.default_rng(2)
    arrays = {"x": rng.normal(size=(30, 2)).astype(np.float32), "y": np.arange(30) % 3, **changes}
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _flipped(content: bytes, rng: np.random.Generator) -> bytes:
    damaged = bytearray(content)
    for _ in range(int(rng.integers(1, 4))):
        damaged[int(rng.integers(len(damaged)))] ^= 1 << int(rng.integers(8))
    return bytes(damaged)


def _cut(content: bytes, rng: np.random.Generator) -> bytes:
    first, last = sorted(rng.integers(0, len(content), 2).tolist())
    return content[:last] if rng.integers(2) else content[:first] + content[last:]


_FIELDS = ("", "NA", "?", "1e999", "-1", "0x10", "1,5", '"', "\0", "9" * 30, "é", "true", "1_0", " ", "\r")
_ARRAYS: tuple[Callable[[np.ndarray], np.ndarray], ...] = (
    lambda a: a.astype(complex),
    lambda a: a.astype(str),
    lambda a: a.astype("S"),
    lambda a: a.astype(">f2"),
    lambda a: a.astype(bool),
    lambda a: a.astype("M8[s]"),
    lambda a: a.astype(np.longdouble),
    lambda a: np.asfortranarray(a),
    lambda a: a[:0],
    lambda a: a[0],
    lambda a: a[..., None, None],
    lambda a: a[:-1],
    lambda a: np.array(3.0),
    lambda a: np.full_like(a, -(2**31)),
    lambda a: np.full(a.shape, 2**64 - 1, np.uint64),
    lambda a: np.full(a.shape, np.nan),
    lambda a: np.full(a.shape, 1e300),
    lambda a: a.view([("a", a.dtype)]),
    lambda a: np.array(["a\n", "", "NaN"])[np.arange(len(a)) % 3],
)


def _swapped_field(content: bytes, rng: np.random.Generator) -> bytes:
    lines = [line.split(",") for line in content.decode().split("\n")]
    line = lines[int(rng.integers(len(lines)))]
    line[int(rng.integers(len(line)))] = _FIELDS[int(rng.integers(len(_FIELDS)))]
    return "\n".join(map(",".join, lines)).encode()


def _swapped_array(content: bytes, rng: np.random.Generator) -> bytes:
    with np.load(io.BytesIO(content)) as file:
        arrays = dict(file)
    for key in ("x", "y", "class_names", "feature_names"):
        if rng.integers(2):
            base = arrays.get(key, np.arange(3))
            arrays[key] = _ARRAYS[int(rng.integers(len(_ARRAYS)))](base)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


@pytest.mark.parametrize("damage", [_flipped, _cut, _swapped_field])
def test_damaged_csv(damage, tmp_path: Path) -> None:
    _campaign(_csv(), damage, tmp_path / "own.csv")


@pytest.mark.parametrize("damage", [_flipped, _cut, _swapped_array])
def test_damaged_npz(damage, tmp_path: Path) -> None:
    _campaign(_npz(), damage, tmp_path / "own.npz")


def _campaign(content: bytes, damage, path: Path) -> None:
    rng = np.random.default_rng([5, len(content)])
    refused = 0
    for _ in range(ROUNDS):
        path.write_bytes(damage(content, rng))
        try:
            _valid(datasets.load(path))
        except EdgemlError as error:
            told = error
        else:
            continue
        assert str(path) in told.where
        assert told.what
        assert len(str(told)) < 1200
        refused += 1
    assert refused > ROUNDS // 20


def _valid(data: Dataset) -> None:
    for part in ("train", "val", "test"):
        x, y = getattr(data, f"x_{part}"), getattr(data, f"y_{part}")
        assert x.dtype == np.float32
        assert np.isfinite(x).all()
        assert len(x) == len(y) > 0
        assert y.min() >= 0
        assert y.max() < data.n_classes
    assert len(set(data.class_names)) == data.n_classes >= 2


def _archive(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def _npy(shape: tuple[int, ...], dtype: str = "<f8", content: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": dtype, "fortran_order": False, "shape": shape})
    return buffer.getvalue() + content


@pytest.mark.parametrize(
    ("members", "what"),
    [
        ({"x.npy": _npy((10**12,)), "y.npy": _npy((1,), content=bytes(8))}, "declares 8000000000000 bytes"),
        ({"x.npy": _npy((-1, 5)), "y.npy": _npy((1,), content=bytes(8))}, "damaged"),
        ({"x": b"1234", "y": b"12"}, "x is no array"),
        ({"x.npy": b"1234", "y.npy": b"12"}, "damaged"),
        ({"x.npy": _npy((2,), "|O"), "y.npy": _npy((1,), content=bytes(8))}, "Python objects"),
        ({}, "has no array x, y"),
    ],
)
def test_npz_that_declares_what_it_does_not_have(members, what, tmp_path: Path) -> None:
    with pytest.raises(EdgemlError, match=what):
        datasets.load(_archive(tmp_path / "own.npz", members))


def test_the_limit_of_the_environment(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "own.npz").write_bytes(_npz(x=np.zeros((30, 500))))
    monkeypatch.setenv("EDGEML_MAX_DATA_GB", "1e-4")
    with pytest.raises(EdgemlError, match=r"the limit is 0\.0001") as caught:
        datasets.load(tmp_path / "own.npz")
    assert "set EDGEML_MAX_DATA_GB=1 " in caught.value.hint
    monkeypatch.setenv("EDGEML_MAX_DATA_GB", "1")
    _valid(datasets.load(tmp_path / "own.npz"))
    for bad in ("much", "-1", "nan"):
        monkeypatch.setenv("EDGEML_MAX_DATA_GB", bad)
        with pytest.raises(EdgemlError, match="EDGEML_MAX_DATA_GB: .* is no positive number"):
            datasets.load(tmp_path / "own.npz")


@pytest.mark.parametrize("numbers", [False, True])
def test_samples_that_do_not_fit_the_memory_are_refused(numbers, tmp_path: Path, monkeypatch) -> None:
    """Before float32 copies are made of them: the system would end the process without a word."""
    (tmp_path / "own.npz").write_bytes(_npz(x=np.zeros((3000, 500), np.uint8), y=np.arange(3000) % 3))
    monkeypatch.setattr("edgeml.datasets._limits.available_mb", lambda: 10)
    with pytest.raises(EdgemlError, match=r"1.5e\+06 values .* 0\.018 GB .* 0\.0105 are free") as caught:
        datasets.load(tmp_path / "own.npz", numbers=numbers)
    assert "data.stream=true" in caught.value.hint and "EDGEML_MAX_DATA_GB=4" in caught.value.hint
    monkeypatch.setenv("EDGEML_MAX_DATA_GB", "4")
    datasets.load(tmp_path / "own.npz", numbers=numbers)


_MEASURE = """
import resource, sys
import numpy, pandas, sklearn.model_selection
from edgeml import datasets
from edgeml.errors import EdgemlError
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    datasets.load(sys.argv[1])
except EdgemlError as error:
    print(error, file=sys.stderr)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


def _growth(path: Path) -> int:
    """The bytes that reading a file adds to the largest size of a fresh process, whose memory is limited."""
    limit = 4 << 30

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(path)], capture_output=True, check=True, preexec_fn=limited
    )
    return int(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", ["narrow", "wide", "long label", "long number", "no number", "long line", "quotes"]
)
def test_csv_takes_at_most_ten_times_its_size(kind: str, tmp_path: Path) -> None:
    path, n = tmp_path / "own.csv", 500_000
    if kind == "narrow":
        text = "a,y\n" + "".join(f"{i % 10},{i % 2}\n" for i in range(n))
    elif kind == "wide":
        text = ",".join([*(f"c{i}" for i in range(2000)), "y"]) + "\n"
        text += "".join("0," * 2000 + f"{i % 2}\n" for i in range(1000))
    elif kind == "long label":
        text = "a,y\n" + "".join(f"{i % 10},{i % 2}\n" for i in range(100_000)) + "1," + "z" * 800_000 + "\n"
    elif kind == "long number":
        text = "a,y\n" + "".join(f"{i % 10},{i % 2}\n" for i in range(100_000)) + "1" * 800_000 + ",1\n"
    elif kind == "no number":
        text = "a,y\n" + "".join(f"{i % 10},{i % 2}\n" for i in range(n)) + "z,1\n"
    elif kind == "long line":
        text = "a,y\n1,1\n" + "".join(f"{i}," for i in range(n))
    else:
        text = "a,y\n" + '"1",' * n
    path.write_text(text)
    assert _growth(path) < 10 * path.stat().st_size + 40e6
