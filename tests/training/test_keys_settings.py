"""The settings of the trainer in keys and chests: the published recipe, and impossible values."""

from __future__ import annotations

import pytest

from procgen_tools.training.keys_settings import KeysPPOSettings
from procgen_tools.worlds.keys_and_chests.levels import VARIANTS


def test_the_defaults_are_the_published_recipe() -> None:
    settings = KeysPPOSettings()
    assert settings.rule == VARIANTS["train"]
    assert settings.steps_an_update == 4 * 128
    assert settings.updates == 58_594
    assert (settings.discount, settings.gae_lambda, settings.learning_rate) == (1.0, 0.95, 2.5e-4)


def test_impossible_values() -> None:
    with pytest.raises(ValueError, match="does not divide the 6 environments: choose a divisor"):
        KeysPPOSettings(num_envs=6)
    with pytest.raises(ValueError, match="design is 'tiny': choose one of original, small"):
        KeysPPOSettings(design="tiny")
    with pytest.raises(ValueError, match="together more than all cells"):
        KeysPPOSettings(p_chest=0.8, p_key=0.3).rule  # noqa: B018
