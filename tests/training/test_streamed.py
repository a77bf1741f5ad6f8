"""Training samples that stay on the disk: the same weights, bounded memory, one error where it cannot be."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest

from edgeml import presets
from edgeml.datasets import StreamedRows
from edgeml.errors import EdgemlError
from edgeml.keras.load import load_model
from edgeml.presets import DataSpec, prepare
from edgeml.training.fit import PhaseSettings, PhaseTrainer
from edgeml.training.train import train

PARTS = ("train", "val", "test")

LIMITED = """
import resource, sys
import numpy as np
import sklearn.model_selection  # before the limit
from edgeml.presets import DataSpec, prepare
spec = DataSpec(dataset=sys.argv[1], stream=sys.argv[2] == "stream", scaling="unit", task="classification")
used = int(next(line for line in open("/proc/self/status") if line.startswith("VmData")).split()[1]) * 1024
resource.setrlimit(resource.RLIMIT_DATA, (used + 150_000_000, resource.RLIM_INFINITY))
data = prepare(spec)
print(len(data.x_train), data.x_train[[5, 3]].sum(), float(data.x_train[59:60].max()))
"""


@pytest.fixture
def digits(tmp_path):
    """The digits as a user's file with all parts."""
    whole = presets.prepare(presets.load("digits_mlp").data).dataset
    arrays = {f"{axis}_{part}": getattr(whole, f"{axis}_{part}") for part in PARTS for axis in "xy"}
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
    x = np.zeros((60, 1 << 20), np.uint8)  # 60 MB, 240 MB as float32
    x[59] = 255
    small, y = np.zeros((4, 1 << 20), np.uint8), np.arange(60) % 2
    parts = {"x_val": small, "y_val": y[:4], "x_test": small, "y_test": y[:4]}
    np.savez(tmp_path / "large.npz", x_train=x, y_train=y, **parts)
    command = [sys.executable, "-c", LIMITED, str(tmp_path / "large.npz")]
    done = subprocess.run([*command, "stream"], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["60", "0.0", "0.99609375"], done.stderr
    assert "MemoryError" in subprocess.run([*command, "memory"], capture_output=True, text=True).stderr


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"scaling": "standard"}, r"data\.scaling=standard is fitted to all samples.*leave data\.stream out"),
        ({"task": "regression"}, "only classes can be trained from the disk"),
        ({"split": "random"}, "shuffles all samples"),
        ({"dataset": "other.csv"}, r"is no \.npz file and no folder"),
        ({"dataset": "other.csv", "task": "regression", "scaling": "standard"}, r"is no \.npz file"),
        ({"dataset": "absent.npz"}, "no such data file"),
    ],
)
def test_what_needs_all_samples_is_refused(digits, settings, message):
    with pytest.raises(EdgemlError, match=message):
        prepare(DataSpec(**{"dataset": str(digits), "stream": True, "task": "classification"} | settings))


