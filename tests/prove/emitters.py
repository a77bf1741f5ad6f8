"""Mutants of the back ends' emitters, proven: is what they write refuted?

    python -m tests.prove.emitters onnx,qonnx,qdq,hls4ml,c [WORD...]

Each mutant of `tests.mutants.source` in a back end's folder writes the graphs of the zoo. What it writes
otherwise than the honest emitter is proven, small graphs first, until one is refuted. Printed per mutant: the
graph and the reason, that nothing is written otherwise, or what is left open. The exit code is 1 if one is
neither refuted nor the same text, or if something is proven that answers wrongly.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from edgeml import backends
from edgeml.errors import EdgemlError
from edgeml.prove.prove import prove_folder
from edgeml.prove.result import Verdict
from edgeml.scratch import scratch_folder
from tests.mutants.source import BACK_ENDS, C_PROGRAMS, ROOT, Mutant
from tests.prove.test_refuted import changes_nothing
from tests.zoo import zoo

_EMIT = """
import sys
from pathlib import Path
from edgeml import backends
from edgeml.errors import EdgemlError
from tests.zoo import zoo

backend = backends.load(sys.argv[1])
for name, graph in zoo().items():
    try:
        backend.emit(graph).write(Path(sys.argv[2]) / name / backend.folder)
    except EdgemlError:
        pass
"""


def mutants(name: str) -> Iterator[Mutant]:
    """The mutants of a back end."""
    for mutant in (*BACK_ENDS, *C_PROGRAMS):
        if mutant.file.startswith(f"backends/{name}/"):
            yield mutant


def emitted(name: str, mutant: Mutant, scratch: Path) -> Path:
    """The zoo as a mutant writes it: a folder for each graph."""
    package = scratch / "package"
    for part in ("edgeml", "tests", "hw"):
        shutil.copytree(ROOT / part, package / part, ignore=shutil.ignore_patterns("__pycache__"))
    path = package / "edgeml" / mutant.file
    text = path.read_text()
    if text.count(mutant.old) != 1:
        raise EdgemlError(f"{mutant.old!r} is there {text.count(mutant.old)} times", mutant.file)
    path.write_text(text.replace(mutant.old, mutant.new))
    subprocess.run(
        [sys.executable, "-c", _EMIT, name, str(scratch / "runs")],
        cwd=package,
        env=os.environ | {"PYTHONPATH": str(package)},
        check=True,
        capture_output=True,
    )
    return scratch / "runs"


def judged(name: str, mutant: Mutant) -> tuple[bool, str]:
    """True if a mutant is refuted or writes the same, and the line about it."""
    backend, left, wrong = backends.load(name), "", False
    with scratch_folder() as scratch:
        runs = emitted(name, mutant, scratch)
        graphs = {key: graph for key, graph in zoo().items() if (runs / key).is_dir()}
        for key in sorted(
            graphs, key=lambda key: sum(graphs[key].info(n.name).size for n in graphs[key].nodes)
        ):
            graph, folder = graphs[key], runs / key / backend.folder
            honest = backend.emit(graph)
            if all(
                (folder / path).read_bytes() == honest[path] for path in honest if (folder / path).is_file()
            ):
                continue
            (proof,) = prove_folder(runs / key, graph, [name]).results
            if proof.verdict is Verdict.REFUTED:
                return not wrong, f"refuted: {key}: {proof.failure or proof.reason}"
            if proof.verdict is Verdict.PROVEN and not changes_nothing(name, graph, folder):
                wrong = True
            left = left or f"{proof.verdict.value}: {key}: {proof.reason or 'changes nothing'}"
    return not left and not wrong, f"{'WRONG ' if wrong else ''}{left or 'the same text'}"


def main(names: str, *words: str) -> int:
    """Judge the mutants of back ends whose names have one of the words."""
    bad = 0
    for name in names.split(","):
        for mutant in mutants(name):
            if words and not any(word in mutant.name for word in words):
                continue
            right, line = judged(name, mutant)
            bad += not right
            sys.stdout.write(f"{mutant.name}: {line}"[:300] + "\n")
            sys.stdout.flush()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
