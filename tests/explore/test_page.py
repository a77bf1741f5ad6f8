"""Pages of studies: what they say, that nothing breaks out of them, and 100,000 trials."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from edgeml.explore.page import study_html, study_markdown, view_of, write_pages
from edgeml.explore.record import FILE, StudyRecord
from tests.explore.made_up import many_rows, question, record_of, sample_record


def html(record: StudyRecord) -> str:
    return study_html(record, view_of(record, Path("runs/x")))


def test_every_trial_of_the_front_has_its_point_its_row_and_its_line() -> None:
    record = sample_record()
    page, text = html(record), study_markdown(record, view_of(record, Path("runs/x")))
    assert record.front
    for row in record.front:
        assert f'href="#trial-{row.number}"' in page and f'id="trial-{row.number}"' in page
        assert " ".join(row.lines + row.design_lines) in page
        assert f"| {row.number}{' (knee)' if row.number == record.knee else ''} |" in text
    assert page.count('<path class="curve') == 1, "the line is of the objectives alone"
    assert page.count('<svg class="chart') == 3  # LUT, loss and latency against accuracy
    assert "http" not in re.sub(r"http-equiv", "", page), "nothing is loaded from a network"


def test_a_study_without_a_front_says_why() -> None:
    record = record_of(question(), [])
    assert "no trial is done yet" in html(record)


def test_names_of_the_user_stay_text() -> None:
    record = record_of(
        question(settings=("data.target=<script>alert(1)</script>",)), many_rows(question(), 30)
    )
    page = html(record)
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page


def test_the_files_are_written_together(tmp_path) -> None:
    assert [path.name for path in write_pages(sample_record(), tmp_path)] == ["explore.html", "explore.md"]


@pytest.mark.slow
def test_a_hundred_thousand_trials_stay_usable(tmp_path, record_property) -> None:
    request = question()
    record = record_of(request, many_rows(request, 100_000))
    record.write(tmp_path / FILE)
    began = time.process_time()
    again = StudyRecord.read(tmp_path / FILE)
    record_property("opens_s", round(time.process_time() - began, 2))
    assert again == record
    page = html(again)
    assert len(page) < 1_500_000
    assert page.count("<circle") < 8_000


@pytest.mark.parametrize("count", [1, 2, 3, 400])
def test_of_any_size(count) -> None:
    record = record_of(question(limits=()), many_rows(question(limits=()), count))
    page = html(record)
    assert page.count('<tr id="trial-') == min(len(record.front), 200)
