"""A graph for a notebook."""

from __future__ import annotations

import html

from edgeml.ir.graph import Graph


def to_html(graph: Graph) -> str:
    """What Jupyter shows."""
    return f"<pre>{html.escape(repr(graph), quote=False)}</pre>"
