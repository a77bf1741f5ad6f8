"""The contract of a section: whole or refused, found by itself, laid out for every kind of facts.

A section that cannot be collected is absent with its reason, and the others stand.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from edgeml.errors import EdgemlError
from edgeml.report import layout, render, sections
from edgeml.report.collect import collect
from edgeml.report.facts import composed
from edgeml.report.page import to_html, to_markdown
from edgeml.report.quality import OTHER_TASK
from edgeml.report.section import Section
from edgeml.report.sections.accuracy.facts import AccuracyFacts
from edgeml.report.sections.classes.facts import ClassesFacts
from edgeml.report.sections.exactness.view import verdict
from edgeml.report.sections.speed import collect as speed
from edgeml.report.source import RunSource
from tests.report.samples import sample_facts
from tests.report.test_collect import iris_graph, make_run
from tests.report.test_renderers import bare, parsed

ROOT = Path(__file__).resolve().parents[2]
ZOO = {"all": sample_facts(), "bad": sample_facts(mismatch=True), "bare": bare()}
TITLED = [name for name, section in sections.every().items() if section.title]

WHOLE = """
from edgeml.report.section import Section, SectionFacts


class PlantedFacts(SectionFacts):
    planted: str = ""


SECTION = Section(
    title="Planted",
    place=55,
    facts=PlantedFacts,
    collect=lambda source: PlantedFacts(planted=source.graph.name),
    digest=lambda facts: facts.planted,
)
"""
HTML, MARKDOWN = "<p>grown: {{ facts.planted }}</p>", "## Planted\n\ngrown: {{ facts.planted }}\n"


def plant(folder: Path, code: str = WHOLE, *, html: bool = True, markdown: bool = True) -> Path:
    """A folder with one section, `planted`."""
    place = folder / "planted"
    place.mkdir()
    (place / "__init__.py").write_text("")
    (place / "section.py").write_text(code)
    if html:
        (place / "page.html.j2").write_text(HTML)
    if markdown:
        (place / "page.md.j2").write_text(MARKDOWN)
    return folder


@pytest.fixture
def planted(monkeypatch, tmp_path):
    """A folder in which a section can be planted beside the shipped ones."""
    monkeypatch.setattr(sections, "__path__", [*sections.__path__, str(tmp_path)])
    sections.every.cache_clear()
    yield tmp_path
    sections.every.cache_clear()
    for name in ("planted", "planted.section"):
        sys.modules.pop(f"edgeml.report.sections.{name}", None)


@pytest.mark.parametrize("name", sections.names())
@pytest.mark.parametrize("kind", ZOO)
def test_a_section_is_laid_out_for_every_kind_of_facts(name: str, kind: str) -> None:
    facts, section = ZOO[kind], sections.every()[name]
    view, draw = section.view(facts), layout.drawn(section.charts)
    page = layout.html().get_template(f"{name}/page.html.j2").render(facts=facts, view=view, draw=draw)
    assert page.strip() and page.strip() in to_html(facts)
    parsed(page)
    text = layout.markdown().get_template(f"{name}/page.md.j2")
    shown = layout.tidy(text.render(facts=facts, view=view, gone=lambda field: facts.missing[field]))
    assert shown.startswith("# " if not section.title else "## ")
    heading = shown.splitlines()[0]
    assert to_markdown(facts).splitlines().count(heading) == 1
    document = json.loads(facts.to_json())
    for field, info in section.facts.model_fields.items():
        assert (info.alias or field) in document


@pytest.mark.parametrize("name", TITLED)
def test_a_section_that_is_not_available_has_its_reason_everywhere(name: str) -> None:
    gone = sections.every()[name].facts.unavailable("cannot be read")
    values = gone.model_dump_json()
    assert all(reason == "cannot be read" for reason in gone.missing.values())
    assert set(gone.missing) == set(gone.optional())
    assert gone.model_validate_json(values) == gone


@pytest.mark.parametrize("task", ["regression", "autoencoder", "multi-label"])
def test_classes_stand_on_no_page_of_a_task_without_them(task: str) -> None:
    gone = ClassesFacts.unavailable(f"{OTHER_TASK}{task}")
    accuracy = AccuracyFacts.unavailable(f"{OTHER_TASK}{task}")
    facts = ZOO["all"].model_copy(
        update=gone.model_dump(exclude={"missing"})
        | {name: getattr(accuracy, name) for name in ("accuracy", "agreement")}
        | {"missing": {**ZOO["all"].missing, **gone.missing}}
    )
    whole, page, text = to_html(ZOO["all"]), to_html(facts), to_markdown(facts)
    for shown in ('id="classes"', 'id="accuracy"', "Same class as QAT"):
        assert shown in whole and shown not in page
    assert "## Classes" not in text and "## Accuracy" not in text


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """A run, and what every section collects of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(speed, "SECONDS", 0.01)
        patch.setenv("EDGEML_LEDGER", str(tmp_path_factory.mktemp("ledger") / "ledger.jsonl"))
        run = make_run(tmp_path_factory.mktemp("runs") / "run", iris_graph())
        source = RunSource.of(run)
        return run, {name: section.collect(source) for name, section in sections.every().items()}


