"""The report of a run: facts first, then three ways to show them.

`facts` says what a report holds; `quality`, `layers`, `weights`, `speed` and `inputs` work the facts out from
plain values, `collect`, `hardware` and `rounded` from a run folder; `json`, `markdown` and `html` render
facts and know nothing else. `comparison` puts the facts of several runs side by side, with renderers of its
own.

Invariant: a renderer adds nothing that does not follow from the facts, so the three files never disagree, and
a fact that is absent is shown with its reason, never as zero.

To add a fact: a field in `facts`, a function of plain inputs that works it out, a line in `collect`, a place
in the templates. To add a renderer: one file with a function from `Facts` to text, and a line in `render`.
"""

from __future__ import annotations

from pathlib import Path

from edgeml.files import FileSet
from edgeml.report.comparison import Comparison
from edgeml.report.facts import Facts

FILES = ("report.json", "report.md", "report.html")
COMPARISON_FILES = ("comparison.json", "comparison.md", "comparison.html")


def render_comparison(found: Comparison) -> FileSet:
    """The three files of a comparison; equal comparisons give equal bytes.

    Raises:
        MissingToolError: jinja2 is not installed.
    """
    from edgeml.report import html_compare, json, markdown_compare

    texts = (json.to_json(found), markdown_compare.to_markdown(found), html_compare.to_html(found))
    return FileSet({name: text.encode() for name, text in zip(COMPARISON_FILES, texts, strict=True)})


def render(facts: Facts) -> FileSet:
    """The three files of a report; equal facts give equal bytes.

    Raises:
        MissingToolError: jinja2 is not installed.
    """
    from edgeml.report import html, json, markdown

    texts = (json.to_json(facts), markdown.to_markdown(facts), html.to_html(facts))
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
