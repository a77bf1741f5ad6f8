"""Estimates of a few small graphs on a board of every family are those that were kept.

A change of a model, a calibration or a board changes them: look at the difference, then
`python -m tests.estimated refresh`.
"""

from __future__ import annotations

import json

import pytest

from tests.emitted import differences
from tests.estimated import GOLDEN, few


def test_the_figures_are_those_that_were_kept() -> None:
    pytest.importorskip("da4ml", reason="da4ml is not installed")
    kept = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert differences(kept, few()) == []
