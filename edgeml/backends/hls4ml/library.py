"""hls4ml's own headers in a project: those of the installed hls4ml, byte for byte, or there is an error.

A proof takes from `edgeml.backends.hls4ml.blocks` which kind of function each template is. That was read off
hls4ml's headers, so it holds for these headers alone. The part of nnet_code_gen.h that hls4ml writes for a
project is read line by line: it may move elements and cast them, nothing else.

Invariant: no other file lies where the compiler would find it first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from edgeml.errors import EdgemlError
from edgeml.files import read_bytes

_GENERATED = "nnet_utils/nnet_code_gen.h"
_MARK = "// hls4ml insert code\n"
_OVERLAYS = {"Vivado": ("vivado",), "Vitis": ("vivado", "vitis")}
_TYPE = r"ap_u?fixed<\d+, *-?\d+(?:, *AP_\w+)*>"
_MOVE = r"buffer\[ *\d+\]\[ *\d+\] = +(?:data\[ *\d+\]|0);"
_LINES = re.compile(
    r"|".join(
        [
            r"template<class data_T, typename CONFIG_T>",
            r"class fill_buffer_\d+ : public nnet::FillConv[12]DBuffer<data_T, CONFIG_T> \{",
            r"public:",
            r"static void fill_buffer\(",
            r"data_T data\[[\w:* ]+\],",
            r"data_T buffer\[[\w:]+\]\[[\w:* ]+\],",
            r"const unsigned partition",
            r"\) \{",
            r"if \(partition == +\d+\) \{",
            rf"(?:{_MOVE} *)+",
            r"\};?",
            r"template<typename input_t, typename output_t>",
            r"void act\w*\(input_t \*inp, output_t \*out\) \{",
            r"#pragma HLS INLINE",
            rf"out\[(\d+)\] = {_TYPE}\(inp\[\1\]\);",
        ]
    )
)


def check_library(folder: Path, backend: str, own: Mapping[str, bytes]) -> str:
    """Compare the headers in a project's firmware with the installed ones.

    Args:
        folder: the project's firmware.
        backend: that of hls4ml.
        own: the files of the project itself, by their place in the firmware.

    Returns:
        The text that hls4ml generated for the project in nnet_code_gen.h.

    Raises:
        EdgemlError: a file differs, is missing or is unknown; names it.
    """
    installed = _installed(backend)
    generated = ""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or name in own or path.suffix == ".txt":
            continue
        if name not in installed:
            raise EdgemlError("is no file of hls4ml, and the compiler may find it first", str(path))
        content = read_bytes(path, "header of the project")
        if name == _GENERATED:
            generated = _generated(content.decode(errors="replace"), installed[name].decode(), str(path))
        elif content != installed[name]:
            raise EdgemlError(
                "differs from the installed hls4ml, whose headers alone are known",
                str(path),
                "export again with this hls4ml",
            )
    missing = next((name for name in sorted(installed) if not (folder / name).is_file()), "")
    if missing:
        raise EdgemlError("is missing", str(folder / missing), "export again")
    return generated


def _installed(backend: str) -> dict[str, bytes]:
    """The headers of the installed hls4ml by their place in a project's firmware."""
    from edgeml.backends.hls4ml.project import mended_header

    package = find_spec("hls4ml")
    assert package is not None
    assert package.submodule_search_locations
    root = Path(package.submodule_search_locations[0]) / "templates"
    files: dict[str, bytes] = {}
    for overlay in _OVERLAYS[backend]:
        for part in ("nnet_utils", "ap_types"):
            for path in sorted((root / overlay / part).rglob("*")):
                if path.is_file():
                    name = path.relative_to(root / overlay).as_posix()
                    files[name] = mended_header(f"firmware/{name}", read_bytes(path, "header of hls4ml"))
    return files


def _generated(text: str, template: str, where: str) -> str:
    """The text in place of the template's mark, which may only move and cast elements."""
    before, _, after = template.partition(_MARK.rstrip("\n"))
    head = before + _MARK.rstrip("\n")
    if not text.startswith(head) or not text.endswith(after):
        raise EdgemlError(
            "differs from the installed hls4ml in more than what it writes for a project", where
        )
    middle = text[len(head) : len(text) - len(after)]
    first = head.count("\n") + 1
    for number, line in enumerate(middle.split("\n"), first):
        if line.strip() and not _LINES.fullmatch(line.strip()):
            raise EdgemlError(
                f"line {number} does more than to move and cast elements: {line.strip()[:60]}", where
            )
    return middle
