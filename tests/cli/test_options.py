"""Options of commands: the command line that corresponds to given settings."""

from __future__ import annotations

import pytest

from procgen_tools.cli.options import command_line
from procgen_tools.training.settings import TRAINERS, settings_from


@pytest.mark.parametrize("trainer", TRAINERS)
def test_the_command_of_default_settings_is_short(trainer: str) -> None:
    settings = settings_from(trainer, {})
    words = f"procgen-tools train {trainer.replace('_', '-')} a.pth"
    assert command_line(trainer, "a.pth", settings) == words


def test_paths_with_spaces_are_quoted() -> None:
    written = command_line("ppo", "my agents/a b.pth", settings_from("ppo", {}), "other agent.pth")
    assert written == "procgen-tools train ppo 'my agents/a b.pth' --initial 'other agent.pth'"
