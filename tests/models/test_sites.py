"""Names of activations: which there are, and where each of them is."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from procgen_tools.models import ImpalaPolicy, adapt
from procgen_tools.models.sites import Site, activation_names, canonical, find_site, unwrapped


def test_every_name_of_a_policy_is_a_place_in_it() -> None:
    policy = ImpalaPolicy(seed=0)
    names = activation_names(policy)
    assert len(set(names)) == len(names) == 43
    assert [find_site(policy, name).label for name in names] == list(names)
    assert [canonical(name) for name in names] == list(names)
    assert find_site(policy, "embedder.fc") == find_site(policy, canonical("embedder.fc"))


def test_module_names_come_before_labels() -> None:
    network = nn.ModuleDict({"fc": nn.Linear(2, 2), "fc_out": nn.Linear(2, 2)})
    assert find_site(network, "fc_out").path == "fc_out"
    assert find_site(network, "fc_out_out").path == "fc_out"
    assert find_site(network, "fc_in0") == Site("fc", 0)


def test_names_mean_the_network_inside_its_wrappers() -> None:
    policy = ImpalaPolicy(seed=0)
    wrapped = torch.compile(nn.DataParallel(policy), backend="eager")
    assert unwrapped(wrapped) is unwrapped(adapt(policy)) is policy
    assert find_site(wrapped, "fc_policy_in0") == Site("fc_policy", 0)


def test_names_that_do_not_exist() -> None:
    with pytest.raises(ValueError, match="ImpalaPolicy has no activation 'fc_polcy': did you mean"):
        find_site(ImpalaPolicy(seed=0), "fc_polcy")


@pytest.mark.usefixtures("unchecked")
def test_a_name_is_a_string() -> None:
    for function in (canonical, lambda name: find_site(nn.Identity(), name)):
        with pytest.raises(TypeError, match="the name of an activation is of type int: give a str"):
            function(3)  # type: ignore[arg-type]
