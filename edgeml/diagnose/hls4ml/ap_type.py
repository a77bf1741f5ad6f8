"""Types of C++ in an hls4ml project: ap_fixed, ap_ufixed, ap_int and ap_uint with their modes.

Invariant: what is left out is as AMD UG1399 has it: truncation and wrapping. An ap_int truncates an ap_fixed
towards zero, as the conversion in AMD's headers does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, Overflow, Round, quantize, to_float

_FIXED = re.compile(r"ap_(u?)(fixed|int)\s*<([^<>]*)>")


@dataclass(frozen=True)
class ApType:
    """A type with the modes of its assignments."""

    type: FixedType
    rounding: Round = Round.TRN
    overflow: Overflow = Overflow.WRAP

    @staticmethod
    def parse(text: str) -> ApType:
        """From C++.

        Raises:
            EdgemlError: it is none of these types.

        >>> print(ApType.parse("ap_ufixed<6,2,AP_RND_CONV,AP_SAT,0>"), ApType.parse("ap_int<2>"))
        ufixed<6,2,RND_CONV,SAT> fixed<2,2,TRN_ZERO,WRAP>
        """
        match = _FIXED.fullmatch(text.strip())
        if match is None:
            raise EdgemlError("is no ap_fixed or ap_int", text)
        parts = [part.strip() for part in match[3].split(",")]
        try:
            width = int(parts[0])
            integer = int(parts[1]) if match[2] == "fixed" else width
            modes = [part.removeprefix("AP_") for part in parts[2:4]] if match[2] == "fixed" else []
            plain = Round.TRN if match[2] == "fixed" else Round.TRN_ZERO
            rounding = Round[modes[0]] if modes else plain
            overflow = Overflow[modes[1]] if len(modes) > 1 else Overflow.WRAP
        except (ValueError, KeyError, IndexError):
            raise EdgemlError("is no type that edgeml knows", text) from None
        return ApType(FixedType(not match[1], width, width - integer), rounding, overflow)

    def __str__(self) -> str:
        return f"{str(self.type)[:-1]},{self.rounding.name},{self.overflow.name}>"

    def cast(self, values: Any) -> NDArray[np.float64]:
        """Real values as this type holds them."""
        return to_float(quantize(values, self.type, self.rounding, self.overflow), self.type.frac)

    def loses(self, values: Any) -> bool:
        """True if it does not hold every one of the values."""
        return bool(np.any(self.cast(values) != np.asarray(values)))

    def share_beyond(self, values: Any) -> float:
        """The share of values outside the range."""
        reals = np.asarray(values, np.float64)
        low, high = (float(np.ldexp(float(end), -self.type.frac)) for end in (self.type.lo, self.type.hi))
        return float(np.mean((reals < low) | (reals >= high + self.type.lsb)))

    def share_off_grid(self, values: Any) -> float:
        """The share of values between two codes."""
        steps = np.ldexp(np.asarray(values, np.float64), self.type.frac)
        return float(np.mean(steps != np.floor(steps)))
