"""Quantizers as tables: whatever element-wise function ends in a quantizer, on a narrow value.

The quantizer itself, as Keras runs it, is called on every code the value can take. A wide value whose
function is a staircase of one LSB per step takes two narrow tables and a comparison, see `_stairs`.

Invariant: the table holds what Keras returns for every code within the value's bounds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edgeml.fixed import FixedType, IntArray, Overflow, Round, cover
from edgeml.ir.ops.lookup import MAX_INDEX_BITS, Lookup
from edgeml.keras.quantizers._common import call, grid_of
from edgeml.keras.quantizers._stairs import find_stairs

if TYPE_CHECKING:
    from edgeml.keras.builder import LayerBuilder
    from edgeml.keras.pending import FloatFunction, PendingFunction

_MAX_TRIED_BITS = 24
"""Values up to this width are tried code by code, to see whether a saturating function needs fewer bits."""

_PREFERRED_BITS = 12
"""Up to here a table is preferred to an approximation."""


def tabulate(
    quantizer: Any,
    builder: LayerBuilder,
    value: str,
    name: str,
    before: FloatFunction | None = None,
    what: str = "",
    to: FixedType | None = None,
) -> str:
    """The quantizer (of a function) of an exact value as a Lookup.

    Args:
        quantizer: called on every code.
        builder: where to add ops.
        value: an exact value with one type for all elements.
        name: part of the layer.
        before: a function applied first.
        what: its name, for messages.
        to: type of the entries, which are codes of it; the narrowest that holds them if None.

    Raises:
        EdgemlError: the value is too wide for a table, or the results are not on a fixed-point grid.
    """
    label = f"{type(quantizer).__name__}({what})" if what else type(quantizer).__name__
    info = builder.info(value)
    kind = info.scalar
    if info.type != kind:
        value = builder.cast(value, kind, part=f"{name}.align")
    if kind.width > _MAX_TRIED_BITS:
        raise _too_wide(builder, label, kind)

    def results(codes: IntArray) -> NDArray[np.float32]:
        floats = np.ldexp(codes.astype(np.float64), -kind.frac).astype(np.float32)
        return call(quantizer, floats if before is None else before(floats))

    if kind.width > builder.table_bits and to is None:
        bounds = int(info.lo.min()), int(info.hi.max())
        key = (id(quantizer), id(before), kind, bounds)
        if key not in builder.stairs:
            builder.stairs[key] = find_stairs(results, kind, bounds)
        stairs = builder.stairs[key]
        if stairs is not None:
            return stairs.add(builder, value, name)
    if kind.width > MAX_INDEX_BITS:
        value, kind = _saturated(builder, value, kind, results, name, label)
    codes = np.arange(kind.lo, kind.hi + 1, dtype=np.int64)
    inside = np.clip(
        codes, int(info.lo.min()), int(info.hi.max())
    )  # codes that cannot occur repeat the nearest
    out = results(inside)
    if not np.all(np.isfinite(out)):
        raise builder.refuse(f"{label} is not finite everywhere", "use another quantizer")
    frac = grid_of(out) if to is None else to.frac
    entries = np.ldexp(out.astype(np.float64), frac)
    if np.abs(entries).max() >= 2.0**62:
        raise builder.refuse(f"{label} needs results of more than 62 bits", "use fewer bits or a max_value")
    whole = entries.astype(np.int64)
    table = builder.const(whole, to or cover(int(whole.min()), int(whole.max()), frac), f"{name}.table")
    return builder.add(Lookup(), value, table, part=name)


def preferred(builder: LayerBuilder, pending: PendingFunction) -> bool:
    """True if a real function and its quantizer become one table, not the function's stated approximation."""
    if pending.vector:
        return False
    return pending.approximate is None or builder.info(pending.source).scalar.width <= _PREFERRED_BITS


def _saturated(
    builder: LayerBuilder,
    value: str,
    kind: FixedType,
    results: Callable[[IntArray], NDArray[np.float32]],
    name: str,
    label: str,
) -> tuple[str, FixedType]:
    """Cut off the codes beyond which the function is constant, if the rest fits a table."""
    codes = np.arange(kind.lo, kind.hi + 1, dtype=np.int64)
    out = results(codes)
    narrow = FixedType(kind.signed, MAX_INDEX_BITS, kind.frac)
    same = out == out[np.clip(codes, narrow.lo, narrow.hi) - kind.lo]
    if not np.all(same):
        raise _too_wide(builder, label, kind)
    return builder.cast(value, narrow, Round.RND_CONV, Overflow.SAT, part=f"{name}.clip"), narrow


def _too_wide(builder: LayerBuilder, label: str, kind: FixedType) -> Exception:
    return builder.refuse(
        f"{label} of a value of {kind.width} bits does not fit a table of {MAX_INDEX_BITS} index bits",
        f"put a QActivation(quantized_bits(...)) of at most {MAX_INDEX_BITS} bits before it",
    )
