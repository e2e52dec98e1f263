"""Settings of Q-networks: the course of the learning rate, and what the steps of planting share."""

from __future__ import annotations

from dataclasses import replace

import pytest

from procgen_tools.training.settings import DQNSettings, PlantingSettings


def test_the_rate_rises_stays_and_falls() -> None:
    settings = DQNSettings(updates=100, warmup_updates=9, decay_from=0.5, learning_rate=2.0)
    rates = [settings.learning_rate_at(update) for update in (0, 4, 9, 50, 75, 100)]
    assert rates == pytest.approx([0.2, 1.0, 2.0, 2.0, 1.0, 0.0])
    every = [settings.learning_rate_at(update) for update in range(101)]
    assert every[:10] == sorted(every[:10])
    assert every[50:] == sorted(every[50:], reverse=True)
    steady = DQNSettings(updates=100, warmup_updates=0, decay_from=1.0, learning_rate=2.0)
    assert {steady.learning_rate_at(update) for update in range(100)} == {2.0}


def test_steps_of_planting_share_seed_width_and_discount() -> None:
    settings = PlantingSettings(width=7, seed=5, discount=0.8, both_updates=3, both_batch_states=2)
    both = settings.both
    assert (both.width, both.seed, both.discount) == (7, 5, 0.8)
    assert (both.updates, both.batch_states, both.reversed_production) == (3, 2, True)
    assert both.learning_rate == DQNSettings().learning_rate != settings.learning_rate
    for name in ("reversed_production", "right_production"):
        with pytest.raises(ValueError, match=f"{name} is True: step 1 alone trains on production"):
            PlantingSettings(**{name: True})


@pytest.mark.parametrize(
    ("production", "reversed_production", "right_production"),
    [("reversed", True, False), ("right", False, True), ("none", False, False)],
)
def test_a_matched_control_differs_in_the_production_mazes_of_step_1_alone(
    production: str, reversed_production: bool, right_production: bool
) -> None:
    planted, control = PlantingSettings(), PlantingSettings(production=production)
    assert replace(control, production="reversed") == planted
    assert control.both == replace(
        planted.both, reversed_production=reversed_production, right_production=right_production
    )


def test_production_mazes_have_one_table_of_rewards() -> None:
    with pytest.raises(ValueError, match=r"are both True: .* set one of them"):
        DQNSettings(reversed_production=True, right_production=True)
    with pytest.raises(ValueError, match="production is 'wrong': choose one of reversed, right"):
        PlantingSettings(production="wrong")
