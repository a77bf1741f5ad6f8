"""`edgeml import`: a user's own model becomes a run; what does not fit is one error; and --strict."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgeml as api
from tests.cli.command import Shell


def saved(
    path: Path,
    *,
    norm: bool = False,
    plain: bool = False,
    ends: bool = False,
    units: int = 3,
    inputs: int = 4,
) -> Path:
    """A small untrained QKeras model of `inputs` features and `units` classes in a .keras file.

    With `ends`, a batch normalization stands at the end, where its rounded factors reach the output.
    """
    from edgeml.keras.backend import import_keras, import_qkeras

    keras, qkeras = import_keras(), import_qkeras()

    def bits() -> Any:
        return qkeras.quantized_bits(6, 1, alpha=1)

    keras.utils.set_random_seed(1)
    x = source = keras.Input((inputs,), name="features")
    if plain:
        x = keras.layers.Dense(units, name="logits")(x)
    else:
        x = qkeras.QActivation(qkeras.quantized_bits(8, 3, alpha=1), name="q")(x)
        x = qkeras.QDense(5, kernel_quantizer=bits(), bias_quantizer=bits(), name="fc")(x)
        if norm and not ends:
            x = keras.layers.BatchNormalization(name="norm")(x)
        x = qkeras.QActivation(qkeras.quantized_relu(6, 2), name="act")(x)
        x = qkeras.QDense(units, kernel_quantizer=bits(), bias_quantizer=bits(), name="logits")(x)
    if ends:
        x = keras.layers.BatchNormalization(name="norm")(x)
    model = keras.Model(source, x)
    if norm:
        layer = model.get_layer("norm")
        size = units if ends else 5
        layer.moving_mean.assign([0.1, -0.3, 0.7, 0.2, -0.1][:size])
        layer.moving_variance.assign([0.3, 1.7, 0.9, 2.3, 0.7][:size])
    model.save(path)
    return path


def data(path: Path, features: int = 4, classes: int = 3) -> Path:
    """An .npz of a user's: 90 samples of noise."""
    rng = np.random.default_rng(4)
    x = rng.normal(0, 2, (90, features)).astype(np.float32)
    np.savez(path, x=x, y=np.arange(90) % classes)
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """mine.keras, norm.keras, plain.keras, samples.npz."""
    folder = tmp_path_factory.mktemp("mine")
    saved(folder / "mine.keras")
    saved(folder / "norm.keras", norm=True)
    saved(folder / "plain.keras", plain=True)
    saved(folder / "ends.keras", norm=True, ends=True)
    data(folder / "samples.npz")
    return folder


