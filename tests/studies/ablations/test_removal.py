"""What edits remove: the shares by hand, and which edit is chosen."""

from __future__ import annotations

import pandas as pd
import pytest
import torch

from procgen_tools import chains, maze, vfield
from procgen_tools.interventions import Mean, Scale
from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.ablations.removal import (
    CHANNELS,
    VECTOR,
    candidates,
    choose,
    exact_rows,
    removal_rows,
)
from procgen_tools.studies.base import LAYER


def rows(cheese: list[float], tendency: list[float], corner: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"cheese": cheese, "tendency": tendency, "corner": corner})


def test_to_see_no_cheese_removes_all() -> None:
    before = rows([0.9, 0.7], [0.1, 0.3], [0.8, 0.6])
    blind = removal_rows(before, rows([0.1, 0.3], [0.1, 0.3], [0.8, 0.6]))
    assert blind["removed"].mean() == pytest.approx(1)
    assert blind["loss"].mean() == pytest.approx(0)
    half = removal_rows(before, rows([0.5, 0.5], [0.0, 0.0], [0.7, 0.0]))
    assert half["removed"].mean() == pytest.approx(0.5)
    assert half["loss"].mean() == pytest.approx(0.5)


def test_the_most_at_little_loss_is_chosen() -> None:
    means = [
        (VECTOR, "weak", 0.4, 0.0),
        (VECTOR, "strong", 1.3, 0.1),
        (VECTOR, "gentle", 1.0, 0.05),
        (VECTOR, "costly", 1.0, 0.2),
        ("zero", "breaks", 0.9, 0.9),
        ("mean", "breaks less", 0.8, 0.5),
    ]
    tried = pd.DataFrame(
        [
            {"family": family, "edit": edit, "removed": removed + by, "loss": loss - by}
            for family, edit, removed, loss in means
            for by in (-0.01, 0.01)
        ]
    )
    chosen = choose(tried).set_index("group")
    assert chosen.loc[VECTOR, "edit"] == "gentle"
    assert chosen.loc[CHANNELS, "edit"] == "breaks less"
    assert chosen["best"].to_dict() == {VECTOR: True, CHANNELS: False}


def test_candidates_take_the_first_channels_of_the_ranking() -> None:
    found = candidates((3, 1, 2), Mean(LAYER, torch.zeros(2, 4, 16, 16)), [1, 3])
    policy, level = ImpalaPolicy(), maze.make_level(0)
    sets = {each.name: str(each.alone(policy, level)) for each in found[-4:]}
    assert "channel 3 of" in sets["zero top cheese channels: 1"]
    assert "channels 3, 1, 2 of" in sets["mean of top cheese channels: 3"]
    assert len({each.name for each in found}) == len(found)


def test_exact_chances_as_from_fields() -> None:
    policy = ImpalaPolicy(seed=1).eval()
    with torch.no_grad():
        policy.fc_policy.weight *= 100
    level = maze.make_level(7)
    edit = Scale(LAYER, 3.0)
    row = exact_rows(policy, {7: level}, {"scaled": lambda _policy, _maze: edit}).iloc[0]
    empty = vfield.vector_field(maze.remove_cheese(level), policy)
    unseen = vfield.VectorField(
        level, empty.probabilities, empty.values, empty.flipped_probabilities
    )
    with edit.on(policy):
        after = vfield.vector_field(level, policy)
        empty_after = vfield.vector_field(maze.remove_cheese(level), policy)
    assert row["stray"] == pytest.approx(chains.chances(unseen, None, 500).cheese, abs=1e-4)
    assert row["reach_after"] == pytest.approx(chains.chances(after, None, 500).cheese, abs=1e-4)
    assert row["region_after"] == pytest.approx(
        chains.chances(empty_after, None, 500, corner_region=5).corner, abs=1e-4
    )
    assert row["region_before"] == pytest.approx(
        chains.chances(empty, None, 500, corner_region=5).corner, abs=1e-4
    )
