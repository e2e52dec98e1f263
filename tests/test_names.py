"""Names and orders of arguments from before, and names that load when they are first used."""

from __future__ import annotations

import warnings

import pytest
import torch

from procgen_tools import maze, models
from procgen_tools.interventions.vectors import activations_of
from procgen_tools.names import did_you_mean, lazy, reordered

LAYER = "embedder.block2.res1.resadd_out"


def test_the_closest_name() -> None:
    assert did_you_mean("cheesy", ["cheese", "corner"]) == "; did you mean 'cheese'?"
    assert did_you_mean("mouse", ["cheese", "corner"]) == ""


def test_names_load_when_they_are_used() -> None:
    find = lazy("example", {"plot_vf": "plots.fields", "gone": "no_such_room"})
    assert find("plot_vf").__module__ == "procgen_tools.plots.fields"
    with pytest.raises(AttributeError, match="'example' has no attribute 'plot_v'; did you mean"):
        find("plot_v")
    with pytest.raises(ModuleNotFoundError, match="no_such_room"):
        find("gone")


def test_an_older_order_of_arguments() -> None:
    @reordered("policy", "layer", "views")
    def ask(policy: str, views: list[int], layer: str, *, loud: bool = False) -> tuple[object, ...]:
        return policy, views, layer, loud

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ask("me", [1], "fc", loud=True) == ("me", [1], "fc", True)
        assert ask("me", layer="fc", views=[1]) == ("me", [1], "fc", False)
    with pytest.warns(FutureWarning, match=r"ask takes \(policy, views, layer, loud\)"):
        assert ask("me", "fc", [1], loud=True) == ("me", [1], "fc", True)
    with pytest.warns(FutureWarning):
        assert ask("me", "fc", views=[1]) == ("me", [1], "fc", False)


def test_activations_in_either_order() -> None:
    policy, level = models.ImpalaPolicy(), maze.make_level(0)
    new = activations_of(policy, level, LAYER)
    with pytest.warns(FutureWarning, match=r"activations_of takes \(policy, views, layer\)"):
        old = activations_of(policy, LAYER, level)  # type: ignore[arg-type]
    assert torch.equal(new, old)