def test_a_table_is_refused_before_its_columns_are_judged(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("a,b,label\n" + "1,red,yes\n2,blue,no\n" * 10)
    spec = DataSpec(dataset=str(table), stream=True)
    for taken in (presets.task_of_data, prepare):
        with pytest.raises(EdgemlError, match=r"table\.csv: is no \.npz file.*numpy\.savez"):
            taken(spec)


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


def written_images(folder, whole, parts=PARTS, count=12):
    """The first digits of every part as pictures, and their arrays."""
    from PIL import Image

    arrays = {}
    for part in parts:
        rows = [np.flatnonzero(getattr(whole, f"y_{part}") == digit)[:count] for digit in (3, 8)]
        for digit, chosen in zip((3, 8), rows, strict=True):
            place = folder / part / str(digit)
            place.mkdir(parents=True)
            for number, row in enumerate(chosen):
                pixels = getattr(whole, f"x_{part}")[row].reshape(8, 8).astype(np.uint8)
                Image.fromarray(pixels).save(place / f"{number:02}.png")
        arrays[part] = np.concatenate([getattr(whole, f"x_{part}")[chosen] for chosen in rows])
    return arrays


def written_records(folder, whole, parts=PARTS, **kinds):
    """The digits as TFRecord files, two of them for the training part."""
    import tensorflow as tf

    folder.mkdir()
    for part in parts:
        x, y = getattr(whole, f"x_{part}"), getattr(whole, f"y_{part}")
        files = [f"{part}.tfrecord"] if part != "train" else ["train-0.tfrecord", "train-1.tfrecord"]
        for file, rows in zip(files, np.array_split(np.arange(len(x)), len(files)), strict=True):
            with tf.io.TFRecordWriter(str(folder / file)) as writer:
                for row in rows:
                    writer.write(an_example(x[row].reshape(8, 8), int(y[row]), **kinds).SerializeToString())


def an_example(x, y, kind="bytes"):
    """An Example as TensorFlow writes it."""
    import tensorflow as tf

    pixels = x.astype(np.uint8)
    if kind == "bytes":
        sample = tf.train.Feature(bytes_list=tf.train.BytesList(value=[pixels.tobytes()]))
    elif kind == "png":
        encoded = tf.io.encode_png(pixels[..., None]).numpy()
        sample = tf.train.Feature(bytes_list=tf.train.BytesList(value=[encoded]))
    elif kind == "float":
        sample = tf.train.Feature(float_list=tf.train.FloatList(value=x.ravel()))
    else:
        sample = tf.train.Feature(int64_list=tf.train.Int64List(value=x.astype(int).ravel()))
    label = tf.train.Feature(int64_list=tf.train.Int64List(value=[y]))
    names = ("image", "label") if kind == "png" else ("x", "y")
    features: dict[str, tf.train.Feature] = dict(zip(names, (sample, label), strict=True))
    if kind == "bytes":
        features["shape"] = tf.train.Feature(int64_list=tf.train.Int64List(value=x.shape))
    return tf.train.Example(features=tf.train.Features(feature=features))


@pytest.fixture(scope="module")
def whole():
    """A few of the digits: each becomes a file or a record."""
    dataset = presets.prepare(presets.load("digits_mlp").data).dataset
    few = {f"{axis}_{part}": getattr(dataset, f"{axis}_{part}")[:120] for part in PARTS for axis in "xy"}
    return replace(dataset, **few)


def test_images_on_the_disk_are_those_of_memory(whole, tmp_path):
    arrays = written_images(tmp_path / "two", whole)
    spec = DataSpec(dataset=str(tmp_path / "two"), scaling="unit", constant=16, flatten=True)
    assert presets.task_of_data(spec)[0] == "classification"
    memory, disk = prepare(spec), prepare(spec.model_copy(update={"stream": True}))
    np.testing.assert_array_equal(disk.x_train[[5, 1]], arrays["train"][[5, 1]].reshape(2, 64) / 16)
    for part in PARTS:
        np.testing.assert_array_equal(np.asarray(getattr(disk, f"x_{part}")), getattr(memory, f"x_{part}"))
        np.testing.assert_array_equal(getattr(disk, f"y_{part}"), getattr(memory, f"y_{part}"))
    assert disk.dataset.checksum == memory.dataset.checksum


def test_images_without_a_part_or_of_another_size_are_refused(whole, tmp_path):
    from PIL import Image

    written_images(tmp_path / "two", whole, ("train", "test"))
    spec = DataSpec(dataset=str(tmp_path / "two"), stream=True)
    with pytest.raises(
        EdgemlError, match="has no val/ with images .data.stream needs train/, val/ and test/"
    ):
        prepare(spec)
    written_images(tmp_path / "two", whole, ("val",))
    Image.new("L", (9, 8)).save(tmp_path / "two/train/8/05.png")
    with pytest.raises(EdgemlError, match=r"8/05\.png: is an image of 9x8 pixels"):
        prepare(spec)
    (tmp_path / "two/train/8/05.png").write_bytes(b"none")
    with pytest.raises(EdgemlError, match=r"8/05\.png: cannot be read as an image"):
        prepare(spec)


@pytest.mark.parametrize("kind", ["bytes", "png", "float", "int"])
def test_records_on_the_disk_are_what_tensorflow_wrote(whole, tmp_path, kind):
    written_records(tmp_path / "digits", whole, kind=kind)
    spec = DataSpec(dataset=str(tmp_path / "digits"), flatten=True, stream=True)
    assert presets.task_of_data(spec)[0] == "classification"
    disk = prepare(spec)
    assert isinstance(disk.x_train, StreamedRows) and disk.class_names == tuple("0123456789")
    for part in PARTS:
        expected = getattr(whole, f"x_{part}").reshape(-1, 64)
        np.testing.assert_array_equal(np.asarray(getattr(disk, f"x_{part}")), expected)
        np.testing.assert_array_equal(getattr(disk, f"y_{part}"), getattr(whole, f"y_{part}"))


def test_damaged_records_are_refused(whole, tmp_path):
    folder = tmp_path / "digits"
    written_records(folder, whole)
    spec = DataSpec(dataset=str(folder), stream=True)
    with pytest.raises(EdgemlError, match=r"TFRecord files stay on the disk .set data\.stream=true"):
        prepare(spec.model_copy(update={"stream": False, "task": "classification"}))
    file = folder / "train-1.tfrecord"
    content = file.read_bytes()
    for damaged, message in (
        (content[:-7], "is truncated in record"),
        (content[:9] + b"?" + content[10:], "is no TFRecord file, or damaged: record 0 at byte 0"),
        (b"\x1f\x8b" + content[2:], "is compressed .write it without compression"),
        (content[:12] + b"\xff" + content[13:], r"train-1\.tfrecord, byte 12: is no tf\.train\.Example"),
        (b"", ""),
    ):
        file.write_bytes(damaged)
        if message:
            with pytest.raises(EdgemlError, match=message):
                prepare(spec)
    assert len(prepare(spec).x_train) == (len(whole.x_train) + 1) // 2  # an empty file has no records
    (folder / "val.tfrecord").unlink()
    with pytest.raises(EdgemlError, match=r"no TFRecord file of the part val .name the files val\.tfrecord"):
        prepare(spec)


def test_numbers_of_a_record_are_read_as_they_are_encoded():
    import tensorflow as tf

    from edgeml.datasets._tf_example import example

    numbers = [0, 1, 127, 128, -1, 2**62, -(2**63), 300]
    feature = tf.train.Feature(int64_list=tf.train.Int64List(value=numbers))
    features = tf.train.Features(feature={"x": feature, "none": tf.train.Feature()})
    read = example(tf.train.Example(features=features).SerializeToString())
    assert list(read["x"]) == numbers and not len(read["none"])
    whole = tf.train.Example(features=features).SerializeToString()
    for end in range(1, len(whole)):
        try:
            example(whole[:end])
        except (ValueError, KeyError):
            continue


@pytest.mark.slow  # two trainings
def test_training_from_records_gives_the_weights_of_memory(digits, tmp_path):
    preset = presets.load("digits_mlp")
    written_records(tmp_path / "records", presets.prepare(preset.data).dataset)
    settings = {"memory": [f"data.dataset={digits}"]}
    settings["disk"] = [f"data.dataset={tmp_path / 'records'}", "data.stream=true"]
    runs = [
        train(preset, tmp_path / name, presets.choose(preset, more, seed=1, epochs=1))
        for name, more in settings.items()
    ]
    weights = [load_model(run.model_file).get_weights() for run in runs]
    for ours, theirs in zip(*weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.slow  # compiles a step
def test_an_image_that_is_damaged_during_training_is_one_error(whole, tmp_path):
    written_images(tmp_path / "two", whole)
    preset = presets.load("digits_mlp")
    settings = [f"data.dataset={tmp_path / 'two'}", "data.stream=true", "data.task=classification"]
    choices = presets.choose(preset, settings)
    data = prepare(choices.data)
    inputs = keras.Input((64,))
    model = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    trainer = PhaseTrainer(model, data, PhaseSettings.of("float", choices.training, 0))
    (tmp_path / "two/train/3/04.png").write_bytes(b"none")
    with pytest.raises(EdgemlError, match=r"3/04\.png: cannot be read as an image"):
        trainer.epoch(trainer.settings.begin(), lambda fraction: None)
