"""The agent that a run begins with: its scale and its memory are those of the settings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from procgen_tools.models import ImpalaPolicy, RecurrentPolicy
from procgen_tools.training.initial import check_start
from procgen_tools.training.settings import ImitationSettings, PPOSettings

PLAIN = PPOSettings(world_size=15)
RECURRENT = replace(PLAIN, recurrent=True)


def test_agents_that_fit_pass() -> None:
    check_start(PLAIN, None)
    check_start(PLAIN, ImpalaPolicy())
    check_start(RECURRENT, RecurrentPolicy())
    check_start(ImitationSettings(world_size=15), ImpalaPolicy())


def test_what_does_not_agree_is_named() -> None:
    with pytest.raises(ValueError, match="scale 2, the settings 1: make them equal"):
        check_start(PLAIN, ImpalaPolicy(2))
    with pytest.raises(ValueError, match="is not recurrent, and the settings say recurrent"):
        check_start(RECURRENT, ImpalaPolicy())
    for settings in (PLAIN, ImitationSettings(world_size=15)):
        with pytest.raises(ValueError, match="is recurrent, and the settings say not recurrent"):
            check_start(settings, RecurrentPolicy())


def test_settings_without_levels_are_refused_first() -> None:
    with pytest.raises(ValueError, match="world_size 24 is not odd"):
        check_start(PPOSettings(world_size=24), ImpalaPolicy(2))
