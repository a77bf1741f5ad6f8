"""Training as a user starts, kills and continues it: iris data, a network that is awkward to resume."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgeml import presets
from edgeml.errors import EdgemlError
from edgeml.ir.evaluate import evaluate_codes, input_codes
from edgeml.keras.load import load_model
from edgeml.keras.run import lower_run, trained_model
from edgeml.keras.runner import keras_codes
from edgeml.runs import Run
from edgeml.tasks.classification import predicted_classes
from edgeml.training import fit, goal, state
from edgeml.training.fit import outputs_of
from edgeml.training.history import read_history
from edgeml.training.train import train

PRESET = """
from edgeml.presets import Bits, DataSpec, Preset, Quantizers, Targets, Training


def build(q):
    import keras
    from qkeras import QActivation, QDense

    x = inputs = keras.Input((4,), name="measures")
    x = QActivation(q.input(), name="quantize")(x)
    x = QDense(8, kernel_quantizer=q.kernel("fc1"), bias_quantizer=q.bias("fc1"), name="fc1")(x)
    x = QActivation(q.relu("act1"), name="act1")(x)
    x = keras.layers.Dropout(0.2)(x)
    x = QDense(3, kernel_quantizer=q.kernel("logits"), bias_quantizer=q.bias("logits"), name="logits")(x)
    return keras.Model(inputs, x)


