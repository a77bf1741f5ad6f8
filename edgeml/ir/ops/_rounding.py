"""The bits that rounding in a float's mantissa needs beyond the value itself."""

from __future__ import annotations

from edgeml.fixed import Round


def by_mantissa(rounding: Round) -> bool:
    """True if float kernels round in this way without adding one half first (Round, Floor)."""
    return rounding in (Round.RND_CONV, Round.TRN, Round.TRN_ZERO)
