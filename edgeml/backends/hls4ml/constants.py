"""The constants of an hls4ml project, in both of their files.

weights/NAME.h is read by synthesis, weights/NAME.txt by C simulation.

Invariant: both hold the same numbers, as many as the header says; each is written so that Python, C++ and
hls4ml's reader of text take it for the same number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.hls4ml.layer import Precision
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes
from edgeml.fixed import FixedType, IntArray, quantize

_NUMBER = re.compile(r"[+-]?(?:0|[1-9]\d*)(?:\.\d*)?(?:[eE][+-]?\d+)?")
_HEADER = re.compile(
    r"(?://[^\n]*\n)*\s*#ifndef (\w+)\n#define \1\n\s*#ifndef __SYNTHESIS__\n(\w+) (\w+)\[(\d+)\];\n#else\n"
    r"\2 \3\[\4\] = \{([^{}\"'/\\#]*)\};\n\s*#endif\s*#endif\s*"
)
_NOTHING = Precision(FixedType(False, 1, 0))


@dataclass(frozen=True, eq=False)
class StoredConstant:
    """A constant.

    Args:
        name: of the array.
        kind: name of its type.
        values: as written.
        precision: of an element.
    """

    name: str
    kind: str
    values: NDArray[np.float64]
    precision: Precision = _NOTHING

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.values.size

    @property
    def codes(self) -> IntArray:
        """The codes of its type that the numbers become."""
        to = self.precision
        return quantize(self.values, to.type, to.rounding, to.overflow)

    @property
    def frac(self) -> int:
        """Fractional bits that the codes need, at most those of the type."""
        codes = self.codes
        bits = int(np.bitwise_or.reduce(codes)) if codes.size else 0
        unused = (bits & -bits).bit_length() - 1 if bits else self.precision.type.width
        return self.precision.type.frac - unused

    def typed(self, precision: Precision) -> StoredConstant:
        """The same numbers with a type."""
        return replace(self, precision=precision)


def simulated_text(content: bytes) -> bytes:
    """A header of weights as C simulation sees it: without the numbers, which synthesis alone reads."""
    text = content.decode(errors="replace")
    match = _HEADER.fullmatch(text)
    return content if match is None else (text[: match.start(5)] + text[match.end(5) :]).encode()


def read_weights(folder: Path, name: str) -> StoredConstant:
    """A constant from its two files.

    Raises:
        EdgemlError: a file is missing or not understood, or the numbers differ.
    """
    header, text = folder / f"{name}.h", folder / f"{name}.txt"
    match = _HEADER.fullmatch(read_bytes(header, "file of weights").decode(errors="replace"))
    if match is None or (match[1], match[3]) != (f"{name.upper()}_H_", name):
        raise EdgemlError("is not understood: not the two forms of one array", str(header))
    lines = read_bytes(text, "file of weights").decode(errors="replace").split("\n")
    values = _numbers(match[5], header)
    if not np.array_equal(values, _numbers(lines[0], text)) or any(line.strip() for line in lines[1:]):
        raise EdgemlError("synthesis would use other weights than C simulation", f"{header} and {text.name}")
    if values.size != int(match[4]):
        raise EdgemlError(f"holds {values.size} numbers for {match[4]} elements", str(header))
    return StoredConstant(name, match[2], values)


def _numbers(text: str, where: Path) -> NDArray[np.float64]:
    words = [word.strip() for word in text.split(",")]
    odd = next((word for word in words if not _NUMBER.fullmatch(word)), None)
    if odd is not None:
        raise EdgemlError(f"is not understood: {odd[:40]!r} is no plain number", str(where))
    return np.array([float(word) for word in words])
