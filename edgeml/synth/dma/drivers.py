"""The drivers beside a bitstream: Python in PYNQ's style, C for Linux and bare metal, with golden vectors.

The Python driver and the C sources are files of their own (`pynq_driver.py`, hw/drivers); generated are the
network's ports and vectors in C (edgeml_network.h and .c). The Python driver reads edgeml.json.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from edgeml.backends.verilog.manifest import Stream, VerilogManifest
from edgeml.files import FileSet
from edgeml.fixed import IntArray
from edgeml.ir.saved import narrow
from edgeml.quoting import c_string, comment
from edgeml.share import share_dir
from edgeml.synth.dma import pynq_driver
from edgeml.synth.dma.system import bytes_of, words
from edgeml.synth.vectors import Vectors

C_SAMPLES = 64
"""Golden vectors in the C driver at most: they are compiled in."""

_C_FILES = ("edgeml_dma.h", "edgeml_dma.c", "edgeml_main.c", "edgeml_linux.c", "edgeml_baremetal.c")


def emit(
    manifest: VerilogManifest,
    golden: Vectors,
    dma_base: int = 0,
) -> FileSet:
    """Both drivers.

    Args:
        manifest: of the Verilog.
        golden: the golden vectors.
        dma_base: address of the DMA's registers in the block design.
    """
    folder = share_dir("hw") / "drivers"
    files = {f"c/{name}": (folder / name).read_bytes() for name in _C_FILES}
    header, source = _network(manifest, golden)
    files["c/edgeml_network.h"] = header.encode()
    files["c/edgeml_network.c"] = source.encode()
    files["c/Makefile"] = _MAKEFILE.format(base=dma_base).encode()
    files["python/edgeml_driver.py"] = Path(pynq_driver.__file__).read_bytes()
    files["python/edgeml.json"] = manifest.to_json().encode()
    files["python/golden.npz"] = _golden(golden)
    return FileSet(files)


def _golden(golden: Vectors) -> bytes:
    arrays: dict[str, Any] = {f"input.{name}": narrow(codes) for name, codes in golden.inputs.items()}
    arrays |= {f"expected.{name}": narrow(codes) for name, codes in golden.expected.items()}
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _network(manifest: VerilogManifest, golden: Vectors) -> tuple[str, str]:
    """edgeml_network.h and edgeml_network.c."""
    samples = min(C_SAMPLES, *(len(codes) for codes in golden.inputs.values()))
    source, sink = manifest.input, manifest.output
    header = _HEADER.format(
        model=comment(manifest.model),
        samples=samples,
        ins=samples * bytes_of(source),
        outs=samples * bytes_of(sink),
        input_values=len(source.values),
        output_values=len(sink.values),
    )
    lines = ['#include "edgeml_network.h"', ""]
    lines += _lanes("edgeml_input", source) + _lanes("edgeml_output", sink)
    compiled = golden.first(samples)
    for i, lanes in enumerate(source.values):
        lines += _codes(f"golden_input_{i}", compiled.inputs[lanes.value])
    for i, lanes in enumerate(sink.values):
        lines += _codes(f"golden_output_{i}", compiled.expected[lanes.value])
        lines.append(f"static int64_t found_{i}[{compiled.expected[lanes.value].size}];")
    lines += [
        _pointers("const int64_t *const edgeml_golden_inputs[]", "golden_input", len(source.values)),
        _pointers("const int64_t *const edgeml_golden_outputs[]", "golden_output", len(sink.values)),
        _pointers("int64_t *const edgeml_found[]", "found", len(sink.values)),
    ]
    return header, "\n".join([*lines, ""])


def _lanes(name: str, stream: Stream) -> list[str]:
    rows = ",\n".join(
        f"  {{{c_string(v.value)}, {v.elements}, {v.lane // 8}, {v.offset // 8}, {v.width}, {int(v.signed)}}}"
        for v in stream.values
    )
    return [
        f"static const edgeml_lanes {name}_lanes[] = {{\n{rows}\n}};",
        f"const edgeml_stream {name} = "
        f"{{{stream.beats}, {words(stream) * 8}, {len(stream.values)}, {name}_lanes}};",
        "",
    ]


def _codes(name: str, codes: IntArray) -> list[str]:
    flat = codes.reshape(-1).tolist()
    return [f"static const int64_t {name}[{len(flat)}] = {{", *_wrapped(flat), "};"]


def _wrapped(numbers: list[int]) -> Iterator[str]:
    for start in range(0, len(numbers), 16):
        yield "  " + ", ".join(map(str, numbers[start : start + 16])) + ","


def _pointers(declared: str, name: str, count: int) -> str:
    return f"{declared} = {{{', '.join(f'{name}_{i}' for i in range(count))}}};"


_HEADER = """\
/* Ports and golden vectors of {model}; generated. */
#ifndef EDGEML_NETWORK_H
#define EDGEML_NETWORK_H

#include "edgeml_dma.h"

#define EDGEML_SAMPLES {samples}
#define EDGEML_BYTES_IN {ins}
#define EDGEML_BYTES_OUT {outs}

extern const edgeml_stream edgeml_input, edgeml_output;
extern const int64_t *const edgeml_golden_inputs[{input_values}];
extern const int64_t *const edgeml_golden_outputs[{output_values}];
extern int64_t *const edgeml_found[{output_values}];

#endif
"""

_MAKEFILE = """\
# The self-test for Linux on the board. For bare metal: a Vitis application with edgeml_baremetal.c instead
# of edgeml_linux.c and -DEDGEML_DMA_BASE={base:#x}.
CC ?= gcc
CFLAGS ?= -std=c99 -O2 -Wall -Wextra
edgeml_self_test: edgeml_main.c edgeml_dma.c edgeml_network.c edgeml_linux.c edgeml_dma.h edgeml_network.h
\t$(CC) $(CFLAGS) -DEDGEML_DMA_BASE={base:#x} -o $@ $(filter %.c,$^)
"""
