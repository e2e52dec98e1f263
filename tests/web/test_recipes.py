"""Recipes: sliders make the intervention that one would have written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from procgen_tools import crops_and_humans, maze, two_objects
from procgen_tools.interventions import Add, Clamp, Mean, Scale, Zero, cheese_vector
from procgen_tools.models import ImpalaPolicy, QNetwork
from procgen_tools.web.recipes import USUAL_LAYER, Settings, channels_of, recipe_of, usual_recipes

POLICY = ImpalaPolicy(seed=0)
LEVEL = maze.parse("...\n.##\nM.C")
LAYER = "embedder.block3.res1.resadd_out"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"channel": -1}, "channel is -1"),
        ({"coefficient": float("nan")}, "give a finite number"),
        ({"coefficient": 10**400}, "give a finite number"),
    ],
)
def test_settings_that_no_slider_has(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Settings(LAYER, **wrong)


def test_usual_recipes_are_the_interventions_by_hand() -> None:
    recipes = {each.name: each for each in usual_recipes(POLICY, LEVEL)}
    settings = Settings(LAYER, channel=3, coefficient=-2.0, square=(0, 1))
    made = {name: str(each.make(POLICY, LEVEL, settings)) for name, each in recipes.items()}
    assert made == {
        "cheese vector": str(Add(cheese_vector(POLICY, LEVEL, LAYER), -2.0)),
        "zero a channel": str(Zero(LAYER, channels=[3])),
        "scale a channel": str(Scale(LAYER, -2.0, channels=[3])),
        "clamp a channel at a square": str(Clamp(LAYER, -2.0, LEVEL, [(0, 1)], channels=[3])),
    }
    for each in recipes.values():
        assert each.start.layer == USUAL_LAYER
        each.make(POLICY, LEVEL, each.start).check(POLICY)
        assert each.span[0] <= each.start.coefficient <= each.span[1]


def test_other_worlds_have_those_that_make_sense() -> None:
    objects = usual_recipes(POLICY, two_objects.make_level(0))
    assert "cheese vector" not in [each.name for each in objects]
    level = crops_and_humans.Level(crops_and_humans.training_mazes()[0])
    crops = usual_recipes(QNetwork(), level)
    assert [each.name for each in crops] == ["zero a channel", "scale a channel"]
    for each in crops:
        each.make(QNetwork(), level, each.start).check(QNetwork())


@pytest.mark.parametrize(
    ("intervention", "uses", "expected"),
    [
        (Zero(LAYER, channels=[1]), ("layer", "channel"), "zero channel 3 of embedder.fc_out"),
        (Zero(LAYER), ("layer",), "zero embedder.fc_out"),
        (Scale(LAYER, 9.0), ("layer", "coefficient"), "multiply embedder.fc_out by -2"),
        (
            Clamp(LAYER, 1.0, LEVEL, [(0, 0)], channels=[1, 2]),
            ("layer", "coefficient", "square"),
            "set channels 1, 2 of embedder.fc_out to -2 at square (0, 1)",
        ),
        (Zero(LAYER) + Scale(LAYER, 2.0), (), f"zero {LAYER}; then multiply {LAYER} by 2"),
        (
            Mean("embedder.fc", torch.zeros(2, 256)),
            (),
            "replace embedder.fc_out by its mean over 2 examples",
        ),
    ],
)
def test_sliders_of_an_intervention(
    intervention: Zero, uses: tuple[str, ...], expected: str
) -> None:
    recipe = recipe_of("mine", intervention)
    assert recipe.uses == uses
    settings = Settings("embedder.fc", channel=3, coefficient=-2.0, square=(0, 1))
    assert str(recipe.make(POLICY, LEVEL, settings)) == expected
    assert str(recipe.make(POLICY, LEVEL, recipe.start)) == str(intervention)
    low, high = recipe.span
    assert low <= recipe.start.coefficient <= high


def test_a_vector_stays_in_its_layer() -> None:
    edit = Add(cheese_vector(POLICY, LEVEL, LAYER), -8.0)
    recipe = recipe_of("mine", edit)
    assert recipe.uses == ("coefficient",)
    assert recipe.span == (-16.0, 16.0)
    made = recipe.make(POLICY, LEVEL, replace(recipe.start, coefficient=2.0))
    assert str(made) == str(Add(edit.vector, 2.0))


def test_channels() -> None:
    found = channels_of(POLICY)
    assert list(found) == list(POLICY.activation_names)
    assert found[USUAL_LAYER] == 32
