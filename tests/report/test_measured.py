"""Areas, working points, calibration, mistakes, residuals and verdicts against values worked out by hand."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
import pytest

from edgeml.datasets import ColumnPlan
from edgeml.datasets._columns import ColumnRule
from edgeml.ir import evaluate
from edgeml.report.pictures import MOST, is_picture, picture
from edgeml.report.scores import ClassScores, anomaly_signal, scores_of
from edgeml.report.sections.calibration.section import calibrated
from edgeml.report.sections.embedding.collect import embedded, hidden_of
from edgeml.report.sections.mistakes import section as mistakes
from edgeml.report.sections.reconstruction import section as reconstruction
from edgeml.report.sections.residuals import section as residuals
from edgeml.report.sections.training.facts import Epoch
from edgeml.report.sections.training.view import best_epoch, course
from edgeml.report.sections.working_points.collect import facts_of
from edgeml.report.sections.working_points.view import view
from edgeml.report.xy import Axis, Series, xy_chart
from tests.report.measured import sample_scores
from tests.report.samples import sample_facts, sample_graph, sample_inputs


def binary(scores: list[float], labels: list[int], raw: list[float] | None = None) -> ClassScores:
    yes = np.array(scores)
    by_model = {"fixed": np.stack([1 - yes, yes], axis=1)}
    return ClassScores(
        by_model, None if raw is None else np.array(raw), np.array(labels), ("noise", "signal")
    )


class TestScores:
    def test_softmax_sigmoid_and_probabilities(self):
        np.testing.assert_allclose(scores_of(np.log([[1.0, 3.0]]), False), [[0.25, 0.75]])
        np.testing.assert_allclose(scores_of(np.array([[0.0], [1000.0]]), False), [[0.5, 0.5], [0.0, 1.0]])

    def test_areas_by_hand(self):
        facts = facts_of(binary([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]))
        (area,) = facts.score_areas
        assert area.of == "signal" and area.roc["fixed"] == 0.75  # three of four pairs in the right order
        assert abs(area.precision["fixed"] - (1 / 1 * 0.5 + 2 / 3 * 0.5)) < 1e-12

    def test_working_points_are_counted(self):
        scores = [0.9, 0.8, 0.7, 0.6, 0.5, 0.95, 0.55, 0.2, 0.1, 0.05]
        facts = facts_of(binary(scores, [1] * 5 + [0] * 5, [score * 8 - 4 for score in scores]))
        rows = {row.target: row for row in facts.working_points}
        half, most = rows[0.5], rows[0.8]
        assert (half.efficiency, half.passing, half.background, half.precision) == (0.6, 1, 5, 0.75)
        assert half.threshold == 0.7 and half.raw == pytest.approx(0.7 * 8 - 4)
        assert (most.efficiency, most.passing) == (0.8, 1) and rows[0.99].passing == 2

    def test_labels_are_counted_each_by_itself(self):
        several = np.array([[1, 0], [1, 1], [0, 1], [0, 0]]) > 0
        values = np.array([[0.9, 0.6], [0.6, 0.7], [0.7, 0.8], [0.1, 0.2]])
        facts = facts_of(
            ClassScores({"fixed": values}, None, np.zeros(0, np.int64), ("a", "b"), several=several)
        )
        areas = {area.of: area.roc["fixed"] for area in facts.score_areas}
        assert (areas["a"], areas["b"], areas["macro"]) == (0.75, 1.0, 0.875) and facts.score_labels
        assert {row.signal for row in facts.working_points} == {"a", "b"}
        (point,) = (row for row in facts.working_points if (row.signal, row.target) == ("a", 0.9))
        assert (point.threshold, point.passing, point.background) == (0.6, 1, 2)

    def test_macro_is_the_mean_of_the_classes_and_micro_all_as_one(self):
        from sklearn.metrics import roc_auc_score

        scores = sample_scores()
        facts = facts_of(scores)
        rows = {row.of: row.roc["fixed"] for row in facts.score_areas}
        fixed = scores.by_model["fixed"]
        assert rows["macro"] == pytest.approx(roc_auc_score(scores.labels, fixed, multi_class="ovr"))
        assert rows["micro"] == pytest.approx(roc_auc_score(np.eye(3)[scores.labels].ravel(), fixed.ravel()))
        for curve in facts.score_curves:
            assert len(curve.points) <= 51
            assert all(0 <= value <= 1 for point in curve.points for value in point)

    def test_a_rejection_without_a_sample_that_passes_is_a_bound(self):
        found = facts_of(binary([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1]))
        changes = {name: getattr(found, name) for name in ("score_areas", "score_curves", "working_points")}
        tables = view(sample_facts(**changes))
        assert tables.binary and [cell.text for cell in tables.points[0][2]] == [">2", "0.9"]

    def test_one_class_among_the_samples_has_no_curves(self):
        assert (
            facts_of(binary([0.1, 0.2], [0, 0])).missing["score_areas"] == "the test samples are of one class"
        )


def test_calibration_by_hand():
    scores = np.array([[0.95, 0.05], [0.95, 0.05], [0.35, 0.65], [0.35, 0.65]])
    found = calibrated(scores, np.array([0, 1, 1, 1]))
    assert [(item.samples, item.right) for item in found.bins] == [(2, 1.0), (2, 0.5)]
    assert found.error == pytest.approx(0.5 * 0.35 + 0.5 * 0.45)
    assert found.brier == pytest.approx((2 * 0.05**2 + 2 * 0.95**2 + 4 * 0.35**2) / 4)
    assert found.log_loss == pytest.approx(-(np.log(0.95) + np.log(0.05) + 2 * np.log(0.65)) / 4)


def test_the_surest_mistake_is_the_first_and_pictures_are_png():
    scores = sample_scores()
    stored = np.random.default_rng(0).integers(0, 17, (len(scores.labels), 8, 8, 1)).astype(np.float32)
    facts = mistakes.facts_of(scores, stored, None)
    assert len(facts.mistakes) == facts.mistaken < mistakes.MOST
    surest = [row.score for row in facts.mistakes]
    assert surest == sorted(surest, reverse=True)
    first = facts.mistakes[0]
    assert scores.classes[scores.labels[first.sample]] == first.truth != first.called
    data = base64.b64decode(first.picture.partition(",")[2])
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", data[16:24]) == (8, 8)
    rows = zlib.decompress(data[data.index(b"IDAT") + 4 : data.index(b"IEND") - 8])
    pixels = np.frombuffer(rows, np.uint8).reshape(8, 9)[:, 1:]
    np.testing.assert_array_equal(pixels, np.round(stored[first.sample, :, :, 0] * 255 / 16))


def test_mistakes_of_a_table_have_categories_and_gaps():
    scores = sample_scores()
    stored = np.random.default_rng(0).normal(size=(len(scores.labels), 2)).astype(np.float32)
    stored[:, 1] = 1.0
    rules = ColumnRule("size", "number", fill=0.5), ColumnRule("where", "one_hot", ("north", "south"), (0, 1))
    surest = mistakes.facts_of(scores, stored, ("size", "where")).mistakes[0].sample
    stored[surest, 0] = np.nan
    facts = mistakes.facts_of(scores, stored, ("size", "where"), ColumnPlan(rules))
    assert facts.mistakes[0].features == (("size", "missing"), ("where", "south"))
    (name, value), _ = facts.mistakes[1].features
    assert name == "size" and value == stored[facts.mistakes[1].sample, 0]


def test_pictures_are_bounded():
    large = picture(np.zeros((500, 300, 3)), 0, 1)
    assert struct.unpack(">II", base64.b64decode(large.partition(",")[2])[16:24])[1] <= MOST
    assert not is_picture((8, 8)) and not is_picture((3, 3, 1)) and is_picture((32, 32, 3))


def test_residuals_by_hand():
    truth = np.array([[0.0], [1.0], [2.0], [3.0]])
    row = residuals.facts_of({"fixed": truth + np.array([[0.5], [-0.5], [0.5], [0.5]])}, truth).residuals[0]
    found = row.figures["fixed"]
    assert (found.rmse, found.mae, found.bias) == (0.5, 0.5, 0.25)
    assert found.r2 == pytest.approx(1 - 1 / 5)
    assert row.quantiles["fixed"][2] == 0.5 and row.points[1] == (1.0, 0.5)
    constant = residuals.facts_of({"fixed": truth * 0}, truth * 0).residuals[0]
    assert constant.figures["fixed"].r2 is None


def test_the_error_of_a_reconstruction_has_a_roc_and_working_points():
    samples = np.zeros((8, 2))
    given = np.repeat([[0.1], [0.2], [0.3], [0.4], [0.35], [0.6], [0.7], [0.8]], 2, axis=1)
    anomalies = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    scores = anomaly_signal({"fixed": given, "float": samples}, samples, anomalies)
    facts = facts_of(scores)
    (area,) = facts.score_areas
    assert area.of == "anomaly"
    assert area.roc == {"fixed": 15 / 16, "float": 0.5}
    row = next(row for row in facts.working_points if (row.target, row.model) == (0.8, "fixed"))
    assert (row.signal, row.efficiency, row.passing, row.background) == ("anomaly", 1.0, 1, 4)
    assert row.threshold == pytest.approx(0.35**2)


def test_the_error_of_a_reconstruction_is_an_anomaly_score():
    given = np.zeros((8, 2))
    made = {"fixed": np.repeat([[0.1], [0.1], [0.2], [0.2], [0.3], [1.0], [2.0], [3.0]], 2, axis=1)}
    labels = np.array([0] * 5 + [1] * 3)
    facts = reconstruction.facts_of(made, given, (2,), labels, ("normal", "odd"))
    rows = {row.of: row for row in facts.anomaly}
    assert rows["odd"].area["fixed"] == 1.0 and rows["normal"].area["fixed"] == 0.0
    assert rows["odd"].error == pytest.approx((1 + 4 + 9) / 3)
    assert {row.rank for row in facts.reconstructions} == {"best", "median", "worst"}
    assert facts.reconstructions[-1].sample == 7 and facts.error_quantiles["fixed"][-1] == pytest.approx(9.0)
    assert reconstruction.facts_of(made, given, (2,), None, ()).anomaly == ()


def test_the_quantiles_of_the_error_are_those_of_normal_samples() -> None:
    given = np.zeros((8, 2))
    made = {"fixed": np.repeat([[0.1], [0.1], [0.2], [0.2], [0.3], [1.0], [2.0], [3.0]], 2, axis=1)}
    normal = np.array([True] * 5 + [False] * 3)
    facts = reconstruction.facts_of(made, given, (2,), None, (), normal)
    assert facts.normal == 5 and facts.error_quantiles["fixed"][-1] == pytest.approx(0.09)
    whole = reconstruction.facts_of(made, given, (2,), None, ())
    assert whole.normal is None and whole.error_quantiles["fixed"][-1] == pytest.approx(9.0)


def test_the_hidden_layer_is_what_the_last_linear_one_sees():
    graph, x = sample_graph(), sample_inputs(24)
    assert hidden_of(graph) == "act1"
    assert evaluate(graph, x).shape == (24, 3)
    found = embedded(np.random.default_rng(0).normal(size=(24, 6)))
    assert [item.method for item in found[:2]] == ["PCA", "t-SNE"]
    assert all(len(item.points) == 24 for item in found)
    assert embedded(np.zeros((12, 1)))[0].points  # a dead layer is no error


def epochs(losses: list[tuple[float, float]]) -> list[Epoch]:
    return [
        Epoch(phase="qat", epoch=at, loss=loss, val_loss=val)
        for at, (loss, val) in enumerate(losses, start=1)
    ]


@pytest.mark.parametrize(
    ("losses", "begins", "best"),
    [
        (
            [(1 / n, 0.5 + abs(n - 4) / 10) for n in range(1, 11)],
            "overfitting: the validation loss was 0.5 in",
            4,
        ),
        ([(1 / n, 1.1 / n) for n in range(1, 11)], "underfitting: both losses were still falling", 10),
        ([(0.5, 0.6)] * 10, "neither overfitting nor underfitting", 1),
        ([(0.5, 0.6)] * 4, "too few epochs to say: 4", 1),
    ],
)
def test_the_verdict_follows_its_rule(losses, begins, best):
    rows = epochs(losses)
    assert course(rows).text.startswith(begins) and best_epoch(rows) == best
    assert course([*rows, Epoch(phase="qat", epoch=11)]).text == ""


def test_a_chart_draws_what_is_on_its_axes():
    axes = Axis("x", 1.0, 100.0, logarithmic=True), Axis("y", 0.0, 1.0, percent=True)
    chart = xy_chart(
        [Series("<a>", "k0", [(1.0, 0.0), (10.0, 0.5), (1000.0, 0.5)], cloud=True)], *axes, "what"
    )
    assert chart.count("<circle") == 2 and 'aria-label="what: &lt;a&gt;"' in chart
    assert 'cx="247.0"' in chart and ">60 %<" in chart
    assert xy_chart([], *axes, "nothing") == ""
