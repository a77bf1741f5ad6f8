"""Runs one call of a project's top function alone, compiled with the project's own headers.

The program declares the variables of the top function, puts numbers into those that a call reads, makes the
very call of the project, and gives away what it wrote. Weights are read from the project as hls4ml reads them
in C simulation. The address sanitizer ends it at a place outside of an array.

Invariant: an array is filled with two different numbers before, so that an element that the call leaves alone
is noticed; a stream that is not read to its end as well.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edgeml import tools
from edgeml.backends.hls4ml.constants import simulated_text
from edgeml.backends.hls4ml.csim import SANITIZER
from edgeml.backends.hls4ml.firmware import Firmware, TemplateCall, Variable
from edgeml.cache import cache_folder
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes
from edgeml.fixed import IntArray, from_float, to_float
from edgeml.scratch import scratch_folder
from edgeml.tools import run

_FLAGS = ("-std=c++17", "-O1", "-w", *SANITIZER, "-fno-gnu-unique", "-pthread")
_COMPILE_SECONDS, _RUN_SECONDS = 1800.0, 3600.0
_REPORT = re.compile(r"ERROR: AddressSanitizer: ([\w-]+)")


class CallDriver:
    """The program that makes the calls of a project.

    Args:
        firmware: the project's C++.
        ports: by call, the variables that it reads and those that it writes.
    """

    def __init__(self, firmware: Firmware, ports: Sequence[tuple[Sequence[str], Sequence[str]]]) -> None:
        self._firmware, self._ports = firmware, tuple(ports)
        self._program: Path | None = None

    def run(self, number: int, inputs: Sequence[IntArray]) -> list[IntArray]:
        """The results of a call on codes.

        Args:
            number: of the call.
            inputs: codes (vectors, elements) of every variable that it reads.

        Returns:
            Codes (vectors, elements) of every variable that it writes; `NO_CODE` where there is none.

        Raises:
            EdgemlError: it does not compile, or does something else than to write all of its results.
        """
        if self._program is None:
            self._program = self._compiled()
        reads, writes = ([self._firmware.variables[name] for name in names] for names in self._ports[number])
        count = len(inputs[0])
        table = [to_float(codes, one.precision.type.frac) for codes, one in zip(inputs, reads, strict=True)]
        sizes = [str(part.shape[1]) for part in table]
        call = self._firmware.calls[number]
        with scratch_folder() as scratch:
            np.concatenate(table, axis=1).astype("<f8").tofile(scratch / "in")
            words = ["in", "out", "sizes", str(number), str(count), *sizes]
            environment = {
                "EDGEML_WEIGHTS": str((self._firmware.folder / "weights").resolve()),
                "ASAN_OPTIONS": "detect_leaks=0",
            }
            files = [scratch / "out", scratch / "sizes"]
            try:
                run(
                    [self._program, *words], scratch, scratch / "log", _RUN_SECONDS, environment, writes=files
                )
            except EdgemlError as error:
                raise self._explained(call, scratch / "log", error) from None
            doubles = np.frombuffer(read_bytes(scratch / "out", "output of the program"), "<f8")
            widths = [int(word) for word in read_bytes(scratch / "sizes", "output of the program").split()]
        rows = doubles.reshape(count, sum(widths))
        ends = np.cumsum(widths)[:-1]
        parts = np.split(rows, ends, axis=1)
        return [from_float(part, one.precision.type.frac) for part, one in zip(parts, writes, strict=True)]

    def _explained(self, call: TemplateCall, log: Path, error: EdgemlError) -> EdgemlError:
        """The error of a run, in words about the project if the program says what it was."""
        text = read_bytes(log, "log of the program").decode(errors="replace") if log.is_file() else ""
        stop = next((line for line in text.splitlines() if line.startswith("edgeml: ")), "")
        fault = _REPORT.search(text)
        what = stop.removeprefix("edgeml: ") or (fault and f"a place outside of an array: {fault[1]}") or ""
        return EdgemlError(f"{call.function}: {what}", self._firmware.where(call)) if what else error

    # ---------------------------------------------------------------- the program

    def _compiled(self) -> Path:
        """The program, from the cache or freshly compiled."""
        gxx, source = tools.need("gxx"), self._source()
        total = hashlib.sha256(f"{source}\0{' '.join(_FLAGS)}\0{gxx.version}\0".encode())
        for path in sorted(self._firmware.folder.rglob("*")):
            if path.is_file() and path.suffix not in (".txt", ".cpp"):
                total.update(path.relative_to(self._firmware.folder).as_posix().encode() + b"\0")
                total.update(simulated_text(read_bytes(path, "header of the project")) + b"\0")
        program = cache_folder("hls4ml") / f"drive-{total.hexdigest()[:32]}" / "drive"
        if program.is_file():
            return program
        program.parent.mkdir(parents=True, exist_ok=True)
        firmware = self._firmware.folder.resolve()
        with scratch_folder(program.parent) as scratch:
            main, target = scratch / "main.cpp", scratch / "drive"
            main.write_text(source)
            includes = [f"-I{firmware}", f"-I{firmware / 'ap_types'}"]
            log = program.parent / "compile.log"
            run(
                [gxx.path, *_FLAGS, *includes, main, "-o", target],
                scratch,
                log,
                _COMPILE_SECONDS,
                writes=[target],
            )
            target.replace(program)
        return program

    def _source(self) -> str:
        firmware = self._firmware
        return _MAIN.format(
            project=firmware.project,
            variables="\n".join(_declared(one) for one in firmware.variables.values()),
            aliases="\n".join(f"static auto &{name} = {of};" for name, of in firmware.aliases.items()),
            loads="\n".join(f"    {line}" for line in firmware.loads),
            cases="\n".join(self._case(number) for number in range(len(firmware.calls))),
        )

    def _case(self, number: int) -> str:
        reads, writes = self._ports[number]
        call = self._firmware.calls[number]
        arrays = [name for name in writes if not self._firmware.variables[name].packet]
        return "\n".join(
            [
                f"    case {number}:",
                *(f"        give({name}, sizes[{at}]);" for at, name in enumerate(reads)),
                *(f"        fill({name});" for name in arrays),
                f"        {call.text}",
                *(f"        keep({name});" for name in writes),
                *(f"        ended({name});" for name in reads),
                "        break;",
            ]
        )


def _declared(one: Variable) -> str:
    if one.packet:
        return f'static hls::stream<{one.kind}> {one.name}("{one.name}");'
    return f"static {one.kind} {one.name}[{one.size}];"


_MAIN = """\
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <pthread.h>
#include <string>
#include <vector>

