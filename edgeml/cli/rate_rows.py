"""Learning-rate range tests, on the terminal and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from edgeml.cli.bands import Bands

if TYPE_CHECKING:
    from edgeml.training.find_rate import RangeTest

_EVERY = 8
"""Steps from one line of the table to the next; the page and --json have all."""


def rate_rows(tests: Sequence[RangeTest]) -> Iterator[str | Bands]:
    """The smoothed loss by rate for every test, and its suggestion."""
    from edgeml.pipeline.find_rate import sentence

    for test in tests:
        places = range(0, len(test.rates), _EVERY)
        yield Bands(
            ("learning rate", "loss", "smoothed"),
            [
                [f"{test.rates[at]:.2g}", f"{test.losses[at]:.4g}", f"{test.smoothed[at]:.4g}"]
                for at in places
            ],
        )
        yield escape(sentence(test))


def rate_facts(tests: Sequence[RangeTest]) -> list[dict[str, Any]]:
    """The same for a program, all steps."""
    return [asdict(test) for test in tests]
