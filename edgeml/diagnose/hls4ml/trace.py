"""A foreign project compiled with a hook behind each layer, and run on samples.

This compiles and runs the project's C++, as its own C simulation does. Nothing is written into the project.

Invariant: the numbers are the project's own; the hooks only copy them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml import limits, tools
from edgeml.diagnose.hls4ml.source import ForeignProject
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes
from edgeml.reading import refusing
from edgeml.scratch import scratch_folder
from edgeml.tools import Completed, error_line, read_log, run

_MAIN = r"""#include <cstdio>
#include <cstdlib>
#include <vector>
#include <pthread.h>
static std::FILE *edgeml_values, *edgeml_names;
static bool edgeml_first = true;
template <class T> static void edgeml_numbers(const T *data, unsigned size) {
    for (unsigned i = 0; i < size; i++) {
        double value = double(data[i]);
        std::fwrite(&value, sizeof value, 1, edgeml_values);
    }
}
@TRACE@
#include "traced.inc"
namespace nnet {
bool trace_enabled = false;
std::map<std::string, void *> *trace_outputs = NULL;
size_t trace_type_size = sizeof(double);
}
static int edgeml_samples;
static void *edgeml_simulate(void *) {
    const unsigned inputs = @INPUTS@;
    std::FILE *in = std::fopen("in", "rb");
    if (!in) std::exit(3);
    std::vector<double> x(inputs);
@PORTS@
    for (int sample = 0; sample < edgeml_samples; sample++) {
        if (std::fread(x.data(), sizeof(double), inputs, in) != inputs) std::exit(3);
@CALL@
        edgeml_first = false;
    }
    return NULL;
}
int main(int, char **argv) {
    edgeml_samples = std::atoi(argv[1]);
    edgeml_values = std::fopen("out", "wb");
    edgeml_names = std::fopen("names", "w");
    if (!edgeml_values || !edgeml_names) return 3;
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)1 << 30);
    if (pthread_create(&thread, &attributes, edgeml_simulate, NULL)) return 3;
    pthread_join(thread, NULL);
    return std::fclose(edgeml_values) || std::fclose(edgeml_names) ? 3 : 0;
}
"""

_ARRAYS = {
    "TRACE": r"""template <class T> static void edgeml_trace(const char *name, const T *data, unsigned size) {
    edgeml_numbers(data, size);
    if (edgeml_first) std::fprintf(edgeml_names, "%s %u\n", name, size);
}""",
    "PORTS": """    if (inputs != @SIZE@) std::exit(@OTHER_SIZE@);
    static @INPUT_TYPE@ data[@SIZE@];
    static @OUTPUT_TYPE@ result[@OUTPUT_SIZE@];""",
    "CALL": """        for (unsigned i = 0; i < inputs; i++) data[i] = x[i];
        @NAME@(data, result);""",
}
"""The parts of a project with io_parallel."""

_STREAMS = {
    "TRACE": r"""#include "hls_stream.h"
