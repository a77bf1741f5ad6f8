"""Break exported artefacts by one code, one place at a time: does a check notice?

    python -m tests.mutants.artefacts RUN...            every edit compared; ONNX executed on each as well
    python -m tests.mutants.artefacts RUN --execute 40  and so many edits of the slower artefacts executed

Edits are of the file's own numbers and types: every weight, bias, bound and factor of exact.onnx and
qonnx.onnx, every rounding of theirs; every number of hls4ml's weights and every type in its defines.h; every
number in the Verilog (of a large design, a stated number spread evenly). Each edited file goes through what
`edgeml check` does with it: the comparison with a fresh emission, and, where it is executed, all vectors of
golden.npz.

Printed per artefact: edits, those that the comparison shows, and of those executed the ones that vectors
show. An edit that neither shows is missed; the exit code is 1 if there is one. An edit that changes no
integer of any input (a bound that is never reached) can only be shown by the comparison.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from edgeml import backends
from edgeml.backends.base import Runner, Takes
from edgeml.checks import golden as vectors
from edgeml.checks.golden import Golden
from edgeml.errors import EdgemlError
from edgeml.ir import Graph

NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])|(?<='d)\d+|(?<='sd)\d+")
TYPE = re.compile(r"typedef ap_u?fixed<(\d+),(-?\d+)((?:,\w+)*)>")
LITERALS = 300
"""Numbers of the Verilog that are edited."""


@dataclass(frozen=True)
class Edit:
    """Files with other bytes, by path in the back end's folder."""

    what: str
    files: tuple[tuple[str, bytes], ...]


@dataclass
class Count:
    """What became of the edits of one artefact."""

    name: str
    edits: int = 0
    compared: int = 0
    executed: int = 0
    shown: int = 0
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
            yield Edit(
                f"{tensor.name}[{at}]",
                ((file, _with(content, lambda m, p=position, t=held: m.graph.initializer[p].CopyFrom(t))),),
            )
    for position, node in enumerate(model.graph.node):
        others = {"Round": ("Floor", "Ceil"), "Floor": ("Round",), "Relu": ("Identity",)}.get(
            node.op_type, ()
        )
        for other in others:
            yield Edit(
                f"{node.name} {other}",
                (
                    (
                        file,
                        _with(content, lambda m, p=position, o=other: setattr(m.graph.node[p], "op_type", o)),
                    ),
                ),
            )
        for number, attribute in enumerate(node.attribute):
            if attribute.name == "rounding_mode":
                for mode in (b"FLOOR", b"CEIL", b"HALF_UP"):
                    if mode != attribute.s:
                        yield Edit(
                            f"{node.name} {mode.decode()}",
                            (
                                (
                                    file,
                                    _with(
                                        content,
                                        lambda m, p=position, n=number, v=mode: setattr(
                                            m.graph.node[p].attribute[n], "s", v
                                        ),
                                    ),
                                ),
                            ),
                        )
            if attribute.name in ("signed", "narrow"):
                yield Edit(
                    f"{node.name} {attribute.name}",
                    (
                        (
                            file,
                            _with(
                                content,
                                lambda m, p=position, n=number, v=1 - attribute.i: setattr(
                                    m.graph.node[p].attribute[n], "i", v
                                ),
                            ),
                        ),
                    ),
                )


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
    """Every constant of an hls4ml project changed by one code in both of its files, and every type."""
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
            yield Edit(f"{header.stem}[{at}]", files)
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


def _retyped(defines: str, match: re.Match[str], new: str) -> Edit:
    content = defines[: match.start()] + new + defines[match.end() :]
    return Edit(f"{match[0]} -> {new}", (("firmware/defines.h", content.encode()),))


def verilog_edits(folder: Path, most: int = LITERALS) -> Iterator[Edit]:
    """Numbers of the modules changed by one, spread evenly over all of them."""
    places: list[tuple[Path, re.Match[str]]] = []
    for path in sorted(folder.glob("*.v")):
        code = re.sub(r"//[^\n]*", lambda comment: " " * len(comment[0]), path.read_text())
        places += [(path, match) for match in NUMBER.finditer(code)]
    for at in np.unique(np.linspace(0, len(places) - 1, min(most, len(places))).astype(int)):
        path, match = places[at]
        text = path.read_text()
        changed = f"{text[: match.start()]}{int(match[0]) ^ 1}{text[match.end() :]}"
        yield Edit(f"{path.name} at {match.start()}", ((path.name, changed.encode()),))


def edits(name: str, folder: Path, most: int = LITERALS) -> list[Edit]:
    """All edits of the artefact of a back end."""
    if name in ("onnx", "qonnx"):
        file = backends.load(name).runners()[0].artefact
        return list(model_edits(file, (folder / file).read_bytes()))
    return list(project_edits(folder) if name == "hls4ml" else verilog_edits(folder, most))


def count(name: str, folder: Path, graph: Graph, golden: Golden, execute: int, most: int = LITERALS) -> Count:
    """Make every edit of an artefact in a copy of its folder.

    Args:
        name: of the back end.
        folder: with its files; left alone.
        graph: what they were emitted from.
        golden: the vectors.
        execute: edits that are executed, spread evenly; of exact.onnx all are.
        most: numbers of the Verilog.
    """
    back_end = backends.load(name)
    runner = back_end.runners()[0]
    found = Count(name)
    with tempfile.TemporaryDirectory(prefix="edgeml-mutants-") as scratch:
        copy = Path(scratch) / name
        shutil.copytree(folder, copy)
        compare = _comparing(name, copy, graph)
        assert not compare(()), f"{folder} deviates before anything was edited"
        every = edits(name, copy, most)
        run = (
            set(range(len(every)))
            if name == "onnx"
            else set(np.linspace(0, len(every) - 1, min(execute, len(every))).astype(int).tolist())
        )
        for number, edit in enumerate(every):
            before = [(path, (copy / path).read_bytes()) for path, _ in edit.files]
            for path, content in edit.files:
                (copy / path).write_bytes(content)
            seen = bool(compare([path for path, _ in edit.files]))
            shown = number in run and _shown(runner, copy, graph, golden)
            for path, content in before:
                (copy / path).write_bytes(content)
            found.edits += 1
            found.compared += seen
            found.executed += number in run
            found.shown += shown
            if not seen and not shown:
                found.missed += (edit.what,)
    return found


def _comparing(name: str, folder: Path, graph: Graph) -> Any:
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

    def compare(paths: Sequence[str]) -> bool:
        del paths
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
    parser.add_argument("--literals", type=int, default=LITERALS)
    given = parser.parse_args(words)
    import edgeml

    missed = 0
    for path in given.runs:
        run = edgeml.load(path)
        graph = run.graph()
        golden = vectors.read(run.golden_file, graph)
        for name in given.names.split(","):
            folder = run.folder / backends.load(name).folder
            found = count(name, folder, graph, golden, given.execute, given.literals)
            sys.stdout.write(f"{run.folder.name} {found}\n")
            sys.stdout.flush()
            missed += len(found.missed)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
