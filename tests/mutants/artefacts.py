"""Break exported artefacts by one code, one place at a time: does a check notice?

    python -m tests.mutants.artefacts RUN...            every edit compared; ONNX executed on each as well
    python -m tests.mutants.artefacts RUN --execute 40  so many edits of the slower artefacts executed,
                                                            drawn by --seed

Edits are of the file's own numbers and types: every weight, bias, bound and factor of exact.onnx and
qonnx.onnx, every rounding of theirs; every number of hls4ml's weights and every type in its defines.h; every
number in the Verilog and in the C: constants, shifts, bounds, widths and sizes. Each edited file goes through
what `edgeml check` does with it: the comparison with a fresh emission, and, where it is executed, all vectors
of golden.npz.

Of the Verilog's edits a stated number, spread evenly, is compared as a whole folder; the others by the line
that was edited, which is what the comparison of a file amounts to where no comment or directive goes over
several lines (that is asserted).

Printed per artefact: edits, those that the comparison shows, and of those executed the ones that vectors
show. An edit that neither shows is missed; the exit code is 1 if there is one. An edit that changes no
integer of any input (a bound that is never reached) can only be shown by the comparison.
"""

from __future__ import annotations

import argparse
import itertools
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from edgeml import backends
from edgeml.backend import Runner, Takes
from edgeml.checks import golden as vectors
from edgeml.checks.golden import Golden
from edgeml.deviations.text import compare_text
from edgeml.errors import EdgemlError
from edgeml.ir import Graph

NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])|(?<='d)\d+|(?<='sd)\d+")
NUMBER_OR_WORD = re.compile(rf"{NUMBER.pattern}|(?<='h)(?P<word>[0-9a-f]+)")
C_TYPE = re.compile(r"\bu?int(?:8|16|32|64)_t\b")
TYPE = re.compile(r"typedef ap_u?fixed<(\d+),(-?\d+)((?:,\w+)*)>")
WHOLE = 300
"""Edits of the Verilog that are compared as a whole folder."""


@dataclass(frozen=True)
class Edit:
    """Files with other bytes, by path in the back end's folder; a line that was edited, as it was and is."""

    what: str
    files: tuple[tuple[str, bytes], ...]
    line: tuple[bytes, bytes] | None = None
    kind: str = "number"
    """The kind of what was edited: constant, rounding, attribute, type, number (of a text), call."""


@dataclass
class Count:
    """The counts of caught and missed edits of one artefact."""

    name: str
    edits: int = 0
    compared: int = 0
    executed: int = 0
    shown: int = 0
    unseen: tuple[str, ...] = ()
    """Executed, and no vector shows it."""
    missed: tuple[str, ...] = ()

    def __str__(self) -> str:
        run = f"of {self.executed} executed, vectors show {self.shown}" if self.executed else "none executed"
        first = f" (first: {self.missed[0]})" if self.missed else ""
        return (
            f"{self.name}: {self.edits} edits, comparison shows {self.compared}, {run}, "
            f"missed by both {len(self.missed)}{first}"
        )


def model_edits(file: str, content: bytes) -> Iterator[Edit]:
    """Every number of a model changed by its tensor's step, and every rounding by another one."""
    model = onnx.load_from_string(content)
    for position, tensor in enumerate(model.graph.initializer):
        values = numpy_helper.to_array(tensor)
        flat = values.reshape(-1)
        step = _step(flat)
        for at in range(flat.size):
            changed = flat.copy()
            changed[at] += step
            held = numpy_helper.from_array(changed.reshape(values.shape), tensor.name)
            yield _of_model(
                f"{tensor.name}[{at}]", "constant", file, content,
                lambda m, p=position, t=held: m.graph.initializer[p].CopyFrom(t),
            )  # fmt: skip
        other = _OTHER_TYPES.get(values.dtype.name)
        if other is not None:
            held = numpy_helper.from_array(values.astype(other), tensor.name)
            yield _of_model(
                f"{tensor.name} as {other}", "type", file, content,
                lambda m, p=position, t=held: m.graph.initializer[p].CopyFrom(t),
            )  # fmt: skip
    for position, node in enumerate(model.graph.node):
        for other in _OTHER_NODES.get(node.op_type, ()):
            yield _of_model(
                f"{node.name} {other}", "rounding", file, content,
                lambda m, p=position, o=other: setattr(m.graph.node[p], "op_type", o),
            )  # fmt: skip
        for number, attribute in enumerate(node.attribute):
            for what, kind, changed in _other_attributes(attribute):
                yield _of_model(
                    f"{node.name} {what}", kind, file, content,
                    lambda m, p=position, n=number, v=changed: m.graph.node[p].attribute[n].CopyFrom(v),
                )  # fmt: skip


