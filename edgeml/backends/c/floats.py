"""Functions of model.h between floats and codes, for programs that may use floats (EDGEML_USE_FLOAT).

A float times a power of two is exact, so the rounding that follows is the one of the graph's input.

Invariant: for every finite float32 the code is `Input.codes`'; NaN becomes the code nearest to zero.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeml.backends.c.integers import INT64, computing
from edgeml.backends.c.ports import CPort
from edgeml.backends.c.scalar import literal
from edgeml.fixed import Overflow, Round, symmetric_lo
from edgeml.ir.ops.input import Input

_SINGLE_BITS = 24
_SINGLE_FRACS = 100
_DOUBLE_FRACS = 900
"""Within these, the scaled number neither overflows to another finite one nor loses bits."""

_TESTS = {
    Round.TRN: ("0", "part < 0"),
    Round.TRN_ZERO: ("0", "0"),
    Round.RND: ("part >= half", "part < -half"),
    Round.RND_ZERO: ("part > half", "part < -half"),
    Round.RND_INF: ("part >= half", "part <= -half"),
    Round.RND_MIN_INF: ("part > half", "part <= -half"),
    Round.RND_CONV: (
        "part > half || (part >= half && whole % 2 != 0)",
        "part < -half || (part <= -half && whole % 2 != 0)",
    ),
}
"""The conditions under which the truncated number goes up, and under which it goes down."""


def quantizer(prefix: str, one: CPort, op: Input) -> str:
    """The function from floats to codes, or a remark that there is none.

    Args:
        prefix: of public names.
        one: the input's port.
        op: the input.
    """
    fracs = np.broadcast_to(np.asarray(op.type.frac), one.shape).reshape(-1)
    if op.overflow is Overflow.WRAP or np.any(np.abs(fracs) > _DOUBLE_FRACS):
        return f"/* {one.value} has no function from floats: wrapping or extreme scales. */"
    least = symmetric_lo(op.type) if op.overflow is Overflow.SAT_SYM else op.type.lo
    low, high = (np.broadcast_to(end, one.shape).reshape(-1) for end in (least, op.type.hi))
    single = one.width <= _SINGLE_BITS and bool(np.all((fracs >= 0) & (fracs <= _SINGLE_FRACS)))
    real = "float" if single else "double"
    kind = computing(int(low.min()) - 1, min(int(high.max()) + 1, INT64.hi))
    up, down = _TESTS[op.rounding]
    tables: list[str] = []
    lo = _constant(tables, "lo", kind.name, [literal(int(end)) for end in low])
    hi = _constant(tables, "hi", kind.name, [literal(int(end)) for end in high])
    scale = _constant(tables, "scale", real, [_power(int(frac), single) for frac in fracs])
    outside = ("0", "0") if op.overflow is Overflow.SAT_ZERO else ("lo", "hi")
    return _QUANTIZE.format(
        value=one.value,
        rounding=op.rounding.value,
        overflow=op.overflow.value,
        prefix=prefix,
        name=one.name,
        size=one.size,
        tables="".join(f"    {line}\n" for line in tables),
        kind=kind.name,
        real=real,
        lo=lo,
        hi=hi,
        scale=scale,
        up=up,
        down=down,
        below=outside[0],
        above=outside[1],
        half="0.5f" if single else "0.5",
    )


_QUANTIZE = """\
/* Codes of {value} from floats: {rounding}, {overflow}, exact. */
static inline void {prefix}_quantize_{name}(const float *values, {prefix}_{name}_t *{name})
{{
{tables}    for (int32_t i = 0; i < {size}; ++i) {{
        const {kind} lo = {lo}, hi = {hi};
        const {real} half = {half};
        const {real} scaled = ({real})values[i] * {scale};
        {kind} code = 0;
        (void)half;
        if (scaled >= ({real})hi + 1) {{
            code = {above};
        }} else if (scaled <= ({real})lo - 1) {{
            code = {below};
        }} else if (scaled <= ({real})hi + 1) {{
            const {kind} whole = ({kind})scaled;
            const {real} part = scaled - ({real})whole;
            (void)part;
            code = whole + (({up}) ? 1 : 0) - (({down}) ? 1 : 0);
            code = code < lo ? {below} : code > hi ? {above} : code;
        }}
        {name}[i] = ({prefix}_{name}_t)code;
    }}
}}"""


def dequantizer(prefix: str, one: CPort) -> str:
    """The function from codes to floats: exact for codes of up to 24 bits."""
    tables: list[str] = []
    fracs = np.broadcast_to(np.asarray(one.frac), (one.size,))
    if np.any(np.abs(fracs) > _DOUBLE_FRACS):
        return f"/* {one.value} has no function to floats: extreme scales. */"
    scale = _constant(tables, "scale", "double", [_power(-int(frac), False) for frac in fracs])
    lines = "".join(f"    {line}\n" for line in tables)
    return f"""\
/* Values of {one.value}. */
static inline void {prefix}_dequantize_{one.name}(const {prefix}_{one.name}_t *{one.name}, float *values)
{{
{lines}    for (int32_t i = 0; i < {one.size}; ++i) {{
        values[i] = (float)((double){one.name}[i] * {scale});
    }}
}}"""


def _constant(tables: list[str], name: str, kind: str, words: Sequence[str]) -> str:
    """One number for all elements, or the entry of a table that is added."""
    if len(set(words)) == 1:
        return words[0]
    tables.append(f"static const {kind} {name}s[] = {{{', '.join(words)}}};")
    return f"{name}s[i]"


def _power(exponent: int, single: bool) -> str:
    """2^exponent in C: a decimal that is nearest to it, and so read as it."""
    return f"{2.0**exponent!r}{'f' if single else ''}"
