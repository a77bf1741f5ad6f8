"""The page of a learning-rate range test: RUN/find-lr.html, the one file that the test writes."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from edgeml._version import __version__
from edgeml.files import write_atomic
from edgeml.presets import Choices, Preset
from edgeml.report.layout import marked
from edgeml.report.page import PagePart, page_html
from edgeml.report.xy import Series, around, xy_chart
from edgeml.runs import FIND_LR

if TYPE_CHECKING:
    from edgeml.training.find_rate import RangeTest

_TITLES = {"float": "Float baseline", "qat": "Quantization-aware training"}


def find_learning_rates(preset: Preset, choices: Choices, folder: Path) -> tuple[RangeTest, ...]:
    """Run the test of both phases and write RUN/find-lr.html.

    Args:
        preset: whose model.
        choices: its settings.
        folder: RUN, which need not be there; from its float.keras the quantization-aware model starts.

    Raises:
        EdgemlError: as for training; or the file cannot be written.
        MissingToolError: TensorFlow, QKeras, scikit-learn or jinja2 is not installed.
    """
    from edgeml.training.find_rate import find_rates

    tests = find_rates(preset, choices, folder / "float.keras")
    write_atomic(folder / FIND_LR, rates_page(preset.name, tests))
    return tests


def rates_page(name: str, tests: Sequence[RangeTest]) -> str:
    """The text of the page.

    Raises:
        MissingToolError: jinja2 is not installed.
    """
    parts = [
        PagePart("", "", marked(f'<section class="hero"><h1>{escape(name)}: learning rates</h1></section>'))
    ]
    for test in tests:
        text = f"<figure>{rates_chart(test)}</figure><p class='lead'>{escape(sentence(test))}</p>"
        parts.append(PagePart(test.phase, _TITLES[test.phase], marked(text)))
    return page_html(f"{name}: learning rates", __version__, parts)


def rates_chart(test: RangeTest) -> str:
    """The loss over the rate: every step as a point, the smoothed loss as a curve."""
    points = list(zip(test.rates, test.losses, strict=True))
    curve = list(zip(test.rates, test.smoothed, strict=True))
    most = 1.5 * max(test.smoothed[:10])  # a loss that runs away would press all others flat
    shown = [value for value in (*test.losses, *test.smoothed) if value <= most]
    marks = [] if test.suggestion is None else [(test.suggestion, f"{test.suggestion:g}")]
    return xy_chart(
        [Series("smoothed loss", "m-fixed", curve), Series("loss", "m-qat", points, cloud=True, radius=2.0)],
        around("learning rate", test.rates, logarithmic=True),
        around("loss", shown or test.smoothed),
        f"Loss over the learning rate, {_TITLES[test.phase].lower()}",
        marks=marks,
    )


def sentence(test: RangeTest) -> str:
    """The suggestion in words."""
    begin = f"{_TITLES[test.phase]}, from {test.start}, {len(test.rates)} steps"
    if test.suggestion is None:
        return f"{begin}: the loss did not fall at any rate up to {test.rates[-1]:.2g}; no suggestion"
    return f"{begin}: the loss falls most steeply at {test.suggestion:g}; the setting is {test.stated:g} now"
