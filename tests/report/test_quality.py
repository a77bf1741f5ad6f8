from __future__ import annotations

import numpy as np
import pytest

from edgeml.errors import EdgemlError
from edgeml.report import quality
from edgeml.report.sections.accuracy.collect import accuracies, agreements
from edgeml.report.sections.classes.collect import confusion, per_class


def test_predictions_by_shape():
    assert quality.predictions(np.array([[1.0, 5.0, 5.0], [2.0, 1.0, 0.0]])).tolist() == [1, 0]
    assert quality.predictions(np.array([[0.0], [0.1]])).tolist() == [0, 1]
    assert quality.predictions(np.array([0.4, 0.6]), threshold=0.5).tolist() == [0, 1]
    assert quality.predictions(np.array([2, 0], np.int64)).tolist() == [2, 0]


def test_share_has_the_wilson_interval():
    # Values of the interval for 81 of 263, worked out by hand from Wilson's formula (Newcombe 1998, table I).
    found = quality.share(81, 263)
    assert found.value == pytest.approx(81 / 263)
    assert (found.low, found.high) == (pytest.approx(0.2553, abs=5e-5), pytest.approx(0.3662, abs=5e-5))


@pytest.mark.parametrize(("hits", "end"), [(0, "low"), (20, "high")])
def test_share_at_the_ends_stays_between_zero_and_one(hits, end):
    found = quality.share(hits, 20)
    assert getattr(found, end) == found.value
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low < found.high <= 1


def test_no_samples_is_absent():
    assert quality.share(0, 0).value is None
    assert quality.share(1, 1).value == 1.0 and quality.share(0, 1).value == 0.0  # one sample is one


def test_the_interval_holds_its_share():
    for hits, total in ((1, 10), (9, 10), (1, 1000), (500, 1000)):
        found = quality.share(hits, total)
        assert found.low is not None and found.high is not None and found.value is not None
        assert 0 < found.low < found.value < found.high < 1


def test_accuracy_and_agreement_of_what_there_is():
    labels = np.array([0, 1, 1, 0])
    predicted = {"fixed": np.array([0, 1, 0, 0]), "qat": np.array([0, 1, 1, 0]), "float": None}
    reasons = {"float": "no float.onnx", "int8": "no int8.onnx"}
    found = accuracies(labels, predicted, reasons)
    assert (found.fixed.value, found.qat.value) == (0.75, 1.0)
    assert (found.float_.value, found.float_.reason) == (None, "no float.onnx")
    assert found.int8.reason == "no int8.onnx"
    same = agreements(predicted, reasons)
    assert same.fixed_qat.value == 0.75
    assert same.fixed_float.reason == "no float.onnx"


def test_per_class_metrics_and_confusion():
    labels = np.array([0, 0, 0, 1, 1, 2])
    predicted = np.array([0, 0, 1, 1, 0, 0])
    first, second, third, fourth = per_class(labels, predicted, ("a", "b", "c", "d"))
    assert (first.precision.value, first.recall.value) == (0.5, pytest.approx(2 / 3))
    assert first.f1.value == pytest.approx(4 / 7)
    assert (second.support, second.precision.value) == (2, 0.5)
    assert third.precision.reason == "never predicted"
    assert third.recall.value == 0
    assert fourth.recall.reason == "no test samples"
    counts = confusion(labels, predicted, ("a", "b", "c", "d")).counts
    assert counts == ((2, 1, 0, 0), (1, 1, 0, 0), (1, 0, 0, 0), (0, 0, 0, 0))


def test_a_label_outside_the_classes_is_refused():
    with pytest.raises(EdgemlError, match="a prediction names none of the 2 classes"):
        confusion(np.array([0, 1]), np.array([0, 2]), ("a", "b"))
    with pytest.raises(EdgemlError, match="predictions against"):
        per_class(np.array([0, 1]), np.array([0]), ("a", "b"))
