"""Every rule of proofs is broken in turn, and a random campaign notices: see `tests.prove.rules`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.prove.breakers import BREAKERS
from tests.prove.checks import PLAIN, Campaign, campaigns, graph_values, numbers, operators, planted
from tests.prove.rules import rules

_LAZY = frozenset({"without_last", "without_first", "every_other"})
"""Breakers of vectors, which are made when they are asked for."""


@pytest.mark.parametrize("campaign", PLAIN, ids=lambda campaign: campaign.__name__)
def test_honest_rules_stand_a_campaign(campaign: Campaign) -> None:
    campaign(np.random.default_rng(0))


@pytest.mark.slow
def test_honest_rules_stand_them_all() -> None:
    for campaign in campaigns().values():
        campaign(np.random.default_rng(1))


@cache
def applicable() -> Mapping[str, Mapping[str, tuple[Campaign, ...]]]:
    """By rule, the breakers that change a result of it and the campaigns in which they do."""
    found: dict[str, dict[str, tuple[Campaign, ...]]] = {name: {} for name in rules()}
    for campaign in campaigns().values():
        with ExitStack() as all_of_them:
            for name, rule in rules().items():
                all_of_them.enter_context(rule.replaced(_looking(found[name], campaign)))
            campaign(np.random.default_rng(0))
    return found


def _looking(breakers: dict[str, tuple[Campaign, ...]], campaign: Campaign) -> Any:
    def look(result: Any) -> None:
        lazy = isinstance(result, Iterator) or (
            isinstance(result, tuple) and len(result) == 2 and isinstance(result[0], str)
        )
        breakers.setdefault("", ())
        for name, breaker in BREAKERS.items():
            if campaign in breakers.get(name, ()):
                continue
            if (name in _LAZY) if lazy else (breaker(result) is not None):
                breakers[name] = (*breakers.get(name, ()), campaign)

    return look


def noticed(name: str, breaker: str) -> bool:
    """True if a campaign does not stand a broken rule."""
    for campaign in applicable()[name][breaker]:
        with rules()[name].replaced(BREAKERS[breaker]):
            try:
                campaign(np.random.default_rng(0))
            except Exception:  # noqa: BLE001  # any error of a broken rule is a notice
                return True
    return False


def unnoticed() -> Iterator[str]:
    """Rules of which no breaker is noticed, and those that no campaign calls."""
    for name in rules():
        breakers = applicable()[name]
        if not breakers:
            yield f"{name} is called by no campaign"
        elif set(breakers) > {""} and not any(noticed(name, breaker) for breaker in breakers if breaker):
            yield f"{name} can be broken ({', '.join(filter(None, breakers))}), and no campaign notices"


@pytest.mark.slow
def test_every_rule_is_broken_and_noticed() -> None:
    assert list(unnoticed()) == []


def test_a_rule_that_is_replaced_by_itself_is_not_noticed() -> None:
    """The campaigns notice what is broken, and not that something is replaced."""
    with rules()["edgeml.ir.structure.moved"].replaced(lambda result: result) as changes:
        graph_values(np.random.default_rng(0))
    assert changes


@pytest.mark.parametrize(
    ("rule", "breaker", "campaign"),
    [
        ("edgeml.ir.structure.moved", "elsewhere", graph_values),
        ("edgeml.ir.ops.add.Add", "alike", graph_values),
        ("edgeml.stages.symbols.Algebra.add", "rising", numbers),
        ("edgeml.prove.arguments.units_of", "without_first", planted),
        ("edgeml.prove.sharing.groups_of", "fewer", planted),
        ("nodes Abs", "more", operators),
    ],
)
def test_a_broken_rule_is_noticed(rule: str, breaker: str, campaign: Campaign) -> None:
    with rules()[rule].replaced(BREAKERS[breaker]), pytest.raises(Exception):  # noqa: B017, PT011
        campaign(np.random.default_rng(0))