_OTHER_NODES = {"Round": ("Floor", "Ceil"), "Floor": ("Round",), "Relu": ("Identity",)}
_OTHER_TYPES = {
    "float32": "float64",
    "float64": "float32",
    "int8": "uint8",
    "uint8": "int8",
    "int32": "int64",
}
_OTHER_CASTS = {1: (11, 6), 11: (1,), 6: (3, 7), 7: (6, 3), 3: (2,), 2: (3,)}
"""Types that a Cast is made to have: numbers of onnx.TensorProto (1 is float, 11 double, 6 int32, 3 int8)."""


def _other_attributes(attribute: onnx.AttributeProto) -> Iterator[tuple[str, str, onnx.AttributeProto]]:
    """An attribute with another number, rounding or type."""

    def other(what: str, kind: str, values: Any) -> tuple[str, str, onnx.AttributeProto]:
        return f"{attribute.name} {what}", kind, onnx.helper.make_attribute(attribute.name, values)

    if attribute.name == "rounding_mode":
        yield from (
            other(mode.decode(), "rounding", mode)
            for mode in (b"FLOOR", b"CEIL", b"HALF_UP")
            if mode != attribute.s
        )
    elif attribute.name == "to":
        yield from (other(str(to), "type", to) for to in _OTHER_CASTS.get(attribute.i, ()))
    elif attribute.type == onnx.AttributeProto.INT:
        yield other("^ 1", "attribute", attribute.i ^ 1)
    elif attribute.type == onnx.AttributeProto.INTS:
        for at in range(len(attribute.ints)):
            numbers = list(attribute.ints)
            numbers[at] ^= 1
            yield other(f"[{at}] ^ 1", "attribute", numbers)


def _of_model(what: str, kind: str, file: str, content: bytes, change: Any) -> Edit:
    return Edit(what, ((file, _with(content, change)),), kind=kind)


def _step(values: np.ndarray[Any, Any]) -> Any:
    """One code: the finest power of two that all numbers of a tensor are multiples of."""
    if values.dtype.kind != "f":
        return values.dtype.type(1)
    given = values[np.isfinite(values) & (values != 0)].astype(np.float64)
    if not given.size:
        return values.dtype.type(1)
    mantissa, exponent = np.frexp(given)
    whole = np.ldexp(mantissa, 53).astype(np.int64)
    low = np.log2((whole & -whole).astype(np.float64)) - 53 + exponent
    return values.dtype.type(2.0 ** low.min())


def _with(content: bytes, change: Any) -> bytes:
    model = onnx.load_from_string(content)
    change(model)
    return model.SerializeToString()


def project_edits(folder: Path) -> Iterator[Edit]:
    """Every constant of an hls4ml project changed by one code in both of its files, and every type.

    And every number of its configurations changed by one, and every call made before the one in front of it.
    """
    defines = (folder / "firmware/defines.h").read_text()
    for header in sorted((folder / "firmware/weights").glob("*.h")):
        text = header.read_text()
        kind = re.search(r"(\w+_t) " + header.stem + r"\[", text)
        assert kind is not None
        width = re.search(r"<(\d+),(-?\d+)[^>]*> " + kind[1] + ";", defines)
        frac = int(width[1]) - int(width[2]) if width is not None else 0
        start, end = text.index("{", text.index("#else")) + 1, text.rindex("}")
        numbers = [float(word) for word in text[start:end].replace("{", "").replace("}", "").split(",")]
        for at in range(len(numbers)):
            changed = list(numbers)
            changed[at] += 2.0**-frac
            words = ", ".join(repr(number) for number in changed)
            name = f"firmware/weights/{header.stem}"
            files = (
                (f"{name}.h", f"{text[:start]}{words}{text[end:]}".encode()),
                (f"{name}.txt", words.encode()),
            )
            yield Edit(f"{header.stem}[{at}]", files, kind="constant")
    for match in TYPE.finditer(defines):
        whole, width, integer, modes = match[0], int(match[1]), int(match[2]), match[3]
        for other in ((width - 1, integer - 1), (width - 1, integer), (width + 1, integer)):
            if other[0] > 0:
                yield _retyped(
                    defines, match, whole.replace(f"<{width},{integer}", f"<{other[0]},{other[1]}")
                )
        if modes:
            yield _retyped(defines, match, whole.replace(modes, ""))
            for old, new in (("RND_CONV", "RND"), ("AP_SAT", "AP_WRAP")):
                if old in modes:
                    yield _retyped(defines, match, whole.replace(old, new))
    yield from _configured(folder)
    yield from _reordered(folder)


