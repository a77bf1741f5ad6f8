"""The C++ of an hls4ml project, read line by line from its files as they lie on the disk.

defines.h has the types, parameters.h the configurations, weights/ the constants, and the top function the
variables and the calls that compute one from another.

Invariant: every line is understood, or there is an error that names it; nothing is taken for a comment that
the compiler would read, and nothing is read that it would skip.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edgeml import limits
from edgeml.backends.hls4ml.constants import StoredConstant, read_weights
from edgeml.backends.hls4ml.layer import Precision
from edgeml.backends.hls4ml.library import check_library
from edgeml.backends.hls4ml.lines import SourceLine, lines_of, not_understood
from edgeml.backends.hls4ml.manifest import Hls4mlManifest
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes
from edgeml.fixed import FixedType, Overflow, Round

_AP = r"ap_(u?)(fixed|int)<(\d+)(?:, *(-?\d+))?(?:, *(AP_\w+))?(?:, *(AP_\w+))?(?:, *0)?>"
_PRODUCT = r"\d+(?: *\* *\d+)*"
_TYPEDEF = re.compile(rf"typedef {_AP} (\w+);")
_PACKET = re.compile(rf"typedef nnet::array<{_AP}, *({_PRODUCT})> (\w+);")
_GUARD = re.compile(r"#ifndef (\w+_H_)|#define (\w+_H_)|#endif")
_INCLUDE = re.compile(r'#include (?:"(?P<own>[\w./]+)"|<(?:array|cstddef|cstdio|tuple|iostream)>)')
_STRUCT = re.compile(r"struct (\w+)(?: : nnet::(\w+))? \{")
_MEMBER = re.compile(r"static (?:const|constexpr) ([\w:]+) (\w+) = ([\w:.*()/?=+\-, ]+);")
_NAMED = re.compile(r"typedef (\w+|ap_fixed<1,0>) (\w+);")
_LISTS = ("x_T, y_T", "data_T, res_T, CONFIG_T", "data_T, CONFIG_T", "K, S, W")
"""Parameters of the templates in configurations: in another order they would be other types."""
_USING = re.compile(rf"using (\w+) = (nnet::[\w:]+)<(?:{'|'.join(_LISTS)})>;")
_OTHER_MEMBERS = re.compile(
    r"template<class x_T, class y_T>|template<class data_T, (?:class res_T, )?class CONFIG_T>"
    r"|template<unsigned K, unsigned S, unsigned W>"
    r"|static const ap_uint<[\w* ]+> pixels\[[\w* ]+\];"
    r"|static const unsigned\* const \w+;"
    r"|static const unsigned multiplier_limit ="
    r"|DIV_ROUNDUP\([\w* ,]+\) - n_zeros / reuse_factor;"
)
_LOOSE = re.compile(
    r"const ap_uint<[\w:* ]+> \w+::pixels\[\] = \{0\};"
    r"|unsigned \w+\[\d+\] = \{[\d, ]+\};"
    r"|const unsigned\* const \w+::\w+ = \w+;"
)
_PORT = re.compile(rf"(\w+) (\w+)\[({_PRODUCT})\]|hls::stream<(\w+)> &(\w+)")
_ARRAY = re.compile(rf"(\w+) (\w+)\[({_PRODUCT})\];")
_STREAM = re.compile(r'hls::stream<(\w+)> (\w+)\("\2"\);')
_ALIAS = re.compile(r"auto& (\w+) = (\w+);")
_LOAD = re.compile(r'nnet::load_weights_from_txt<(\w+), (\d+)>\((\w+), "\3\.txt"\);')
_CALL = re.compile(r"nnet::(\w+)<([\w, ]+)>\(([\w, ]+)\); // (\w+)")
_TRACE = re.compile(rf'nnet::save_layer_output<(\w+)>\((\w+), "(\w+)", {_PRODUCT}\);')


@dataclass(frozen=True)
class Variable:
    """An array or stream of the top function.

    Args:
        name: of the variable.
        kind: name of its type.
        precision: of an element.
        packet: elements of a stream's packet; 0 of an array.
        size: elements of an array; 0 of a stream, which does not say.
    """

    name: str
    kind: str
    precision: Precision
    packet: int
    size: int


@dataclass(frozen=True)
class Config:
    """A struct of parameters.h.

    Args:
        name: of the struct.
        base: name of the struct of hls4ml that it extends, or "".
        members: constants, types and templates by name, as text.
    """

    name: str
    base: str
    members: Mapping[str, str]

    def number(self, member: str) -> int | None:
        """A whole number or a product of some, or None if the member is something else."""
        text = self.members.get(member, "")
        if re.fullmatch(r"-?\d+", text):
            return int(text)
        return math.prod(int(part) for part in text.split("*")) if re.fullmatch(_PRODUCT, text) else None


@dataclass(frozen=True)
class TemplateCall:
    """A call of the top function.

    Args:
        function: of the namespace nnet.
        config: the struct that it is configured by, or "".
        arguments: variables and constants, with aliases resolved.
        layer: its name, from the comment behind it.
        line: its number in the file.
        text: the statement.
    """

    function: str
    config: str
    arguments: tuple[str, ...]
    layer: str
    line: int
    text: str


@dataclass
class Firmware:
    """A project's C++.

    Args:
        folder: firmware/ of the project.
        project: name of the top function.
        types: precision and packet (0 of one element) by name.
        configs: structs by name.
        weights: constants by name.
        variables: by name, ports included.
        ports: names of the top function's parameters, in order.
        aliases: other names of variables.
        calls: in order.
        loads: the statements that read weights.
        generated: what hls4ml wrote for this project into nnet_code_gen.h.
        own: the project's own files, by their place in the folder.
    """

    folder: Path
    project: str
    own: Mapping[str, bytes]
    generated: str
    types: dict[str, tuple[Precision, int]] = field(default_factory=dict[str, tuple[Precision, int]])
    configs: dict[str, Config] = field(default_factory=dict[str, Config])
    weights: dict[str, StoredConstant] = field(default_factory=dict[str, StoredConstant])
    variables: dict[str, Variable] = field(default_factory=dict[str, Variable])
    ports: tuple[str, ...] = ()
    aliases: dict[str, str] = field(default_factory=dict[str, str])
    calls: list[TemplateCall] = field(default_factory=list[TemplateCall])
    loads: list[str] = field(default_factory=list[str])

    def where(self, call: TemplateCall) -> str:
        """The place of a call, for messages."""
        return f"{self.folder / self.project}.cpp, line {call.line}"


def read_firmware(folder: Path, manifest: Hls4mlManifest) -> Firmware:
    """The C++ of the project in a folder.

    Raises:
        EdgemlError: a file is missing, a line is not understood, or a header is not that of the installed
            hls4ml.
    """
    root, project = folder / "firmware", manifest.project
    names = ["defines.h", "parameters.h", f"{project}.h", f"{project}.cpp"]
    names += [f"weights/{path.name}" for path in sorted((root / "weights").glob("*.h"))]
    own = {name: read_bytes(root / name, "file of the project", limits.SOURCE) for name in names}
    generated = check_library(root, manifest.backend, own)
    firmware = Firmware(root, project, own, generated)
    _read_types(firmware, list(lines_of(root / "defines.h", own["defines.h"])))
    _read_configs(firmware, list(lines_of(root / "parameters.h", own["parameters.h"])))
    _read_top(firmware, lines_of(root / f"{project}.cpp", own[f"{project}.cpp"]))
    _check_header(firmware)
    return firmware


# ---------------------------------------------------------------- defines.h and parameters.h


def _read_types(firmware: Firmware, lines: list[SourceLine]) -> None:
    for line in _inside_guard(lines):
        single, packet = _TYPEDEF.fullmatch(line.text), _PACKET.fullmatch(line.text)
        match = single or packet
        if match is None:
            _check_include(line, ("ap_fixed.h", "ap_int.h", "nnet_utils/nnet_types.h"))
            continue
        name = match[match.lastindex or 0]
        if name in firmware.types:
            raise not_understood(line, f"{name} is there twice")
        elements = _product(match[7]) if single is None else 0
        firmware.types[name] = (_precision(match, line), elements)


def _precision(match: re.Match[str], line: SourceLine) -> Precision:
    sign, kind, width, integer, rounding, overflow = match.groups()[:6]
    if (kind == "int") != (integer is None):
        raise not_understood(line)
    whole = int(width) if integer is None else int(integer)
    try:
        modes = Round((rounding or "AP_TRN")[3:]), Overflow((overflow or "AP_WRAP")[3:])
        return Precision(FixedType(not sign, int(width), int(width) - whole), *modes)
    except ValueError:
        raise not_understood(line, "a rounding or overflow that is not known") from None
    except EdgemlError as error:
        raise not_understood(line, error.what) from None


def _read_configs(firmware: Firmware, lines: list[SourceLine]) -> None:
    name, base, members = "", "", dict[str, str]()
    for line in _inside_guard(lines):
        text, begins = line.text, _STRUCT.fullmatch(line.text)
        if begins is not None and not name:
            name, base, members = begins[1], begins[2] or "", {}
        elif text == "};" and name:
            if name in firmware.configs:
                raise not_understood(line, f"{name} is there twice")
            firmware.configs[name] = Config(name, base, members)
            if firmware.configs[name].number("reuse_factor") == 0:
                what = f"{name} has the reuse factor 0, by which hls4ml divides"
                raise EdgemlError(what, f"{line.path}, line {line.number}", "export it again")
            name = ""
        elif name:
            _read_member(firmware, line, members)
        elif text.startswith('#include "weights/'):
            constant = text.removeprefix('#include "weights/').removesuffix('.h"')
            _read_constant(firmware, constant, line)
        elif not _LOOSE.fullmatch(text):
            _check_include(line, tuple(_headers(firmware.folder)))
    if name:
        raise EdgemlError(f"{name} has no end", str(firmware.folder / "parameters.h"))


def _read_member(firmware: Firmware, line: SourceLine, members: dict[str, str]) -> None:
    for pattern, key, value in ((_MEMBER, 2, 3), (_NAMED, 2, 1), (_USING, 1, 2)):
        match = pattern.fullmatch(line.text)
        if match is not None:
            if match[key] in (*members, *firmware.types):
                raise not_understood(line, f"{match[key]} is there twice")
            members[match[key]] = match[value].strip()
            return
    if not _OTHER_MEMBERS.fullmatch(line.text):
        raise not_understood(line)


def _read_constant(firmware: Firmware, name: str, line: SourceLine) -> None:
    if not re.fullmatch(r"\w+", name) or f"weights/{name}.h" not in firmware.own:
        raise not_understood(line)
    weights = read_weights(firmware.folder / "weights", name)
    precision, packet = firmware.types.get(weights.kind, (None, 0))
    if precision is None or packet:
        raise not_understood(line, f"{weights.kind} is no type of numbers")
    firmware.weights[name] = weights.typed(precision)


def _headers(folder: Path) -> Iterator[str]:
    yield from ("ap_fixed.h", "ap_int.h")
    yield from (f"nnet_utils/{path.name}" for path in (folder / "nnet_utils").glob("*.h"))


def _inside_guard(lines: list[SourceLine]) -> list[SourceLine]:
    """The lines between a header's include guard, which nothing else opens or closes."""
    guards = [_GUARD.fullmatch(line.text) for line in (*lines[:2], *lines[-1:])]
    if len(lines) < 3 or guards[0] is None or guards[1] is None or guards[2] is None:
        raise not_understood(lines[0] if lines else SourceLine("", 1, Path("header")), "no include guard")
    if guards[0][1] != guards[1][2] or guards[0][1] != f"{lines[0].path.stem.upper()}_H_":
        raise not_understood(lines[0], "no include guard")
    return lines[2:-1]


