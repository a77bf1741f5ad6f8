"""docs/lint.md is what the rules say."""

from __future__ import annotations

from pathlib import Path

from edgeml.lint import code, names
from edgeml.lint.page import page

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_up_to_date() -> None:
    hint = "python -m edgeml.lint.page > docs/lint.md"
    assert (ROOT / "docs" / "lint.md").read_text() == page(), hint


def test_every_rule_is_on_it() -> None:
    text = page()
    assert all(f"### {code(name)}: " in text for name in names())