def test_an_import_is_exported_checked_and_reported(edgeml: Shell, files: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    outcome = edgeml(
        "import", str(files / "mine.keras"), "--data", str(files / "samples.npz"), "--out", str(run), "--json"
    )
    assert outcome.code == 0, outcome
    document = json.loads(outcome.out)
    assert (document["run"], document["graph"]) == (str(run), api.load(run).graph().digest)
    (row,) = document["differences"]
    assert (row["layer"], row["differing"], document["source"]) == ("logits", 0, "Keras, float32")
    assert (run / "model.keras").read_bytes() == (files / "mine.keras").read_bytes()
    assert edgeml("export", str(run), "--to", "onnx,qonnx").code == 0
    checked = edgeml("check", str(run), "--with", "evaluate,keras,onnx,qonnx", "--json")
    assert checked.code == 0, checked
    results = {row["backend"]: row["status"] for row in json.loads(checked.out)["results"]}
    assert results["onnxruntime"] == results["keras"] == results["evaluate"] == "exact"
    assert edgeml("report", str(run)).code == 0
    report = (run / "report.md").read_text()
    assert "edgeml import" in report and "mine.keras" in report
    assert edgeml("show", str(run)).code == 0


def test_a_mismatch_that_was_announced_at_import_does_not_fail_the_check(
    edgeml: Shell, files: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    words = ("--data", str(files / "samples.npz"), "--out", str(run))
    assert edgeml("import", str(files / "ends.keras"), *words).code == 0
    checked = edgeml("check", str(run), "--with", "keras")
    assert checked.code == 0, checked
    row = json.loads((run / "check.json").read_text())["results"][0]
    assert row["status"] == "mismatch" and row["mismatches"] > 0
    assert row["announced"].startswith("expected: norm")
    assert f" {row['mismatches']} " in checked.out and "as announced" in checked.out
    assert re.search(r"as announced, at most [\d,]+ codes?: expected: norm", " ".join(checked.out.split()))
    assert row["max_abs_lsb"] <= row["bound"]
    (run / "model.keras").write_bytes((files / "norm.keras").read_bytes())
    assert edgeml("check", str(run), "--with", "keras").code == 1


def test_the_same_again_goes_on_and_another_is_refused(edgeml: Shell, files: Path, tmp_path: Path) -> None:
    run, samples = str(tmp_path / "run"), str(files / "samples.npz")
    for _ in range(2):
        assert edgeml("import", str(files / "mine.keras"), "--data", samples, "--out", run).code == 0
    other = edgeml("import", str(files / "norm.keras"), "--data", samples, "--out", run)
    assert other.code == 2 and "holds a run of another configuration" in other.err


def test_overwrite_makes_the_graph_anew(edgeml: Shell, files: Path, tmp_path: Path) -> None:
    """Of the same settings too: another version of edgeml may have read the file in another way."""
    args = ("import", str(files / "mine.keras"), "--out", str(tmp_path / "run"))
    assert edgeml(*args).code == 0
    graph = tmp_path / "run/graph.json"
    content = graph.read_bytes()
    graph.write_text("{}")
    assert edgeml(*args, "--overwrite").code == 0
    assert graph.read_bytes() == content


def test_a_data_set_by_name_with_its_scaling(edgeml: Shell, files: Path, tmp_path: Path) -> None:
    words = ("--data", "iris", "--set", "data.scaling=standard", "--set", "targets.board=arty-a7-35t")
    outcome = edgeml("import", str(files / "mine.keras"), *words, "--out", str(tmp_path / "run"))
    assert outcome.code == 0, outcome
    config = api.load(tmp_path / "run").config
    assert (config.data.scaling, config.targets.board) == ("standard", "arty-a7-35t")
    assert config.imported and config.training is None


def test_numbers_that_became_classes_are_told(edgeml: Shell, files: Path, tmp_path: Path) -> None:
    path = data(tmp_path / "from3.npz")
    arrays = dict(np.load(path))
    np.savez(path, x=arrays["x"], y=arrays["y"] + 3)
    words = ("import", str(files / "mine.keras"), "--data", str(path), "--out", str(tmp_path / "run"))
    done = edgeml(*words)
    assert done.code == 0, done
    assert "whole numbers from 3 to 5, taken as 3 classes" in " ".join(done.err.split())
    named = edgeml(*words[:2], "--data", "iris", "--out", str(tmp_path / "iris"))
    assert named.code == 0 and "data iris" not in named.err


class TestBadInput:
    """One error, exit code 2, no folder."""

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("FILES/missing.keras", "--data", "iris"), "missing.keras"),
            (("FILES/mine.keras", "--layer-type", "fc"), "is not NAME=TYPE"),
            (("FILES/mine.keras", "--float-type", "fixed<16>"), "not a fixed-point type"),
            (("FILES/mine.keras", "--layer-type", "f=fixed<16,6>"), "did you mean fc"),
            (("FILES/mine.keras", "--data", "irs"), "did you mean iris"),
            (("FILES/mine.keras", "--data", "FILES/none.npz"), "none.npz"),
            (("FILES/mine.keras", "--data", "digits"), "takes samples of shape (4,)"),
            (("FILES/mine.keras", "--data", "iris", "--set", "data.scalng=unit"), "did you mean scaling"),
            (("FILES/mine.keras", "--data", "iris", "--set", "training.epochs=3"), "training"),
            (("FILES/plain.keras", "--data", "iris"), "is a float model"),
            (("FILES/samples.npz", "--data", "iris"), "cannot import .npz"),
        ],
    )
    def test_is_refused(
        self,
        edgeml: Shell,
        files: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        words: tuple[str, ...],
        said: str,
    ) -> None:
        monkeypatch.chdir(tmp_path)
        self._refused(edgeml, tmp_path, [word.replace("FILES", str(files)) for word in words], said)

    def test_a_truncated_file(
        self, edgeml: Shell, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (files / "cut.keras").write_bytes((files / "mine.keras").read_bytes()[:-300])
        monkeypatch.chdir(tmp_path)
        self._refused(edgeml, tmp_path, [str(files / "cut.keras"), "--data", "iris"], "cut.keras")

    def test_a_file_with_code_in_it(
        self, edgeml: Shell, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(files / "mine.keras") as old, zipfile.ZipFile(buffer, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                new.writestr(name, content.replace(b'"QActivation"', b'"Lambda"'))
        (files / "evil.keras").write_bytes(buffer.getvalue())
        monkeypatch.chdir(tmp_path)
        self._refused(edgeml, tmp_path, [str(files / "evil.keras"), "--data", "iris"], "runs code")

    def test_another_number_of_classes(
        self, edgeml: Shell, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        data(files / "five.npz", classes=5)
        monkeypatch.chdir(tmp_path)
        words = [str(files / "mine.keras"), "--data", str(files / "five.npz")]
        self._refused(edgeml, tmp_path, words, "has 5 classes")

    @staticmethod
    def _refused(edgeml: Shell, folder: Path, words: list[str], said: str) -> None:
        outcome = edgeml("import", *words)
        assert outcome.code == 2, outcome
        assert said in outcome.err.replace("\n", " ")
        assert "Traceback" not in outcome.err
        assert outcome.out == "" and list(folder.iterdir()) == []


class TestStrict:
    """--strict refuses what is else noted and measured."""

    def test_import_notes_what_is_not_exact(self, edgeml: Shell, files: Path, tmp_path: Path) -> None:
        words = ("import", str(files / "norm.keras"), "--data", str(files / "samples.npz"))
        outcome = edgeml(*words, "--out", str(tmp_path / "run"))
        assert outcome.code == 0
        assert "not exact" in outcome.err and "norm" in outcome.err
        strict = edgeml(*words, "--out", str(tmp_path / "strict"), "--strict")
        assert strict.code == 2
        assert "norm" in strict.err and not (tmp_path / "strict").exists()
        again = edgeml(*words, "--out", str(tmp_path / "run"), "--strict")  # the graph is there already
        assert again.code == 2 and "norm" in again.err

    @pytest.mark.parametrize("command", ["train", "run"])
    def test_training_is_refused_before_it_begins(self, edgeml: Shell, tmp_path: Path, command: str) -> None:
        from edgeml.share import share_dir

        text = (share_dir("models") / "iris_mlp.py").read_text()
        marker = "    x = QActivation(q.relu("
        assert marker in text
        layer = '    x = keras.layers.BatchNormalization(name="norm")(x)\n'
        (tmp_path / "mine.py").write_text(text.replace(marker, layer + marker, 1))
        outcome = edgeml(command, str(tmp_path / "mine.py"), "--out", str(tmp_path / "run"), "--strict")
        assert outcome.code == 2
        assert "norm" in outcome.err and "Traceback" not in outcome.err
        assert not (tmp_path / "run" / "float.keras").exists()
