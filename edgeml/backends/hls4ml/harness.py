"""The C++ main program around an hls4ml project's own bridge.

Invariant: it computes nothing; it passes doubles to the bridge and writes its results.
"""

from __future__ import annotations

from collections.abc import Sequence

_MAIN = r"""// The project's sources and bridge in one translation unit: the headers are read once.
#include <cstdlib>
static const char *edgeml_weights_folder() {
    const char *folder = std::getenv("EDGEML_WEIGHTS");
    return folder ? folder : "";
}
#define WEIGHTS_DIR edgeml_weights_folder()
#include "firmware/@PROJECT@.cpp"
#include "@PROJECT@_bridge.cpp"

#include <cstdio>
#include <cstring>
#include <pthread.h>
#include <string>
#include <vector>

static unsigned short edgeml_size; // what Quartus' bridge has for sizes and does not use
static int edgeml_count;
static char **edgeml_words;

static void *edgeml_simulate(void *) {
    const int inputs = @INPUTS@, outputs = @OUTPUTS@;
    std::FILE *in = std::fopen(edgeml_words[1], "rb"), *out = std::fopen(edgeml_words[2], "wb");
    if (!in || !out) {
        std::fprintf(stderr, "error: cannot open the data files\n");
        std::exit(3);
    }
    std::vector<double> x(inputs), y(outputs);
    const long samples = std::atol(edgeml_words[3]);
    if (edgeml_count > 4) allocate_trace_storage(sizeof(double));
    for (long sample = 0; sample < samples; sample++) {
        if (std::fread(x.data(), sizeof(double), inputs, in) != (size_t)inputs) {
            std::fprintf(stderr, "error: the input file is too short\n");
            std::exit(3);
        }
        std::memset(y.data(), 0, outputs * sizeof(double));
        @PROJECT@_double(@ARGUMENTS@);
        std::fwrite(y.data(), sizeof(double), outputs, out);
        for (int word = 4; word + 1 < edgeml_count; word += 2) {
            auto found = nnet::trace_outputs->find(edgeml_words[word]);
            if (found == nnet::trace_outputs->end()) {
                std::fprintf(stderr, "error: the project has no layer %s to look into\n", edgeml_words[word]);
                std::exit(3);
            }
            std::fwrite(found->second, sizeof(double), std::atol(edgeml_words[word + 1]), out);
        }
    }
    if (std::fclose(out)) {
        std::fprintf(stderr, "error: cannot write the output file\n");
        std::exit(3);
    }
    return nullptr;
}

int main(int argc, char **argv) {
    edgeml_count = argc;
    edgeml_words = argv;
    // hls4ml keeps whole layers on the stack: 8 MB, the usual limit, is 1,000 x 1,000 products.
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)1 << 30);
    if (pthread_create(&thread, &attributes, edgeml_simulate, nullptr)) {
        std::fprintf(stderr, "error: cannot start a thread with a stack of 1 GB\n");
        return 3;
    }
    pthread_join(thread, nullptr);
    std::fflush(nullptr);
    return 0;
}
"""


def main_program(project: str, inputs: Sequence[int], outputs: Sequence[int], sizes: bool) -> str:
    """The program's source.

    Usage: simulation IN OUT SAMPLES [LAYER SIZE]...; IN and OUT hold raw doubles, sample after sample, OUT
    the outputs and then the traced layers.

    Args:
        project: name of the top function.
        inputs: elements of every input, in the bridge's order.
        outputs: elements of every output.
        sizes: the bridge takes a size behind every input and output, as Quartus' does.
    """
    arguments: list[str] = []
    for name, elements in (("x", inputs), ("y", outputs)):
        start = 0
        for size in elements:
            arguments.append(f"{name}.data() + {start}")
            start += size
    if sizes:
        arguments += ["edgeml_size"] * (len(inputs) + len(outputs))
    replaced = {
        "PROJECT": project,
        "INPUTS": str(sum(inputs)),
        "OUTPUTS": str(sum(outputs)),
        "ARGUMENTS": ", ".join(arguments),
    }
    text = _MAIN
    for key, value in replaced.items():
        text = text.replace(f"@{key}@", value)
    return text
