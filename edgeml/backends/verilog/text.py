"""Cells as Verilog expressions.

Signed and unsigned operands of one expression would all become unsigned, and an operand that is wider than
the result draws lint warnings. So: operands of one sign are written plainly and extend
to the width of the result by themselves; where the signs differ, the unsigned one is made signed by a zero in
front; where an operand is wider than the result, exactly the bits that matter are written out.
"""

from __future__ import annotations

from typing import NamedTuple

from edgeml.backends.verilog.cells import Cell
from edgeml.backends.verilog.codes import width_of
from edgeml.fixed import Round


class Ref(NamedTuple):
    """A cell under the name it has in the stage where it is read; a constant has no name."""

    cell: Cell
    name: str

    @property
    def signed(self) -> bool:
        """Two's complement."""
        return self.cell.signed

    @property
    def width(self) -> int:
        """Bits."""
        return self.cell.width

    @property
    def sign(self) -> str:
        """The bit that fills the places above the width: the sign, or zero."""
        return self.bit(self.width - 1) if self.signed else "1'b0"

    def bit(self, place: int) -> str:
        """One bit, also beyond the width."""
        if place >= self.width:
            return self.sign
        return self.name if self.width == 1 else f"{self.name}[{place}]"

    def bits(self, high: int, low: int) -> str:
        """Bits within the width."""
        if self.width == 1:
            return self.name
        return f"{self.name}[{high}:{low}]" if high > low else f"{self.name}[{high}]"


def declaration(cell: Cell, kind: str = "wire") -> str:
    """The start of a declaration, such as `wire signed [7:0]`."""
    sign = " signed" if cell.signed else ""
    return f"{kind}{sign}" if cell.width == 1 else f"{kind}{sign} [{cell.width - 1}:0]"


def type_comment(cell: Cell) -> str:
    """The type as the rest of edgeml writes it, and the interval of the codes."""
    sign = "" if cell.signed else "u"
    return f"{sign}fixed<{cell.width},{cell.width - cell.frac}> {cell.lo}..{cell.hi}"


def literal(code: int, signed: bool) -> str:
    """A constant with as many bits as it needs, one more if it is signed: 9'sd200, -9'sd200, 8'd200."""
    if not signed:
        return f"{width_of(code, code)}'d{code}"
    return f"{'-' if code < 0 else ''}{abs(code).bit_length() + 1}'sd{abs(code)}"


def pattern(code: int, width: int) -> str:
    """The low `width` bits of a code."""
    return f"{width}'d{code & ((1 << width) - 1)}"


def fit(ref: Ref, shift: int, width: int) -> str:
    """Exactly `width` bits of the code shifted left, truncated or extended by zeros or the sign."""
    if ref.cell.is_const:
        return pattern(ref.cell.lo << shift, width)
    low = min(ref.width, width - shift)
    if low <= 0:
        return f"{width}'d0"
    parts: list[str] = []
    if width - shift > low:
        more = width - shift - low
        parts.append(f"{{{more}{{{ref.sign}}}}}" if ref.signed else f"{more}'d0")
    parts.append(ref.name if low == ref.width else ref.bits(low - 1, 0))
    if shift:
        parts.append(f"{shift}'d0")
    return parts[0] if len(parts) == 1 else f"{{{', '.join(parts)}}}"


def expression(cell: Cell, refs: list[Ref]) -> str:
    """The expression that computes the cell from the cells in `refs`.

    Raises:
        ValueError: the kind of cell has no text, a fault of the caller.
    """
    match cell.kind:
        case "add" | "sub":
            return _binary(cell, refs, "+" if cell.kind == "add" else "-", cell.data)
        case "mul":
            return _binary(cell, refs, "*", (0, 0))
        case "neg":
            return _negated(cell, refs[0])
        case "max" | "min":
            a, b = _comparable(refs, cell.data)
            arms = [fit(ref, shift, cell.width) for ref, shift in zip(refs, cell.data, strict=True)]
            return f"({a} {'>' if cell.kind == 'max' else '<'} {b}) ? {arms[0]} : {arms[1]}"
        case "greater":
            return " > ".join(_comparable(refs, cell.data))
        case "mux":
            arms = [fit(ref, shift, cell.width) for ref, shift in zip(refs[1:], cell.data, strict=True)]
            return f"{refs[0].name} ? {arms[0]} : {arms[1]}"
        case "shift":
            return fit(refs[0], cell.data[0], cell.width)
        case "wrap":
            return (
                refs[0].bits(cell.width - 1, 0) if cell.width < refs[0].width else fit(refs[0], 0, cell.width)
            )
        case "floor":
            return _floor(refs[0], cell.data[0], cell.width)
        case "round":
            return _rounded(cell, refs[0])
        case "clip":
            return _clipped(cell, refs[0])
        case "zero_outside":
            return _zeroed(cell, refs[0])
        case kind:
            raise ValueError(f"no text for a {kind}")


def _binary(cell: Cell, refs: list[Ref], sign: str, shifts: tuple[int, int]) -> str:
    signed = any(ref.signed for ref in refs)
    widths = [
        ref.width + shift + (signed and not ref.signed) for ref, shift in zip(refs, shifts, strict=True)
    ]
    if max(widths) > cell.width:
        parts = [fit(ref, shift, cell.width) for ref, shift in zip(refs, shifts, strict=True)]
        return f" {sign} ".join(parts)
    return f" {sign} ".join(_operand(ref, shift, signed) for ref, shift in zip(refs, shifts, strict=True))


