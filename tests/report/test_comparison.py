from __future__ import annotations

import json
import math
import os
import re

import pytest

from edgeml import pipeline
from edgeml.errors import EdgemlError
from edgeml.estimate import EMPTY, Ledger
from edgeml.figures import Hardware
from edgeml.report import COMPARISON_FILES, render_comparison
from edgeml.report.comparison import charts
from edgeml.report.comparison import compare as comparing
from edgeml.report.comparison.compare import compare, up_to_date
from edgeml.report.comparison.differences import differences, seed_groups
from edgeml.report.comparison.view import Tradeoff, TradeoffPoint, best, pareto, tradeoffs
from edgeml.report.numbers import Number, measured, proven
from edgeml.report.page import comparison_html as to_html
from edgeml.report.page import comparison_markdown as to_markdown
from edgeml.report.sections.speed import collect as speed
from tests.report.hardware import count, estimated
from tests.report.samples import sample_facts
from tests.report.test_collect import iris_graph, make_run
from tests.report.test_renderers import EVIL, parsed


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(speed, "SECONDS", 0.01)


def smaller(facts, share, accuracy, **changes):
    """Facts of a model that takes a share of the resources."""
    hardware = tuple(
        item.model_copy(update={"total": item.total.model_copy(update={"lut": count(900 * share)})})
        if (item.board, item.design) == ("pynq-z2", "verilog")
        else item
        for item in facts.hardware
    )
    scored = facts.accuracy.model_copy(update={"fixed": measured(accuracy, accuracy - 0.03, accuracy + 0.02)})
    sizes = facts.sizes.model_copy(update={"bops": proven(1000 * share)})
    return facts.model_copy(update={"hardware": hardware, "accuracy": scored, "sizes": sizes, **changes})


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """Two runs of one data set, one better and one smaller, and one of another; and where they are."""
    tmp_path = tmp_path_factory.mktemp("three")
    facts = sample_facts()
    other = facts.data.model_copy(update={"checksum": "cd" * 32, "name": "plants"})
    found = []
    for name, made in (
        ("large", smaller(facts, 1, 0.95)),
        ("small", smaller(facts, 0.5, 0.90)),
        ("plants", smaller(facts, 0.1, 0.99, data=other)),
    ):
        folder = tmp_path / "runs" / name
        folder.mkdir(parents=True)
        (folder / "report.html").write_text("the run's own report")
        found.append((folder, made))
    folder = tmp_path / "runs" / "comparison"
    return compare(found, folder), folder


def test_runs_are_grouped_by_their_data_and_compared_on_their_target(three):
    found, _ = three
    assert found.board is not None and found.board.name == "pynq-z2"
    assert [(run.key, run.label, run.link) for run in found.runs] == [
        ("A", "large", "../large/report.html"),
        ("B", "small", "../small/report.html"),
        ("C", "plants", "../plants/report.html"),
    ]
    assert [[run.key for run in rows] for rows in found.groups()] == [["A", "B"], ["C"]]
    assert [item.source for item in found.runs[0].hardware] == ["vendor", "estimate"]
    assert best(found) == ()  # nothing is best across data sets
    together = found.model_copy(update={"runs": found.runs[:2]})
    assert [
        (title, re.split("[,;]", who)[0])
        for title, who in ((card.title, card.who) for card in best(together))
    ] == [
        ("Most accurate", "A large"),
        ("Fewest LUTs", "B small"),
        ("Fastest", "A large"),
        ("Fewest bit operations", "B small"),
    ]


def test_the_models_have_their_rounded_baselines(three):
    found, _ = three
    assert {types: item.value for types, item in found.runs[0].post_training.items()} == {
        "own": 0.8,
        "calibrated": None,
    }
    assert "not available: there is no float.keras to round (own types 80.00 %)" in to_markdown(found)
    assert 'title="not available: there is no float.keras to round"' in to_html(found)


def test_of_equals_all_are_named_and_an_estimate_has_its_interval(three):
    found, _ = three
    alike = {"hardware": (estimated("", "pynq-z2", layers=False),)}
    runs = tuple(run.model_copy(update=alike) for run in found.runs[:2])
    cards = {card.title: card.who for card in best(found.model_copy(update={"runs": runs}))}
    assert cards["Fewest LUTs"].startswith("A large, edgeml Verilog; B small, edgeml Verilog; ")
    assert re.search(r"; [\d,]+ to [\d,]+$", cards["Fewest LUTs"])