def _configured(folder: Path) -> Iterator[Edit]:
    """Numbers of the structs in parameters.h."""
    name = "firmware/parameters.h"
    text = (folder / name).read_text()
    for match in re.finditer(r"= (-?\d+);|= \d+(?:\*\d+)*\*(\d+);", text):
        group = 1 if match[1] else 2
        new = f"{text[: match.start(group)]}{int(match[group]) ^ 1}{text[match.end(group) :]}"
        start, end = text.rfind("\n", 0, match.start()) + 1, text.find("\n", match.end())
        yield Edit(f"{text[start:end].strip()} ^ 1", ((name, new.encode()),))


def _reordered(folder: Path) -> Iterator[Edit]:
    """Calls that change places, and calls that read what another one reads."""
    (path,) = (folder / "firmware").glob("*.cpp")
    text = path.read_text()
    calls = list(re.finditer(r"nnet::(\w+)<[^\n]*\);(?= // \w+\n)", text))
    for first, second in itertools.pairwise(calls):
        middle = text[first.end() : second.start()]
        swapped = text[: first.start()] + second[0] + middle + first[0] + text[second.end() :]
        files = ((f"firmware/{path.name}", swapped.encode()),)
        yield Edit(f"{second[1]} before {first[1]}", files, kind="call")


def _retyped(defines: str, match: re.Match[str], new: str) -> Edit:
    content = defines[: match.start()] + new + defines[match.end() :]
    return Edit(f"{match[0]} -> {new}", (("firmware/defines.h", content.encode()),), kind="type")


def _other_digit(match: re.Match[str]) -> str:
    """A hexadecimal word with another digit."""
    digits, at = match[0], match.start() % len(match[0])
    return f"{digits[:at]}{int(digits[at], 16) ^ 1:x}{digits[at + 1 :]}"


def verilog_edits(folder: Path) -> Iterator[Edit]:
    """Every number of the modules changed by one; of a word of a memory, one of its digits."""
    for path in sorted(folder.glob("*.v")):
        text = path.read_text()
        assert "/*" not in text and "\\\n" not in text, f"{path}: lines do not stand for themselves"
        code = re.sub(r"//[^\n]*", lambda comment: " " * len(comment[0]), text)
        for match in NUMBER_OR_WORD.finditer(code):
            start, end = text.rfind("\n", 0, match.start()) + 1, text.find("\n", match.end())
            number = str(int(match[0]) ^ 1) if match["word"] is None else _other_digit(match)
            old = text[start:end]
            new = f"{text[start : match.start()]}{number}{text[match.end() : end]}"
            files = ((path.name, f"{text[:start]}{new}{text[end:]}".encode()),)
            yield Edit(f"{path.name} at {match.start()}", files, (old.encode(), new.encode()))


def c_edits(folder: Path) -> Iterator[Edit]:
    """Every number of model.c and model.h changed by one, and every type, but for those in comments."""
    for name in ("src/model.c", "src/model.h"):
        text = (folder / name).read_text()
        code = re.sub(r"/\*.*?\*/", lambda comment: re.sub(r"[^\n]", " ", comment[0]), text, flags=re.DOTALL)
        arrays = [match.span() for match in re.finditer(r"^static const [^;]*;", code, re.MULTILINE)]
        for match in NUMBER.finditer(code):
            inside = any(start <= match.start() < end for start, end in arrays)
            number = str(int(match[0]) ^ 1)
            yield _retexted(name, text, match, number, "constant" if inside else "number")
        for match in C_TYPE.finditer(code):
            yield _retexted(name, text, match, _OTHER_C_TYPES[match[0]], "type")


_OTHER_C_TYPES = {
    "int8_t": "uint8_t", "uint8_t": "int8_t", "int16_t": "int8_t", "uint16_t": "uint8_t",
    "int32_t": "int16_t", "uint32_t": "uint16_t", "int64_t": "int32_t", "uint64_t": "uint32_t",
}  # fmt: skip


