from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.covered import PACKAGES, lines, main


def report(covered: int) -> dict[str, object]:
    entry = {"summary": {"covered_lines": covered, "num_statements": 100}}
    full = {"summary": {"covered_lines": 100, "num_statements": 100}}
    return {"files": {f"edgeml/{name}/a.py": full for name in PACKAGES} | {"edgeml/ir/b.py": entry}}


@pytest.mark.parametrize(("covered", "code"), [(90, 0), (89, 1)])
def test_a_package_below_95_percent_fails(covered: int, code: int, tmp_path: Path, capsys) -> None:
    (tmp_path / "c.json").write_text(json.dumps(report(covered)))
    assert main(str(tmp_path / "c.json")) == code
    assert ("TOO FEW" in capsys.readouterr().out) == bool(code)


def test_a_package_without_a_line_fails(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(json.dumps({"files": {}}))
    assert main(str(tmp_path / "c.json")) == 1
    assert lines({"files": {}}, "ir") == (0, 0)