static const char *edgeml_weights_folder() {{
    const char *folder = std::getenv("EDGEML_WEIGHTS");
    return folder ? folder : "";
}}
#define WEIGHTS_DIR edgeml_weights_folder()
#include "{project}.h"
#include "parameters.h"

namespace edgeml {{

static void stop(const char *why) {{
    std::fprintf(stderr, "edgeml: %s\\n", why);
    std::exit(3);
}}

static std::vector<double> row, first;
static std::vector<size_t> widths;
static size_t taken;
static bool again;

template <class T, size_t N> static void give(T (&x)[N], size_t size) {{
    if (size != N) stop("an array of another size than the value");
    for (size_t i = 0; i < N; i++) x[i] = row[taken++];
}}

template <class T> static void give(hls::stream<T> &x, size_t size) {{
    if (size % T::size) stop("a stream whose packets do not divide the value");
    for (size_t i = 0; i < size; i += T::size) {{
        T packet;
        for (size_t k = 0; k < T::size; k++) packet[k] = row[taken++];
        x.write(packet);
    }}
}}

template <class T, size_t N> static void fill(T (&x)[N]) {{
    for (size_t i = 0; i < N; i++) {{
        x[i] = 0;
        if (again) x[i] = ~x[i];
    }}
}}

static std::vector<double> results;

template <class T> static void one(const T &x) {{
    results.push_back(x.to_double());
}}

template <class T, size_t N> static void keep(T (&x)[N]) {{
    for (size_t i = 0; i < N; i++) one(x[i]);
    widths.push_back(N);
}}

template <class T> static void keep(hls::stream<T> &x) {{
    size_t count = 0;
    for (; !x.empty(); count++) {{
        T packet = x.read();
        for (size_t k = 0; k < T::size; k++) one(packet[k]);
    }}
    widths.push_back(count * T::size);
}}

template <class T, size_t N> static void ended(T (&x)[N]) {{}}

template <class T> static void ended(hls::stream<T> &x) {{
    if (!x.empty()) stop("a stream is not read to its end");
}}

{variables}
{aliases}

static void make(long number, const std::vector<size_t> &sizes) {{
    taken = 0;
    results.clear();
    widths.clear();
    switch (number) {{
{cases}
    default:
        stop("no such call");
    }}
}}

static int words_count;
static char **words;

static void *drive(void *) {{
    if (words_count < 6) stop("too few words");
    std::FILE *in = std::fopen(words[1], "rb"), *out = std::fopen(words[2], "wb");
    const long number = std::atol(words[4]), vectors = std::atol(words[5]);
    std::vector<size_t> sizes, before;
    size_t width = 0;
    for (int i = 6; i < words_count; i++) {{
        sizes.push_back(std::atol(words[i]));
        width += sizes.back();
    }}
    if (!in || !out) stop("cannot open the files");
{loads}
    row.resize(width);
    for (long vector = 0; vector < vectors; vector++) {{
        if (std::fread(row.data(), sizeof(double), width, in) != width) stop("too few numbers");
        again = false;
        make(number, sizes);
        if (vector < 2) {{
            first = results;
            again = true;
            make(number, sizes);
            if (first.size() != results.size() ||
                std::memcmp(first.data(), results.data(), first.size() * sizeof(double)))
                stop("an element of the result is not written");
        }}
        if (vector && widths != before) stop("another number of packets for another vector");
        before = widths;
        std::fwrite(results.data(), sizeof(double), results.size(), out);
    }}
    if (std::fclose(out)) stop("cannot write the results");
    std::FILE *counts = std::fopen(words[3], "w");
    if (!counts) stop("cannot open the files");
    for (size_t one : before) std::fprintf(counts, "%zu ", one);
    if (std::fclose(counts)) stop("cannot write the results");
    return nullptr;
}}

}} // namespace edgeml

namespace nnet {{
bool trace_enabled = false;
std::map<std::string, void *> *trace_outputs = NULL;
size_t trace_type_size = sizeof(double);
}} // namespace nnet

int main(int count, char **words) {{
    edgeml::words_count = count;
    edgeml::words = words;
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)1 << 30);
    if (pthread_create(&thread, &attributes, edgeml::drive, nullptr)) edgeml::stop("no stack of 1 GB");
    pthread_join(thread, nullptr);
    return 0;
}}
"""
