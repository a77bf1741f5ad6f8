"""The C++ of an hls4ml project as it lies on the disk: types, layers in their order, where each result is.

hls4ml writes a call and a typedef in a line each. The patterns rely on it: none of them reads a part of a
file more than a few times, also where the file was made to be slow.

Invariant: nothing of the project is run here, and nothing in it is changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from edgeml import limits
from edgeml.diagnose.hls4ml.ap_type import ApType
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes
from edgeml.reading import error_text

_TYPEDEF = re.compile(r"typedef\s+(ap_u?(?:fixed|int)\s*<[^<>]*>)\s+(\w+)\s*;")
_ARRAY = re.compile(r"\b(\w+)\s+(\w+)\[([^\[\]\n]+)\]")
_CALL = re.compile(
    r"^[ \t]*nnet::(\w+)[ \t]*<([^;\n]*)>[ \t]*\(([^;()\n]*)\);[ \t]*//[ \t]*(\S+)[ \t\r]*$", re.MULTILINE
)
_CONFIG = re.compile(r"struct\s+(\w+)\s*:\s*nnet::\w+\s*\{")
_CONFIG_END = "\n};"
_CONFIG_TYPE = re.compile(r"^[ \t]*typedef[ \t]+([^;\n]*);", re.MULTILINE)
_LOAD = re.compile(r'load_weights_from_txt<(\w+),\s*\d+>\((\w+),\s*"([\w.]+)"\)')

_HINT = "give the folder that hls4ml's write() made: it holds firmware/ and build_prj.tcl"


@dataclass(frozen=True)
class ForeignLayer:
    """A call of a layer's function.

    Args:
        name: the layer, as hls4ml calls it.
        function: of nnet_utils: "dense".
        source: the array that it reads.
        result: the array that it writes.
        size: elements of the result, as C++ has it.
        type: of the result.
        weights: arrays of weights that it reads.
        config: types by name in its configuration: "accum_t".
    """

    name: str
    function: str
    source: str
    result: str
    size: str
    type: ApType
    weights: tuple[str, ...]
    config: Mapping[str, str]


@dataclass(frozen=True)
class ForeignProject:
    """A project that was read.

    Args:
        folder: its folder.
        name: of its top function.
        text: of firmware/NAME.cpp.
        types: by the name of their typedef.
        input: name, type and size of the array that comes in.
        output: the array that goes out.
        layers: in the order of their calls.
        files: text file and type of every array of weights.
    """

    folder: Path
    name: str
    text: str
    types: Mapping[str, ApType]
    input: tuple[str, ApType, str]
    output: str
    layers: tuple[ForeignLayer, ...]
    files: Mapping[str, tuple[Path, ApType]]

    def type_in(self, layer: ForeignLayer, name: str) -> ApType | None:
        """A type of a layer's configuration; None if it has none of that name."""
        text = layer.config.get(name, "")
        if text in self.types:
            return self.types[text]
        return ApType.parse(text) if text.startswith("ap_") else None

    def traced_text(self) -> str:
        """firmware/NAME.cpp with a hook behind each layer and at the beginning."""
        by_call = {layer.result: layer for layer in self.layers}

        def hooked(match: re.Match[str]) -> str:
            layer = by_call[_arguments(match[3])[1]]
            return f'{match[0]}\n    edgeml_trace("{layer.name}", {layer.result}, {layer.size});'

        name, _, size = self.input
        text = _CALL.sub(hooked, self.text)
        begin = "// hls-fpga-machine-learning insert layers"
        return text.replace(begin, f'{begin}\n    edgeml_trace("{name}", {name}, {size});', 1)


def read_project(folder: Path) -> ForeignProject:
    """Read a project.

    Raises:
        EdgemlError: it is no project of hls4ml for Vivado or Vitis with io_parallel, or has several inputs.
    """
    firmware = folder / "firmware"
    names = sorted(path.stem for path in firmware.glob("*.cpp")) if firmware.is_dir() else []
    if len(names) != 1 or not (firmware / "defines.h").is_file() or not (firmware / "parameters.h").is_file():
        raise EdgemlError("is no hls4ml project", str(folder), _HINT)
    name = names[0]
    text, defines, parameters = (
        _text(firmware / file) for file in (f"{name}.cpp", "defines.h", "parameters.h")
    )
    if "hls::stream" in text or "nnet::array" in defines:
        raise EdgemlError(
            "is a project with io_stream", str(folder), "convert the same model with io_type='io_parallel'"
        )
    types = {match[2]: _type(match[1], firmware / "defines.h") for match in _TYPEDEF.finditer(defines)}
    if not types:
        raise EdgemlError("defines no ap_fixed types", str(firmware / "defines.h"), "give a Vitis project")
    ports = _ARRAY.findall(text.partition("(")[2].partition(")")[0])
    if len(ports) != 2:
        raise EdgemlError(f"has {len(ports)} inputs and outputs, and a diagnosis takes one each", str(folder))
    arrays = {array: (kind, size) for kind, array, size in _ARRAY.findall(text)}
    configs = _configs(parameters)
    layers = tuple(_layer(match, arrays, types, configs, str(folder)) for match in _CALL.finditer(text))
    if not layers:
        raise EdgemlError("calls no layers of nnet_utils", str(firmware / f"{name}.cpp"), _HINT)
    (kind, array, size), (_, output, _) = ports
    if kind not in types:
        raise EdgemlError(f"has an input of type {kind}", str(folder), "give a Vitis project")
    if output not in (layer.result for layer in layers):
        raise EdgemlError(f"has no layer that writes {output}, its output", str(folder), _HINT)
    files = {
        match[2]: (firmware / "weights" / match[3], types[match[1]])
        for match in _LOAD.finditer(text)
        if match[1] in types
    }
    return ForeignProject(folder, name, text, types, (array, types[kind], size), output, layers, files)


def _layer(
    match: re.Match[str],
    arrays: Mapping[str, tuple[str, str]],
    types: Mapping[str, ApType],
    configs: Mapping[str, dict[str, str]],
    where: str,
) -> ForeignLayer:
    function, parameters, name = match[1], match[2], match[4]
    arguments = _arguments(match[3])
    if len(arguments) < 2 or arguments[1] not in arrays:
        raise EdgemlError(f"calls nnet::{function} in a way that edgeml does not read", f"{where}, {name}")
    kind, size = arrays[arguments[1]]
    if kind not in types:
        raise EdgemlError(f"has a result of type {kind}", f"{where}, {name}", "give a Vitis project")
    config = configs.get(parameters.rpartition(",")[2].strip(), {})
    return ForeignLayer(
        name, function, arguments[0], arguments[1], size, types[kind], tuple(arguments[2:]), config
    )


def _type(text: str, where: Path) -> ApType:
    try:
        return ApType.parse(text)
    except EdgemlError as error:
        raise EdgemlError(f"defines a wrong type: {error_text(error)}", str(where)) from None


def _configs(parameters: str) -> dict[str, dict[str, str]]:
    """The types by name of each layer's configuration."""
    configs: dict[str, dict[str, str]] = {}
    for text in parameters.split(_CONFIG_END)[:-1]:
        if (match := _CONFIG.search(text)) is not None:
            configs[match[1]] = dict(_types(text[match.end() :]))
    return configs


def _types(body: str) -> Iterator[tuple[str, str]]:
    for match in _CONFIG_TYPE.finditer(body):
        kind, _, name = " ".join(match[1].split()).rpartition(" ")
        yield name, kind


def _arguments(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def _text(path: Path) -> str:
    return read_bytes(path, "source file", limits.SOURCE).decode("utf-8", "replace")
