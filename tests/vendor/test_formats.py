"""Every file of formats: it declares formats, and one of the fixtures is a report of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeml import vendor
from edgeml.vendor import formats
from edgeml.vendor.base import VendorReport

REPORTS = Path(__file__).parent / "reports"


@pytest.fixture(scope="module")
def fixtures() -> list[VendorReport]:
    return [VendorReport.load(path) for path in vendor.reports(REPORTS)]


@pytest.mark.parametrize("name", formats.names())
def test_a_fixture_is_of_this_format_and_is_read(name: str, fixtures: list[VendorReport]) -> None:
    known = formats.load(name)
    read = [(one, report) for report in fixtures for one in known if one.knows(report)]
    assert read, f"tests/vendor/reports has no report of edgeml/vendor/formats/{name}.py"
    for one, report in read:
        reading = one.read(report)
        assert reading is None or reading.report == report.path