PRESET = Preset(
    summary="small, with random numbers in training",
    build=build,
    data=DataSpec(dataset="iris", scaling="standard"),
    quantizers=Quantizers(
        inputs=Bits(bits=8, integer=2),
        weights=Bits(bits=6, integer=1),
        biases=Bits(bits=6, integer=1),
        activations=Bits(bits=6, integer=3, signed=False),
    ),
    training=Training(
        float_epochs=5, epochs=6, batch_size=16, float_learning_rate=2e-2, learning_rate=1e-2,
        schedule="plateau", plateau_patience=1,
    ),
    targets=Targets(),
)
"""


class Recorder:
    """Keeps what it is told, and dies where it is told to."""

    def __init__(self, die=None, at=None, error=None):
        self.phases, self.rows, self.fractions = [], [], []
        self.die, self.at, self.error = die, at, error

    def phase(self, name, epochs, done):
        self.phases.append((name, epochs, done))
        self._maybe(name, "phase")

    def advance(self, fraction):
        self.fractions.append(fraction)
        self._maybe(self.phases[-1][0], ("advance", len(self.rows)))

    def epoch(self, row):
        self.rows.append(row)
        self._maybe(row.phase, row.epoch)

    def _maybe(self, phase, at):
        if self.die == phase and self.at == at:
            assert self.error is not None
            raise self.error


class Killed(BaseException):
    """Nothing in edgeml may catch it, as nothing can catch SIGKILL."""


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    path = tmp_path_factory.mktemp("preset") / "awkward.py"
    path.write_text(PRESET)
    return presets.load(path)


@pytest.fixture(scope="module")
def whole(preset, tmp_path_factory):
    """A run that nothing interrupted, and what it told."""
    told = Recorder()
    return train(preset, tmp_path_factory.mktemp("runs") / "whole", progress=told), told


def same(run: Run, other: Run) -> None:
    for mine, theirs in ((run.float_file, other.float_file), (run.model_file, other.model_file)):
        for a, b in zip(load_model(mine).weights, load_model(theirs).weights, strict=True):
            assert a.path == b.path
            np.testing.assert_array_equal(a.numpy(), b.numpy())
    assert run.history_file.read_bytes() == other.history_file.read_bytes()


def test_a_run_folder_is_complete(whole, preset):
    run, told = whole
    assert told.phases == [("float", 5, 0), ("qat", 6, 0)]
    assert read_history(run.history_file) == told.rows
    assert [(row.phase, row.epoch) for row in told.rows] == [
        *(("float", n) for n in range(1, 6)),
        *(("qat", n) for n in range(1, 7)),
    ]
    assert told.fractions.count(1.0) == 11
    assert not run.state_file.exists()
    assert not [path for path in run.folder.iterdir() if path.name.startswith(".")]
    assert {path.parent.parent.name for path in run.logs.rglob("events*")} == {"float", "qat"}
    assert Run.open(run.folder) == run
    assert trained_model(run).name == preset.name


def test_the_weights_are_those_of_the_best_epoch(whole):
    run, told = whole
    data = run.data()
    for phase, file in (("float", run.float_file), ("qat", run.model_file)):
        best = max((row.val_accuracy, -row.val_loss) for row in told.rows if row.phase == phase)
        logits = outputs_of(load_model(file), data.x_val)
        assert (predicted_classes(logits, 0.0) == data.y_val).mean() == best[0]


def test_the_learning_rate_follows_the_plateau_schedule(whole):
    _, told = whole
    for phase, start in (("float", 2e-2), ("qat", 1e-2)):
        rates = [row.learning_rate for row in told.rows if row.phase == phase]
        assert rates[0] == start
        assert all(later in (rate, rate / 2) for rate, later in itertools.pairwise(rates))


def test_quantized_training_starts_from_the_float_weights(preset, tmp_path, monkeypatch):
    seen = {}

    def no_training(model, data, settings, *_):
        seen[settings.phase] = {weight.path: weight.numpy() for weight in model.weights}
        if settings.phase == "float":
            for weight in model.trainable_weights:
                weight.assign(weight + 0.25)
                seen[weight.path] = weight.numpy()
        return ()

    monkeypatch.setattr("edgeml.training.train.fit", no_training)
    train(preset, tmp_path / "run")
    for path in ("fc1/kernel", "fc1/bias", "logits/kernel", "logits/bias"):
        np.testing.assert_array_equal(seen["qat"][path], seen[path])


@pytest.mark.slow  # quick tests say it of runs that were interrupted
def test_two_runs_are_equal_bit_for_bit(whole, preset, tmp_path):
    same(train(preset, tmp_path / "again"), whole[0])


def test_another_seed_gives_another_run(whole, preset, tmp_path):
    told = Recorder("float", 1, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        train(preset, tmp_path / "other", presets.choose(preset, seed=1), progress=told)
    (first,) = told.rows
    assert first.loss != whole[1].rows[0].loss


@pytest.mark.parametrize(
    ("error", "phase", "at"),
    [
        pytest.param(Killed, "float", 3, marks=pytest.mark.slow),
        pytest.param(Killed, "float", ("advance", 2), marks=pytest.mark.slow),
        pytest.param(Killed, "qat", "phase", marks=pytest.mark.slow),
        pytest.param(Killed, "qat", ("advance", 9), marks=pytest.mark.slow),
        # Another interruption is tried below, quickly.
        pytest.param(KeyboardInterrupt, "qat", 1, marks=pytest.mark.slow),
    ],
)
def test_a_run_that_was_interrupted_ends_as_if_it_had_not_been(
    whole, preset, tmp_path, monkeypatch, error, phase, at
):
    monkeypatch.setattr(fit, "_SAVE_SECONDS", 0.0)
    with pytest.raises(error):
        train(preset, tmp_path / "run", progress=Recorder(phase, at, error()))
    assert not (tmp_path / "run" / "model.keras").exists()
    told = Recorder()
    run = train(preset, tmp_path / "run", progress=told)
    same(run, whole[0])
    if isinstance(at, int) and error is KeyboardInterrupt:
        assert told.phases[0] == (phase, 5 if phase == "float" else 6, at)


def test_an_interruption_saves_the_last_epoch_even_between_two_saves(preset, whole, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train(preset, tmp_path / "run", progress=Recorder("float", 3, KeyboardInterrupt()))
    assert state.load_state(tmp_path / "run" / ".training.npz").epoch == 3
    told = Recorder()
    same(train(preset, tmp_path / "run", progress=told), whole[0])
    assert told.phases[0] == ("float", 5, 3)


@pytest.mark.parametrize(
    "file",
    [
        pytest.param("float.keras", marks=pytest.mark.slow),
        pytest.param("history.csv", marks=pytest.mark.slow),
        "model.keras",
    ],
)
def test_a_kill_while_a_file_is_written(whole, preset, tmp_path, monkeypatch, file):
    import edgeml.files

    real = edgeml.files.Path.replace

    def replace(self, target):
        if Path(target).name == file:
            raise Killed
        return real(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(edgeml.files.Path, "replace", replace)
        with pytest.raises(Killed):
            train(preset, tmp_path / "run")
    same(train(preset, tmp_path / "run"), whole[0])


@pytest.mark.slow
@pytest.mark.parametrize(("phase", "epoch"), [("float", 2), ("qat", 4)])
def test_after_sigkill_the_same_command_goes_on(whole, preset, tmp_path, phase, epoch):
    child = f"""
