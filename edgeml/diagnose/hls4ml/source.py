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

_TYPEDEF = re.compile(
    r"typedef\s+(?:nnet::array<\s*)?(ap_u?(?:fixed|int)\s*<[^<>]*>)(?:\s*,[\d* ]*>)?\s+(\w+)\s*;"
)
_ARRAY = re.compile(r"\b(\w+)\s+(\w+)\[([^\[\]\n]+)\]")
_STREAM = re.compile(r"\bhls::stream<(\w+)>[ ]*&?[ ]*(\w+)")
_ALIAS = re.compile(r"^[ \t]*auto[ \t]*&[ \t]*(\w+)[ \t]*=[ \t]*(\w+);", re.MULTILINE)
_CALL = re.compile(
    r"^[ \t]*nnet::(\w+)[ \t]*<([^;\n]*)>[ \t]*\(([^;()\n]*)\);[ \t]*//[ \t]*(\S+)[ \t\r]*$", re.MULTILINE
)
_CONFIG = re.compile(r"struct\s+(\w+)\s*:\s*nnet::\w+\s*\{")
_CONFIG_END = "\n};"
_CONFIG_TYPE = re.compile(r"^[ \t]*typedef[ \t]+([^;\n]*);", re.MULTILINE)
_CONFIG_SIZE = re.compile(r"^[ \t]*static const unsigned (\w{0,80}table_size) = (\d{1,9});", re.MULTILINE)
_LOAD = re.compile(r'load_weights_from_txt<(\w+),\s*\d+>\((\w+),\s*"([\w.]+)"\)')

_HINT = "give the folder that hls4ml's write() made: it holds firmware/ and build_prj.tcl"


@dataclass(frozen=True)
class ForeignArray:
    """An array between layers, or a stream of packets.

    Args:
        name: in C++.
        typedef: the name of its type; of a stream, of its packets.
        type: of its elements.
        size: elements, as C++ has it; "" of a stream, which is counted when it is run.
    """

    name: str
    typedef: str
    type: ApType
    size: str

    def hook(self, label: str) -> str:
        """The line of C++ that copies its numbers under a label."""
        size = f", {self.size}" if self.size else ""
        return f'    edgeml_trace("{label}", {self.name}{size});'


@dataclass(frozen=True)
class ForeignLayer:
    """A call of a layer's function.

    Args:
        name: the layer, as hls4ml calls it.
        function: of nnet_utils: "dense".
        source: the array or stream that it reads.
        array: what it writes; of a stream that is cloned, the first clone.
        copies: the other clones.
        weights: arrays of weights that it reads.
        config: types and sizes of tables by name in its configuration: "accum_t", "table_size".
    """

    name: str
    function: str
    source: str
    array: ForeignArray
    copies: tuple[str, ...]
    weights: tuple[str, ...]
    config: Mapping[str, str]

    @property
    def result(self) -> str:
        """The name of what it writes."""
        return self.array.name

    @property
    def type(self) -> ApType:
        """Of its result's elements."""
        return self.array.type


@dataclass(frozen=True)
class ForeignProject:
    """A project that was read.

    Args:
        folder: its folder.
        name: of its top function.
        text: of firmware/NAME.cpp.
        types: by the name of their typedef.
        input: what comes in.
        output: what goes out.
        layers: in the order of their calls.
        files: text file and type of every array of weights.
    """

    folder: Path
    name: str
    text: str
    types: Mapping[str, ApType]
    input: ForeignArray
    output: ForeignArray
    layers: tuple[ForeignLayer, ...]
    files: Mapping[str, tuple[Path, ApType]]

    @property
    def streams(self) -> bool:
        """True if it was made with io_stream."""
        return not self.input.size

    def type_in(self, layer: ForeignLayer, name: str) -> ApType | None:
        """A type of a layer's configuration; None if it has none of that name."""
        text = layer.config.get(name, "")
        if text in self.types:
            return self.types[text]
        return ApType.parse(text) if text.startswith("ap_") else None

    def traced_text(self) -> str:
        """firmware/NAME.cpp with a hook behind each layer and at the beginning."""
        layers = iter(self.layers)

        def hooked(match: re.Match[str]) -> str:
            layer = next(layers)
            return f"{match[0]}\n{layer.array.hook(layer.name)}"

        text = _CALL.sub(hooked, self.text)
        begin = "// hls-fpga-machine-learning insert layers"
        return text.replace(begin, f"{begin}\n{self.input.hook(self.input.name)}", 1)


