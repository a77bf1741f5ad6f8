"""The time of a check with and without the parts beyond running real samples.

    python benchmarks/check_time.py RUN...

Per run, in seconds of wall time: real samples alone; then synthetic vectors, coverage and the comparison of
files with a fresh emission as well. "first": with an empty cache, so hls4ml's simulation and Verilator's are
compiled. "again": the fastest of six, by turns, with what is then in the cache and the coverage that
check.json keeps.
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
        known = None
        times: dict[bool, list[float]] = {False: [], True: []}
        caches = {more: tempfile.TemporaryDirectory(prefix="edgeml-cache-") for more in times}
        for more in [False, True] * 7:  # by turns, so that what else the machine does falls on both
            os.environ["EDGEML_CACHE"] = caches[more].name
            start = time.perf_counter()
            check = artefacts.check_folder(
                run.folder,
                graph,
                golden if more else real,
                model_file=run.model_file,
                files=more,
                cover=more,
                earlier=known,
            )
            times[more].append(time.perf_counter() - start)
            known = check.coverage if more else known
        for cache in caches.values():
            cache.cleanup()
        texts = [f"{first:.1f} s first, {min(again):.2f} s again" for first, *again in times.values()]
        sys.stdout.write(f"{run.folder.name}: real samples alone {texts[0]}; all of it {texts[1]}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
