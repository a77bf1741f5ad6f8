from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from edgeml.errors import EdgemlError
from edgeml.figures import Hop, LayerFigures, Stage, Usage
from edgeml.report import FILES, render, words, write
from edgeml.report.facts import Facts
from edgeml.report.histogram import Histogram, Span
from edgeml.report.histogram_chart import histogram
from edgeml.report.numbers import absent, measured
from edgeml.report.page import to_html, to_markdown
from edgeml.report.sections.accuracy.charts import accuracy_chart
from edgeml.report.sections.accuracy.view import ModelAccuracy
from edgeml.report.sections.hardware.facts import latency_rows, resource_rows
from edgeml.report.sections.training.charts import curves
from edgeml.report.sections.training.collect import effort, history
from tests.report.hardware import count, estimated
from tests.report.measured import LISTS
from tests.report.samples import sample_facts

EVIL = '<script>alert("x")</script> | `a` [b](javascript:c) & "d\' \n# e'
VOID = {"meta", "link", "br", "img", "hr", "input", "path", "line", "rect", "circle"}


class Balanced(HTMLParser):
    """Fails on a tag that is closed without being open, and keeps what a test asks about."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


def parsed(text):
    page = Balanced()
    page.feed(text)
    page.close()
    assert page.open == []
    return page


def bare():
    """Facts of a run of which hardly anything is there."""
    sections = ("per_class", "layers", "weights", "activations", "history", "certificate")
    sections += LISTS
    sections += ("resources", "latency", "post_training", "task_figures", "task_outputs", "microcontrollers")
    gone = {name: f"no {name} here" for name in (*sections, "confusion", "exactness", "speed", "calibration")}
    none = absent("not exported")
    accuracy = sample_facts().accuracy.model_copy(update={"float_": none, "qat": none, "fixed": none})
    agreement = sample_facts().agreement.model_copy(update={"fixed_qat": none, "fixed_float": none})
    return sample_facts(
        **dict.fromkeys(sections, ()),
        confusion=None,
        calibration={},
        exactness=None,
        speed=None,
        accuracy=accuracy,
        agreement=agreement,
        hardware=(),
        boards=(),
        gaps=("no estimate here",),
        mcu_cores=(),
        missing=gone,
    )


def test_json_round_trip():
    for facts in (sample_facts(), sample_facts(mismatch=True), bare()):
        text = facts.to_json()
        assert Facts.parse(text, "report.json") == facts
        assert "NaN" not in text
        assert "Infinity" not in text


def test_json_has_the_documented_shape():
    found = json.loads(sample_facts().to_json())
    assert found["schema"] == 2
    assert set(found["accuracy"]) == {"float", "qat", "fixed", "int8"}
    assert found["accuracy"]["fixed"]["source"] == "measured"
    assert found["accuracy"]["int8"] == {
        "value": None,
        "source": "measured",
        "low": None,
        "high": None,
        "reason": "onnx/int8.onnx is not in the run",
    }
    first, *_, last = found["resources"]
    assert {"board", "source", "lut", "ff", "dsp", "bram", "low", "high"} <= set(first)
    assert (first["board"], first["source"], first["lut"]) == ("pynq-z2", "estimate", 900)
    assert (first["low"]["lut"], first["high"]["lut"], last["high"]["lut"]) == (720, 1080, 24000)
    assert {"board", "source", "cycles", "ii", "clock_mhz", "ns"} <= set(found["latency"][0])
    placed = next(row for row in found["latency"] if row["source"] == "place-and-route")
    assert (placed["cycles"], placed["clock_mhz"]) == (7, 81.5)  # it was too slow for its 100 MHz
    assert placed["ns"] == pytest.approx(7 * 1000 / 81.5)
    assert (placed["low"], placed["high"]) == ({}, {})
    assert found["exactness"]["results"][2]["status"] == "not-run"
    assert found["missing"] == {}


def test_a_damaged_report_is_one_clear_error(tmp_path):
    text = sample_facts().to_json()
    path = tmp_path / "report.json"
    path.write_text(text[: len(text) // 2])
    with pytest.raises(EdgemlError, match=r"report\.json.*not a report.*run edgeml report again"):
        Facts.read(path)
    with pytest.raises(EdgemlError, match="not a report: seed"):
        Facts.parse(text.replace('"seed": 7', '"seed": "x"'), "report.json")
    with pytest.raises(EdgemlError, match="no such report"):
        Facts.read(tmp_path / "none.json")


def test_equal_facts_give_equal_files(tmp_path):
    assert render(sample_facts()).digest == render(sample_facts()).digest
    again = Facts.parse(sample_facts().to_json(), "report.json")
    assert render(again).digest == render(sample_facts()).digest
    paths = write(sample_facts(), tmp_path)
    assert [path.name for path in paths] == list(FILES)
    assert all(path.stat().st_size > 1000 for path in paths)


@pytest.mark.parametrize(
    "facts", [sample_facts(), sample_facts(mismatch=True), bare()], ids=["all", "bad", "bare"]
)
def test_html_is_whole_self_contained_and_has_all_sections(facts):
    text = to_html(facts)
    page = parsed(text)
    ids = [attrs["id"] for _, attrs in page.seen if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = [attrs["href"] for tag, attrs in page.seen if tag == "a"]
    assert all(link is not None and link.startswith("#") and link[1:] in ids for link in links)
    sources = [attrs[key] for _, attrs in page.seen for key in ("src", "href") if key in attrs]
    assert all(source is not None and source.startswith(("#", "data:")) for source in sources)
    assert "http://" not in text
    assert "https://" not in text
    assert not re.search(r"\bnan\b|\bNone\b|\binf\b", text)
    for tag, attrs in page.seen:
        if attrs.get("role") == "img":
            assert attrs["aria-label"], tag


@pytest.mark.parametrize(("render_one", "charts_only"), [(to_html, ()), (to_markdown, ("confusion",))])
def test_what_is_absent_is_said_with_its_reason(render_one, charts_only):
    text = render_one(bare())
    reasons = [reason for name, reason in bare().missing.items() if name not in charts_only]
    for reason in reasons:
        assert reason in text
    assert text.lower().count("not available") >= len(reasons)
    assert "not exported" in text


def evil_hardware():
    """Every text of a tool's result is from outside."""
    part = LayerFigures(layer=EVIL, op=EVIL, usage=Usage(lut=count(3)), start=count(0), cycles=count(2))
    stage = Stage(name=EVIL, tool=EVIL, version=EVIL, seconds=1)
    hop = Hop(layer=EVIL, ns=1, what=EVIL)
    texts = dict.fromkeys(("settings", "tool", "bitstream"), EVIL)
    known = estimated("", "pynq-z2", stages=(stage,), critical_path=(hop,), notes=(EVIL,))
    known = known.model_copy(update={**texts, "source": "synthesis", "layers": (part,)})
    return known, known.model_copy(update={"board": EVIL, "part": EVIL})


