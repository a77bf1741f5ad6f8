"""Edits of one code of an artefact, each proven: how many are refuted with a witness, and what of the rest.

    python -m tests.prove.campaign --with c,onnx --graph mlp_classes --edits 40 --seed 1
    python -m tests.prove.campaign --with c --run runs/digits_mlp --edits 0         # 0: all of them
    python -m tests.prove.campaign --with c --network 22 --edits 0 --log edits.jsonl # goes on where it ended

Every witness is run: the artefact has to answer wrongly on it, or not at all. Icarus Verilog runs it where
that is installed, and Verilator each tenth. What is proven nevertheless has to give the graph's integers on
1,000 random inputs; what is neither is listed with the reason.

With --log each edit that was judged is a line of a file. The same command leaves those out the next time, so
that a long campaign can be stopped; --again judges the open ones once more. --table prints what the file has.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from edgeml import backends
from edgeml.cache import digest
from edgeml.checks import golden as vectors
from edgeml.checks.golden import Golden
from edgeml.errors import EdgemlError
from edgeml.ir import Graph, saved
from edgeml.prove.prove import prove_folder
from edgeml.prove.result import Verdict
from edgeml.scratch import scratch_folder
from tests.mutants.artefacts import Edit, edits
from tests.passes.networks import network
from tests.prove.remembered import remember
from tests.prove.test_refuted import answers_wrongly, changes_nothing
from tests.zoo import zoo

_LAST = "constant"
"""The kind of edit that there is most of: judged last where not all are."""


_TENTH = 10
"""One witness of so many is run by the runner of a check, the others by a runner that is there sooner."""


@dataclass(frozen=True)
class Judgement:
    """The judgement on an edit.

    Args:
        artefact: back end and graph.
        key: of the edited files.
        kind: as of `Edit`.
        what: was edited.
        verdict: of the proof.
        failure: the artefact cannot be built or run.
        reason: as the proof has it.
        right: the witness shows it, or, of a proof, random inputs show nothing.
    """

    artefact: str
    key: str
    kind: str
    what: str
    verdict: str
    failure: bool
    reason: str
    right: bool

    @property
    def open(self) -> bool:
        """Neither refuted nor proven, or wrongly judged."""
        return not self.right or self.verdict == Verdict.NOT_PROVEN.value


@dataclass(frozen=True)
class Target:
    """A graph whose artefacts are edited.

    Args:
        name: of the graph in the table.
        graph: the graph.
        run: the folder with its artefacts; None if they are emitted.
        golden: its vectors.
    """

    name: str
    graph: Graph
    run: Path | None = None
    golden: Golden | None = None

    def write(self, name: str, folder: Path) -> None:
        """Put an artefact into a folder."""
        backend = backends.load(name)
        if self.run is None or not (self.run / backend.folder / backend.runners()[0].artefact).exists():
            backend.emit(self.graph).write(folder)
        else:
            shutil.copytree(self.run / backend.folder, folder)


def judged(name: str, target: Target, scratch: Path, edit: Edit, artefact: str) -> Judgement:
    """Prove an edited artefact, whose files are put back."""
    folder = scratch / backends.load(name).folder
    before = {path: (folder / path).read_bytes() for path, _ in edit.files}
    for path, content in edit.files:
        (folder / path).write_bytes(content)
    proof = prove_folder(scratch, target.graph, [name], target.golden).results[0]
    if proof.verdict is Verdict.REFUTED:
        soon = int(_key(edit), 16) % _TENTH != 0
        right = answers_wrongly(name, target.graph, folder, proof, soon)
    else:
        right = proof.verdict is not Verdict.PROVEN or changes_nothing(name, target.graph, folder)
    for path, content in before.items():
        (folder / path).write_bytes(content)
    return Judgement(
        artefact, _key(edit), edit.kind, edit.what, proof.verdict.value, bool(proof.failure),
        (proof.failure or proof.reason)[:300], right,
    )  # fmt: skip


def _key(edit: Edit) -> str:
    return digest([part for path, content in edit.files for part in (path, content)])[:20]


def campaign(name: str, target: Target, most: int, seed: int, log: Path | None, again: bool) -> int:
    """Prove edits of one artefact and print what came of them; how many were judged wrongly."""
    artefact = f"{name}, {target.name}"
    earlier = {one.key: one for one in read(log) if one.artefact == artefact} if log else {}
    done: list[Judgement] = []
    began = time.monotonic()
    with scratch_folder() as scratch:
        target.write(name, scratch / backends.load(name).folder)
        folder = scratch / backends.load(name).folder
        total = sum(1 for _ in edits(name, folder))
        order = np.random.default_rng(seed).permutation(total)[: most or total].tolist()
        chosen = set(order)  # an edit holds a whole file: only those drawn are kept
        drawn = {at: edit for at, edit in enumerate(edits(name, folder)) if at in chosen}
        fresh = 0
        for edit in sorted((drawn[at] for at in order), key=lambda edit: edit.kind == _LAST):
            one = earlier.get(_key(edit))
            if one is None or (again and one.open):
                one = judged(name, target, scratch, edit, artefact)
                fresh += 1
                if log:
                    with log.open("a") as file:
                        file.write(json.dumps(asdict(one)) + "\n")
            done.append(one)
            if one.open:
                word = "" if one.right else "WRONG "
                sys.stdout.write(f"{word}{one.what}: {one.verdict}: {one.reason}"[:400] + "\n")
                sys.stdout.flush()
    counts = dict(Counter(one.verdict for one in done))
    seconds = (time.monotonic() - began) / max(fresh, 1)
    wrong = sum(not one.right for one in done)
    share = f"{len(done)} of {total} edits"
    sys.stdout.write(f"{artefact}: {share}, {counts}, {seconds:.2f} s each, {wrong} judged wrongly\n")
    return wrong


def read(log: Path) -> list[Judgement]:
    """The judgements of a file, the last one of each edit."""
    lines = log.read_text().splitlines() if log.is_file() else []
    found = [Judgement(**json.loads(line)) for line in lines]
    return list({(one.artefact, one.key): one for one in found}.values())


def table(judgements: Sequence[Judgement]) -> str:
    """By artefact and kind: refuted with an input, refuted as it cannot be built or run, no change, open."""
    rows = [
        "| artefact | edits of | all | wrong integers | no answer | nothing changes | open |",
        "|---" * 7 + "|",
    ]
    groups = sorted({(one.artefact, one.kind) for one in judgements})
    for artefact, kind in groups:
        here = [one for one in judgements if (one.artefact, one.kind) == (artefact, kind)]
        refuted = [one for one in here if one.verdict == Verdict.REFUTED.value and one.right]
        failed = sum(one.failure for one in refuted)
        nothing = sum(one.verdict == Verdict.PROVEN.value and one.right for one in here)
        counts = (len(here), len(refuted) - failed, failed, nothing, sum(one.open for one in here))
        rows.append(f"| {artefact} | {kind} | " + " | ".join(f"{n:,}" for n in counts) + " |")
    return "\n".join(rows) + "\n"


def main() -> int:
    """Read the options and prove the edits."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--with", dest="names", default="onnx,qonnx,c", help="back ends, with commas")
    parser.add_argument("--graph", default="mlp_classes", help="of tests.zoo")
    parser.add_argument("--network", type=int, help="the seed of a random network instead")
    parser.add_argument("--run", type=Path, help="a run folder instead, with its artefacts")
    parser.add_argument("--edits", type=int, default=40, help="how many are drawn; 0 for all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log", type=Path, help="a file to go on from")
    parser.add_argument("--again", action="store_true", help="judge open edits of the log again")
    parser.add_argument("--table", action="store_true", help="print the table of the log, judge nothing")
    options = parser.parse_args()
    if options.table:
        sys.stdout.write(table(read(options.log)))
        return 0
    if options.run:
        graph = saved.load(options.run)
        file = options.run / "golden.npz"
        golden = vectors.read(file, graph) if file.is_file() else None
        target = Target(options.run.name, graph, options.run, golden)
    elif options.network is not None:
        target = Target(f"network {options.network}", network(options.network))
    else:
        target = Target(options.graph, zoo()[options.graph])
    remember(options.names.split(","))
    wrong: list[int] = []
    for name in options.names.split(","):
        try:
            arguments = (options.edits, options.seed, options.log, options.again)
            wrong.append(campaign(name, target, *arguments))
        except EdgemlError as error:  # such as an op that the back end cannot express
            sys.stdout.write(f"{name}, {target.name}: {error}\n")
            wrong.append(0 if options.run is None else 1)
    return 1 if any(wrong) else 0


if __name__ == "__main__":
    sys.exit(main())