import os, signal
from edgeml import presets
from edgeml.training import fit
from edgeml.training.progress import SilentProgress
from edgeml.training.train import train

class Killed(SilentProgress):
    def epoch(self, row):
        if (row.phase, row.epoch) == ({phase!r}, {epoch}):
            os.kill(os.getpid(), signal.SIGKILL)

fit._SAVE_SECONDS = 0.0
train(presets.load({str(preset.file)!r}), {str(tmp_path / "run")!r}, progress=Killed())
"""
    done = subprocess.run([sys.executable, "-c", child], check=False, env=os.environ, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    told = Recorder()
    run = train(preset, tmp_path / "run", progress=told)
    assert told.phases[0] == (phase, 5 if phase == "float" else 6, epoch - 1)
    same(run, whole[0])


def test_a_finished_run_is_not_trained_again(whole, preset):
    told = Recorder()
    before = whole[0].model_file.stat().st_mtime_ns
    assert train(preset, whole[0].folder, progress=told) == whole[0]
    assert not told.phases
    assert whole[0].model_file.stat().st_mtime_ns == before


def test_the_graph_is_saved_once_and_equals_keras(whole):
    run, _ = whole
    graph = lower_run(run)
    assert graph.name == run.name
    assert lower_run(run) == graph == run.graph()
    data = run.data()
    expected = evaluate_codes(graph, input_codes(graph, data.x_test))
    got = keras_codes(trained_model(run), graph, data.x_test)
    for name in graph.outputs:
        np.testing.assert_array_equal(got[name], expected[name])


def test_a_kill_between_the_two_files_of_the_graph(whole):
    run, _ = whole
    graph = lower_run(run)
    (run.folder / "graph.npz").unlink()
    assert lower_run(run) == graph == run.graph()


def test_a_model_that_cannot_be_lowered_is_refused_before_it_is_trained(tmp_path):
    path = tmp_path / "raw.py"
    path.write_text(PRESET.replace('x = QActivation(q.input(), name="quantize")(x)', ""))
    told = Recorder()
    with pytest.raises(EdgemlError, match="unquantized input 'measures'"):
        train(presets.load(path), tmp_path / "run", progress=told)
    assert not told.phases


def test_an_unfinished_run_cannot_be_lowered(preset, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train(preset, tmp_path / "run", progress=Recorder("float", "phase", KeyboardInterrupt()))
    with pytest.raises(EdgemlError, match="training is not complete"):
        lower_run(Run.open(tmp_path / "run"))


def test_early_stopping(preset, tmp_path):
    choices = presets.choose(
        preset, ["training.patience=1", "training.epochs=200", "training.learning_rate=1e-12"]
    )
    run = train(preset, tmp_path / "run", choices)
    rows = [row for row in read_history(run.history_file) if row.phase == "qat"]
    assert len(rows) < 200
    assert (rows[-1].val_accuracy, -rows[-1].val_loss) <= (rows[-2].val_accuracy, -rows[-2].val_loss)


FOLDED = """
    x = inputs = keras.Input((4,), name="measures")
    x = keras.layers.Reshape((2, 2, 1), name="image")(QActivation(q.input(), name="quantize")(x))
    wide = "quantized_bits(12, 4, alpha=1)"
    x = QConv2DBatchnorm(4, 2, kernel_quantizer=q.kernel("conv"), bias_quantizer=wide, name="conv")(x)
    x = keras.layers.Flatten(name="flatten")(QActivation("ternary(alpha=1)", name="signs")(x))
