"""Training on several replicas: the loss curve of one, a lost worker, workers that do not come."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from edgeml import presets
from edgeml.errors import EdgemlError
from edgeml.keras.load import load_model
from edgeml.pipeline.repeats import RepeatPlan
from edgeml.training.cluster import PATIENCE, VARIABLE, WorkerPlace, patience, place_of
from edgeml.training.history import read_history
from edgeml.training.meeting import meet
from edgeml.training.replicas import Replicas, replicas_of

PRESET = '''
import json, os
from pathlib import Path
from edgeml.presets import Bits, DataSpec, Preset, Quantizers, Targets, Training

def build():
    import keras
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "relu", kernel_regularizer="l2"),
                             keras.layers.Dense(3)])

def callbacks(phase, folder):
    import keras

    class Killed(keras.callbacks.Callback):
        """Kills the second worker once, within the float baseline."""

        def on_epoch_end(self, epoch, logs=None):
            second = json.loads(os.environ.get("TF_CONFIG", "{}")).get("task", {}).get("index") == 1
            mark = Path("killed")
            if second and epoch == 3 and phase == "float" and not mark.exists():
                mark.touch()
                os.kill(os.getpid(), 9)

    return [Killed()]

PRESET = Preset(
    summary="iris", build=build, data=DataSpec(dataset="iris", scaling="unit", constant=8.0),
    quantizers=Quantizers(inputs=Bits(bits=8), weights=Bits(bits=8, integer=1),
                          biases=Bits(bits=8, integer=1), activations=Bits(bits=8, integer=2)),
    targets=Targets(),
    # 90 samples: the last batch has one, fewer than there are workers.
    training=Training(float_epochs=6, epochs=2, batch_size=89, optimizer="sgd", float_learning_rate=0.1),
    callbacks=callbacks,
)
'''


def free_ports(count):
    """Ports of this machine that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("localhost", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def started(folder, *arguments, config=None, **variables):
    """`edgeml train` in a process of its own."""
    environment = {**os.environ, **variables} | ({VARIABLE: json.dumps(config)} if config else {})
    entry = "from edgeml_toolkit import entry; entry()"
    command = [sys.executable, "-c", entry, "train", "net.py", *arguments]
    return subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)


def ended(process):
    """Its exit code and what it printed."""
    try:
        return process.communicate(timeout=200)[1], process.returncode
    finally:
        process.kill()


