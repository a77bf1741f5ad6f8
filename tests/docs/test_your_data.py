"""docs/your-data-and-network.md works as it stands: its file, its table, its commands in their order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs import workshop

PAGE = (Path(__file__).parents[2] / "docs" / "your-data-and-network.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    """The lines that are to be typed."""
    return re.findall(r"^    (edgeml .*)$", PAGE, re.MULTILINE)


def test_there_are_commands() -> None:
    assert {line.split()[1] for line in commands()} >= {
        "lint",
        "run",
        "train",
        "estimate",
        "export",
        "check",
        "report",
    }


@pytest.mark.slow
@pytest.mark.tool
@pytest.mark.timeout(900)
def test_the_page_runs(tmp_path: Path) -> None:
    (source,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    x, y = workshop.data()
    names = ["setosa", "versicolor", "virginica"]
    rows = [f"{a},{b},{names[k]}" for (a, b), k in zip(x[:, [0, 2]], y, strict=True)]
    (tmp_path / "my_net.py").write_text(source)
    (tmp_path / "flowers.csv").write_text("\n".join(["sepal,petal,class", *rows]) + "\n")
    with workshop.inside(tmp_path):
        for line in commands():
            code, text = workshop.command(line)
            assert code == 0, f"{line}\nexit code {code}\n{text}"
        assert Path("runs/my_net/report.html").is_file()
