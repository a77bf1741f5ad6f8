from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from edgeml.errors import EdgemlError
from edgeml.presets import Training
from edgeml.training.history import read_history, write_history
from edgeml.training.progress import EpochRow
from edgeml.training.rates import next_rate, rates_of
from edgeml.training.state import TrainingState, load_state, save_state

ROW = EpochRow("qat", 1, 0.1, 1 / 3, 0.1 + 0.2, 1e-30, 1.0)


def after(*results: tuple[float, float], **training) -> TrainingState:
    """The state after epochs with these validation accuracies and losses."""
    settings = Training(float_epochs=1, epochs=10, **training)
    rates = rates_of(settings, 0.1, 10)
    state = TrainingState("qat", 0.1)
    for number, (accuracy, loss) in enumerate(results, 1):
        row = EpochRow("qat", number, state.rate, 1.0, 0.5, loss, accuracy)
        state = next_rate(state.after(row, [np.full(2, number)], []), settings, rates)
    return state


def test_a_state_comes_back_as_it_was(tmp_path):
    rng = np.random.default_rng(0)
    arrays = [
        rng.normal(size=(2, 3)).astype(np.float32),
        np.arange(12, dtype=np.uint32),
        np.array(7, np.int64),
    ]
    state = TrainingState("qat", 0.1, 2, 1 / 3, 0.7, 3, (ROW, ROW), arrays, arrays[::-1], arrays[:1] * 11)
    assert not any(getattr(state, field.name) == field.default for field in fields(TrainingState))
    save_state(tmp_path / "s.npz", state)
    loaded = load_state(tmp_path / "s.npz")
    for field in fields(TrainingState):
        mine, theirs = getattr(state, field.name), getattr(loaded, field.name)
        if field.name in ("weights", "optimizer", "best"):
            assert [a.dtype for a in mine] == [a.dtype for a in theirs]
            assert len(mine) == len(theirs)
            for a, b in zip(mine, theirs, strict=True):
                np.testing.assert_array_equal(a, b)
        else:
            assert mine == theirs


@pytest.mark.parametrize("keep", [0, 10, 200])
def test_a_state_that_was_cut_short_is_one_error(tmp_path, keep):
    path = tmp_path / "s.npz"
    save_state(path, TrainingState("qat", 0.1, weights=[np.zeros(100)]))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(EdgemlError) as caught:
        load_state(path)
    assert caught.value.where == str(path)


@pytest.mark.parametrize(
    "document", [b"{}", b"[1]", b'{"schema": 2}', b'{"schema": 1, "rows": [], "bogus": 1}', b"x"]
)
def test_a_state_of_another_kind_is_one_error(tmp_path, document):
    np.savez(tmp_path / "s.npz", document=np.frombuffer(document, np.uint8))
    with pytest.raises(EdgemlError):
        load_state(tmp_path / "s.npz")


def test_the_best_epoch_has_the_highest_accuracy_and_then_the_lowest_loss():
    assert after((0.5, 1.0), (0.7, 2.0), (0.6, 0.1)).best_epoch == 2
    assert after((0.5, 1.0), (0.5, 0.9), (0.5, 0.9)).best_epoch == 2
    assert after((0.0, 1.0)).best_epoch == 1
    assert after((0.5, 1.0), (0.7, 2.0), (0.6, 0.1)).best[0].tolist() == [2, 2]


def test_a_plateau_halves_the_rate_and_counts_again():
    same = [(0.5, 1.0)] * 8
    rates = [after(*same[:count], schedule="plateau", plateau_patience=2).rate for count in range(1, 8)]
    assert rates == pytest.approx([0.1, 0.1, 0.05, 0.05, 0.025, 0.025, 0.0125])
    assert after(*same, schedule="constant").rate == 0.1


def test_the_cosine_schedule_ends_at_a_hundredth():
    rates = [after(*[(0.5, 1.0)] * count).rate for count in range(1, 11)]
    assert rates == sorted(rates, reverse=True)
    assert rates[4] == pytest.approx(0.1 * 0.505)
    assert rates[9] == pytest.approx(0.001)


def test_history_comes_back_float_for_float(tmp_path):
    rows = [ROW, EpochRow("float", 2, 1e-9, 0.0, 1.0, 5e300, 0.125)]
    write_history(tmp_path / "h.csv", rows)
    assert read_history(tmp_path / "h.csv") == rows
    header, *lines = (tmp_path / "h.csv").read_text().splitlines()
    assert header == "phase,epoch,learning_rate,loss,accuracy,val_loss,val_accuracy"
    assert len(lines) == 2


@pytest.mark.parametrize("text", ["", "a,b\n", "HEADER\nqat,1,2\n", "HEADER\nqat,x,1,1,1,1,1\n"])
def test_a_history_that_is_none_is_one_error(tmp_path, text):
    path = tmp_path / "h.csv"
    header = "phase,epoch,learning_rate,loss,accuracy,val_loss,val_accuracy"
    path.write_text(text.replace("HEADER", header))
    with pytest.raises(EdgemlError) as caught:
        read_history(path)
    assert caught.value.where == str(path)
