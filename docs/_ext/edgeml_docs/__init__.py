"""The Sphinx extension that writes docs/reference anew at each build, and brings the notebooks in.

    python -c "import edgeml_docs; edgeml_docs.write(Path('docs'))"     # what a build does first

Invariant: docs/reference and docs/notebooks hold nothing but what was written by this build; both are not
part of the repository.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgeml_docs import api_page, commands_page, member_pages, settings_pages

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[3]
PAGES: dict[str, Callable[[], str]] = {
    "settings": settings_pages.page,
    "commands": commands_page.page,
    "python": api_page.page,
    **member_pages.PAGES,
}
"""Name of each page in docs/reference -> what writes it."""


def write(docs: Path) -> None:
    """Write the pages that come from the code, and those of the repository's own files."""
    pages = {name: make() for name, make in PAGES.items()}
    _fill(docs / "reference", {f"{name}.md": text for name, text in pages.items()})
    notebooks = ROOT / "docs" / "_build" / "notebooks"
    _fill(docs / "notebooks", {path.name: _notebook(path) for path in sorted(notebooks.glob("*.ipynb"))})
    _fill(docs / "project", {f"{name.lower()}.md": _outside(name) for name in ("CHANGELOG", "CONTRIBUTING")})


def _notebook(path: Path) -> str:
    """A notebook with its links as they are from docs/notebooks/."""
    text = path.read_text(encoding="utf-8").replace("](../docs/", "](../")
    return re.sub(r"\]\((\d-[\w-]+)\.md", r"](\1.ipynb", text)


def _outside(name: str) -> str:
    """A page of the repository's root, with its links to docs/ as they are from docs/project/."""
    text = (ROOT / f"{name}.md").read_text(encoding="utf-8")
    text = re.sub(r"\]\(docs/adr\)", "](../adr/index.md)", text)
    return re.sub(r"\]\(docs/", "](../", text)


def _fill(folder: Path, files: dict[str, str]) -> None:
    """Make a folder hold exactly these files; one that has not changed keeps its time."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.name not in files:
            path.unlink()
    for name, text in files.items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def plain(line: str) -> str:
    r"""A line of a docstring as reStructuredText: signs that mean something there stand for themselves.

    >>> plain("code * 2^-frac, |frac| of ap_[u]fixed and `a * b`")
    'code \\* 2^-frac, \\|frac\\| of ap\\_[u]fixed and `a * b`'
    """
    if line.lstrip().startswith((">>>", "...")):
        return line
    parts = line.split("`")
    return "`".join(
        re.sub(r"[*|]|_(?!\w)", r"\\\g<0>", part) if at % 2 == 0 else part for at, part in enumerate(parts)
    )


def _plain_docstring(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    del app, what, name, obj, options
    lines[:] = [plain(line) for line in lines]


def _leveled_captions(*arguments: Any) -> None:
    """Sphinx' hook for a page, whose context is the fourth argument: captions of the tree get a level.

    The theme makes headings of them without one, which readers of screens need.
    """
    context: dict[str, Any] = arguments[3]
    tree = str(context.get("furo_navigation_tree", ""))
    context["furo_navigation_tree"] = tree.replace('role="heading"', 'role="heading" aria-level="2"')


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.setup_extension("sphinx.ext.autodoc")  # whose event is listened to
    app.connect("config-inited", lambda app, _: write(Path(app.srcdir)))
    app.connect("autodoc-process-docstring", _plain_docstring, priority=100)  # before napoleon
    app.connect("html-page-context", _leveled_captions, priority=900)  # behind the theme
    return {"parallel_read_safe": True, "parallel_write_safe": True}
