"""Passes on random networks: same integers at both ends and in between, under every name that stays.

The campaign has 500 networks per pass; the quick suite tries the first 60 of them.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from edgeml import passes
from edgeml.ir import Graph, evaluate_codes
from edgeml.passes import prepare
from edgeml.passes.fuse_bias import FuseBias
from tests.passes.networks import extremes, narrow_network, network, scaled_network, voting_network

REWRITINGS = tuple(name for name in passes.names() if name not in ("expand", "postpone_casts", "split_sums"))
"""Networks have no composites; the two last are for floats and have tests of their own."""
NETWORKS = {"count_bits": voting_network, "tabulate_neurons": narrow_network, "threshold": scaled_network}
"""Networks for passes that find nothing to do in most others."""
QUICK, ALL = range(60), range(60, 560)


@lru_cache(len(QUICK))
def drawn(name: str, seed: int) -> Graph:
    """The network of a seed, for a pass of NETWORKS or, under "", for all others."""
    return NETWORKS.get(name, network)(seed)


def same_values(before: Graph, after: Graph, seed: int) -> None:
    """Every value that both graphs have under one name is the same, outputs among them."""
    common = [name for name in after.infos if name in before.infos and name not in before.constants]
    assert set(after.outputs) <= set(common)
    inputs = extremes(before, np.random.default_rng(seed))
    expected, got = (evaluate_codes(graph, inputs, common) for graph in (before, after))
    for name in common:
        fracs = [np.broadcast_to(g.info(name).type.frac, g.info(name).shape) for g in (before, after)]
        np.testing.assert_array_equal(*fracs, err_msg=name)
        np.testing.assert_array_equal(got[name], expected[name], err_msg=f"{name}\n{before}\n{after}")


def campaign(name: str, seeds: range) -> int:
    """The number of networks that the pass changed."""
    changed = 0
    for seed in seeds:
        graph = drawn(name if name in NETWORKS else "", seed)
        if name == "drop_dead":
            graph = FuseBias().apply(graph)
        one = passes.load(name)()
        after = one.apply(graph)
        assert not one.ensures(after) and one.apply(after) is after
        changed += after is not graph
        same_values(graph, after, seed)
    return changed


@pytest.mark.parametrize("name", REWRITINGS)
def test_networks_keep_their_values(name):
    assert campaign(name, QUICK) >= 6


@pytest.mark.slow
@pytest.mark.parametrize("name", REWRITINGS)
def test_five_hundred_networks_keep_their_values(name):
    assert campaign(name, ALL) >= 60


def test_prepared_networks_keep_their_values_and_are_prepared():
    for seed in QUICK:
        graph = drawn("", seed)
        after = prepare(graph)
        assert prepare(after) is after
        same_values(graph, after, seed)
