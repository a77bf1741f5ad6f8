"""report.html: one file with everything in it; opens from a disk without a network.

Invariant: nothing from a run reaches the page unescaped (autoescape is on, charts escape their own texts),
and the page's content security policy allows no request and no script but its own.

To add a section: a template `_name.html.j2`, and its name in `SECTIONS` in the order it is shown.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib import resources
from typing import Any

from edgeml import install
from edgeml.errors import MissingToolError
from edgeml.estimate.quality import quality
from edgeml.figures import Hardware
from edgeml.report import charts, charts_compare, charts_hardware, facts_hardware, words
from edgeml.report.facts import Confusion, Facts, verdict
from edgeml.report.facts_hardware import BoardFacts
from edgeml.report.numbers import SOURCES, Number, figure
from edgeml.report.ways import Way, models, roundings, ways

SECTIONS = (
    ("exactness", "Exactness"),
    ("accuracy", "Accuracy"),
    ("ways", "Ways to run it"),
    ("hardware", "Hardware"),
    ("boards", "Boards"),
    ("classes", "Classes"),
    ("layers", "Layers"),
    ("weights", "Weights"),
    ("activations", "Activations"),
    ("training", "Training"),
    ("speed", "Emulation"),
    ("certificate", "Precision"),
    ("provenance", "Repeat it"),
)
"""Anchor and title of every section; the template is `_<anchor>.html.j2`."""

_CHARTS = (
    (charts, ("accuracy", "curves", "histogram", "range_bar")),
    (charts_hardware, ("resources", "timeline", "critical_path", "times")),
    (charts_compare, ("tradeoff",)),
)
"""Each is `draw_<name>` in a template."""


def to_html(facts: Facts) -> str:
    """The text of report.html.

    Raises:
        MissingToolError: jinja2 is not installed.
    """

    def board_of(item: Hardware) -> BoardFacts | None:
        return next((board for board in facts.boards if board.name == item.board), None)

    found = ways(facts)
    return rendered(
        "report.html.j2",
        SECTIONS,
        facts.versions.get("edgeml", ""),
        facts=facts,
        verdict=verdict(facts),
        models=models(facts),
        pairs=confused(facts.confusion) if facts.confusion else (),
        ratio=_ratio(facts.sizes.float_parameters, facts.sizes.weight_bits),
        ways=found,
        roundings=roundings(facts),
        way_times=[(_where(way), way.style, way.latency) for way in found if _timed(way)],
        groups=facts_hardware.detailed(facts.hardware, facts.target),
        all_groups=facts_hardware.groups(facts.hardware, facts.target),
        board_of=board_of,
    )


def rendered(template: str, sections: Sequence[tuple[str, str]], version: str, **values: Any) -> str:
    """A page of the package's templates.

    Args:
        template: its file.
        sections: anchor and title of each; the template of one is `_<anchor>.html.j2`.
        version: of edgeml.
        **values: what the templates ask for.

    Raises:
        MissingToolError: jinja2 is not installed.
    """
    try:
        import jinja2
        from markupsafe import Markup
    except ImportError as error:
        raise MissingToolError("jinja2 is not installed", "report", install.command("report")) from error

    def drawn(chart: Any) -> Any:
        return lambda *values: Markup(chart(*values))  # noqa: S704  # charts escape their own texts

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("edgeml.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("percent", "amount", "exact", "size", "interval", "number", "index", "share", "span"):
        environment.filters[name] = getattr(words, name)
    for module, names in _CHARTS:
        for name in names:
            environment.globals[f"draw_{name}"] = drawn(getattr(module, name))
    environment.globals |= {
        "hw": facts_hardware,
        "as_number": figure,
        "quality": quality,
        "layer_keys": charts_hardware.layer_keys,
        "layer_kinds": facts_hardware.layer_kinds,
        "group_kinds": facts_hardware.group_kinds,
        "largest": facts_hardware.largest,
    }
    style, script = _shipped("report.css"), _shipped("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template(template).render(
        sections=sections,
        version=version,
        sources=SOURCES,
        style=Markup(style),  # noqa: S704  # shipped with the package
        script=Markup(script),  # noqa: S704  # shipped with the package
        script_hash=digest,
        **values,
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


def _where(way: Way) -> str:
    return way.name if way.where == "this CPU" else f"{way.name}, {way.where}"


def _timed(way: Way) -> bool:
    """What runs like another row and was not timed for itself has no place in a chart of times."""
    return way.style not in ("m-own", "m-calibrated")


def _ratio(parameters: Number, bits: Number) -> float | None:
    """How many times smaller the weights are than the baseline's in float32."""
    if not parameters.value or not bits.value:
        return None
    return 32 * parameters.value / bits.value


def _shipped(name: str) -> str:
    return resources.files("edgeml.report").joinpath("templates", name).read_text(encoding="utf-8")
