"""Calibration methods: from a tensor's histogram to the place of its binary point, one file per method.

To add a method, write `edgeml/ptq/methods/NAME.py` with `METHOD`; `tests/ptq/test_methods.py` does the rest.

Invariant: a method sees a histogram and a width, and gives a number of fractional bits between the one with
which nothing saturates and `REACH` more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edgeml.folder import ModuleFolder
from edgeml.ptq.histogram import TensorHistogram
from edgeml.ptq.steps import fitting_frac

REACH = 6
"""Bits that the binary point may lie left of the place where the largest value just fits."""


@dataclass(frozen=True, kw_only=True)
class CalibrationMethod:
    """A way to choose fractional bits.

    Args:
        summary: one line for help and tables.
        choose: (histogram, bits, signed) to fractional bits.
    """

    summary: str
    choose: Callable[[TensorHistogram, int, bool], int]


_FOLDER = ModuleFolder("calibration method", __name__)


def names() -> tuple[str, ...]:
    """The methods, sorted."""
    return _FOLDER.names()


def load(name: str) -> CalibrationMethod:
    """A method by name.

    Raises:
        EdgemlError: there is none of that name; near matches are given.
    """
    return _FOLDER.declared(name, "METHOD", CalibrationMethod)


def candidates(histogram: TensorHistogram, bits: int, signed: bool) -> tuple[int, ...]:
    """The numbers of fractional bits to choose from, the one that saturates nothing first."""
    fitting = fitting_frac(histogram.low, histogram.high, bits, signed)
    return tuple(range(fitting, fitting + REACH + 1))
