"""The small charts of the first screen."""

from __future__ import annotations

from html import escape

from edgeml.report.sections.hardware.design import ResourceCount
from edgeml.report.sections.summary.answer import QualityAnswer
from edgeml.report.svg import line
from edgeml.report.words import interval, percent, share

_WIDE = 100.0


def share_bar(used: ResourceCount) -> str:
    """The share of a resource as a bar on the whole of it, with the interval's ends as a whisker.

    Returns:
        The bar, or "" if the share is not known.
    """
    if used.share is None or not used.capacity:
        return ""
    ends = [used.count.low, used.count.high]
    low, high = (None if end is None else end / used.capacity for end in ends)
    label = f"{used.name}: {share(used.share)} of {used.capacity:,}"
    if low is not None and high is not None and low != high:
        label += f", between {share(low)} and {share(high)}"
    over = " over" if used.share > 1 else ""
    parts = [f'<rect class="taken{over}" x="0" y="2" width="{100 * min(used.share, 1):.2f}" height="8"/>']
    if low is not None and high is not None and low != high:
        parts.append(line(100 * min(low, 1), 6, 100 * min(high, 1), 6, "whisker"))
    return _strip(parts, label, 12)


def accuracy_strip(quality: QualityAnswer) -> str:
    """The accuracy with its interval between nothing and everything right, beside majority and float.

    Returns:
        The strip, or "" without an accuracy.
    """
    fixed = quality.fixed
    if fixed.value is None or fixed.low is None or fixed.high is None:
        return ""
    label = f"accuracy {percent(fixed.value)}, 95 % interval {interval(fixed)}"
    parts = []
    if quality.majority.value is not None:
        parts.append(
            f'<rect class="chance" x="0" y="3" width="{100 * quality.majority.value:.2f}" height="10"/>'
        )
        label += f", most frequent class {percent(quality.majority.value)}"
    parts.append(
        f'<rect class="span" x="{100 * fixed.low:.2f}" y="5" height="6" '
        f'width="{100 * (fixed.high - fixed.low):.2f}"/>'
    )
    if quality.floats.value is not None:
        at = 100 * quality.floats.value
        parts.append(line(at, 1, at, 15, "float"))
        label += f", float {percent(quality.floats.value)}"
    parts.append(line(100 * fixed.value, 1, 100 * fixed.value, 15, "fixed"))
    return _strip(parts, label, 16)


def _strip(parts: list[str], label: str, height: int) -> str:
    return (
        f'<svg class="strip" viewBox="0 0 {_WIDE:g} {height}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(label)}" data-tip="{escape(label)}">'
        f'<rect class="rail" x="0" y="{height / 2 - 4:g}" width="{_WIDE:g}" height="8"/>'
        f"{''.join(parts)}</svg>"
    )
