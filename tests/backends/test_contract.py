"""The contract of back ends, over the folder."""

from __future__ import annotations

import pytest

from edgeml import backends
from tests.backends.contract import EMISSION, EXACTNESS, EXECUTION
from tests.ir.op_case import COMPILED


def executing(checks):
    """Back ends with the checks that run artefacts; those that compile them are slow."""
    slow = [pytest.mark.slow, pytest.mark.tool]
    return [
        pytest.param(name, check, id=f"{name}: {check}", marks=slow if name in COMPILED else [])
        for name in backends.names()
        for check in checks
    ]


@pytest.mark.parametrize("check", EMISSION)
@pytest.mark.parametrize("name", backends.names())
def test_emission(name, check, tmp_path):
    EMISSION[check](backends.load(name), name, tmp_path)


@pytest.mark.parametrize(("name", "check"), executing(EXECUTION))
def test_execution(name, check, tmp_path):
    back_end = backends.load(name)
    missing = [runner.available() for runner in back_end.runners()]
    if all(missing):
        pytest.skip("; ".join(missing))
    EXECUTION[check](back_end, name, tmp_path / name)


@pytest.mark.parametrize(("name", "check"), [case for case in executing(EXACTNESS) if not case.marks])
def test_many_graphs(name, check, tmp_path):
    back_end = backends.load(name)
    missing = [runner.available() for runner in back_end.runners()]
    if all(missing):
        pytest.skip("; ".join(missing))
    EXACTNESS[check](back_end, name, tmp_path / name)
