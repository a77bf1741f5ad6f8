"""Training samples that stay on the disk: the same weights, bounded memory, one error where it cannot be."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from edgeml import presets
from edgeml.datasets import StreamedRows
from edgeml.errors import EdgemlError
from edgeml.keras.load import load_model
from edgeml.presets import DataSpec, prepare
from edgeml.training.train import train

LIMITED = """
import resource, sys
import numpy as np
import sklearn.model_selection  # before the limit
from edgeml.presets import DataSpec, prepare
spec = DataSpec(dataset=sys.argv[1], stream=sys.argv[2] == "stream", scaling="unit", task="classification")
used = int(next(line for line in open("/proc/self/status") if line.startswith("VmData")).split()[1]) * 1024
resource.setrlimit(resource.RLIMIT_DATA, (used + 150_000_000, resource.RLIM_INFINITY))
data = prepare(spec)
print(len(data.x_train), data.x_train[[5, 3]].sum(), float(data.x_train[199:200].max()))
"""


@pytest.fixture
def digits(tmp_path):
    """The digits as a user's file with all parts."""
    whole = presets.prepare(presets.load("digits_mlp").data).dataset
    arrays = {
        f"{axis}_{part}": getattr(whole, f"{axis}_{part}")
        for part in ("train", "val", "test")
        for axis in "xy"
    }
    arrays["x_train"] = arrays["x_train"].astype(np.uint8)
    path = tmp_path / "digits.npz"
    np.savez(path, **arrays)
    return path


@pytest.mark.slow  # four trainings
def test_training_from_the_disk_gives_the_same_weights(digits, tmp_path):
    preset = presets.load("digits_mlp")
    settings = [f"data.dataset={digits}"]
    runs = [
        train(preset, tmp_path / name, presets.choose(preset, [*settings, *more], seed=1, epochs=1))
        for name, more in (("memory", []), ("disk", ["data.stream=true"]))
    ]
    weights = [load_model(run.model_file).get_weights() for run in runs]
    for ours, theirs in zip(*weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert isinstance(runs[1].data().x_train, StreamedRows)
    assert runs[1].config.checksum == runs[0].config.checksum


def test_rows_are_those_of_memory(digits):
    spec = DataSpec(dataset=str(digits), scaling="unit", constant=16, flatten=True)
    memory, disk = prepare(spec), prepare(spec.model_copy(update={"stream": True}))
    rows = disk.x_train
    assert (rows.shape, len(rows), rows.ndim) == (memory.x_train.shape, len(memory.x_train), 2)
    np.testing.assert_array_equal(rows[[7, 2, 7]], memory.x_train[[7, 2, 7]])
    np.testing.assert_array_equal(np.asarray(rows), memory.x_train)
    assert (rows.min(), rows.max()) == (memory.x_train.min(), memory.x_train.max())


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA counts mapped memory on Linux alone")
def test_memory_is_bounded(tmp_path):
    x = np.zeros((200, 1 << 20), np.uint8)  # 200 MB, 800 MB as float32
    x[199] = 255
    small, y = np.zeros((4, 1 << 20), np.uint8), np.arange(200) % 2
    parts = {"x_val": small, "y_val": y[:4], "x_test": small, "y_test": y[:4]}
    np.savez(tmp_path / "large.npz", x_train=x, y_train=y, **parts)
    command = [sys.executable, "-c", LIMITED, str(tmp_path / "large.npz")]
    done = subprocess.run([*command, "stream"], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["200", "0.0", "0.99609375"], done.stderr
    assert "MemoryError" in subprocess.run([*command, "memory"], capture_output=True, text=True).stderr


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"scaling": "standard"}, r"data\.scaling=standard is fitted to all samples.*leave data\.stream out"),
        ({"task": "regression"}, "only classes can be trained from the disk"),
        ({"split": "random"}, "shuffles all samples"),
        ({"dataset": "other.csv"}, r"is no \.npz file"),
        ({"dataset": "absent.npz"}, "no such data file"),
    ],
)
def test_what_needs_all_samples_is_refused(digits, settings, message):
    with pytest.raises(EdgemlError, match=message):
        prepare(DataSpec(**{"dataset": str(digits), "stream": True, "task": "classification"} | settings))


def test_files_that_cannot_be_mapped_are_refused(digits, tmp_path):
    with np.load(digits) as stored:
        arrays = dict(stored)
    path = tmp_path / "other.npz"
    spec = DataSpec(dataset=str(path), stream=True, task="classification")
    np.savez_compressed(path, **arrays)
    with pytest.raises(EdgemlError, match=r"x_train is compressed.*save it with numpy\.savez"):
        prepare(spec)
    np.savez(path, **{key: array for key, array in arrays.items() if key != "x_val"})
    with pytest.raises(EdgemlError, match=r"has no array x_val.*needs all three parts"):
        prepare(spec)
    np.savez(path, **arrays | {"x_train": arrays["x_train"].astype(str)})
    with pytest.raises(EdgemlError, match="x_train holds <U"):
        prepare(spec)
    whole = digits.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(EdgemlError, match=r"damaged|no readable"):
        prepare(spec)
