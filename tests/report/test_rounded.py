"""The baseline rounded after training, in the report of a run."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml import presets
from edgeml.estimate import EMPTY
from edgeml.ir import evaluate
from edgeml.keras.float_model import float_model
from edgeml.keras.lower import lower
from edgeml.report.collect import collect
from edgeml.report.page import to_html, to_markdown
from edgeml.report.sections.speed import collect as speed
from edgeml.report.sections.ways import collect as rounding
from edgeml.report.sections.ways.view import variants
from edgeml.runconfig import RunConfig
from edgeml.training.build import build_model
from tests.report.samples import sample_facts
from tests.report.test_collect import iris_graph, make_run


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(speed, "SECONDS", 0.01)


@pytest.mark.slow
def test_with_the_trained_weights_it_is_as_accurate_and_as_large_as_the_trained_graph(tmp_path):
    preset = presets.load("iris_mlp")
    model = build_model(preset)
    random = np.random.default_rng(3)
    for weight in model.weights:
        weight.assign(random.normal(0, 0.5, weight.shape))
    graph = lower(model, "iris_mlp")
    run = make_run(tmp_path / "run", graph)
    model.save(run.model_file)
    float_model(model).save(run.float_file)
    facts = collect(run)
    own, calibrated = facts.post_training
    assert (own.graph, own.accuracy) == (facts.graph, facts.accuracy.fixed)
    assert (own.weight_bits, own.bops) == (facts.sizes.weight_bits, facts.sizes.bops)
    assert calibrated.moved and calibrated.graph not in ("", own.graph)
    assert calibrated.weight_bits == own.weight_bits  # points move, widths do not
    trained, same, _ = variants(facts)
    assert [design.item.board for design in trained.designs] == ["pynq-z2", "pynq-z2"]
    for mine, theirs in zip(trained.designs, same.designs, strict=True):
        assert (mine.item.design, mine.item.total, mine.cycles) == (
            *(theirs.item.design, theirs.item.total, theirs.cycles),
        )
    right = facts.samples * (own.accuracy.value or 0)
    assert right == pytest.approx(round(right)) and facts.samples == len(run.data().y_test)


def test_without_a_baseline_each_row_says_why(tmp_path):
    run = make_run(tmp_path / "run", iris_graph())
    for item in rounding.rounded(run, run.data(), None, "no float.onnx", EMPTY):
        assert "there is no float.keras to round: it was not trained to the end" in item.accuracy.reason
        assert item.weight_bits.reason == item.bops.reason == item.accuracy.reason
        assert item.hardware == ()
    imported = run.config.model_copy(update={"training": None, "quantizers": None})
    assert isinstance(imported, RunConfig)
    (first, _) = rounding.rounded(type(run)(run.folder, imported), run.data(), None, "", EMPTY)
    assert "its model was imported" in first.accuracy.reason


def test_each_row_is_of_its_own_graph_and_of_the_right_samples(tmp_path, monkeypatch):
    """The calibrated one sees training samples; none sees the test samples before it is judged on them."""
    run = make_run(tmp_path / "run", iris_graph())
    data, seen = run.data(), []
    graphs = {False: iris_graph(), True: iris_graph(classes=True)}

    def made(run, samples):
        seen.append(samples)
        return graphs[samples is not None], ()

    monkeypatch.setattr(rounding, "_graph", made)
    predicted = np.argmax(evaluate(iris_graph(), data.x_test), axis=1)
    baseline = np.where(np.arange(len(predicted)) < 3, (predicted + 1) % 3, predicted)
    own, calibrated = rounding.rounded(run, data, baseline, "", EMPTY)
    assert seen[0] is None and seen[1] is data.x_train
    assert (own.types, own.graph) == ("own", graphs[False].digest)
    assert (calibrated.types, calibrated.graph) == ("calibrated", graphs[True].digest)
    right = np.mean(predicted == data.y_test)
    for item in (own, calibrated):
        assert item.accuracy.value == right
        assert item.agreement.value == 1 - 3 / len(predicted)
    assert {item.agreement.reason for item in rounding.rounded(run, data, None, "no float.onnx", EMPTY)} == {
        "no float.onnx"
    }


def test_the_page_and_the_text_show_both_rows_with_their_sources():
    page, text = to_html(sample_facts()), to_markdown(sample_facts())
    for told in ("PTQ, same types", "PTQ, calibrated", "there is no float.keras to round", "80.00 %"):
        assert told in page and told in text
    assert "act1 activation, 5 bits: 2 to 3 integer bits" in page
    row = next(line for line in text.splitlines() if line.startswith("| PTQ, same types | 80.00 % (75"))
    assert "950 (760 to 1,140)" in row
    assert next(line for line in text.splitlines() if line.startswith("| trained for it (QAT)")).count(
        "900 (720"
    )
