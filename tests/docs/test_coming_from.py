"""Each right-hand side of the tables in docs/coming-from works as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs import workshop

PAGES = sorted((Path(__file__).parents[2] / "docs" / "coming-from").glob("*.md"))
NOTHING = "nothing: "
"""The beginning of a cell that says why there is nothing to type."""

ALWAYS = ("edgeml train iris_mlp --epochs 2", "edgeml export runs/iris_mlp --to onnx,qonnx,verilog,c")
"""Commands before those of every page, so that pages do not depend on each other."""


def right_hand_sides(page: Path) -> list[str]:
    """The cells of the table's second column, in their order."""
    rows = re.findall(r"^\| (.*) \| (.*) \|$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [right for left, right in rows if not left.startswith("in ")]


def test_there_is_a_page_for_each_tool() -> None:
    assert [page.stem for page in PAGES] == ["finn-brevitas", "hgq2", "hls4ml", "qkeras", "tensorflow-lite"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_row_has_one_thing_to_type(page: Path) -> None:
    cells = right_hand_sides(page)
    assert len(cells) >= 10
    for cell in cells:
        assert cell.startswith(NOTHING) or re.fullmatch(r"`[^`]+`", cell), cell


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("coming-from")
    with workshop.inside(folder):
        names = workshop.fill(folder)
        for line in ALWAYS:
            code, text = workshop.command(line)
            assert code == 0, f"{line}\n{text}"
        yield names


@pytest.mark.slow
@pytest.mark.tool
@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_they_run_as_they_stand(page: Path, given: dict[str, Any]) -> None:
    names = dict(given)
    for cell in right_hand_sides(page):
        if cell.startswith(NOTHING):
            continue
        line = cell.strip("`")
        if not line.startswith("edgeml "):
            exec(compile(line, page.name, "exec"), names)
            continue
        code, text = workshop.command(line)
        # A lint may find errors in a model; anything else that is not 0 is a fault.
        assert code == 0 or (code == 1 and line.startswith("edgeml lint ")), (
            f"{line}\nexit code {code}\n{text}"
        )


@pytest.mark.slow
def test_a_row_that_does_not_work_is_noticed(given: dict[str, Any]) -> None:
    code, text = workshop.command("edgeml export runs/iris_mlp --to nonsense")
    assert code == 2
    assert "nonsense" in text
