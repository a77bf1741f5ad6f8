"""The documentation's site: `make docs` builds it, warnings are errors, nothing is taken from the network.

Pages of facts that the code has (settings, commands, what is supported) are written by `_ext/edgeml_docs` at
each build, so none of them can be stale; a fact without its description ends the build.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

from edgeml import __version__  # noqa: E402

project = "edgeml"
author = "The edgeml authors"
copyright = author  # noqa: A001 - Sphinx' name
version = release = __version__
language = "en"

extensions = [
    "edgeml_docs",
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
]
exclude_patterns = ["_build", "_ext", "Thumbs.db"]
templates_path = ["_templates"]

# ---------------------------------------------------------------- Markdown and notebooks

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
suppress_warnings = [
    "misc.highlighting_failure",  # `...` and placeholders in examples of other languages
]
nb_execution_mode = "off"  # `make notebooks` runs them; their outputs are rendered as they came
nb_merge_streams = True
# Indented blocks are commands and not Python.
highlight_language = "none"
copybutton_exclude = ".linenos, .gp, .go"

# ---------------------------------------------------------------- docstrings

default_role = "code"  # `x` in a docstring
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False

# ---------------------------------------------------------------- pages

smartquotes = False  # what is typed has straight ones
html_theme = "furo"
html_title = f"edgeml {release}"
html_static_path = ["_static"]
html_css_files = ["edgeml.css"]
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"source_directory": "docs/"}
