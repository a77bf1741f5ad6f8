"""The sections of the report: one folder each. `names()` lists the folders, `every()` gives them in order.

`SECTION` stands in `section.py` of the folder, so that sections can import each other's facts.

Invariant: a section that lacks a part is an error here, before anything is collected or drawn.

To add a section, add its folder with `section.py` and the templates `page.html.j2` and `page.md.j2`
(`edgeml.report.section` says what each holds).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from edgeml.errors import EdgemlError
from edgeml.folder import ModuleFolder
from edgeml.report.section import Section

_FOLDER = ModuleFolder("report section", __name__)
_TEMPLATES = ("page.html.j2", "page.md.j2")
_COMPARED = ("compare.html.j2", "compare.md.j2")


def names() -> tuple[str, ...]:
    """The names of all sections, sorted."""
    return _FOLDER.names()


def load(name: str) -> Section:
    """One section, whole.

    Raises:
        EdgemlError: there is no such section, or a part of it is missing; names the part.
        TypeError: `SECTION` lacks a part, or its facts have a field that cannot be absent.
    """
    folder = _FOLDER.path(name)
    parts = ModuleFolder("part of a report section", f"{__name__}.{name}")
    section = parts.declared("section", "SECTION", Section)
    compared = section.compared
    owed = (*_TEMPLATES, *(_COMPARED if compared and compared.title else ()))
    missing = [file for file in owed if not (folder / file).is_file()]
    if missing:
        raise EdgemlError(f"a report section has {', '.join(owed)}", str(folder / missing[0]))
    if compared and bool(compared.title) != bool(compared.view):
        raise EdgemlError("a table in comparisons has a title and a view", str(folder))
    for part, value in (("view", section.view), ("charts", section.charts)):
        if value is getattr(Section, part) and (folder / f"{part}.py").is_file():
            raise EdgemlError(f"SECTION declares no {part}, and there is {part}.py", str(folder))
    if section.title:  # what stands above all sections is never unavailable
        section.facts.unavailable("not collected")
    return section


@cache
def every() -> Mapping[str, Section]:
    """All sections by name, in the order of the page.

    Raises:
        EdgemlError: a part of one is missing, or two stand in one place.
    """
    sections = {name: load(name) for name in names()}
    places: dict[int, str] = {}
    for name, section in sections.items():
        if (other := places.setdefault(section.place, name)) != name:
            raise EdgemlError(f"two sections stand in place {section.place}", f"{other} and {name}")
    return dict(sorted(sections.items(), key=lambda item: item[1].place))
