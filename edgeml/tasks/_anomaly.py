"""Anomalies by the error of a reconstruction: how well the score tells them apart, and at which threshold.

The score of a sample is the mean squared difference between it and its reconstruction. The threshold is the
95th percentile of the scores of normal validation samples, so that about 5 % of normal samples are false
alarms; the test part has no say in it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.tasks._base import Floats, TaskFigure, finite, metrics

QUANTILE = 0.95


def anomaly_scores(samples: NDArray[np.floating], reconstructions: NDArray[np.floating]) -> Floats:
    """The score of every sample, shape (n,).

    Args:
        samples: as the model takes them, shape (n, ...).
        reconstructions: of as many elements.
    """
    apart = samples.reshape(len(samples), -1) - reconstructions.reshape(len(samples), -1).astype(np.float64)
    return np.mean(apart**2, axis=1)


def anomaly_figures(normal: Floats, scores: Floats, anomalies: NDArray[np.bool_]) -> tuple[TaskFigure, ...]:
    """Area under the ROC curve, threshold, and the shares above it.

    Args:
        normal: scores of normal validation samples.
        scores: of the test samples.
        anomalies: true for test samples that are anomalies.

    Raises:
        EdgemlError: the test part has no anomaly, or nothing else.
        MissingToolError: scikit-learn is not installed.
    """
    if anomalies.all() or not anomalies.any():
        which = "nothing but anomalies" if anomalies.all() else "no anomaly"
        raise EdgemlError(f"the test part has {which}", "anomaly score", "name other classes in data.normal")
    threshold = float(np.quantile(normal, QUANTILE))
    auc = float(metrics().roc_auc_score(anomalies, scores))
    share = {"kind": "share", "better": "higher"}
    recall = float(np.mean(scores[anomalies] > threshold))
    alarms = float(np.mean(scores[~anomalies] > threshold))
    return (
        *finite("anomaly_auc", "anomaly score, area under the ROC curve", auc, **share),
        *finite("anomaly_threshold", "its threshold, 95 % of normal validation samples below", threshold),
        *finite("anomalies_found", "anomalies above the threshold", recall, **share),
        *finite("false_alarms", "normal samples above the threshold", alarms, kind="share", better="lower"),
    )
