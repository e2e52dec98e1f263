"""The agent that a run of the maze trainers begins with must fit the settings."""

from __future__ import annotations

from procgen_tools.models import ImpalaPolicy, RecurrentPolicy
from procgen_tools.training.maze_settings import PPOSettings, WorldSettings


def check_start(settings: WorldSettings, initial: ImpalaPolicy | None) -> None:
    """Check that levels can be drawn, and that the agent to begin with fits.

    Args:
        settings: of the run.
        initial: the agent to begin with, if any.

    Raises:
        ValueError: settings with which no level can be drawn, or an agent of another scale, or with
            a memory where the settings want none (or the other way round).
    """
    settings.rule, settings.sprites  # noqa: B018 (raise)
    if initial is None:
        return
    if initial.scale != settings.scale:
        raise ValueError(
            f"the agent to begin with has scale {initial.scale}, the settings {settings.scale}: "
            "make them equal"
        )
    recurrent = isinstance(initial, RecurrentPolicy)
    wanted = isinstance(settings, PPOSettings) and settings.recurrent
    if recurrent != wanted:
        raise ValueError(
            f"the agent to begin with is {'' if recurrent else 'not '}recurrent, and the settings "
            f"say {'recurrent' if wanted else 'not recurrent'}: make them agree"
        )
