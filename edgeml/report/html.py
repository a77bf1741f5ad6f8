"""report.html: one file with everything in it; opens from a disk without a network.

Invariant: nothing from a run reaches the page unescaped (autoescape is on, charts escape their own texts),
and the page's content security policy allows no request and no script but its own.

To add a section: a template `_name.html.j2`, and its name in `SECTIONS` in the order it is shown.
"""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from typing import Any

from edgeml.errors import MissingToolError
from edgeml.report import charts, words
from edgeml.report.facts import SOURCES, Confusion, Facts, Number, verdict

SECTIONS = (
    ("exactness", "Exactness"),
    ("accuracy", "Accuracy"),
    ("classes", "Classes"),
    ("layers", "Layers"),
    ("weights", "Weights"),
    ("activations", "Activations"),
    ("training", "Training"),
    ("speed", "Emulation"),
    ("certificate", "Precision"),
    ("hardware", "Hardware"),
    ("provenance", "Repeat it"),
)
"""Anchor and title of every section; the template is `_<anchor>.html.j2`."""


def to_html(facts: Facts) -> str:
    """The text of report.html.

    Raises:
        MissingToolError: jinja2 is not installed.
    """
    try:
        import jinja2
        from markupsafe import Markup
    except ImportError as error:
        raise MissingToolError("jinja2 is not installed", "report", "pip install 'edgeml[report]'") from error

    def drawn(chart: Any) -> Any:
        return lambda *values: Markup(chart(*values))  # noqa: S704  # charts escape their own texts

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("edgeml.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("percent", "amount", "exact", "size", "interval", "number", "index"):
        environment.filters[name] = getattr(words, name)
    for name in ("accuracy", "curves", "histogram", "range_bar"):
        environment.globals[f"draw_{name}"] = drawn(getattr(charts, name))
    style, script = _shipped("report.css"), _shipped("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template("report.html.j2").render(
        facts=facts,
        verdict=verdict(facts),
        sections=SECTIONS,
        sources=SOURCES,
        models=charts.MODELS,
        pairs=confused(facts.confusion) if facts.confusion else (),
        ratio=_ratio(facts.sizes.float_parameters, facts.sizes.weight_bits),
        style=Markup(style),  # noqa: S704  # shipped with the package
        script=Markup(script),  # noqa: S704  # shipped with the package
        script_hash=digest,
    )


def confused(matrix: Confusion, most: int = 3) -> tuple[tuple[str, str, int], ...]:
    """The pairs of classes mistaken most often: true class, predicted class, samples."""
    pairs = [
        (count, i, j)
        for i, row in enumerate(matrix.counts)
        for j, count in enumerate(row)
        if i != j and count
    ]
    worst = sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2]))[:most]
    return tuple((matrix.classes[i], matrix.classes[j], count) for count, i, j in worst)


def _ratio(parameters: Number, bits: Number) -> float | None:
    """How many times smaller the weights are than the baseline's in float32."""
    if not parameters.value or not bits.value:
        return None
    return 32 * parameters.value / bits.value


def _shipped(name: str) -> str:
    return resources.files("edgeml.report").joinpath("templates", name).read_text(encoding="utf-8")
