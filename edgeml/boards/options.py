"""Options of nextpnr that a board file may give: those that select the device, and no others.

Board files may be untrusted, and nextpnr has options that run Python, read and write files.

To add one, put it where its flow is; the value it takes is a word, as `VALUE` says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9/._+-]*")

ALONE: Mapping[str, tuple[str, ...]] = {
    "yosys-ecp5": (
        *("--12k", "--25k", "--45k", "--85k"),
        *("--um-25k", "--um-45k", "--um-85k", "--um5g-25k", "--um5g-45k", "--um5g-85k"),
    ),
    "yosys-ice40": (
        *("--lp384", "--lp1k", "--lp4k", "--lp8k", "--hx1k", "--hx4k", "--hx8k"),
        *("--up3k", "--up5k", "--u1k", "--u2k", "--u4k"),
    ),
    "yosys-gowin": (),
    "yosys-nexus": (),
}
"""Options without a value, by flow."""

WITH_VALUE: Mapping[str, tuple[str, ...]] = {
    "yosys-ecp5": ("--package", "--speed"),
    "yosys-ice40": ("--package",),
    "yosys-gowin": ("--device", "--family", "--vopt"),
    "yosys-nexus": ("--device",),
}
"""Options that a value follows, by flow; the value of --vopt is family=VALUE."""


def refused(flow: str, options: Sequence[str]) -> str:
    """The fault in a board's options for nextpnr, in words; "" if there is none.

    >>> refused("yosys-ice40", ["--up5k", "--package", "sg48"])
    ''
    >>> refused("yosys-nexus", ["--run", "x.py"])
    "'--run' is no device option of nextpnr that yosys-nexus takes: --device VALUE"
    """
    words = list(options)
    alone, valued = ALONE.get(flow, ()), WITH_VALUE.get(flow, ())
    while words:
        option = words.pop(0)
        if option in alone:
            continue
        if option not in valued:
            choices = [*alone, *(f"{name} VALUE" for name in valued)]
            shown = [*choices[:1], "...", *choices[len(alone) - 1 :]] if len(choices) > 6 else choices
            return f"{option!r} is no device option of nextpnr that {flow} takes: {', '.join(shown)}"
        value = words.pop(0) if words else ""
        plain = value.removeprefix("family=") if option == "--vopt" else value
        if not VALUE.fullmatch(plain) or (option == "--vopt" and plain == value):
            form = "family=VALUE" if option == "--vopt" else "a value of letters and digits"
            return f"nextpnr's {option} takes {form}, not {value!r}"
    return ""
