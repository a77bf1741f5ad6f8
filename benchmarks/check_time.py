"""How long a check takes with and without what it does beyond running real samples.

    python benchmarks/check_time.py RUN...

Per run, in seconds of wall time: real samples alone; then synthetic vectors, coverage and the comparison of
files with a fresh emission as well. "first": with an empty cache, so hls4ml's simulation and Verilator's are
compiled. "again": the fastest of five with what is then in the cache and the coverage that check.json keeps.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace

import edgeml
from edgeml.checks import artefacts
from edgeml.checks import golden as vectors


def main(words: Sequence[str]) -> int:
    """Measure the runs named."""
    for path in words:
        run = edgeml.load(path)
        graph = run.graph()
        golden = vectors.read(run.golden_file, graph)
        real = replace(golden, synthetic=None)
        artefacts.check_folder(
            run.folder, graph, real, ["keras"], model_file=run.model_file
        )  # loads TensorFlow
        told: list[str] = []
        for chosen, more in ((real, False), (golden, True)):
            times: list[float] = []
            with tempfile.TemporaryDirectory(prefix="edgeml-cache-") as cache:
                os.environ["EDGEML_CACHE"] = cache
                known = None
                for _ in range(6):
                    start = time.perf_counter()
                    check = artefacts.check_folder(
                        run.folder,
                        graph,
                        chosen,
                        model_file=run.model_file,
                        files=more,
                        cover=more,
                        known=known,
                    )
                    known = check.coverage
                    times.append(time.perf_counter() - start)
            told.append(f"{times[0]:.1f} s first, {min(times[1:]):.2f} s again")
        sys.stdout.write(f"{run.folder.name}: real samples alone {told[0]}; all of it {told[1]}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
