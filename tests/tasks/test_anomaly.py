"""Anomalies: figures worked out by hand, the threshold from validation samples alone, normal classes only."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml import presets
from edgeml.errors import EdgemlError
from edgeml.presets import DataSpec, prepare
from edgeml.tasks import anomaly_figures, anomaly_scores


def test_figures_by_hand():
    normal = np.linspace(0, 1, 101)
    scores = np.array([0.2, 0.97, 0.5, 0.94, 2.0, 3.0])
    anomalies = np.array([False, False, False, True, True, True])
    figures = {figure.name: figure.value for figure in anomaly_figures(normal, scores, anomalies)}
    assert figures["anomaly_threshold"] == pytest.approx(0.95)
    assert figures["anomalies_found"] == pytest.approx(2 / 3)
    assert figures["false_alarms"] == pytest.approx(1 / 3)
    assert figures["anomaly_auc"] == pytest.approx(8 / 9)
    for same in (np.zeros(6, bool), np.ones(6, bool)):
        with pytest.raises(EdgemlError, match=r"the test part has .*data\.normal"):
            anomaly_figures(normal, scores, same)


def test_a_score_is_the_mean_squared_difference():
    samples, made = np.array([[[1.0], [2.0]], [[0.0], [0.0]]]), np.array([[1.0, 0.0], [0.0, 0.0]])
    np.testing.assert_array_equal(anomaly_scores(samples, made), [2.0, 0.0])


def test_training_sees_normal_samples_alone():
    spec = DataSpec(dataset="digits", task="autoencoder", normal=("0", "3"), flatten=True)
    data, whole = prepare(spec), prepare(DataSpec(dataset="digits", flatten=True))
    assert len(data.x_train) == np.isin(whole.y_train, [0, 3]).sum()
    assert len(data.x_val) == np.isin(whole.y_val, [0, 3]).sum()
    np.testing.assert_array_equal(data.y_test == 0, np.isin(whole.y_test, [0, 3]))
    np.testing.assert_array_equal(data.x_test, whole.x_test)
    assert data.class_names == ()
    assert "trained on 0, 3 alone" in data.dataset.note


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"normal": ("zero",)}, "unknown class 'zero'"),
        ({"normal": tuple("0123456789")}, "names every class"),
        ({"normal": ("0",), "task": "classification"}, r"data\.normal is for an autoencoder"),
    ],
)
def test_classes_that_cannot_be_normal(settings, message):
    with pytest.raises(EdgemlError, match=message):
        prepare(DataSpec(**{"dataset": "digits", "task": "autoencoder"} | settings))


def test_the_preset_is_trained_on_normal_beats():
    assert presets.load("ecg_autoencoder").data.normal == ("normal",)