def pair(folder):
    """Two workers that train into RUN pair: what they printed, and their exit codes."""
    workers = [f"localhost:{port}" for port in free_ports(2)]
    processes = [
        started(
            folder,
            *("--out", "pair", "--strategy", "multiworker"),
            config={"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}},
        )
        for index in (0, 1)
    ]
    return [ended(process) for process in processes]


def losses(run):
    return [(row.phase, row.epoch, row.loss, row.val_loss) for row in read_history(run / "history.csv")]


@pytest.mark.slow  # six processes with TensorFlow
@pytest.mark.timeout(900)
def test_workers_and_replicas_have_the_curve_of_one_and_go_on_after_a_loss(tmp_path):
    (tmp_path / "net.py").write_text(PRESET)
    text, code = ended(started(tmp_path, "--out", "single"))
    assert code == 0, text
    first = pair(tmp_path)
    assert [code for _, code in first] == [2, -9], first
    text = first[0][0]
    assert "worker 0 of 2" in text and "another worker is gone" in text and "Traceback" not in text
    assert (tmp_path / "pair/.training.npz").is_file()
    assert not (tmp_path / "pair/float.keras").is_file()
    again = pair(tmp_path)
    assert [code for _, code in again] == [0, 0], again
    mirrored = ("--strategy", "mirrored", "--set", "training.replicas=2")
    text, code = ended(started(tmp_path, "--out", "halves", *mirrored))
    assert code == 0, text
    expected = losses(tmp_path / "single")
    for name in ("pair", "pair-worker-1", "halves"):
        rows = losses(tmp_path / name)
        assert [row[:2] for row in rows] == [row[:2] for row in expected]
        np.testing.assert_allclose([row[2:] for row in rows], [row[2:] for row in expected], rtol=1e-5)
    ours, theirs = (
        load_model(tmp_path / name / "model.keras").get_weights() for name in ("pair", "pair-worker-1")
    )
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


def met(workers, index, seconds):
    """The error of a worker that meets the others; "" if it does."""
    try:
        meet(WorkerPlace(tuple(workers), index), seconds)
    except EdgemlError as error:
        return str(error)
    return ""


def test_workers_meet_or_the_error_names_who_is_missing():
    workers = [f"localhost:{port}" for port in free_ports(3)]
    with ThreadPoolExecutor() as pool:
        assert list(pool.map(lambda index: met(workers, index, 20.0), (2, 0, 1))) == ["", "", ""]
        two = list(pool.map(lambda index: met(workers, index, 1.0), (0, 1)))
    assert f"{workers[2]} did not come within 1 s" in two[0] and PATIENCE in two[0]
    assert two[1].startswith("worker 1 of 3") and f"{workers[0]} did not come" in two[1]
    assert met(workers[:1], 0, 0.0) == ""


def test_an_address_in_use_is_one_error():
    with socket.create_server(("", 0)) as server:
        address = f"localhost:{server.getsockname()[1]}"
        assert "cannot listen on port" in met([address, "localhost:1"], 0, 1.0)


GOOD = {"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "worker", "index": 1}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not set"),
        ("{", "TF_CONFIG"),
        ("[]", "is no JSON with cluster and task"),
        ('{"cluster": {"worker": ["a:1"]}}', "is no JSON with cluster and task: KeyError 'task'"),
        (json.dumps({**GOOD, "cluster": {"ps": ["a:1"]}}), "its cluster has no workers"),
        (json.dumps({**GOOD, "cluster": {"worker": ["a"]}}), "'a' is no host:port"),
        (json.dumps({**GOOD, "cluster": {"worker": ["a:1", "a:1"]}}), "two workers have one address"),
        (json.dumps({**GOOD, "task": {"type": "worker", "index": 2}}), "its task is worker 2"),
        (json.dumps({**GOOD, "task": {"type": "ps", "index": 0}}), "its task is ps 0, .* has 0 of that type"),
    ],
)
def test_a_wrong_cluster_is_refused(text, message, monkeypatch):
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(EdgemlError, match=message) as error:
        place_of()
    assert error.value.where == VARIABLE and error.value.hint


def test_the_chief_comes_first_and_the_others_have_folders_of_their_own(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, json.dumps(GOOD))
    assert place_of().folder(tmp_path / "net") == tmp_path / "net-worker-1"
    monkeypatch.setenv(
        VARIABLE, json.dumps({**GOOD, "cluster": {"chief": ["c:3"], "worker": ["a:1", "b:2"]}})
    )
    place = place_of()
    assert (place.index, place.workers) == (2, ("c:3", "a:1", "b:2"))
    chief = {"cluster": {"chief": ["c:3"], "worker": ["a:1"]}, "task": {"type": "chief", "index": 0}}
    monkeypatch.setenv(VARIABLE, json.dumps(chief))
    assert place_of().folder(tmp_path) == tmp_path


@pytest.mark.parametrize("text", ["x", "0", "-1", "nan"])
def test_a_wrong_patience_is_refused(text, monkeypatch):
    monkeypatch.setenv(PATIENCE, text)
    with pytest.raises(EdgemlError, match="no number of seconds"):
        patience()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["training.replicas=2"], "2 replicas need a strategy"),
        (["training.strategy=multiworker", "training.replicas=2"], "is for the strategy mirrored"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings, message):
    with pytest.raises(EdgemlError, match=message):
        replicas_of(presets.choose(presets.load("iris_mlp"), settings).training)


def test_an_unknown_strategy_and_folds_on_workers_are_refused(tmp_path):
    with pytest.raises(EdgemlError, match="training.strategy"):
        presets.choose(presets.load("iris_mlp"), ["training.strategy=mirored"])
    with pytest.raises(EdgemlError, match="one process each"):
        RepeatPlan("iris_mlp", tmp_path, ("training.strategy=mirrored",), folds=3).check()


def test_one_replica_needs_no_agreement():
    alone = Replicas()
    assert alone.agreed([1.0, None, float("inf")]) == (1.0, None, float("inf"))
    assert alone.count == 1 and alone.steps_per_call is None
    alone.check_small(learned=True)