def test_html_escapes_everything_from_outside():
    check, matrix = sample_facts().exactness, sample_facts().confusion
    assert check is not None
    assert matrix is not None
    results = tuple(result.model_copy(update={"backend": EVIL, "reason": EVIL}) for result in check.results)
    evil = evil_hardware()
    facts = sample_facts(
        model=EVIL,
        summary=EVIL,
        machine=EVIL,
        commands=(EVIL,),
        versions={EVIL: EVIL},
        data=sample_facts().data.model_copy(
            update={"name": EVIL, "note": EVIL, "source": EVIL, "licence": EVIL}
        ),
        hardware=evil,
        resources=resource_rows(evil),
        latency=latency_rows(evil),
        gaps=(EVIL,),
        exactness=check.model_copy(update={"results": results}),
        per_class=tuple(item.model_copy(update={"name": EVIL}) for item in sample_facts().per_class),
        confusion=matrix.model_copy(update={"classes": (EVIL, EVIL, EVIL)}),
        history=history([{"phase": EVIL, "epoch": 1, "loss": 1, "accuracy": 0.5}]),
        weights=tuple(
            item.model_copy(update={"name": EVIL, "type": EVIL}) for item in sample_facts().weights
        ),
        layers=tuple(
            item.model_copy(update={"name": EVIL, "type": EVIL, "op": EVIL}) for item in sample_facts().layers
        ),
    )
    text = to_html(facts)
    page = parsed(text)
    assert "<script>alert" not in text
    assert [tag for tag, _ in page.seen].count("script") == 1
    assert text.count("&lt;script&gt;alert") > 20


