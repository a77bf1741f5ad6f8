"""The report of a run, and the comparison of several: facts first, then three ways to show them.

A report is the list of its sections, `sections/<name>/`: each has its facts, collects them, and lays them out
in HTML and Markdown (`section` says what a section is). `facts` puts their facts together, `collect` and
`source` gather them from a run folder, `page` lays them out. `comparison` puts the facts of several
runs side by side.

Invariant: a template adds nothing that does not follow from the facts, so the three files never disagree, and
a fact that is absent is shown with its reason, never as zero.

To add a section, add its folder. To add a fact, a field in its section's `facts`, a line in its `collect`, a
place in its templates.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edgeml.files import FileSet

if TYPE_CHECKING:
    from edgeml.report.comparison.facts import Comparison
    from edgeml.report.facts import Facts

FILES = ("report.json", "report.md", "report.html")
COMPARISON_FILES = ("comparison.json", "comparison.md", "comparison.html")


def render_comparison(comparison: Comparison) -> FileSet:
    """The three files of a comparison; equal comparisons give equal bytes.

    Raises:
        MissingToolError: jinja2 is not installed.
    """
    from edgeml.report import page

    texts = (
        comparison.to_json(),
        page.comparison_markdown(comparison),
        page.comparison_html(comparison),
    )
    return FileSet({name: text.encode() for name, text in zip(COMPARISON_FILES, texts, strict=True)})


def render(facts: Facts) -> FileSet:
    """The three files of a report; equal facts give equal bytes.

    Raises:
        MissingToolError: jinja2 is not installed.
    """
    from edgeml.report import page

    texts = (facts.to_json(), page.to_markdown(facts), page.to_html(facts))
    return FileSet({name: text.encode() for name, text in zip(FILES, texts, strict=True)})


def write(facts: Facts, folder: Path) -> tuple[Path, ...]:
    """Write report.json, report.md and report.html into `folder`, all or none.

    Returns:
        Their paths, in the order of `FILES`.

    Raises:
        EdgemlError: the folder cannot be written.
        MissingToolError: jinja2 is not installed.
    """
    root = render(facts).write(folder)
    return tuple(root / name for name in FILES)