template <class T> static void edgeml_trace(const char *name, hls::stream<T> &data) {
    std::vector<T> packets;
    while (!data.empty()) packets.push_back(data.read());
    for (const T &packet : packets) {
        edgeml_numbers(packet.data, T::size);
        data.write(packet);
    }
    if (edgeml_first) std::fprintf(edgeml_names, "%s %u\n", name, unsigned(packets.size() * T::size));
}""",
    "PORTS": """    if (inputs % @INPUT_TYPE@::size) std::exit(@OTHER_SIZE@);
    hls::stream<@INPUT_TYPE@> data("data");
    hls::stream<@OUTPUT_TYPE@> result("result");""",
    "CALL": """        for (unsigned i = 0; i < inputs; i += @INPUT_TYPE@::size) {
            @INPUT_TYPE@ packet;
            for (unsigned j = 0; j < @INPUT_TYPE@::size; j++) packet[j] = x[i + j];
            data.write(packet);
        }
        @NAME@(data, result);
        if (!data.empty()) std::exit(@OTHER_SIZE@);
        while (!result.empty()) result.read();""",
}
"""The parts of a project with io_stream: a hook reads all packets and writes them again."""

_OTHER_SIZE = 4
"""The program's exit code if samples are of another size than the project's input."""

_REPAIR = "its own C simulation, build_prj.tcl, compiles the same files"

_COMPILE_SECONDS = 900.0
_RUN_SECONDS = 600.0


def traced(project: ForeignProject, x: Any) -> dict[str, NDArray[np.float64]]:
    """Every layer's result, and under the input's name what came in.

    Args:
        project: as read.
        x: floats (samples, ...).

    Returns:
        float64 (samples, size) by layer, in the project's order.

    Raises:
        MissingToolError: g++ is missing.
        EdgemlError: the project does not compile, or does not run to its end; names the log.
    """
    gxx = tools.need("gxx")
    samples = np.asarray(x, np.float64).reshape(len(x), -1)
    firmware = project.folder.resolve() / "firmware"
    with scratch_folder() as scratch:
        place = Path(scratch)
        (place / "traced.inc").write_text(project.traced_text())
        (place / "main.cpp").write_text(main_program(project, samples.shape[1]))
        samples.astype("<f8").tofile(place / "in")
        includes = [f"-I{path}" for path in (firmware, firmware / "ap_types")]
        define = f'-DWEIGHTS_DIR="{firmware / "weights"}"'
        flags = ["-std=c++17", "-O1", "-w", "-pthread", define, *includes]
        program, log = place / "simulation", place / "log"
        try:
            run([gxx.path, *flags, place / "main.cpp", "-o", program], place, log, _COMPILE_SECONDS)
        except EdgemlError as error:
            first = _first_error(log)
            raise EdgemlError(f"does not compile: {first}", str(project.folder), _REPAIR) from error
        done = run([program, str(len(samples))], place, log, _RUN_SECONDS, check=False)
        if done.code:
            raise _ended_early(done, project, samples.shape[1])
        return written(place, len(samples), str(project.folder))


def written(place: Path, samples: int, where: str) -> dict[str, NDArray[np.float64]]:
    """The layers that a traced project wrote, float64 (samples, size) by name.

    Args:
        place: the folder with `names`, a line with name and size per layer, and `out`, doubles.
        samples: how many were run.
        where: the project, for messages.

    Raises:
        EdgemlError: the two are damaged, or do not fit together.
    """
    with refusing(where, "wrote something else than the numbers of its layers"):
        lines = read_bytes(place / "names", "names of layers", limits.TEXT).decode().splitlines()
        sizes = [(name, int(size)) for name, size in map(str.split, lines)]
        values = np.frombuffer(read_bytes(place / "out", "numbers of layers"), "<f8")
        width = sum(size for _, size in sizes)
        if values.size != width * samples or min((size for _, size in sizes), default=0) < 1:
            raise EdgemlError(f"wrote {values.size} numbers, {width * samples} expected", where)
        parts = np.split(values.reshape(samples, width), np.cumsum([size for _, size in sizes])[:-1], axis=1)
        return {name: part for (name, _), part in zip(sizes, parts, strict=True)}


def main_program(project: ForeignProject, inputs: int) -> str:
    """The C++ that runs the traced project on samples of so many numbers."""
    text = _MAIN
    for key, part in (_STREAMS if project.streams else _ARRAYS).items():
        text = text.replace(f"@{key}@", part)
    replaced = {
        "INPUTS": str(inputs),
        "SIZE": project.input.size,
        "INPUT_TYPE": project.input.typedef,
        "OUTPUT_TYPE": project.output.typedef,
        "OUTPUT_SIZE": project.output.size,
        "NAME": project.name,
        "OTHER_SIZE": str(_OTHER_SIZE),
    }
    for key, value in replaced.items():
        text = text.replace(f"@{key}@", value)
    return text


def _ended_early(done: Completed, project: ForeignProject, inputs: int) -> EdgemlError:
    """The error for a program that did not run to its end; its log is deleted with the scratch folder."""
    if done.code == _OTHER_SIZE:
        hint = "give the model that it was converted from"
        return EdgemlError(
            f"takes samples of another size than the model's {inputs}", str(project.folder), hint
        )
    how = f"signal {-done.code}" if done.code < 0 else f"exit code {done.code}"
    message = error_line(done.output)
    return EdgemlError(
        f"its program ended with {how}{f': {message}' if message else ''}", str(project.folder), _REPAIR
    )


def _first_error(log: Path) -> str:
    """The first line of a compiler's log that says error."""
    if not log.is_file():
        return "see the log"
    lines = read_log(log).splitlines()
    return next((line.partition("error:")[2].strip() for line in lines if "error:" in line), "see the log")
