from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import edgeml
from edgeml import presets
from edgeml.errors import EdgemlError
from edgeml.presets import prepare
from edgeml.runconfig import RunConfig
from edgeml.runs import Run


@pytest.fixture(scope="module")
def preset():
    return presets.load("iris_mlp")


def config(preset, *assignments, seed=0) -> RunConfig:
    choices = presets.choose(preset, assignments, seed)
    return RunConfig.of(preset, choices, prepare(choices.data))


def test_a_written_run_is_read_again(preset, tmp_path):
    wanted = config(preset, "quantizers.layers.fc1.weights.bits=4", "targets.clock_ns=2.5")
    run = Run.create(tmp_path / "run", wanted)
    assert Run.open(tmp_path / "run") == run
    assert run.config == wanted
    assert run.config.preset.file == ""
    assert set(run.config.versions) == {
        "python",
        "edgeml",
        "tensorflow",
        "keras",
        "qkeras",
        "numpy",
        "scikit-learn",
    }
    assert run.config_file.read_text() == wanted.to_toml()


def test_a_run_stands_wherever_its_path_may(preset, tmp_path):
    run = Run.create(tmp_path / "run", config(preset))
    assert Path(run) == tmp_path / "run"
    with pytest.raises(EdgemlError, match="has no float model: it was not trained to the end"):
        edgeml.quantize(run)  # it is found, and nothing is trained yet


def test_the_data_come_back_bit_for_bit(preset, tmp_path):
    run = Run.create(tmp_path / "run", config(preset))
    fresh, again = prepare(presets.choose(preset).data), run.data()
    assert fresh.scaling.kind == "standard"
    for part in ("x_train", "x_val", "x_test"):
        assert getattr(again, part).dtype == np.float32
        np.testing.assert_array_equal(getattr(again, part), getattr(fresh, part))


def test_the_scaling_is_the_runs_own(preset, tmp_path):
    run = Run.create(tmp_path / "run", config(preset))
    text = run.config_file.read_text()
    first = text.index("scale = [")
    run.config_file.write_text(
        text[:first] + "scale = [\n 1, 1, 1, 1 ]\n" + text[text.index("]", first) + 1 :]
    )
    assert not np.array_equal(Run.open(run.folder).data().x_train, run.data().x_train)


def test_a_users_own_data_are_found_from_another_folder(preset, tmp_path, monkeypatch):
    table = "a,b,c,d,kind\n" + "".join(f"{i},{i * i % 7},{i % 3},{-i},{'xyz'[i % 3]}\n" for i in range(60))
    (tmp_path / "flows.csv").write_text(table)
    monkeypatch.chdir(tmp_path)
    run = Run.create(tmp_path / "run", config(preset, "data.dataset=flows.csv", "data.target=kind"))
    monkeypatch.chdir("/")
    assert run.config.data.dataset == str(tmp_path / "flows.csv")
    assert Run.open(run.folder).data().class_names == ("x", "y", "z")


def test_other_data_than_it_was_trained_on_is_an_error(preset, tmp_path):
    run = Run.create(tmp_path / "run", config(preset))
    text = run.config_file.read_text()
    run.config_file.write_text(text.replace("split_seed = 0", "split_seed = 1"))
    with pytest.raises(EdgemlError, match="checksum differs"):
        Run.open(run.folder).data()


@pytest.mark.parametrize(
    ("assignments", "seed", "told"),
    [
        (["training.epochs=7"], 0, "training.epochs is 200 there, 7 now"),
        (["quantizers.weights.bits=5"], 0, "quantizers.weights.bits is 8 there, 5 now"),
        (["quantizers.layers.fc1.biases.bits=5"], 0, "layers.fc1.biases.bits is None there, 5 now"),
        (["data.split_seed=3"], 0, "data.split_seed is 0 there, 3 now"),
        ([], 4, "seed is 0 there, 4 now"),
    ],
)
def test_a_run_of_another_configuration_is_refused_and_left_alone(preset, tmp_path, assignments, seed, told):
    run = Run.create(tmp_path / "run", config(preset))
    run.float_file.write_bytes(b"")
    before = run.config_file.read_bytes()
    with pytest.raises(EdgemlError) as caught:
        Run.create(run.folder, config(preset, *assignments, seed=seed))
    assert told in caught.value.what
    assert "--out" in caught.value.hint
    assert run.config_file.read_bytes() == before


def own(folder, old="", new=""):
    """The iris preset as a user's file, with one text replaced."""
    path = folder / "mine.py"
    text = presets.load("iris_mlp").file.read_text()
    assert old in text
    path.write_text(text.replace(old, new) if old else text)
    return presets.load(path)