def _check_include(line: SourceLine, accepted: tuple[str, ...]) -> None:
    match = _INCLUDE.fullmatch(line.text)
    if match is None or (match["own"] is not None and match["own"] not in accepted):
        raise not_understood(line)


# ---------------------------------------------------------------- the top function


def _read_top(firmware: Firmware, lines: Iterator[SourceLine]) -> None:
    for line in lines:
        if line.text == f"void {firmware.project}(":
            break
        _check_include(line, (f"{firmware.project}.h", "parameters.h"))
    ports = list[str]()
    for line in lines:
        if line.text == ") {":
            break
        ports += [_read_port(firmware, line, part) for part in _parameters(line)]
    firmware.ports = tuple(ports)
    for line in lines:
        if line.text == "#ifndef __SYNTHESIS__":
            _read_simulated(firmware, lines)
        elif line.text == "}":
            break
        else:
            _read_statement(firmware, line)
    rest = next(lines, None)
    if rest is not None:
        raise not_understood(rest)


def _parameters(line: SourceLine) -> list[str]:
    """The parameters that stand in a line."""
    return line.text.removesuffix(",").split(", ")


def _read_port(firmware: Firmware, line: SourceLine, text: str) -> str:
    match = _PORT.fullmatch(text)
    if match is None:
        raise not_understood(line)
    if match[5]:
        _declare(firmware, line, match[4], match[5], 0)
        return match[5]
    _declare(firmware, line, match[1], match[2], _product(match[3]))
    return match[2]


