"""Amounts with units as a user types them: "5us", "60%", "64k", "0.5"."""

from __future__ import annotations

import math
import re
from enum import Enum

from edgeml.errors import EdgemlError

_NUMBER = re.compile(r"(\d+(?:\.\d+)?(?:e[+-]?\d+)?) ?([a-zA-Z%]*)", re.IGNORECASE)


class Unit(Enum):
    """The unit of a metric, with what may stand behind its number and an example."""

    COUNT = ("", {"": 1.0, "k": 1e3, "m": 1e6}, "12000, 12k or 60%")
    TIME = ("ns", {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}, "500ns or 5us")
    BYTES = (
        "bytes",
        {"": 1.0, "b": 1.0, "k": 1024.0, "kb": 1024.0, "kib": 1024.0, "m": 2.0**20, "mb": 2.0**20},
        "65536, 64k or 60%",
    )
    PERCENT = ("%", {"": 1.0, "%": 1.0}, "97.5")
    POINTS = ("points", {"": 1.0, "%": 1.0}, "0.5")

    @property
    def word(self) -> str:
        """The unit behind a number; "" for a count."""
        return self.value[0]

    def parse(self, text: str, flag: str, capacity: float | None = None) -> float:
        """An amount in the unit.

        Args:
            text: as it is typed.
            flag: for the message.
            capacity: what 100 % are, where the target has so many; None if a share has no meaning.

        Raises:
            EdgemlError: it is no such amount.

        >>> Unit.TIME.parse("5us", "--max-latency"), Unit.COUNT.parse("60%", "--max-lut", 1000)
        (5000.0, 600.0)
        """
        match = _NUMBER.fullmatch(text.strip())
        if match is not None:
            suffix = match[2].lower()
            if suffix == "%" and capacity is not None:
                return float(match[1]) / 100 * capacity
            if suffix in self.value[1] and math.isfinite(float(match[1])):
                return float(match[1]) * self.value[1][suffix]
        raise EdgemlError(f"{text!r} is no amount for it", flag, f"write for example {self.value[2]}")

    @property
    def of_differences(self) -> Unit:
        """The unit of a difference of two values."""
        return Unit.POINTS if self is Unit.PERCENT else self

    def text(self, value: float) -> str:
        """An amount for people.

        >>> Unit.TIME.text(1234), Unit.COUNT.text(1234.4), Unit.POINTS.text(0.5), Unit.BYTES.text(2048)
        ('1.234 us', '1,234', '0.50 points', '2,048 bytes')
        """
        if self is Unit.TIME:
            for word, scale in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
                if value >= scale:
                    return f"{value / scale:.4g} {word}"
            return f"{value:.4g} ns"
        if self in (Unit.PERCENT, Unit.POINTS):
            return f"{value:.2f} {self.word}"
        return f"{value:,.0f} {self.word}".strip()