def test_a_comment_in_a_preset_file_changes_nothing(tmp_path):
    run = Run.create(tmp_path / "run", config(own(tmp_path)))
    assert run.config.preset.file == str(tmp_path / "mine.py")
    run.model_file.write_bytes(b"")
    again = config(own(tmp_path, "summary=", "# changed\n    summary="))
    assert again.preset.sha256 != run.config.preset.sha256
    assert Run.create(run.folder, again) == run


def test_a_changed_preset_file_is_another_configuration_which_says_what_changed(tmp_path):
    run = Run.create(tmp_path / "run", config(own(tmp_path)))
    run.float_file.write_bytes(b"old")
    (run.folder / "onnx").mkdir()
    (run.folder / "letter.txt").write_text("mine")
    wanted = config(own(tmp_path, "QDense(3,", "QDense(4,"))
    with pytest.raises(EdgemlError, match="build in the preset's file was changed") as caught:
        Run.create(run.folder, wanted)
    assert "--overwrite" in caught.value.hint
    assert run.float_file.read_bytes() == b"old"
    assert Run.create(run.folder, wanted, overwrite=True).config == wanted
    assert sorted(path.name for path in run.folder.iterdir()) == ["config.toml", "letter.txt"]
    wider = config(own(tmp_path, "epochs=200, batch_size", "epochs=20, batch_size"))
    run.float_file.write_bytes(b"new")
    with pytest.raises(EdgemlError, match="training.epochs is 200 there, 20 now"):
        Run.create(run.folder, wider)


def test_a_run_of_which_nothing_is_trained_is_begun_anew(preset, tmp_path):
    Run.create(tmp_path / "run", config(preset))
    wanted = config(preset, "training.epochs=7")
    assert Run.create(tmp_path / "run", wanted).config == wanted
    assert Run.open(tmp_path / "run").config == wanted


def test_a_run_of_an_earlier_version_is_compared_by_the_files_bytes(preset, tmp_path):
    now = config(preset)
    old = now.model_copy(update={"preset": now.preset.model_copy(update={"code": {}})})
    run = Run.create(tmp_path / "run", old)
    run.model_file.write_bytes(b"")
    assert Run.create(run.folder, now) == run
    other = now.model_copy(update={"preset": now.preset.model_copy(update={"sha256": "0"})})
    with pytest.raises(EdgemlError, match="preset.sha256 is"):
        Run.create(run.folder, other)


def test_other_targets_need_no_other_training(preset, tmp_path):
    first = Run.create(tmp_path / "run", config(preset))
    second = Run.create(tmp_path / "run", config(preset, "targets.reuse_factor=4"))
    assert second.config.targets.reuse_factor == 4
    assert second.config.created == first.config.created
    assert Run.open(tmp_path / "run") == second


def test_other_versions_matter_only_while_training(preset, tmp_path):
    wanted = config(preset)
    old = wanted.model_copy(update={"versions": wanted.versions | {"keras": "3.0.0"}})
    run = Run.create(tmp_path / "run", old)
    with pytest.raises(EdgemlError, match=r"begun with other versions: keras is 3\.0\.0 there"):
        Run.create(tmp_path / "run", wanted)
    run.model_file.write_bytes(b"")
    assert Run.create(tmp_path / "run", wanted) == run


def test_a_folder_of_something_else_is_refused(preset, tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(EdgemlError, match="not empty and not a run"):
        Run.create(tmp_path, config(preset))
    (tmp_path / "letter.txt").rename(tmp_path / ".tmp-killed")
    Run.create(tmp_path, config(preset))


def test_a_file_in_place_of_the_folder_is_refused(preset, tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(EdgemlError, match="cannot write"):
        Run.create(tmp_path / "run", config(preset))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda text: text[: len(text) // 2], ""),
        (lambda text: text.replace("schema_version = 1", "schema_version = 2"), "schema_version = 2"),
        (lambda text: text.replace("seed = 0", "sed = 0", 1), "did you mean"),
        (lambda text: "", "is missing"),
    ],
)
def test_a_damaged_config_is_one_error(preset, tmp_path, change, what):
    run = Run.create(tmp_path / "run", config(preset))
    run.config_file.write_text(change(run.config_file.read_text()))
    with pytest.raises(EdgemlError) as caught:
        Run.open(run.folder)
    assert what in str(caught.value)
    assert caught.value.where == str(run.config_file)


def test_a_folder_without_a_run(tmp_path):
    with pytest.raises(EdgemlError, match="not a run folder"):
        Run.open(tmp_path)
    with pytest.raises(EdgemlError, match="not a run folder"):
        Run.open(Path("/dev/null"))


def test_a_run_that_was_not_lowered(preset, tmp_path):
    with pytest.raises(EdgemlError, match="no exact graph yet"):
        Run.create(tmp_path / "run", config(preset)).graph()
