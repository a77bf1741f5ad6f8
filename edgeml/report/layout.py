"""The templates of HTML and Markdown: where they lie, and what they may use.

Invariant: nothing from a run reaches a page unescaped. In HTML that is jinja2's own escaping; in Markdown
every expression goes through `mdtext.safe`, unless a filter here made it Markdown.

To let templates write numbers in a new way, add the function to `words` and its name to `_WORDS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from edgeml import install
from edgeml.errors import MissingToolError
from edgeml.report import mdtext, words
from edgeml.report.comparison.view import run_index
from edgeml.report.numbers import SOURCES
from edgeml.report.svg import COLOURS

if TYPE_CHECKING:
    import jinja2
    from markupsafe import Markup

_WORDS = ("percent", "amount", "exact", "size", "interval", "number", "index", "share", "span")
_MARKDOWN_WORDS = ("bounded", "sourced")
_SHARED = ("templates", "comparison")
"""Folders of templates beside those of the sections."""


def shipped(name: str) -> str:
    """The text of a file that ships with the package, as templates name it.

    Args:
        name: "templates/report.css", or "exactness/page.html.j2" of a section.

    Raises:
        OSError: there is no such file.
    """
    folder, file = name.split("/")
    place = resources.files("edgeml.report").joinpath(folder)
    if folder not in _SHARED:
        place = resources.files(f"edgeml.report.sections.{folder}")
    return place.joinpath(file).read_text(encoding="utf-8")


@cache
def html() -> jinja2.Environment:
    """The templates of the pages.

    Raises:
        MissingToolError: jinja2 is not installed.
    """
    environment = _environment(finalize=None)
    environment.filters["colour"] = lambda key: run_index(key) % COLOURS
    environment.globals["sources"] = SOURCES
    environment.globals["m"] = environment.get_template("templates/macros.html.j2").module
    return environment


@cache
def markdown() -> jinja2.Environment:
    """The templates of Markdown.

    Raises:
        MissingToolError: jinja2 is not installed.
    """
    environment = _environment(finalize=_escaped)
    for name in _MARKDOWN_WORDS:
        environment.filters[name] = getattr(words, name)
    environment.filters["line"] = lambda text: marked(mdtext.one_line(text))
    environment.filters["code"] = lambda text: marked(mdtext.code(text))
    environment.filters["bold"] = lambda text: marked(f"**{mdtext.safe(text)}**")
    return environment


def marked(text: str) -> Markup:
    """Text that is HTML or Markdown already, in the environment that it is for."""
    from markupsafe import Markup

    return Markup(text)  # noqa: S704  # callers escaped it


def drawn(charts: Iterable[Callable[..., str]]) -> dict[str, Callable[..., Markup]]:
    """Charts by name, as templates call them; charts escape their own texts."""

    def calling(chart: Callable[..., str]) -> Callable[..., Markup]:
        return lambda *values: marked(chart(*values))

    return {chart.__name__: calling(chart) for chart in charts}


def tidy(text: str) -> str:
    """Markdown with one empty line between blocks and no space at the end of a line."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip()


def _escaped(value: Any) -> Any:
    return value if hasattr(value, "__html__") else marked(mdtext.safe(str(value)))


def _environment(finalize: Callable[[Any], Any] | None) -> jinja2.Environment:
    try:
        import jinja2
    except ImportError as error:
        raise MissingToolError("jinja2 is not installed", "report", install.command("report")) from error
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(shipped),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in _WORDS:
        environment.filters[name] = getattr(words, name)
    return environment