def test_letters_of_marks_in_one_place_do_not_meet():
    same = [(100.0, 100.0)] * 3 + [(112.0, 100.0)]
    letters = charts._letters(same, 50, 392, 14, 236)
    apart = [math.dist(a, b) for i, a in enumerate(letters) for b in letters[:i]]
    assert min(apart) > 9
    assert all(math.dist(letter, (100, 100)) > 9 and math.dist(letter, (112, 100)) > 9 for letter in letters)


def test_a_board_that_not_all_have_is_not_compared_on(tmp_path):
    facts = sample_facts()
    less = facts.model_copy(update={"hardware": facts.hardware[2:3], "target": "ulx3s-85f"})
    found = compare([(tmp_path / "a", facts), (tmp_path / "b", less)], tmp_path)
    assert found.board is not None and found.board.name == "ulx3s-85f"
    assert [[item.source for item in run.hardware] for run in found.runs] == [["place-and-route"]] * 2
    assert found.runs[0].link == ""  # there is no page to lead to
    none = facts.model_copy(update={"hardware": ()})
    found = compare([(tmp_path / "a", facts), (tmp_path / "b", none)], tmp_path)
    assert found.board is None and found.runs[0].hardware == ()
    assert "no board that all of these runs" in to_html(found)
    assert "no board that all of these runs" in to_markdown(found)


def test_the_front_is_what_nothing_else_beats():
    def point(key, x, y):
        return TradeoffPoint(key=key, name=key, design="", x=measured(x), accuracy=measured(y))

    a, b, c, d = point("A", 100, 0.9), point("B", 200, 0.95), point("C", 150, 0.89), point("D", 200, 0.95)
    assert pareto([c, b, a, d]) == (a, b, d)  # equal ones do not beat each other
    assert pareto([]) == ()


def test_trade_offs_have_a_point_per_design_with_a_known_number(three):
    rows = three[0].groups()[0]
    found = {item.criterion.name: item for item in tradeoffs(rows)}
    assert list(found) == ["lut", "latency", "bops"]
    assert [(p.key, p.design, p.x.value) for p in found["lut"].points] == [
        ("A", "hls4ml", 2345),
        ("A", "verilog", 900),
        ("B", "hls4ml", 2345),
        ("B", "verilog", 450),
    ]
    assert [(p.key, p.x.value, p.x.source) for p in found["bops"].points] == [
        ("A", 1000, "proven"),
        ("B", 500, "proven"),
    ]
    chart = charts.tradeoff(found["lut"])
    assert chart.count("<circle") == 2 and chart.count("<rect") == 2 and chart.count('class="front"') == 1
    assert "not beaten: B 450 90.00 %, A 900 95.00 %" in chart
    assert charts.tradeoff(Tradeoff(found["lut"].criterion, ())) == ""
    x = Number(value=5, low=0, high=9)
    one = (TradeoffPoint(key="A", name="a", design="", x=x, accuracy=measured(1.0)),)
    assert "nan" not in charts.tradeoff(Tradeoff(found["latency"].criterion, one))


def test_the_three_files_say_the_same(three):
    found, _ = three
    files = render_comparison(found)
    assert set(files) == set(COMPARISON_FILES)
    document = json.loads(files["comparison.json"])
    assert document["schema"] == 1
    assert [run["accuracy"]["fixed"]["value"] for run in document["runs"]] == [0.95, 0.9, 0.99]
    page, text = files["comparison.html"].decode(), files["comparison.md"].decode()
    for told in (page, text):
        assert "95.00 %" in told and "2,345" in told and "vendor" in told and "proxy" in told
    assert "Not all of these compare" in page and "Not all of these compare" in text
    assert "A, B: pets; C: plants" in text
    assert "only run of this data set" in page
    assert render_comparison(found).digest == files.digest