"""


@pytest.mark.slow
def test_folded_and_ternary_layers_are_trained_too(tmp_path):
    text = PRESET.replace("import QActivation, QDense", "import QActivation, QConv2DBatchnorm, QDense")
    before, after = text.index("    x = inputs"), text.index("    x = QDense(3")
    (tmp_path / "folded.py").write_text(text[:before] + FOLDED[1:] + text[after:])
    run = train(presets.load(tmp_path / "folded.py"), tmp_path / "run")
    graph, x = lower_run(run, strict=True), run.data().x_test
    codes = keras_codes(trained_model(run), graph, x)
    expected = evaluate_codes(graph, input_codes(graph, x))
    for name in graph.outputs:
        np.testing.assert_array_equal(codes[name], expected[name])


def test_two_classes_train_with_one_logit(tmp_path):
    run = train(
        presets.load("cancer_mlp"), tmp_path / "run", presets.choose(presets.load("cancer_mlp"), epochs=12)
    )
    data = run.data()
    logits = outputs_of(trained_model(run), data.x_test)
    assert logits.shape == (len(data.x_test), 1)
    assert (predicted_classes(logits, 0.0) == data.y_test).mean() > 0.9


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        (["data.dataset=digits"], r"input has shape \(4,\), the data \(8, 8, 1\)"),
        (
            ["data.dataset=breast_cancer"],
            r"input has shape \(4,\), the data \(30,\): mean radius, mean texture, ",
        ),
        (["quantizers.layers.fc9.weights.bits=2"], "unknown layer 'fc9'"),
        (["data.dataset=irs"], "unknown data set 'irs'"),
    ],
)
def test_data_or_settings_that_do_not_fit_are_one_error(preset, tmp_path, changes, what):
    with pytest.raises(EdgemlError, match=what):
        train(preset, tmp_path / "run", presets.choose(preset, changes, epochs=1))


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("return 3", "returned a int"),
        ("return 1 / 0", "ZeroDivisionError"),
        ("import keras; return keras.Sequential([keras.layers.Dense(3)])", "input shape is unknown"),
    ],
)
def test_a_bad_build_function_is_one_error(tmp_path, body, what):
    path = tmp_path / "bad.py"
    path.write_text(PRESET.replace("    import keras\n    from qkeras", f"    {body}\n    from qkeras"))
    with pytest.raises(EdgemlError, match=what):
        train(presets.load(path), tmp_path / "run")


@pytest.mark.parametrize("layer", ["QDense(30_000_000,", "QDense(2**62,"])
def test_a_huge_model_is_refused_before_it_is_allocated(tmp_path, layer):
    import keras

    path = tmp_path / "huge.py"
    path.write_text(PRESET.replace("QDense(8,", layer))
    original = keras.layers.Layer.add_weight
    with pytest.raises(EdgemlError, match="more than 50,000,000 weights with layer 'fc1'") as caught:
        train(presets.load(path), tmp_path / "run")
    assert "training.max_parameters=" in caught.value.hint
    assert keras.layers.Layer.add_weight is original


@pytest.mark.slow
def test_the_limit_of_a_models_size_can_be_set(preset, tmp_path):
    few, enough = (presets.choose(preset, [f"training.max_parameters={n}"], epochs=1) for n in (60, 67))
    with pytest.raises(EdgemlError, match="more than 60 weights with layer 'logits'"):
        train(preset, tmp_path / "run", few)
    train(preset, tmp_path / "other", enough)


@pytest.mark.slow
def test_a_batch_may_be_larger_than_the_data(preset, tmp_path):
    run = train(preset, tmp_path / "run", presets.choose(preset, [f"training.batch_size={2**40}"], epochs=1))
    assert run.model_file.is_file()


def test_a_model_with_the_wrong_number_of_outputs_is_one_error(tmp_path):
    path = tmp_path / "two.py"
    path.write_text(PRESET.replace("QDense(3,", "QDense(2,"))
    with pytest.raises(EdgemlError, match="the data 3 classes"):
        train(presets.load(path), tmp_path / "run")


def test_a_loss_that_is_not_finite_is_an_error(preset, tmp_path, monkeypatch):
    real = goal.loss_of

    def broken(*arguments):
        loss = real(*arguments)
        return lambda labels, logits: loss(labels, logits) * float("nan")

    monkeypatch.setattr(goal, "loss_of", broken)
    with pytest.raises(EdgemlError, match=r"epoch 1, batch \d+: the loss is no longer finite"):
        train(preset, tmp_path / "run")
    assert not (tmp_path / "run" / "float.keras").exists()


@pytest.mark.slow
def test_a_damaged_state_is_one_error(preset, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train(preset, tmp_path / "run", progress=Recorder("float", 2, KeyboardInterrupt()))
    path = tmp_path / "run" / ".training.npz"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(EdgemlError) as caught:
        train(preset, tmp_path / "run")
    assert caught.value.where == str(path)
    path.unlink()
    train(preset, tmp_path / "run")


def test_a_state_of_another_model_is_refused(preset, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train(preset, tmp_path / "run", progress=Recorder("float", 2, KeyboardInterrupt()))
    path = tmp_path / "run" / ".training.npz"
    kept = state.load_state(path)
    state.save_state(path, replace(kept, weights=[np.zeros(3, np.float32)]))
    with pytest.raises(EdgemlError, match="is of another model"):
        train(preset, tmp_path / "run")
