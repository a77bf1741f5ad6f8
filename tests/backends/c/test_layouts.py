"""The project files around the C: the Arduino library, the Zephyr module and the CMake project build.

Neither Arduino's cores nor Zephyr are installed here: a stub stands for the header of the first and for the
three CMake functions of the second. A build in the real ones is not run; the files are held to their rules:

- https://docs.arduino.cc/arduino-cli/library-specification and .../sketch-specification
- https://docs.zephyrproject.org/latest/develop/modules.html and its scripts/zephyr_module.py
- https://cmake.org/cmake/help/latest/policy/CMP0037.html (names that no target may have)
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from edgeml import backends
from edgeml.ir import Graph
from tests.support import needs_tool
from tests.zoo import zoo

pytestmark = pytest.mark.tool

ARDUINO = """\
#include <stddef.h>
#include <stdint.h>
unsigned long millis();
struct Port {
    void begin(unsigned long);
    int available();
    int read();
    size_t write(uint8_t);
};
extern Port Serial;
void setup();
void loop();
"""

ARM = ("-mcpu=cortex-m4", "-mthumb", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-Istub", "-Ic/src", "-c")

CALLER = """\
#include "model.hpp"
bool call(const edgeml::cnn_2d::input_type &x, edgeml::cnn_2d::output_type &y);
bool call(const edgeml::cnn_2d::input_type &x, edgeml::cnn_2d::output_type &y)
{
    return edgeml::cnn_2d::run(x, y);
}
"""

ZEPHYR = """\
cmake_minimum_required(VERSION 3.13)
project(application C)
set(CONFIG_EDGEML_CNN_2D {enabled})
function(zephyr_library_named name)
  add_library(${{name}} STATIC)
  set(ZEPHYR_CURRENT_LIBRARY ${{name}} PARENT_SCOPE)
endfunction()
function(zephyr_library_sources)
  foreach(source ${{ARGN}})
    target_sources(${{ZEPHYR_CURRENT_LIBRARY}} PRIVATE ${{CMAKE_CURRENT_SOURCE_DIR}}/${{source}})
  endforeach()
endfunction()
function(zephyr_include_directories)
  include_directories(${{ARGN}})
endfunction()
add_subdirectory(c/{folder})
if(CONFIG_EDGEML_CNN_2D)
  target_compile_options(edgeml_cnn_2d PRIVATE -Wall -Werror)
endif()
"""


ARDUINO_KEYS = {
    *("name", "version", "author", "maintainer", "sentence", "paragraph", "category", "architectures"),
    "includes",
}
ARDUINO_CATEGORIES = {
    *("Display", "Communication", "Signal Input/Output", "Sensors", "Device Control", "Timing"),
    *("Data Storage", "Data Processing", "Other"),
}
CMAKE_TARGETS = {
    *("all", "clean", "edit_cache", "help", "install", "package", "package_source", "preinstall"),
    *("rebuild_cache", "test"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    backends.load("c").emit(zoo()["cnn_2d"]).write(tmp_path / "c")
    return tmp_path


def shell(folder: Path, *words: str) -> str:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def needs_cpp() -> str:
    """The C++ compiler for Arm with its standard library, which is a package of its own in Debian."""
    gxx = needs_tool("arm-none-eabi-g++")
    words = [gxx, "-E", "-x", "c++", "-"]
    if subprocess.run(words, input="#include <array>\n", capture_output=True, text=True).returncode:
        pytest.skip(f"{gxx} has no C++ standard library (Debian: libstdc++-arm-none-eabi-newlib)")
    return gxx


@pytest.mark.parametrize("standard", ["gnu++11", "gnu++17"])
def test_the_sketch_is_a_translation_unit_of_cpp(folder: Path, standard: str) -> None:
    gxx = needs_cpp()
    (folder / "stub").mkdir()
    (folder / "stub" / "Arduino.h").write_text(ARDUINO)
    sketch = "c/examples/serial/serial.ino"
    shell(folder, gxx, *ARM, f"-std={standard}", "-x", "c++", sketch, "-o", "sketch.o")
    (folder / "call.cpp").write_text(CALLER)
    shell(folder, gxx, *ARM, f"-std={standard}", "call.cpp", "-o", "call.o")


def test_the_library_and_its_example_link(folder: Path) -> None:
    """model.c as C, the sketch as C++: their names meet; what is missing is Arduino's alone."""
    gxx, gcc = needs_tool("arm-none-eabi-g++"), needs_tool("arm-none-eabi-gcc")
    (folder / "stub").mkdir()
    (folder / "stub" / "Arduino.h").write_text(ARDUINO)
    shell(folder, gcc, *ARM, "-std=c99", "c/src/model.c", "-o", "model.o")
    shell(folder, gxx, *ARM, "-x", "c++", "c/examples/serial/serial.ino", "-o", "sketch.o")
    shell(folder, gxx, *ARM[:2], "-r", "-nostdlib", "model.o", "sketch.o", "-o", "all.o")
    names = shell(folder, gxx.replace("g++", "nm"), "-C", "--undefined-only", "all.o")
    missing = {line.split(maxsplit=1)[1] for line in names.splitlines()}
    ours = {name for name in missing if "edgeml" in name or "cnn_2d" in name}
    assert not ours and any(name.startswith("Port::") for name in missing)