def read_project(folder: Path) -> ForeignProject:
    """Read a project.

    Raises:
        EdgemlError: it is no project of hls4ml for Vivado or Vitis, or has several inputs or outputs.
    """
    firmware = folder / "firmware"
    names = sorted(path.stem for path in firmware.glob("*.cpp")) if firmware.is_dir() else []
    if len(names) != 1 or not (firmware / "defines.h").is_file() or not (firmware / "parameters.h").is_file():
        raise EdgemlError("is no hls4ml project", str(folder), _HINT)
    name = names[0]
    text, defines, parameters = (
        _text(firmware / file) for file in (f"{name}.cpp", "defines.h", "parameters.h")
    )
    types = {match[2]: _type(match[1], firmware / "defines.h") for match in _TYPEDEF.finditer(defines)}
    if not types:
        raise EdgemlError("defines no ap_fixed types", str(firmware / "defines.h"), "give a Vitis project")
    ports = list(_declared(text.partition("(")[2].partition(")")[0]))
    if len(ports) != 2:
        raise EdgemlError(
            f"has {len(ports)} inputs and outputs, and a diagnosis takes one each",
            str(folder),
            "convert a part with one of each: keras.Model(model.inputs[0], model.outputs[0])",
        )
    for kind, array, _ in ports:
        if kind not in types:
            raise EdgemlError(f"has a port {array} of type {kind}", str(folder), "give a Vitis project")
    entrance, output = (ForeignArray(array, kind, types[kind], size) for kind, array, size in ports)
    layers = _layers(text, types, _configs(parameters), entrance.name, str(folder))
    if not layers:
        raise EdgemlError("calls no layers of nnet_utils", str(firmware / f"{name}.cpp"), _HINT)
    if output.name not in (layer.result for layer in layers):
        raise EdgemlError(f"has no layer that writes {output.name}, its output", str(folder), _HINT)
    files = {
        match[2]: (firmware / "weights" / match[3], types[match[1]])
        for match in _LOAD.finditer(text)
        if match[1] in types
    }
    return ForeignProject(folder, name, text, types, entrance, output, layers, files)


def _declared(text: str) -> Iterator[tuple[str, str, str]]:
    """Type, name and size of arrays, and of streams with "" as their size."""
    for match in _ARRAY.finditer(text):
        yield match[1], match[2], match[3]
    for match in _STREAM.finditer(text):
        yield match[1], match[2], ""


def _layers(
    text: str, types: Mapping[str, ApType], configs: Mapping[str, dict[str, str]], entrance: str, where: str
) -> tuple[ForeignLayer, ...]:
    """The calls in their order.

    A call writes the first of its arrays that nothing before it has written; a stream is cloned into
    several at once.
    """
    arrays = {array: (kind, size) for kind, array, size in _declared(text)}
    others = {match[1]: match[2] for match in _ALIAS.finditer(text)}
    written, layers = {entrance}, list[ForeignLayer]()
    for match in _CALL.finditer(text):
        function, parameters, name = match[1], match[2], match[4]
        arguments = [_original(part.strip(), others) for part in match[3].split(",")]
        results = [array for array in arguments[1:] if array in arrays and array not in written]
        if not results:
            raise EdgemlError(
                f"calls nnet::{function} in a way that edgeml does not read", f"{where}, {name}"
            )
        kind, size = arrays[results[0]]
        if kind not in types:
            raise EdgemlError(f"has a result of type {kind}", f"{where}, {name}", "give a Vitis project")
        written.update(results)
        weights = tuple(array for array in arguments[1:] if array not in arrays)
        config = configs.get(parameters.rpartition(",")[2].strip(), {})
        result = ForeignArray(results[0], kind, types[kind], size)
        layers.append(ForeignLayer(name, function, arguments[0], result, tuple(results[1:]), weights, config))
    return tuple(layers)


def _original(array: str, others: Mapping[str, str]) -> str:
    """The array behind other names of it, which a Flatten is."""
    for _ in range(len(others)):
        if array not in others:
            break
        array = others[array]
    return array


def _type(text: str, where: Path) -> ApType:
    try:
        return ApType.parse(text)
    except EdgemlError as error:
        raise EdgemlError(f"defines a wrong type: {error_text(error)}", str(where)) from None


def _configs(parameters: str) -> dict[str, dict[str, str]]:
    """The types and sizes of tables by name of each layer's configuration."""
    configs: dict[str, dict[str, str]] = {}
    for text in parameters.split(_CONFIG_END)[:-1]:
        if (match := _CONFIG.search(text)) is not None:
            body = text[match.end() :]
            configs[match[1]] = dict(_types(body)) | {
                size[1]: size[2] for size in _CONFIG_SIZE.finditer(body)
            }
    return configs


def _types(body: str) -> Iterator[tuple[str, str]]:
    for match in _CONFIG_TYPE.finditer(body):
        kind, _, name = " ".join(match[1].split()).rpartition(" ")
        yield name, kind


def _text(path: Path) -> str:
    return read_bytes(path, "source file", limits.SOURCE).decode("utf-8", "replace")