def with_failure(monkeypatch, parts, failing: str, error: Exception) -> None:
    """Sections that give the facts at hand, but for one that fails."""

    def fails(source: RunSource) -> None:
        raise error

    every = {
        name: dataclasses.replace(
            section, collect=fails if name == failing else lambda source, name=name: parts[name]
        )
        for name, section in sections.every().items()
    }
    monkeypatch.setattr(sections, "every", lambda: every)


@pytest.mark.parametrize("name", TITLED)
def test_the_trouble_of_a_section_is_its_own(monkeypatch, collected, name: str) -> None:
    run, parts = collected
    whole = collect_with(monkeypatch, run, parts, "", EdgemlError("never raised"))
    facts = collect_with(monkeypatch, run, parts, name, EdgemlError("cannot be <read>", "a file"))
    assert facts.failed == {name: "a file: cannot be <read>"}
    assert "not available, a file: cannot be <read>" in facts.headline()[-1]
    page, text = to_html(facts), to_markdown(facts)
    title = sections.every()[name].title
    own = page[page.index(f'<section id="{name}"') :].split("</section>")[0]
    assert "a file: cannot be &lt;read&gt;" in own and "<table" not in own
    assert f"## {title}\n\nNot available: a file: cannot be &lt;read&gt;" in text
    hidden, whole_page = not sections.every()[name].applies(whole), to_html(whole)
    assert page.count("<section") == whole_page.count("<section") + hidden
    for other in TITLED:  # what does not show facts of the failed one is untouched
        if other in ("classes", "layers", "certificate", "training") and name not in (other, "network"):
            part = whole_page[whole_page.index(f'<section id="{other}"') :].split("</section>")[0]
            assert part in page
    assert json.loads(facts.to_json())["failed"] == facts.failed
    assert set(render(facts)) == {"report.json", "report.md", "report.html"}


def test_a_section_that_is_not_about_a_run_is_on_no_page(collected) -> None:
    facts = collect(collected[0])
    assert facts.missing["ptq"] == "the model was not quantized after training"
    assert "sensitivity" not in to_html(facts)
    assert "## Sensitivity" not in to_markdown(facts)


def collect_with(monkeypatch, run, parts, failing: str, error: Exception):
    with monkeypatch.context() as patch:
        with_failure(patch, parts, failing, error)
        return collect(run)


def test_a_fault_of_edgeml_is_not_hidden_by_the_page(monkeypatch, collected) -> None:
    run, parts = collected
    with pytest.raises(ZeroDivisionError):
        collect_with(monkeypatch, run, parts, "layers", ZeroDivisionError("a fault"))
    with pytest.raises(EdgemlError, match="what the report is about"):
        collect_with(monkeypatch, run, parts, "summary", EdgemlError("what the report is about"))


