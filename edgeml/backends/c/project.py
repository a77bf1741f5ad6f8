"""The files around model.c: what builds and tests it, on a host and in the usual projects for boards."""

from __future__ import annotations

from edgeml.backends.c.model import Written
from edgeml.backends.c.ports import CPort
from edgeml.ir import Graph


def project_files(graph: Graph, written: Written) -> dict[str, str]:
    """Files by path: C++ wrapper, Makefile, CMake, Arduino library, Zephyr module, programs for a line."""
    words = {"prefix": written.prefix, "upper": written.prefix.upper(), "model": graph.name}
    files = {path: text.format(**words) for path, text in _FILES.items()}
    files["src/model.hpp"] = _wrapper(graph, written)
    return files


_MAKEFILE = """\
# {model}: `make test` builds and runs the self-test; CC, AR and CFLAGS as usual.
CC ?= cc
CFLAGS ?= -Os
WARNINGS = -std=c99 -Wall -Wextra -Wconversion -Wshadow

all: lib{prefix}.a

model.o: src/model.c src/model.h
\t$(CC) $(CFLAGS) $(WARNINGS) -c src/model.c -o $@

lib{prefix}.a: model.o
\t$(AR) rcs $@ model.o

selftest: test/selftest.c src/edgeml_golden.h model.o
\t$(CC) $(CFLAGS) $(WARNINGS) -Isrc test/selftest.c model.o -o $@

serial: test/serial.c src/edgeml_serial.h src/edgeml_network.h src/edgeml_golden.h model.o
\t$(CC) $(CFLAGS) $(WARNINGS) -Isrc test/serial.c model.o -o $@

test: selftest
\t./selftest

clean:
\trm -f model.o lib{prefix}.a selftest serial

.PHONY: all test clean
"""

_CMAKE = """\
# {model}: link the target {prefix}; in a project of its own, ctest runs the self-test.
cmake_minimum_required(VERSION 3.13)
project({prefix} C)

add_library({prefix} STATIC src/model.c)
target_include_directories({prefix} PUBLIC src)
set_target_properties({prefix} PROPERTIES C_STANDARD 99 C_EXTENSIONS OFF)

if(CMAKE_SOURCE_DIR STREQUAL CMAKE_CURRENT_SOURCE_DIR)
  enable_testing()
  add_executable({prefix}_selftest test/selftest.c)
  target_link_libraries({prefix}_selftest PRIVATE {prefix})
  add_test(NAME {prefix}_selftest COMMAND {prefix}_selftest)
endif()
"""

_ARDUINO = """\
name={prefix}
version=1.0.0
author=edgeml
maintainer=edgeml
sentence=The network {model} in exact integers.
paragraph=Written by edgeml; include model.h and call {prefix}_run.
category=Data Processing
architectures=*
includes=model.h
"""

_SKETCH = """\
// {model} on the serial line, for `edgeml check RUN --with mcu --port /dev/ttyACM0`.
#include <Arduino.h>

#include <edgeml_serial.h>

int edgeml_read(void)
{{
    const unsigned long start = millis();
    while (Serial.available() == 0) {{
        if (millis() - start > 1000) {{
            return -1;
        }}
    }}
    return Serial.read();
}}

void edgeml_write(uint8_t byte)
{{
    Serial.write(byte);
}}

void setup()
{{
    Serial.begin(115200);
    edgeml_serial_start();
}}

void loop()
{{
    edgeml_serial_poll();
}}
"""

_SERIAL = """\
/* {model} on standard input and output, as on a serial line; a model for the main program of a board. */
#include <stdint.h>
#include <stdio.h>

#include "edgeml_serial.h"

int edgeml_read(void)
{{
    const int byte = getchar();
    return byte == EOF ? -1 : byte;
}}

void edgeml_write(uint8_t byte)
{{
    putchar(byte);
}}

int main(void)
{{
    int silent = 0;
    edgeml_serial_start();
    while (silent == 0) {{
        fflush(stdout);
        silent = edgeml_serial_poll();
    }}
    return 0;
}}
"""

_ZEPHYR_MODULE = """\
name: "{prefix}"
build:
  cmake: zephyr
  kconfig: zephyr/Kconfig
"""

_ZEPHYR_CMAKE = """\
if(CONFIG_EDGEML_{upper})
  zephyr_library_named(edgeml_{prefix})
  zephyr_library_sources(../src/model.c)
  zephyr_include_directories(../src)
endif()
"""

_KCONFIG = """\
config EDGEML_{upper}
\tbool "The network {model} in exact integers"
\thelp
\t  Include model.h and call {prefix}_run.
"""

_FILES = {
    "Makefile": _MAKEFILE,
    "CMakeLists.txt": _CMAKE,
    "library.properties": _ARDUINO,
    "examples/serial/serial.ino": _SKETCH,
    "test/serial.c": _SERIAL,
    "zephyr/module.yml": _ZEPHYR_MODULE,
    "zephyr/CMakeLists.txt": _ZEPHYR_CMAKE,
    "zephyr/Kconfig": _KCONFIG,
}


def _wrapper(graph: Graph, written: Written) -> str:
    """model.hpp: arrays with their sizes in C++11."""
    prefix = written.prefix
    types = "\n".join(
        f"    using {one.name}_type = std::array<{prefix}_{one.name}_t, {one.size}>;"
        for one in (*written.inputs, *written.outputs)
    )
    parameters = ", ".join(
        [f"const {one.name}_type &{one.name}" for one in written.inputs]
        + [f"{one.name}_type &{one.name}" for one in written.outputs]
    )
    arguments = ", ".join(f"{one.name}.data()" for one in (*written.inputs, *written.outputs))
    return _WRAPPER.format(
        model=graph.name,
        prefix=prefix,
        upper=prefix.upper(),
        types=types,
        parameters=parameters,
        arguments=arguments,
        scales="".join(_scale(one) for one in (*written.inputs, *written.outputs)),
    )


def _scale(one: CPort) -> str:
    return f"    static constexpr int {one.name}_frac = {one.frac};\n" if isinstance(one.frac, int) else ""


_WRAPPER = """\
// {model} for C++11 and later; link model.c.
#ifndef EDGEML_{upper}_HPP
#define EDGEML_{upper}_HPP

#include <array>

#include "model.h"

namespace edgeml {{

// One inference on codes; the value of a code is code / 2^frac. Not reentrant: it works in static memory.
struct {prefix} {{
{types}
{scales}    static constexpr int arena_bytes = {upper}_ARENA_BYTES;

    // False if an input code is outside of its type.
    static bool run({parameters}) noexcept {{
        return ::{prefix}_run({arguments}) == 0;
    }}
}};

}}  // namespace edgeml

#endif
"""
