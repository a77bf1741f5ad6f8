"""report.html and report.md, comparison.html and comparison.md: the list of sections, laid out.

Invariant: the page knows no section by name but the summary, which has its title. An HTML page is one file
that opens from a disk without a network: its content security policy allows no request and no script but its
own.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from edgeml.report import layout, mdtext, sections
from edgeml.report.comparison.charts import overlaid, tradeoff
from edgeml.report.comparison.view import view as comparison_view
from edgeml.report.layout import drawn, marked, shipped, tidy
from edgeml.report.sections.summary.view import page_title

if TYPE_CHECKING:
    from edgeml.report.comparison.facts import Comparison
    from edgeml.report.facts import Facts
    from edgeml.report.section import Section


class PagePart(NamedTuple):
    """One section as it stands on a page; without a title it stands above all sections.

    Attributes:
        digest: the line beside the title while the section is folded; None for one that is not folded.
    """

    name: str
    title: str
    content: Any
    digest: str | None = None


def to_html(facts: Facts) -> str:
    """The text of report.html.

    Raises:
        MissingToolError: jinja2 is not installed.
    """
    environment, parts = layout.html(), list[PagePart]()
    for name, section in sections.every().items():
        if not section.applies(facts):
            continue
        if name in facts.failed:
            text = environment.get_template("templates/failed.html.j2").render(reason=facts.failed[name])
        else:
            template = environment.get_template(f"{name}/page.html.j2")
            text = template.render(facts=facts, view=section.view(facts), draw=drawn(section.charts))
        parts.append(PagePart(name, section.title, marked(text), _digest(name, section, facts)))
    return page_html(page_title(facts), facts.versions.get("edgeml", ""), parts)


def _digest(name: str, section: Section, facts: Facts) -> str:
    return "not available" if name in facts.failed else section.digest(facts)


def to_markdown(facts: Facts) -> str:
    """The text of report.md: the same facts but for charts, short enough for a pull request.

    Raises:
        MissingToolError: jinja2 is not installed.
    """
    environment, texts = layout.markdown(), list[str]()

    def missing(name: str) -> Any:
        return marked(f"Not available: {mdtext.safe(facts.missing[name])}")

    for name, section in sections.every().items():
        if not section.applies(facts):
            continue
        if name in facts.failed:
            texts.append(f"## {section.title}\n\nNot available: {mdtext.safe(facts.failed[name])}")
            continue
        template = environment.get_template(f"{name}/page.md.j2")
        texts.append(template.render(facts=facts, view=section.view(facts), gone=missing))
    return tidy("\n\n".join(texts)) + "\n"


def comparison_html(comparison: Comparison) -> str:
    """The text of comparison.html; links lead to the runs' own reports.

    Raises:
        MissingToolError: jinja2 is not installed.
    """
    environment, view = layout.html(), comparison_view(comparison)

    def laid_out(template: str, **values: Any) -> Any:
        return marked(environment.get_template(template).render(**{"comparison": comparison, **values}))

    draw = drawn([tradeoff, overlaid])
    parts = [
        PagePart("", "", laid_out("comparison/hero.html.j2", view=view)),
        PagePart("differences", "What differs", laid_out("comparison/differences.html.j2", view=view)),
        PagePart("tradeoffs", "Trade-offs", laid_out("comparison/tradeoffs.html.j2", view=view, draw=draw)),
        PagePart("models", "Models", laid_out("comparison/models.html.j2", view=view)),
        PagePart("curves", "Training", laid_out("comparison/curves.html.j2", draw=draw)),
    ]
    for name, title, own in _compared(comparison):
        content = laid_out(f"{name}/compare.html.j2", view=own, board=comparison.board)
        parts.append(PagePart(name, title, content))
    return page_html(f"Comparison of {len(comparison.runs)} runs", comparison.version, parts)


def comparison_markdown(comparison: Comparison) -> str:
    """The text of comparison.md.

    Raises:
        MissingToolError: jinja2 is not installed.
    """
    environment = layout.markdown()
    texts = [
        marked(environment.get_template(f"{name}/compare.md.j2").render(view=own, board=comparison.board))
        for name, _, own in _compared(comparison)
    ]
    page = environment.get_template("comparison/page.md.j2")
    return tidy(page.render(comparison=comparison, view=comparison_view(comparison), sections=texts)) + "\n"


def _compared(comparison: Comparison) -> list[tuple[str, str, object]]:
    """Name, title and view of every section with a table of its own in a comparison."""
    return [
        (name, section.compared.title, section.compared.view(comparison.runs, comparison.board))
        for name, section in sections.every().items()
        if section.compared and section.compared.title and section.compared.view
    ]


def page_html(title: str, version: str, parts: Sequence[PagePart]) -> str:
    """The text of a page of its own.

    Args:
        title: of the page.
        version: of edgeml.
        parts: its sections, whose contents are HTML already.

    Raises:
        MissingToolError: jinja2 is not installed.
    """
    script = shipped("templates/report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    template = layout.html().get_template("templates/base.html.j2")
    return template.render(
        title=title,
        version=version,
        parts=parts,
        style=marked(shipped("templates/report.css")),
        script=marked(script),
        script_hash=digest,
    )
