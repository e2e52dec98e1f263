"""Settings: checked when they are made, and read from plain values."""

from __future__ import annotations

from typing import Any

import pytest

from procgen_tools.training.settings import (
    PPOSettings,
    settings_from,
)


def test_plain_values() -> None:
    settings: Any = settings_from(
        "ppo", {"rand_region": "anywhere", "learning_rate": 1, "recurrent": True}
    )
    assert settings == PPOSettings(rand_region=None, learning_rate=1.0, recurrent=True)
    assert type(settings.learning_rate) is float
    for trainer in ("imitation", "ppo"):
        for name in ("rand_region", "maze_size", "max_maze_size"):
            given: Any = settings_from(trainer, {name: 3})
            assert getattr(given.rule, name) == 3
        default: Any = settings_from(trainer, {})
        assert default.rule.maze_size is None
        assert default.rule.max_maze_size is None


@pytest.mark.parametrize(
    ("trainer", "values", "message"),
    [
        (
            "pppo",
            {},
            r"'pppo': choose one of imitation, ppo, dqn, planting, keys_ppo; did you mean 'ppo'",
        ),
        ("ppo", {"sed": 1}, r"ppo has no setting 'sed': .*did you mean 'seed'"),
        ("ppo", {"samples": 1}, "ppo has no setting 'samples'"),
        ("ppo", {"seed": 1.0}, "seed is 1.0: ppo needs int there"),
        ("ppo", {"seed": True}, "seed is True: ppo needs int there"),
        ("ppo", {"seed": "anywhere"}, "seed is 'anywhere': ppo needs int there"),
        ("ppo", {"rand_region": "here"}, "rand_region is 'here': ppo needs int or 'anywhere'"),
        ("ppo", {"recurrent": 1}, "recurrent is 1: ppo needs bool there"),
        ("ppo", {"discount": 1.5}, "discount is 1.5: give a number from 0 to 1"),
        ("ppo", {"minibatches": 7}, "minibatches is 7, which does not divide the 65536 steps"),
        ("ppo", {"minibatches": 512, "recurrent": True}, "divide the 256 environments"),
        ("imitation", {"samples": 0}, r"samples is 0: give a number from 1 to inf \(examples"),
        ("imitation", {"averaging": 1.0}, "averaging is 1.0"),
        ("imitation", {"learning_rate": float("nan")}, "learning_rate is nan"),
        ("dqn", {"width": 0}, "width is 0: give a number from 1"),
        ("dqn", {"precision": "float32"}, "dqn has no setting 'precision'"),
        ("planting", {"undo_updates": 0}, "undo_updates is 0"),
        ("planting", {"reversed_production": True}, "step 1 alone trains on production mazes"),
    ],
)
def test_bad_values(trainer: str, values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        settings_from(trainer, values)


@pytest.mark.usefixtures("unchecked")
def test_a_trainer_is_a_name_and_seeds_have_a_bound() -> None:
    with pytest.raises(ValueError, match=r"unknown trainer \['ppo'\]"):
        settings_from(["ppo"], {})  # type: ignore[arg-type]
    for trainer in ("imitation", "ppo", "dqn"):
        with pytest.raises(ValueError, match="seed"):
            settings_from(trainer, {"seed": 2**31})
