"""The counter that says which beat is the last one of a result.

Its text is read as a whole, since it is the only register of a top module: it counts the beats that are
handed over, and begins again behind the last one.
"""

from __future__ import annotations

import re

_COUNTER = re.compile(
    r"\n  reg \[(?P<high>\d+):0\] beat;"
    r"\n  assign m_axis_tlast = beat == (?P<bits>\d+)'d(?P<last>\d+);"
    r"\n  always @\(posedge aclk\)"
    r"\n    if \(rst\) beat <= (?P=bits)'d0;"
    r"\n    else if \(m_axis_tvalid & m_axis_tready\)"
    r"\n      beat <= m_axis_tlast \? (?P=bits)'d0 : beat \+ 1'b1;(?=\n)"
)


def without_counter(text: str) -> tuple[str, int]:
    """The text of a top module in which every beat is the last one, and the beats that its counter counts.

    Lines keep their numbers. A text without a counter of that form is returned as it is.
    """
    match = _COUNTER.search(text)
    if match is None:
        return text, 1
    bits, last = int(match["bits"]), int(match["last"])
    if int(match["high"]) + 1 != bits or last >= 1 << bits:
        return text, 1
    lines = match[0].count("\n")
    return _COUNTER.sub("\n" * lines + "  assign m_axis_tlast = 1'b1;", text, count=1), last + 1
