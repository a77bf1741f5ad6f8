"""The page of the Python functions and classes: everything in `edgeml.__all__`, by autodoc.

Invariant: a public name that no group lists, or that has no docstring, is an error.
"""

from __future__ import annotations

from inspect import getdoc, isclass

import edgeml

GROUPS = {
    "Models and graphs": ("quantized", "lower", "quantize_graph", "evaluate", "trace", "emulator"),
    "Files and checks": ("emit", "check", "prove", "estimate"),
    "Runs": ("train", "import_model", "quantize", "load", "export", "synth", "fit_mcus", "report"),
    "What is wrong": ("lint", "diagnose"),
    "Graphs and types": ("Graph", "Builder", "FixedType", "Round", "Overflow"),
    "Errors": ("EdgemlError", "MissingToolError"),
}
"""The public names by subject."""

HEAD = """# Python functions

Everything of `import edgeml`, from the docstrings. [In Python](../python.md) shows them together.

"""


class UnlistedNameError(Exception):
    """A public name that is in no group, or has no docstring."""


def page() -> str:
    """The page, with autodoc's directives."""
    listed = [name for names in GROUPS.values() for name in names]
    public = [name for name in edgeml.__all__ if not name.startswith("__")]
    if sorted(listed) != sorted(public):
        different = sorted(set(listed) ^ set(public))
        raise UnlistedNameError(
            f"edgeml.__all__ and the groups of api_page.py differ by {', '.join(different)}"
        )
    silent = [name for name in public if not getdoc(getattr(edgeml, name))]
    if silent:
        raise UnlistedNameError(f"no docstring: {', '.join(silent)}")
    parts = [HEAD]
    for title, names in GROUPS.items():
        directives = "".join(map(_directive, names))
        parts.append(f"## {title}\n\n```{{eval-rst}}\n.. currentmodule:: edgeml\n\n{directives}```\n")
    parts.append("## Types of arguments\n\n```{eval-rst}\n.. automodule:: edgeml.types\n   :members:\n```\n")
    return "\n".join(parts)


def _directive(name: str) -> str:
    value = getattr(edgeml, name)
    if not isclass(value):
        return f".. autofunction:: {name}\n\n"
    return f".. autoclass:: {name}\n   :members:\n   :show-inheritance:\n\n"