def _declare(firmware: Firmware, line: SourceLine, kind: str, name: str, size: int) -> None:
    precision, packet = firmware.types.get(kind, (None, 0))
    if precision is None or bool(packet) == bool(size):
        raise not_understood(line, f"{kind} is no type for this variable")
    others = (firmware.variables, firmware.aliases, firmware.weights, firmware.types, firmware.configs)
    if any(name in names for names in others):
        raise not_understood(line, f"{name} is there twice")
    firmware.variables[name] = Variable(name, kind, precision, packet, size)


def _read_statement(firmware: Firmware, line: SourceLine) -> None:
    array, stream = _ARRAY.fullmatch(line.text), _STREAM.fullmatch(line.text)
    alias, call = _ALIAS.fullmatch(line.text), _CALL.fullmatch(line.whole)
    if array is not None:
        _declare(firmware, line, array[1], array[2], _product(array[3]))
    elif stream is not None:
        _declare(firmware, line, stream[1], stream[2], 0)
    elif alias is not None:
        target = firmware.aliases.get(alias[2], alias[2])
        if target not in firmware.variables or alias[1] in (
            *firmware.variables,
            *firmware.aliases,
            *firmware.weights,
        ):
            raise not_understood(line)
        firmware.aliases[alias[1]] = target
    elif call is not None:
        arguments = tuple(name.strip() for name in call[3].split(","))
        resolved = tuple(firmware.aliases.get(name, name) for name in arguments)
        unknown = next((n for n in resolved if n not in firmware.variables and n not in firmware.weights), "")
        if unknown:
            raise not_understood(line, f"{unknown} is no variable")
        configs = [name.strip() for name in call[2].split(",") if name.strip() in firmware.configs]
        statement = line.whole.partition(" // ")[0]
        config = configs[-1] if configs else ""
        firmware.calls.append(TemplateCall(call[1], config, resolved, call[4], line.number, statement))
    elif not line.text.startswith("#pragma HLS "):
        raise not_understood(line)