def test_markdown_escapes_everything_from_outside():
    check = sample_facts().exactness
    assert check is not None
    results = tuple(result.model_copy(update={"backend": EVIL, "reason": EVIL}) for result in check.results)
    evil = evil_hardware()
    facts = sample_facts(
        model=EVIL,
        machine=EVIL,
        versions={EVIL: EVIL},
        data=sample_facts().data.model_copy(
            update={"name": EVIL, "note": EVIL, "source": EVIL, "licence": EVIL}
        ),
        hardware=evil,
        resources=resource_rows(evil),
        latency=latency_rows(evil),
        gaps=(EVIL,),
        exactness=check.model_copy(update={"results": results}),
        per_class=tuple(item.model_copy(update={"name": EVIL}) for item in sample_facts().per_class),
        history=history([{"phase": EVIL, "epoch": 1, "loss": 1, "accuracy": 0.5}]),
    )
    text = to_markdown(facts)
    assert text.count("&lt;script&gt;alert") > 10
    prose = re.sub(r"(?<!\\)`[^`\n]*`", "", text)  # between backticks nothing is HTML or a link
    assert "<script>" not in prose
    assert "\n# e" not in text
    assert not re.search(r"(?<!\\)\]\(javascript", prose)
    assert not re.search(r"(?<!\\)`a`", text)


def test_html_policy_allows_its_own_script_and_nothing_else():
    import base64
    import hashlib

    text = to_html(sample_facts())
    script = re.search(r"<script>(.*)</script>", text, re.S)
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    policy = next(attrs["content"] for tag, attrs in parsed(text).seen if attrs.get("http-equiv"))
    assert policy is not None
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}'" in policy


def test_exact_mismatch_and_not_run_look_different():
    text = to_html(sample_facts(mismatch=True))
    for status in ("s-exact", "s-mismatch", "s-not-run"):
        assert f'class="status {status}"' in text
    assert "expected <b>17</b>, got <b>16</b>" in text
    row = re.search(r'<tr class="s-not-run">.*?</tr>', text, re.S)
    assert row is not None
    assert "no g++ on PATH" in row[0]
    assert not re.search(r">0[< ]", row[0])  # what was not run has no zero differences
    assert "NOT RUN" in row[0]


@pytest.mark.parametrize("mismatch", [False, True])
def test_markdown_tables_are_rectangular(mismatch):
    text = to_markdown(sample_facts(mismatch=mismatch))
    for block in text.split("\n\n"):
        if block.startswith("|"):
            cells = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(cells) == 1
    assert ("**MISMATCH**" in text) == mismatch
    assert "| hls4ml | NOT RUN | - | - | - | - | - | no g++ on PATH | - |" in text
    assert "`fixed<6,3>`" in text


def test_history_reads_blank_and_nan_as_nothing_and_refuses_a_row_without_an_epoch():
    first, second = history(
        [{"phase": "qat", "epoch": "1", "loss": "nan"}, {"phase": "qat", "epoch": 2, "loss": 0.5}]
    )
    assert (first.loss, first.accuracy, second.loss) == (None, None, 0.5)
    with pytest.raises(EdgemlError, match=r"history.csv, row 1: needs a phase and an epoch"):
        history([{"phase": "qat", "epoch": ""}])


def test_epochs_stand_beside_the_accuracies():
    facts = sample_facts()
    assert facts.trained == (
        "trained: float32 for 8 epochs; QAT went on from its weights for 8 more, 16 in all"
    )
    assert facts.trained in facts.headline()
    for text in (to_markdown(facts), to_html(facts)):
        assert text.count(facts.trained) == 1
    assert effort(()) == ""