def test_everything_from_outside_is_escaped(three):
    found, _ = three
    texts = dict.fromkeys(("label", "model", "summary", "data", "note"), EVIL)
    rows = tuple(run.model_copy(update=texts) for run in found.runs)
    evil = found.model_copy(update={"runs": rows})
    page = to_html(evil)
    assert [tag for tag, _ in parsed(page).seen].count("script") == 1
    assert "<script>alert" not in page and "http://" not in page and "https://" not in page
    assert "<script>" not in to_markdown(evil)


def test_links_lead_to_sections_or_to_reports_that_are_there(three):
    found, folder = three
    render_comparison(found).write(folder)
    page = parsed((folder / "comparison.html").read_text())
    ids = {attrs["id"] for _, attrs in page.seen if "id" in attrs}
    links = [attrs["href"] or "" for tag, attrs in page.seen if tag == "a"]
    assert len([link for link in links if not link.startswith("#")]) == 3
    for link in links:
        assert link[1:] in ids if link.startswith("#") else (folder / link).is_file()


def test_a_report_is_made_anew_only_if_something_is_newer(tmp_path, monkeypatch):
    run, ledger = make_run(tmp_path / "one", iris_graph()), Ledger(tmp_path / "ledger.jsonl")
    assert up_to_date(run, (), ledger) is None
    pipeline.report(run, ledger)
    facts = up_to_date(run, (), ledger)
    assert facts is not None and facts.model == "iris_mlp"
    later = run.report_file("json").stat().st_mtime + 5
    os.utime(run.graph_file, (later, later))
    assert up_to_date(run, (), ledger) is None
    os.utime(run.graph_file, (1, 1))
    assert up_to_date(run, (), ledger) is not None
    result = run.folder / "synth" / "basys3" / "result.json"
    facts.hardware[0].model_copy(update={"board": "basys3"}).write(result)
    os.utime(result, (later, later))
    assert up_to_date(run, (), ledger) is None
    os.utime(result, (1, 1))
    ledger.path.write_text("")
    os.utime(ledger.path, (later, later))
    assert up_to_date(run, (), ledger) is None
    os.utime(ledger.path, (1, 1))
    monkeypatch.setattr(comparing, "__version__", "another")
    assert up_to_date(run, (), ledger) is None
    monkeypatch.undo()
    run.report_file("json").write_text("{}")
    assert up_to_date(run, (), ledger) is None


def test_two_real_runs_are_compared(tmp_path):
    runs = [make_run(tmp_path / name, iris_graph()) for name in ("one", "two")]
    told: list[str] = []
    found = pipeline.compare(runs, tmp_path / "comparison", EMPTY, told.append)
    assert "one: accuracy" in told and "two: hardware" in told
    assert len(found.groups()) == 1 and found.board is not None
    assert all((tmp_path / "comparison" / name).is_file() for name in COMPARISON_FILES)
    assert all(run.report_file("html").is_file() for run in runs)  # what the links lead to
    again = pipeline.compare(runs, tmp_path / "comparison", EMPTY, told.append)
    assert again == found and told.count("one: accuracy") == 1
    with pytest.raises(EdgemlError, match="is named twice"):
        pipeline.compare([runs[0], runs[0]], tmp_path / "twice", EMPTY)
    assert not (tmp_path / "twice").exists()


def test_a_result_of_a_tool_stands_before_the_estimate(tmp_path):
    run = make_run(tmp_path / "run", iris_graph())
    facts = pipeline.report(run, EMPTY)
    target = next(item for item in facts.hardware if item.board == facts.target and item.design == "verilog")
    assert target.source == "estimate" and target.layers and target.total.lut is not None
    real = target.model_copy(update={"source": "place-and-route", "notes": ()})
    real.write(run.folder / "synth" / facts.target / "result.json")
    stale = Hardware.model_validate({**real.model_dump(by_alias=True), "graph": "0" * 64})
    stale.write(run.folder / "synth" / "old" / "result.json")
    (run.folder / "synth" / "torn").mkdir()
    (run.folder / "synth" / "torn" / "result.json").write_text('{"schema": 1')
    facts = pipeline.report(run, EMPTY)
    found = [i for i in facts.hardware if (i.board, i.design) == (facts.target, "verilog")]
    assert [item.source for item in found] == ["place-and-route", "estimate"]
    assert [row.source for row in facts.resources].count("place-and-route") == 1
    assert len(facts.gaps) == 2
    assert "synth/old/result.json is of another graph" in facts.gaps[0]
    assert re.search(r"synth/torn/result.json is not a file of hardware figures", facts.gaps[1])
    assert "is of another graph" in run.report_file("html").read_text()


