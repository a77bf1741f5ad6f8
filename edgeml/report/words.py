"""Numbers and absences as text, the same in markdown and HTML.

Invariant: an absent number reads "not available: reason", a rounded share never reads 100 % or 0 % unless it
is exactly that.
"""

from __future__ import annotations

import math

from edgeml.report.numbers import Number


def percent(value: float, digits: int = 2) -> str:
    """A share as a percentage.

    >>> percent(0.98765), percent(1.0), percent(0.99999), percent(0.000001)
    ('98.77 %', '100 %', '>99.99 %', '<0.01 %')
    """
    if value in (0, 1):
        return f"{value:.0%}".replace("%", " %")
    text = f"{100 * value:.{digits}f}"
    end = 10**-digits
    if float(text) >= 100:
        return f">{100 - end:.{digits}f} %"
    if float(text) == 0:
        return f"<{end:.{digits}f} %"
    return f"{text} %"


def share(value: float) -> str:
    """A share of a board, which may be more than all of it.

    >>> share(0.0234), share(1.5), share(0.0)
    ('2.3 %', '150 %', '0 %')
    """
    return percent(value, 1) if value <= 1 else f"{100 * value:,.0f} %"


def amount(value: float) -> str:
    """A count with thousands separators, or about three significant digits.

    >>> amount(242304), amount(0.0123456), amount(-3.96875), amount(7.0), amount(123456.7)
    ('242,304', '0.0123', '-3.97', '7', '123,457')
    """
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def shape_words(shape: tuple[int, ...]) -> str:
    """A shape without its batch axis.

    >>> shape_words((28, 28, 1)), shape_words(())
    ('28 x 28 x 1', 'scalar')
    """
    return " x ".join(map(str, shape)) or "scalar"


def exact(value: float) -> str:
    """A value of a type, as short as three or four digits allow.

    >>> exact(3.96875), exact(-4.0), exact(0.0), exact(1234.5), exact(0.00012207), exact(524288.0)
    ('3.969', '-4', '0', '1234', '0.0001221', '5.243e+05')
    """
    if value == int(value) and abs(value) < 1e5:
        return str(int(value))
    return f"{value:.4g}"


def size(bits: float) -> str:
    """Bits as bytes.

    >>> size(800), size(8 * 1024 * 25), size(8 * 3 * 2**20)
    ('100 B', '25.0 KiB', '3.0 MiB')
    """
    count = math.ceil(bits / 8)
    for unit, scale in (("MiB", 2**20), ("KiB", 2**10)):
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count} B"


def duration(ns: float) -> str:
    """A time given in nanoseconds.

    >>> duration(90), duration(1234), duration(29571.9), duration(4.2e6), duration(2.5e9)
    ('90 ns', '1.23 µs', '29.6 µs', '4.2 ms', '2.5 s')
    """
    for unit, scale in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if ns >= scale:
            return f"{amount(ns / scale)} {unit}"
    return f"{amount(ns)} ns"


def rate(per_second: float) -> str:
    """Samples per second.

    >>> rate(1e8), rate(2.5e6), rate(33800), rate(12)
    ('100 M/s', '2.5 M/s', '33.8 k/s', '12 /s')
    """
    for unit, scale in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if per_second >= scale:
            return f"{amount(per_second / scale)} {unit}/s"
    return f"{amount(per_second)} /s"


def span(item: Number, kind: str = "amount") -> str:
    """The interval of a number, its unit once if both ends have the same, or nothing.

    >>> span(Number(value=3, low=2, high=1200)), span(Number(value=3))
    ('2 to 1,200', '')
    >>> span(Number(value=45, low=15, high=85), "ns"), span(Number(value=900, low=500, high=2000), "ns")
    ('15 to 85 ns', '500 ns to 2 µs')
    """
    if item.low is None or item.high is None:
        return ""
    ends = (Number(value=end, source=item.source) for end in (item.low, item.high))
    low, high = (number(end, kind) for end in ends)
    (first, _, unit), (_, _, other) = low.partition(" "), high.partition(" ")
    return f"{first if unit == other else low} to {high}"


def bounded(item: Number, kind: str = "amount") -> str:
    """A number with its interval, or a dash.

    >>> bounded(Number(value=3, low=2, high=1200)), bounded(Number(value=None, reason="no tool"))
    ('3 (2 to 1,200)', '-')
    """
    if item.value is None:
        return "-"
    between = span(item, kind) if item.low != item.high else ""
    return f"{number(item, kind)}{f' ({between})' if between else ''}"


def sourced(item: Number, kind: str = "amount") -> str:
    """A number with its source and, unless it is a share, its interval.

    >>> sourced(Number(value=45, source="estimate", low=15, high=85), "ns")
    '45 ns (estimate, 15 to 85 ns)'
    """
    if item.value is None:
        return number(item, kind)
    between = span(item, kind) if kind != "percent" else ""
    return f"{number(item, kind)} ({item.source}{f', {between}' if between else ''})"


def interval(number: Number) -> str:
    """The interval of a share, or nothing."""
    if number.low is None or number.high is None:
        return ""
    return f"{100 * number.low:.2f} to {100 * number.high:.2f} %"


def number(item: Number, kind: str = "amount") -> str:
    """A number in words.

    Args:
        item: the number.
        kind: "percent", "percent1" (one digit), "micro" (seconds), "ns", "rate", "mhz", "db", "size" or
            "amount".
    """
    if item.value is None:
        return f"not available: {item.reason}"
    match kind:
        case "percent":
            return percent(item.value)
        case "percent1":
            return percent(item.value, 1)
        case "micro":
            return f"{item.value:.3g} µs"
        case "ns":
            return duration(item.value)
        case "rate":
            return rate(item.value)
        case "mhz":
            return f"{amount(item.value)} MHz"
        case "db":
            return f"{item.value:.1f} dB"
        case "size":
            return size(item.value)
        case _:
            return amount(item.value)


def index(position: tuple[int, ...]) -> str:
    """The position of an integer: sample, then index.

    >>> index((3, 0, 7))
    'sample 3, [0, 7]'
    """
    place = f", [{', '.join(map(str, position[1:]))}]" if len(position) > 1 else ""
    return f"sample {position[0]}{place}" if position else ""