def _operand(ref: Ref, shift: int, signed: bool) -> str:
    if ref.cell.is_const:
        return literal(ref.cell.lo << shift, signed)
    text = ref.name if ref.signed or not signed else f"$signed({{1'b0, {ref.name}}})"
    return f"({text} <<< {shift})" if shift else text


def _comparable(refs: list[Ref], shifts: tuple[int, int]) -> tuple[str, str]:
    """Both sides with their zeros written out: a shift inside a comparison would lose the top bits."""
    signed = any(ref.signed for ref in refs)

    def side(ref: Ref, shift: int) -> str:
        if ref.cell.is_const:
            return literal(ref.cell.lo << shift, signed)
        parts = [] if ref.signed or not signed else ["1'b0"]
        parts += [ref.name, *([f"{shift}'d0"] if shift else [])]
        text = parts[0] if len(parts) == 1 else f"{{{', '.join(parts)}}}"
        return f"$signed({text})" if signed and len(parts) > 1 else text

    return side(refs[0], shifts[0]), side(refs[1], shifts[1])


def _negated(cell: Cell, x: Ref) -> str:
    return f"-{x.name}" if x.width <= cell.width else f"-{fit(x, 0, cell.width)}"


def _floor(x: Ref, drop: int, width: int) -> str:
    if drop >= x.width:
        return f"{{{width}{{{x.sign}}}}}"
    bits = min(x.width - drop, width)
    if bits == width:
        return x.bits(drop + width - 1, drop)
    more = width - bits
    high = f"{{{more}{{{x.sign}}}}}" if x.signed else f"{more}'d0"
    return f"{{{high}, {x.bits(drop + bits - 1, drop)}}}"


def _rounded(cell: Cell, x: Ref) -> str:
    """The floor, plus one where the dropped bits round up."""
    drop, mode = cell.data
    floor = _floor(x, drop, cell.width)
    return f"{floor} + {_wide(_up(x, drop, mode), cell.width)}"


def _wide(bit: str, width: int) -> str:
    return bit if width == 1 else f"{{{width - 1}'d0, {bit}}}"


def _up(x: Ref, drop: int, mode: Round) -> str:
    half, odd, sign = x.bit(drop - 1), x.bit(drop), x.sign

    def some(top: int) -> list[str]:
        """True if a bit below `top` is set, as the terms of an or; bits above the width are the sign."""
        if top <= 0:
            return []
        inside = min(top, x.width)
        term = x.bits(inside - 1, 0)
        terms = [term if inside == 1 else f"(|{term})"]
        return terms + ([sign] if top > x.width and x.signed else [])

    rest = some(drop - 1)
    match mode:
        case Round.RND:
            return half
        case Round.TRN_ZERO:
            return f"({sign} & ({' | '.join(some(drop))}))"
        case Round.RND_CONV:
            ties = [*rest, odd]
        case Round.RND_ZERO:
            ties = [*rest, sign]
        case Round.RND_INF:
            ties = [*rest, f"~{sign}"]
        case _:
            ties = rest
    return f"({half} & ({' | '.join(ties)}))" if ties else "1'b0"


def _clipped(cell: Cell, x: Ref) -> str:
    least, most = cell.data
    text = fit(x, 0, cell.width)
    if x.cell.lo < least:
        text = f"{_below(x, least)} ? {pattern(least, cell.width)} : {text}"
    if x.cell.hi > most:
        text = f"{_above(x, most)} ? {pattern(most, cell.width)} : {text}"
    return text


def _zeroed(cell: Cell, x: Ref) -> str:
    least, most = cell.data
    outside = [
        test
        for test in (
            _below(x, least) if x.cell.lo < least else "",
            _above(x, most) if x.cell.hi > most else "",
        )
        if test
    ]
    return f"({' | '.join(f'({test})' for test in outside)}) ? {cell.width}'d0 : {fit(x, 0, cell.width)}"


def _above(x: Ref, most: int) -> str:
    """x > most; by the bits above if most is all ones, which needs no carry chain."""
    bits = most.bit_length()
    if most < 0 or most + 1 != 1 << bits:
        return f"({x.name} > {literal(most, x.signed)})"
    if not x.signed:
        return _any(x, x.width - 1, bits)
    return f"(~{x.sign} & {_any(x, x.width - 2, bits)})" if x.cell.lo < 0 else _any(x, x.width - 1, bits)


def _any(x: Ref, high: int, low: int) -> str:
    text = x.bits(high, low)
    return text if high == low else f"(|{text})"


def _below(x: Ref, least: int) -> str:
    """x < least; by the sign and the bits above if least is zero or a negative power of two."""
    if least == 0:
        return x.sign
    bits = (-least).bit_length() - 1
    if least > 0 or -least != 1 << bits or not x.signed:
        return f"({x.name} < {literal(least, x.signed)})"
    if x.width - 2 < bits:
        return f"({x.name} < {literal(least, True)})"
    high = x.bits(x.width - 2, bits)
    return f"({x.sign} & ~{high})" if x.width - 2 == bits else f"({x.sign} & ~(&{high}))"