def test_a_comparison_begins_with_the_settings_that_differ(tmp_path):
    facts = sample_facts()
    settings = {**facts.settings, "quantizers.weights.bits": "4", "training.patience": "7"}
    other = facts.model_copy(update={"settings": settings, "seed": 8})
    made = compare([(tmp_path / "wide", facts), (tmp_path / "narrow", other)], tmp_path)
    rows = {row.key: row.values for row in differences(made.runs)}
    assert rows == {
        "seed": ("7", "8"),
        "quantizers.weights.bits": ("6", "4"),
        "training.patience": ("not set", "7"),
    }
    page, text = to_html(made), to_markdown(made)
    assert page.index('id="differences"') < page.index('id="tradeoffs"') < page.index('id="models"')
    assert "<td>not set</td><td>7</td>" in page and "| `quantizers.weights.bits` | 6 | 4 |" in text
    same = compare([(tmp_path / "wide", facts), (tmp_path / "again", facts)], tmp_path)
    assert differences(same.runs) == () and "Nothing: the runs have the same model" in to_html(same)


def test_runs_of_several_seeds_have_a_mean_and_a_spread(tmp_path):
    facts = [
        smaller(sample_facts(), 1, accuracy).model_copy(update={"seed": seed})
        for seed, accuracy in enumerate((0.9, 0.92, 0.94))
    ]
    other = sample_facts(settings={"training.epochs": "3"})
    made = compare([(tmp_path / f"run{n}", one) for n, one in enumerate((*facts, other))], tmp_path)
    (group,) = seed_groups(made.runs)
    assert [run.key for run in group.runs] == ["A", "B", "C"]
    assert (round(group.mean, 6), round(group.deviation, 6)) == (0.92, 0.02)
    assert "92.00 % on average, standard deviation 2.00 points over 3 runs" in to_html(made)


def test_trainings_are_drawn_over_each_other(tmp_path):
    facts = sample_facts()
    made = compare([(tmp_path / "a", facts), (tmp_path / "b", facts)], tmp_path)
    chart = charts.overlaid(made.runs, "val_loss", "Validation loss")
    lines = re.findall(r'class="overlaid" points="([^"]*)"', chart)
    assert len(lines) == 2 and all(len(line.split()) == 8 for line in lines)  # of the last phase
    assert "A a ends at" in chart and "B b ends at" in chart and 'class="k1"' in chart
    untrained = compare(
        [(tmp_path / "a", sample_facts(history=(), missing={"history": "none"}))] * 2, tmp_path
    )
    assert charts.overlaid(untrained.runs, "val_loss", "Validation loss") == ""


def test_a_training_of_one_epoch_is_a_dot_and_accuracy_is_in_percent(tmp_path):
    facts = sample_facts()
    first = facts.history[0].model_copy(update={"epoch": 1, "val_accuracy": 0.9666667})
    made = compare(
        [(tmp_path / name, facts.model_copy(update={"history": (first,)})) for name in "ab"], tmp_path
    )
    chart = charts.overlaid(made.runs, "val_accuracy", "Validation accuracy")
    assert chart.count('<circle class="overlaid"') == 2
    assert "A a ends at 96.67 %" in chart and re.findall(r">(\d+) %<", chart)
    heights = {float(y) for y in re.findall(r'cy="([\d.]+)"', chart)}
    assert heights == {114.0}, "a figure that never changes is in the middle"


def test_mean_and_spread_over_folds_stand_in_the_table(tmp_path):
    facts = sample_facts()
    made = compare([(tmp_path / "a", facts), (tmp_path / "b", facts)], tmp_path)
    row = made.runs[0]
    first = next(item for item in facts.fold_spread if item.model == "fixed" and item.minus is None)
    assert row.repeated.value == first.spread.mean and f"over {len(facts.fold_rows)}" in row.repeated_note
    assert "a over its folds and seeds: " in to_html(made) and "a over its folds and seeds: " in to_markdown(
        made
    )