def test_charts_of_degenerate_facts():
    one = history([{"phase": "qat", "epoch": 1, "loss": 0.0, "accuracy": 1.0}])
    for metric in ("loss", "accuracy"):
        assert curves(one, metric, metric).startswith("<svg")
        assert "nan" not in curves(one, metric, metric)
        assert 'class="dot' in curves(one, metric, metric)  # a single epoch is a point, not nothing
    assert curves(history([{"phase": "qat", "epoch": 1}]), "loss", "Loss") == ""
    none = absent("none")
    gone = [
        ModelAccuracy(name=name, style="m-float", accuracy=none) for name in ("float32", "QAT", "int8 QDQ")
    ]
    sure = ModelAccuracy(name="fixed-point", style="m-fixed", accuracy=measured(1.0))
    assert accuracy_chart([*gone, sure]).count("not available") == 3
    assert accuracy_chart(gone) == ""
    empty = Histogram(
        name="w",
        type="ufixed<1,1>",
        shape=(1,),
        start=0,
        step=1,
        counts=(0,),
        limits=Span(lo=0, hi=0),
        zeros=1,
    )
    assert "nan" not in histogram(empty)


def test_numbers_in_words():
    assert words.number(absent("no tool"), "percent") == "not available: no tool"
    assert words.number(measured(0.5), "percent") == "50.00 %"
    assert words.number(measured(12.34), "db") == "12.3 dB"
    assert words.interval(measured(0.5)) == ""
    assert words.interval(measured(0.5, 0.4, 0.6)) == "40.00 to 60.00 %"


def test_notes_of_the_lowering_are_shown_and_escaped():
    facts = sample_facts(lowering=("bn1: its constants have 17 <bits> (not exact)",))
    assert "17 &lt;bits&gt; (not exact)" in to_html(facts)
    assert "bn1" in to_markdown(facts) and "<bits>" not in to_markdown(facts)
    assert "Note on the lowering" not in to_html(sample_facts())


def test_notes_of_the_estimates_stand_by_every_table_of_them():
    statistics = "LUT: real/estimate: median 1.02, 90th percentile of the factor 1.31, 93 % inside"
    known = estimated("", "pynq-z2", notes=(statistics,))
    found = (known, known.model_copy(update={"board": "basys3", "notes": ("no board of this family",)}))
    facts = sample_facts(hardware=found, resources=resource_rows(found), latency=latency_rows(found))
    page, text = to_html(facts), to_markdown(facts)
    boards = page[page.index('id="boards"') : page.index('id="classes"')]
    for note in (*known.notes, "no board of this family"):
        assert note in boards and note in text[text.index("## Boards") :] and note in facts.to_json()
    assert "edgeml Verilog: PYNQ-Z2</dt>" in boards
    design = page[page.index('id="hardware"') : page.index('id="boards"')]
    line = "ypical error 31 % (LUTs, in nine of ten designs no more)"
    assert re.search(
        rf"<details[^>]*><summary>T{re.escape(line)}: details</summary><p>{statistics}</p>", design
    )
    # The line is open to see, the statistics are folded away, in the page and in Markdown.
    assert line in re.sub(r"<details(?! class=.fold).*?</details>", "", boards, flags=re.DOTALL)
    for part in (boards, text):
        assert statistics not in re.sub(
            r"<details(?! class=.(?:design|fold)).*?</details>", "", part, flags=re.DOTALL
        )


def test_the_whole_board_is_shown_beside_the_network():
    facts = sample_facts()
    page, text = to_html(facts), to_markdown(facts)
    row = next(row for row in page.split("<tr>") if "iCEBreaker<span" in row)
    assert "75.8 %" in row and "packed 110 %" in row and "may not fit" in row
    assert "| iCEBreaker | edgeml Verilog | estimate | may not fit |" in text
    item = next(item for item in facts.hardware if item.board == "icebreaker")
    only = sample_facts(
        target="icebreaker", hardware=(item,), resources=resource_rows([item]), latency=latency_rows([item])
    )
    assert "| estimate, whole board packed |  |  | 5,800 (4,640 to 6,960) |" in to_markdown(only)
    assert 'class="wholebar"' in to_html(only)
    assert "packed with all around it 5,800, 110 %" in to_html(only)
