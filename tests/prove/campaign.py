"""Edits of one code of an artefact, each proven: how many are refuted with a witness, and what of the rest.

    python -m tests.prove.campaign --with c,onnx --graph mlp_classes --edits 40 --seed 1
    python -m tests.prove.campaign --with c --run runs/digits_mlp --edits 0         # 0: all of them

Every witness is run: the artefact has to answer wrongly on it. What is proven nevertheless has to give the
graph's integers on 1,000 random inputs; what is neither is listed with the reason.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

from edgeml import backends
from edgeml.ir import Graph, saved
from edgeml.prove.prove import prove_folder
from edgeml.prove.result import Verdict
from edgeml.scratch import scratch_folder
from tests.mutants.artefacts import edits
from tests.prove.test_refuted import answers_wrongly, changes_nothing
from tests.zoo import zoo


def campaign(name: str, graph: Graph, run: Path | None, most: int, seed: int) -> int:
    """Prove edits of one artefact and print what came of them; how many were judged wrongly."""
    backend = backends.load(name)
    wrong, verdicts, began = 0, Counter[str](), time.monotonic()
    with scratch_folder() as scratch:
        folder = scratch / backend.folder
        if run is None:
            backend.emit(graph).write(folder)
        else:
            shutil.copytree(run / backend.folder, folder)
        every = list(edits(name, folder))
        drawn = np.random.default_rng(seed).permutation(len(every))[: most or len(every)]
        for edit in (every[at] for at in drawn):
            before = {path: (folder / path).read_bytes() for path, _ in edit.files}
            for path, content in edit.files:
                (folder / path).write_bytes(content)
            proof = prove_folder(scratch, graph, [name]).results[0]
            verdicts[proof.verdict.value] += 1
            if proof.verdict is Verdict.REFUTED:
                right = answers_wrongly(name, graph, folder, proof)
            else:
                right = proof.verdict is not Verdict.PROVEN or changes_nothing(name, graph, folder)
            wrong += not right
            if proof.verdict is Verdict.NOT_PROVEN or not right:
                sys.stdout.write(
                    f"{'' if right else 'WRONG '}{edit.what}: {proof.verdict.value}: {proof.reason}"[:400]
                    + "\n"
                )
            for path, content in before.items():
                (folder / path).write_bytes(content)
    seconds = (time.monotonic() - began) / max(len(drawn), 1)
    share = f"{len(drawn)} of {len(every)} edits"
    sys.stdout.write(
        f"{name}, {graph.name}: {share}, {dict(verdicts)}, {seconds:.2f} s each, {wrong} judged wrongly"[:400]
        + "\n"
    )
    return wrong


def main() -> int:
    """Read the options and prove the edits."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--with", dest="names", default="onnx,qonnx,c", help="back ends, with commas")
    parser.add_argument("--graph", default="mlp_classes", help="of tests.zoo")
    parser.add_argument("--run", type=Path, help="a run folder instead, with its artefacts")
    parser.add_argument("--edits", type=int, default=40, help="how many are drawn; 0 for all")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    names: list[str] = options.names.split(",")
    missing = [
        name for name in names if options.run and not (options.run / backends.load(name).folder).is_dir()
    ]
    if missing:
        parser.error(f"{options.run} has no artefact of {', '.join(missing)} (edgeml export RUN --to ...)")
    graph = saved.load(options.run) if options.run else zoo()[options.graph]
    wrong = [campaign(name, graph, options.run, options.edits, options.seed) for name in names]
    return 1 if any(wrong) else 0


if __name__ == "__main__":
    sys.exit(main())
