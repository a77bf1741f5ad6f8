"""Ratios of real and estimated figures as an interval, and how it did."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

COVERAGE = 0.9
"""Share of held-out designs that an interval has to hold for."""

ALPHA = 0.04
"""Share of new designs that an interval may miss: less than the tenth promised, for the designs are few."""

_MARGIN = 1.35
"""Few designs have their extremes for quantiles; on a logarithmic scale this stands for those not seen."""


@dataclass
class Errors:
    """Ratios real/estimate of one kind of figure; fields as in `edgeml.estimate.calibration.Spread`."""

    low: float
    high: float
    slack: float
    designs: int
    median: float | None
    p90: float | None
    inside: float | None
    share: float = 0.0
    apart: tuple[int, int] | None = None


def errors(
    fit: Sequence[tuple[float, float]],
    test: Sequence[tuple[float, float]],
    least: float = 5.0,
    soft: tuple[Sequence[float], Sequence[float]] = ((), ()),
) -> Errors:
    """The interval from designs that were fitted on, and how it does on those that were not.

    Split conformal with the larger of both sides' quantiles: the ends are the quantiles of real/estimate at
    ALPHA/2 and 1 - ALPHA/2 with the correction for few designs; small figures get an absolute slack. For DSP
    blocks, `soft` has the products in tables of both sides: what a tool put into blocks of them is a share of
    them, no slack.
    """
    in_tables, candidates = (
        [*of, *[0.0] * (len(rows) - len(of))] for of, rows in zip(soft, (fit, test), strict=True)
    )
    ratios = sorted(real / estimated for real, estimated in fit if min(real, estimated) >= least)
    small = [
        (real, estimated, count)
        for (real, estimated), count in zip(fit, in_tables, strict=True)
        if min(real, estimated) < least
    ]
    slack = 1.0 + max(
        (abs(real - estimated) for real, estimated, count in small if count == 0 or estimated > real),
        default=0.0,
    )
    share = _MARGIN * max(
        ((real - estimated) / count for real, estimated, count in small if count), default=0.0
    )
    low, high = (1.0, 1.0)
    if ratios:
        rank = min(len(ratios), math.ceil((len(ratios) + 1) * (1 - ALPHA / 2)))
        low, high = min(1.0, ratios[len(ratios) - rank]), max(1.0, ratios[rank - 1])
        # With so few designs the extreme ones are the quantiles; a margin stands for those not seen.
        reach = max(-math.log(low), math.log(high))
        low, high = low * math.exp((1 - _MARGIN) * reach), high * math.exp((_MARGIN - 1) * reach)
    exact = all(real == estimated for real, estimated in fit)
    if exact:
        low, high, slack, share = 1.0, 1.0, 0.0, 0.0
    tested = sorted(real / estimated for real, estimated in test if min(real, estimated) >= least)
    inside = [
        low * estimated - slack <= real <= high * estimated + slack + share * count
        for (real, estimated), count in zip(test, candidates, strict=True)
    ]
    return Errors(
        round(low, 4),
        round(high, 4),
        round(slack, 1),
        len(test),
        round(float(np.median(tested)), 3) if tested else None,
        round(float(np.quantile([max(r, 1 / r) for r in tested], 0.9)), 3) if tested else None,
        round(sum(inside) / len(inside), 4) if inside else None,
        round(max(0.0, share), 4),
    )


def said(e: Errors) -> str:
    """Median, percentile, ends and share inside, as cells of a table."""

    def number(value: float | None, form: str) -> str:
        return "-" if value is None else format(value, form)

    ends = f"{e.low:.2f} to {e.high:.2f}" + (f", ± {e.slack:g}" if e.slack else "")
    ends += f", + {e.share:.0%} of the products in tables" if e.share else ""
    return f"{number(e.median, '.2f')} | {number(e.p90, '.2f')} | {ends} | {number(e.inside, '.0%')}"