def _read_simulated(firmware: Firmware, lines: Iterator[SourceLine]) -> None:
    """The lines that synthesis leaves out: weights that are read from files, and traces."""
    loading = False
    for line in lines:
        load, trace = _LOAD.fullmatch(line.text), _TRACE.fullmatch(line.text)
        if line.text == "#endif":
            return
        if line.text == "static bool loaded_weights = false;" or line.text == "loaded_weights = true;    }":
            continue
        if line.text == "if (!loaded_weights) {" and not loading:
            loading = True
        elif load is not None and loading:
            weights = firmware.weights.get(load[3])
            if weights is None or (weights.kind, weights.size) != (load[1], int(load[2])):
                raise not_understood(line, f"other elements than {load[3]} has")
            firmware.loads.append(line.text)
        elif trace is None:
            raise not_understood(line)
    raise EdgemlError("a block has no end", f"{firmware.folder / firmware.project}.cpp")


def _check_header(firmware: Firmware) -> None:
    """The declaration in the header has the same parameters, or the compiler sees two functions."""
    path = firmware.folder / f"{firmware.project}.h"
    for line in _inside_guard(list(lines_of(path, firmware.own[path.name]))):
        accepted = line.text in (f"void {firmware.project}(", ");")
        if not accepted and not all(_PORT.fullmatch(part) for part in _parameters(line)):
            _check_include(line, ("ap_fixed.h", "ap_int.h", "hls_stream.h", "defines.h"))


def _product(text: str) -> int:
    return math.prod(int(part) for part in text.split("*"))