def test_a_damaged_check_is_the_trouble_of_exactness(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(speed, "SECONDS", 0.01)
    run = make_run(tmp_path / "run", iris_graph())
    run.check_file.write_text('{"schema": 1')
    run.history_file.write_text("phase,epoch\nqat")
    facts = collect(run)
    assert set(facts.failed) == {"exactness", "training"}
    found = verdict(facts)
    assert (found.status, found.text) == ("unknown", "not checked") and "check.json" in found.detail
    assert facts.accuracy.fixed.value is not None and facts.accuracy.qat.reason == "there is no model.keras"
    assert "history.csv" in to_html(facts) and "check.json" in to_markdown(facts)


def test_a_new_folder_is_found_collected_and_shown(tmp_path) -> None:
    """In a process of its own: the class of all facts is made when it is imported."""
    program = """
import json, sys
from edgeml.report import sections
sections.__path__.append(sys.argv[1])
from edgeml.report import render
from edgeml.report.source import RunSource
from tests.report.samples import sample_facts, sample_graph
section = sections.every()["planted"]
part = section.collect(RunSource(None, sample_graph(), None))
files = render(sample_facts(planted=part.planted))
print(json.dumps([list(sections.every()), {name: files[name].decode() for name in files}]))
"""
    command = [sys.executable, "-c", program, str(plant(tmp_path))]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    order, files = json.loads(done.stdout)
    assert order.index("mcus") + 1 == order.index("planted") == order.index("classes") - 1
    assert json.loads(files["report.json"])["planted"] == "sample"
    assert '<a href="#planted">Planted</a>' in files["report.html"]
    assert "<p>grown: sample</p>" in files["report.html"]
    assert "## Planted\n\ngrown: sample\n" in files["report.md"]


REQUIRED = [field.name for field in dataclasses.fields(Section) if field.default is dataclasses.MISSING]


def test_the_optional_parts_of_a_section() -> None:
    assert {field.name for field in dataclasses.fields(Section)} - set(REQUIRED) == {
        *("view", "charts", "headline", "compared", "applies")
    }


@pytest.mark.parametrize("part", ["view", "charts"])
def test_a_file_of_a_section_that_is_not_declared_is_an_error(planted: Path, part: str) -> None:
    (plant(planted) / "planted" / f"{part}.py").write_text("")
    with pytest.raises(EdgemlError, match=f"SECTION declares no {part}, and there is {part}.py"):
        sections.every()


@pytest.mark.parametrize("part", REQUIRED)
def test_other_parts_of_a_section_have_no_default(planted: Path, part: str) -> None:
    lines = [line for line in WHOLE.splitlines() if not line.startswith(f"    {part}=")]
    assert len(lines) == len(WHOLE.splitlines()) - 1
    plant(planted, "\n".join(lines))
    with pytest.raises(TypeError, match=f"missing 1 required keyword-only argument: '{part}'"):
        sections.every()


@pytest.mark.parametrize(
    ("code", "templates", "message"),
    [
        ("", {}, r"declares SECTION, and this one does not"),
        ("SECTION = 3", {}, "SECTION is of type int, not Section"),
        (
            WHOLE,
            {"html": False},
            r"planted/page\.html\.j2: a report section has page\.html\.j2, page\.md\.j2",
        ),
        (WHOLE, {"markdown": False}, r"planted/page\.md\.j2: a report section has"),
        (WHOLE.replace("place=55", "place=50"), {}, "two sections stand in place 50"),
    ],
)
def test_a_section_that_lacks_a_part_is_an_error(planted: Path, code, templates, message) -> None:
    plant(planted, code, **templates)
    with pytest.raises(EdgemlError, match=message):
        sections.every()


def test_a_table_in_comparisons_needs_its_templates(planted: Path) -> None:
    compared = "Compared(row=RunPart, take=lambda facts, board: RunPart(), columns=(), title='T')"
    code = WHOLE.replace("place=55,", f"place=55,\n    compared={compared},")
    plant(planted, code.replace("import Section,", "import Compared, RunPart, Section,"))
    with pytest.raises(EdgemlError, match=r"planted/compare\.html\.j2: .* compare\.html\.j2, compare\.md"):
        sections.every()
    for name in ("compare.html.j2", "compare.md.j2"):
        (planted / "planted" / name).write_text("")
    with pytest.raises(EdgemlError, match="a table in comparisons has a title and a view"):
        sections.every()


def test_facts_that_cannot_be_absent_are_an_error(planted: Path) -> None:
    plant(planted, WHOLE.replace('planted: str = ""', "planted: str"))
    with pytest.raises(TypeError, match=r"PlantedFacts\.planted has no value where its section is not avail"):
        sections.every()


def test_one_key_of_the_report_has_one_section(planted: Path) -> None:
    plant(planted, WHOLE.replace("planted: str", "model: str").replace("planted=", "model="))
    parts = [section.facts for section in sections.every().values()]
    with pytest.raises(TypeError, match="PlantedFacts and SummaryFacts both declare model"):
        composed(parts)
