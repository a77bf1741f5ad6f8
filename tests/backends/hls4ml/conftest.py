"""All tests of this folder need hls4ml."""

from __future__ import annotations

import pytest

pytest.importorskip("hls4ml", reason="hls4ml is not installed")