def _retexted(name: str, text: str, match: re.Match[str], word: str, kind: str) -> Edit:
    """A file with another word in place of one."""
    start, end = text.rfind("\n", 0, match.start()) + 1, text.find("\n", match.end())
    new = f"{text[start : match.start()]}{word}{text[match.end() : end]}"
    files = ((name, f"{text[:start]}{new}{text[end:]}".encode()),)
    return Edit(f"{name} at {match.start()}", files, (text[start:end].encode(), new.encode()), kind)


def edits(name: str, folder: Path) -> Iterator[Edit]:
    """All edits of the artefact of a back end."""
    if name in ("onnx", "qonnx", "qdq"):
        file = backends.load(name).runners()[0].artefact
        return model_edits(file, (folder / file).read_bytes())
    return {"hls4ml": project_edits, "verilog": verilog_edits, "c": c_edits}[name](folder)


def count(name: str, folder: Path, graph: Graph, golden: Golden, execute: int, seed: int = 0) -> Count:
    """Make every edit of an artefact in a copy of its folder.

    Args:
        name: of the back end.
        folder: with its files; left alone.
        graph: what they were emitted from.
        golden: the vectors.
        execute: edits that are executed, drawn at random; of exact.onnx all are.
        seed: of the draw.
    """
    runner = backends.load(name).runners()[0]
    found = Count(name)
    with tempfile.TemporaryDirectory(prefix="edgeml-mutants-") as scratch:
        copy = Path(scratch) / name
        shutil.copytree(folder, copy)
        compare = _comparing(name, copy, graph)
        assert not compare(), f"{folder} deviates before anything was edited"
        total = sum(1 for _ in edits(name, folder))
        drawn = np.random.default_rng(seed).permutation(total)[: total if name == "onnx" else execute]
        run = set(drawn.tolist())
        whole = run | set(np.linspace(0, total - 1, min(WHOLE, total)).astype(int).tolist())
        for number, edit in enumerate(edits(name, folder)):
            shown = False
            if edit.line is not None and number not in whole:
                old, new = edit.line
                seen = bool(compare_text(edit.what, new, old))
            else:
                for path, content in edit.files:
                    (copy / path).write_bytes(content)
                seen = compare()
                shown = number in run and _shown(runner, copy, graph, golden)
                for path, _ in edit.files:
                    (copy / path).write_bytes((folder / path).read_bytes())
            found.edits += 1
            found.compared += seen
            found.executed += number in run
            found.shown += shown
            if number in run and not shown:
                found.unseen += (edit.what,)
            if not seen and not shown:
                found.missed += (edit.what,)
    return found


def _comparing(name: str, folder: Path, graph: Graph) -> Callable[[], bool]:
    """The back end's comparison with what is emitted afresh, which is emitted once."""
    back_end: Any = backends.load(name)
    kept: dict[str, Any] = {}
    emit = back_end.emit

    class Once(type(back_end)):
        def emit(self, graph: Graph, options: Any = None) -> Any:
            if "fresh" not in kept:
                kept["fresh"] = emit(graph, options)
            return kept["fresh"]

    once = Once()

    def compare() -> bool:
        return any(not deviation.text for deviation in once.compare_files(folder, graph))

    return compare


def _shown(runner: Runner, folder: Path, graph: Graph, golden: Golden) -> bool:
    """An integer differs, or it does not run."""
    both = golden.joined()
    try:
        got = runner.run(folder, graph, both.x if runner.takes is Takes.FLOATS else both.inputs)
    except EdgemlError:
        return True
    return any(not np.array_equal(got[name], expected) for name, expected in both.expected.items())


def main(words: Sequence[str]) -> int:
    """Count for the runs named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--execute", type=int, default=0)
    parser.add_argument("--with", dest="names", default=",".join(backends.names()))
    parser.add_argument("--seed", type=int, default=0, help="of the edits that are executed")
    given = parser.parse_args(words)
    import edgeml

    missed = 0
    for path in given.runs:
        run = edgeml.load(path)
        graph = run.graph()
        golden = vectors.read(run.golden_file, graph)
        for name in given.names.split(","):
            folder = run.folder / backends.load(name).folder
            found = count(name, folder, graph, golden, given.execute, given.seed)
            sys.stdout.write(f"{run.folder.name} {found}\n")
            sys.stdout.flush()
            missed += len(found.missed)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
