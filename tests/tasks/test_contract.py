"""Every task: whole, inferred where it should be, and its figures equal to those worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml import tasks
from edgeml.errors import EdgemlError
from edgeml.tasks import TaskEvidence, Truth

CLASSES = np.array([0, 1, 2, 1, 0])
ROWS = np.eye(3)[CLASSES]
NUMBERS = np.linspace(-1.3, 2.2, 10).reshape(5, 2)
LABELS = np.array([[0, 1, 1], [1, 1, 0], [0, 0, 0], [1, 0, 1], [1, 1, 1]])


def proof(inputs: int = 7, outputs: int = 3, **rest) -> TaskEvidence:
    return TaskEvidence(**{"inputs": inputs, "outputs": outputs, "first": outputs, **rest})


EVIDENCE = (
    (proof(labels=CLASSES), "classification"),
    (proof(labels=ROWS), "classification"),
    (proof(labels=np.array(["cat", "dog"])), "classification"),
    (proof(classes=3), "classification"),
    (proof(outputs=1, labels=CLASSES % 2), "classification"),
    (proof(outputs=1, labels=CLASSES, decides=True), "classification"),
    (proof(outputs=1, labels=CLASSES), "regression"),
    (proof(outputs=2, labels=NUMBERS), "regression"),
    (proof(outputs=1, labels=NUMBERS[:, 0]), "regression"),
    (proof(labels=LABELS), "multi_label"),
    (proof(inputs=3), "autoencoder"),
    (proof(inputs=784, outputs=784, classes=10), "autoencoder"),
    (proof(inputs=3, classes=3), "classification"),
    (proof(inputs=2, outputs=2, labels=NUMBERS), "regression"),
    (proof(inputs=3, several=True), "unlabelled"),
    (proof(), "unlabelled"),
    (proof(outputs=4, labels=NUMBERS), "unlabelled"),
)
"""Models and data, and the task that they are of."""


@pytest.mark.parametrize("name", tasks.names())
def test_a_task_is_whole(name):
    task = tasks.load(name)
    assert isinstance(task.truth, Truth)
    assert task.title
    assert task.measure
    assert task.title[0].islower()
    assert not task.title.endswith(".")
    assert [other for other in tasks.names() if tasks.load(other).rank == task.rank] == [name]


@pytest.mark.parametrize("name", tasks.names())
def test_what_a_task_claims_has_nothing_against_it(name):
    task = tasks.load(name)
    claimed = [evidence for evidence, _ in EVIDENCE if task.claim(evidence)]
    assert claimed
    assert [task.misfit(evidence) for evidence in claimed] == [""] * len(claimed)


@pytest.mark.parametrize("name", tasks.names())
def test_shapes_that_do_not_belong_together(name):
    task = tasks.load(name)
    if task.truth is Truth.NONE:
        assert task.figures(np.zeros((4, 2)), np.zeros((3, 2)), 0.0) == ()
        return
    with pytest.raises(EdgemlError):
        task.figures(np.zeros((4, 2)), np.zeros((3, 2)), 0.0)


def test_an_unknown_name():
    with pytest.raises(EdgemlError, match="task"):
        tasks.load("clasification")


@pytest.mark.parametrize(("evidence", "expected"), EVIDENCE)
def test_the_task_is_inferred(evidence, expected):
    name, reason = tasks.infer(evidence)
    assert name == expected
    assert reason
    assert tasks.load(name).misfit(evidence) == ""


@pytest.mark.parametrize(
    ("name", "evidence"),
    [
        ("classification", proof()),
        ("classification", proof(labels=NUMBERS)),
        ("regression", proof()),
        ("regression", proof(labels=NUMBERS)),
        ("autoencoder", proof()),
        ("multi_label", proof(labels=np.array([[0, 2, 1]]))),
        ("multi_label", proof(outputs=2, labels=LABELS)),
    ],
)
def test_a_misfit_has_a_reason(name, evidence):
    assert tasks.load(name).misfit(evidence)


def values(name: str, predictions, truth, threshold: float = 0.0) -> dict[str, float]:
    figures = tasks.load(name).figures(np.asarray(predictions, float), truth, threshold)
    return {figure.name: figure.value for figure in figures}


def test_classification():
    scores = ROWS.copy()
    scores[3] = [3, 0, 0]  # one of the two samples of class 1 becomes class 0
    found = values("classification", scores, CLASSES)
    assert found["accuracy"] == pytest.approx(4 / 5)
    assert found["balanced_accuracy"] == pytest.approx((1 + 1 / 2 + 1) / 3)
    assert found["f1"] == pytest.approx((4 / 5 + 2 / 3 + 1) / 3)
    one = values("classification", [[0.4], [0.6]], np.array([0, 1]), 0.5)
    assert one["accuracy"] == 1.0
    assert values("classification", [[0.4], [0.6]], np.array([0, 1]))["accuracy"] == 0.5


def test_regression():
    found = values("regression", NUMBERS + np.array([0.5, -1.5]), NUMBERS)
    assert found["mse"] == pytest.approx((0.25 + 2.25) / 2)
    assert found["rmse"] == pytest.approx((0.5 + 1.5) / 2)  # the mean of the targets' own roots
    assert found["mae"] == pytest.approx(1.0)
    spread = ((NUMBERS - NUMBERS.mean(axis=0)) ** 2).mean(axis=0)
    assert found["r2"] == pytest.approx(np.mean(1 - np.array([0.25, 2.25]) / spread))
    assert "r2" not in values("regression", NUMBERS[:1], NUMBERS[:1])


def test_autoencoder():
    wrong = NUMBERS.copy()
    wrong[2] += 2.0
    found = values("autoencoder", wrong, NUMBERS)
    assert found["mse"] == pytest.approx(4 / 5)
    assert found["worst_mse"] == pytest.approx(4.0)
    assert found["rmse"] == pytest.approx(np.sqrt(4 / 5))


def test_multi_label():
    wrong = np.where(LABELS == 1, 2.0, -2.0)
    wrong[0, 0] = 1.0
    found = values("multi_label", wrong, LABELS)
    assert found["accuracy"] == pytest.approx(14 / 15)
    assert found["all_right"] == pytest.approx(4 / 5)
    assert found["accuracy_0"] == pytest.approx(4 / 5)
    assert found["f1_0"] == pytest.approx(6 / 7)
    assert found["f1_1"] == 1.0
    assert found["f1_macro"] == pytest.approx((6 / 7 + 2) / 3)


def test_a_difference_in_steps_and_in_values():
    ours = np.array([[0.5, 1.0], [0.25, -1.0]])
    theirs = ours + np.array([[0.0, 0.25], [0.0, 0.0]])
    row = tasks.output_difference("y", ours, theirs, lsb=0.125, scale=3.0)
    assert (row.samples, row.equal, row.max_lsb) == (2, 0.75, 2.0)
    assert row.rmse_lsb == pytest.approx(1.0)
    assert (row.rmse, row.max_abs) == (pytest.approx(0.375), pytest.approx(0.75))
    with pytest.raises(EdgemlError):
        tasks.output_difference("y", ours, theirs[:1], lsb=1.0)


@pytest.mark.parametrize("name", tasks.names())
def test_the_figure_of_a_loss_is_100_for_the_truth_itself(name):
    task = tasks.load(name)
    logits, truth = {
        Truth.CLASSES: (ROWS, CLASSES),
        Truth.NUMBERS: (2.0 * LABELS - 1, LABELS) if task.yes_no else (NUMBERS, NUMBERS),
        Truth.INPUT: (NUMBERS, NUMBERS),
        Truth.NONE: (NUMBERS, NUMBERS),
    }[task.truth]
    assert task.percent(logits, truth, 0.0) == 100
    assert task.percent(-logits, truth, 0.0) < 60


def test_figures_of_a_loss_by_hand():
    truth, mean = np.array([[0.0], [1.0], [2.0]]), np.ones((3, 1))
    assert tasks.load("regression").percent(mean, truth, 0.0) == 0
    assert tasks.load("regression").percent(truth + 1, truth, 0.0) == pytest.approx(-50)  # 1 - 3/2
    assert tasks.load("regression").percent(mean, mean, 0.0) == 0
    assert tasks.load("classification").percent(ROWS, np.array([1, 1, 2, 1, 0]), 0.0) == 80
    assert tasks.load("multi_label").percent(np.array([[1.0, -1.0]]), np.array([[1, 1]]), 0.0) == 50
    wide = np.random.default_rng(0).normal(size=(5, 200))
    assert tasks.load("unlabelled").percent(wide + 0.1, wide, 0.0) == pytest.approx(99, abs=1)
