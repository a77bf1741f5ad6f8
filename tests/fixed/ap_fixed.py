"""The real ap_fixed headers, compiled: what a cast gives when the header does it.

One C++ program has a function per (source type, target type, rounding, overflow); it reads codes from a
file and writes the bits of the results. The headers are those that hls4ml ships and copies into every
project, so what they do is what runs.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgeml.fixed import FixedType, IntArray, Overflow, Round
from edgeml.tools import run

Pair = tuple[FixedType, FixedType]
Case = tuple[Pair, Round, Overflow]

_HEAD = r"""
#include <cstdint>
#include <cstdio>
#include <vector>
#include "ap_fixed.h"

// X and Y are ap_[u]fixed; codes go in and bits come out, value by value.
template <class X, class Y> static void go(const std::vector<int64_t>& in, std::vector<uint64_t>& out) {
    for (int64_t code : in) {
        X x;
        x.V = code;
        Y y = x;
        out.push_back(y.range().to_uint64());
    }
}
typedef void (*Function)(const std::vector<int64_t>&, std::vector<uint64_t>&);
static const Function functions[] = {
"""

_TAIL = r"""
};
// Input: count of codes and the codes, for each function in order. Output: the bits of the results.
int main(int, char** argv) {
    FILE* source = fopen(argv[1], "rb");
    FILE* target = fopen(argv[2], "wb");
    if (!source || !target) return 2;
    for (Function function : functions) {
        int64_t count;
        if (fread(&count, 8, 1, source) != 1) return 3;
        std::vector<int64_t> in(count);
        if (fread(in.data(), 8, count, source) != (size_t)count) return 4;
        std::vector<uint64_t> out;
        function(in, out);
        if (fwrite(out.data(), 8, count, target) != (size_t)count) return 5;
    }
    return fclose(target);
}
"""


def headers() -> Path:
    """The folder of ap_fixed.h inside the installed hls4ml; hls4ml itself is not imported."""
    spec = importlib.util.find_spec("hls4ml")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "templates" / "vivado" / "ap_types"
    assert (folder / "ap_fixed.h").is_file()
    return folder


def cpp_type(type: FixedType, rounding: Round = Round.TRN, overflow: Overflow = Overflow.WRAP) -> str:
    """The ap_fixed type with these modes."""
    sign = "" if type.signed else "u"
    return f"ap_{sign}fixed<{type.width},{type.integer},AP_{rounding.value},AP_{overflow.value}>"


@dataclass(frozen=True)
class Program:
    """A compiled program and the cases it knows, in order."""

    executable: Path
    cases: tuple[Case, ...]

    def cast(self, codes: dict[Pair, IntArray]) -> dict[Case, IntArray]:
        """The header's results for the codes of each pair, for every case."""
        folder = self.executable.parent
        parts: list[IntArray] = []
        for pair, _, _ in self.cases:
            parts += [np.array([codes[pair].size], np.int64), codes[pair]]
        np.concatenate(parts).tofile(folder / "in.bin")
        run([self.executable, folder / "in.bin", folder / "out.bin"], folder, folder / "run.log", 60)
        bits = np.fromfile(folder / "out.bin", np.int64)
        result: dict[Case, IntArray] = {}
        start = 0
        for case in self.cases:
            (source, target), count = case[0], codes[case[0]].size
            result[case] = _signed(bits[start : start + count], target)
            start += count
            del source
        assert start == bits.size
        return result


def build(pairs: list[Pair], folder: Path, seconds: float = 200) -> Program:
    """Compile a program for all modes of these pairs."""
    cases = [(pair, rounding, overflow) for pair in pairs for rounding in Round for overflow in Overflow]
    lines = [
        f"go<{cpp_type(source)}, {cpp_type(target, rounding, overflow)}>,"
        for (source, target), rounding, overflow in cases
    ]
    (folder / "casts.cpp").write_text(_HEAD + "\n".join(lines) + _TAIL)
    command = ["g++", "-std=c++11", "-O0", "-w", "-DNDEBUG", f"-I{headers()}", "casts.cpp", "-o", "casts"]
    run(command, folder, folder / "build.log", seconds)
    return Program(folder / "casts", tuple(cases))


def _signed(bits: IntArray, type: FixedType) -> IntArray:
    """Two's complement bits of `type` as codes."""
    unused = 64 - type.width
    if type.signed:
        return (bits << unused) >> unused
    return bits