def test_the_properties_of_the_arduino_library_are_complete(folder: Path) -> None:
    lines = (folder / "c" / "library.properties").read_text().splitlines()
    values = dict(line.split("=", 1) for line in lines)
    assert set(values) == ARDUINO_KEYS and all(values.values())
    assert re.fullmatch(r"(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9 _.-]{0,62}", values["name"])
    assert re.fullmatch(r"\d+\.\d+\.\d+", values["version"])
    assert values["category"] in ARDUINO_CATEGORIES and values["architectures"] == "*"
    assert (folder / "c" / "src" / values["includes"]).is_file()
    compiled = [p.name for p in (folder / "c" / "src").rglob("*") if p.suffix in {".c", ".cpp", ".S"}]
    assert compiled == [
        "model.c"
    ]  # Arduino compiles all that lies in src; nothing else, so test/ is left alone
    assert not (folder / "c" / "utility").exists()
    (sketch,) = (folder / "c" / "examples").rglob("*.ino")
    assert sketch.stem == sketch.parent.name


@pytest.mark.parametrize("name", ["all", "clean", "help", "install", "package", "test", "on", "no", "null"])
def test_a_model_may_be_named_like_words_of_build_systems(name: str, tmp_path: Path) -> None:
    graph = zoo()["cnn_2d"]
    files = backends.load("c").emit(Graph(name, graph.nodes, graph.outputs))
    (target,) = re.findall(r"add_library\((\w+) STATIC", files["CMakeLists.txt"].decode())
    assert target not in CMAKE_TARGETS
    module = yaml.safe_load(files["zephyr/module.yml"])
    assert set(module) <= {"name", "build"} and set(module["build"]) <= {"cmake", "kconfig"}
    assert module["name"] == target
    assert f"zephyr_library_named(edgeml_{target})" in files["zephyr/CMakeLists.txt"].decode()


@pytest.mark.slow
@pytest.mark.parametrize("enabled", ["y", ""])
def test_the_zephyr_module_is_built_if_it_is_configured(folder: Path, enabled: str) -> None:
    cmake = needs_tool("cmake")
    module = yaml.safe_load((folder / "c" / "zephyr" / "module.yml").read_text())
    assert module["name"] == "cnn_2d"
    assert (folder / "c" / module["build"]["kconfig"]).is_file()
    (folder / "CMakeLists.txt").write_text(ZEPHYR.format(enabled=enabled, folder=module["build"]["cmake"]))
    shell(folder, cmake, "-S", ".", "-B", "build")
    shell(folder, cmake, "--build", "build")
    assert bool(list(folder.glob("build/**/libedgeml_cnn_2d.a"))) == (enabled == "y")


def test_the_kconfig_declares_the_option_that_cmake_asks_for(folder: Path) -> None:
    text = (folder / "c" / "zephyr" / "Kconfig").read_text()
    option = re.fullmatch(r"config (\w+)\n\tbool \".+\"\n\thelp\n\t  .+\n", text)
    assert option and f"if(CONFIG_{option[1]})" in (folder / "c" / "zephyr" / "CMakeLists.txt").read_text()


@pytest.mark.slow
def test_ctest_runs_the_self_test(folder: Path) -> None:
    cmake, ctest = needs_tool("cmake"), needs_tool("ctest")
    shell(folder, cmake, "-S", "c", "-B", "own")
    shell(folder, cmake, "--build", "own")
    assert "100% tests passed" in shell(folder / "own", ctest)
