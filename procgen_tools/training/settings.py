"""The trainers, and the settings of each: everything that decides a run, with its bounds.

The settings are separate from the code that learns, so that the command line and sweeps can read,
check and explain them without loading torch. `TRAINERS` connects the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, get_args, get_type_hints

from procgen_tools.names import did_you_mean
from procgen_tools.training.base_settings import Settings, Timed, setting
from procgen_tools.training.keys_settings import KeysPPOSettings
from procgen_tools.training.maze_settings import (
    ANYWHERE,
    AUTO,
    CHEESE,
    PRECISIONS,
    ImitationSettings,
    PPOSettings,
    WorldSettings,
    check_region,
)
from procgen_tools.training.q_settings import DQNSettings, PlantingSettings

__all__ = [
    "ANYWHERE",
    "AUTO",
    "CHEESE",
    "PRECISIONS",
    "TRAINERS",
    "DQNSettings",
    "ImitationSettings",
    "KeysPPOSettings",
    "PPOSettings",
    "PlantingSettings",
    "Settings",
    "Timed",
    "Trainer",
    "WorldSettings",
    "check_region",
    "judging",
    "setting",
    "settings_from",
    "trainer_of",
]


@dataclass(frozen=True)
class Trainer:
    """An entry of `TRAINERS`.

    Attributes:
        settings: the class of its settings, a frozen dataclass derived from `Settings`.
        learner: where its learner is, as "module:class". The module is imported on first use.
        summary: what it does, in a sentence, for the command line.
        world: the world that its agents live in. A sweep can evaluate agents of the maze.
        judge: the command that judges its agents; "{agent}" is replaced by the file.
    """

    settings: type[Settings]
    learner: str
    summary: str
    world: str = "maze"
    judge: str = "procgen-tools evaluate {agent}"


TRAINERS: dict[str, Trainer] = {
    "imitation": Trainer(
        ImitationSettings,
        "procgen_tools.training.imitation:Learner",
        "Imitate shortest paths to the cheese on endless fresh levels.",
    ),
    "ppo": Trainer(
        PPOSettings,
        "procgen_tools.training.ppo:Learner",
        "Proximal policy optimisation; the defaults are the published recipe.",
    ),
    "dqn": Trainer(
        DQNSettings,
        "procgen_tools.training.dqn:Learner",
        "Deep Q-learning in the world of crops and humans.",
        world="crops_and_humans",
        judge="procgen-tools experiment crops_and_humans",
    ),
    "planting": Trainer(
        PlantingSettings,
        "procgen_tools.training.planting:Learner",
        "Deep Q-learning from weights in which a wrong goal was planted first.",
        world="crops_and_humans",
        judge="procgen-tools experiment crops_and_humans",
    ),
    "keys_ppo": Trainer(
        KeysPPOSettings,
        "procgen_tools.training.keys_ppo:Learner",
        "Recurrent PPO in keys and chests; the defaults are the published recipe.",
        world="keys_and_chests",
        judge="procgen-tools evaluate-keys {agent}",
    ),
}
"""Every trainer by name. The command line, sweeps, `scripts/next_job.py` and `train_agent` know
trainers from here alone.

To add a trainer, write one module and add one entry. The module needs

- settings: a frozen dataclass derived from `Settings` whose fields are all made with `setting`. Its
  class must be used by no other trainer. The settings of the trainers above are in this module
  only because their learners load torch, which `procgen-tools --help` should not wait for.
- a learner: a class with the members of `runs.Learner`, among them `trainer`, the name of the
  entry, and the constructor `Learner(settings, device, initial, precision)`. It changes only in
  `advance`; everything that later updates depend on is in `state_dict` or in the agent; every
  random choice follows from the settings.

A program can also add an entry for itself, before it uses the command line or reads a sweep:
`TRAINERS["mine"] = Trainer(MySettings, "my_module:MyLearner", "Do it my way.")`.
"""


def judging(settings: Settings, agent: str) -> str:
    """The command that judges an agent.

    Args:
        settings: of its training.
        agent: its file.

    Example:
        >>> judging(ImitationSettings(goal="yellow_line"), "agent.pth")
        'procgen-tools audit agent.pth --world two_objects'
    """
    if isinstance(settings, WorldSettings) and settings.goal != CHEESE:
        return f"procgen-tools audit {agent} --world two_objects"
    return trainer_of(settings).judge.format(agent=agent)


def trainer_of(settings: Settings) -> Trainer:
    """The trainer that these settings belong to.

    Raises:
        TypeError: they belong to none of `TRAINERS`.
    """
    for trainer in TRAINERS.values():
        if trainer.settings is type(settings):
            return trainer
    known = ", ".join(trainer.settings.__name__ for trainer in TRAINERS.values())
    raise TypeError(
        f"settings are {type(settings).__name__}, which no trainer has: give one of {known}, or "
        "register the trainer in TRAINERS"
    )


def settings_from(trainer: str, values: Mapping[str, object]) -> Settings:
    """Settings of a trainer from plain values, such as those of a file.

    Args:
        trainer: one of `TRAINERS`.
        values: by name of the setting; 'anywhere' means None. An int is accepted for a float.

    Raises:
        ValueError: an unknown trainer or setting, or a value of another type or out of bounds.

    Example:
        >>> settings_from("dqn", {"width": 64, "learning_rate": 1}).learning_rate
        1.0
    """
    if not isinstance(trainer, str) or trainer not in TRAINERS:
        raise ValueError(f"unknown trainer {trainer!r}{_close(trainer, TRAINERS)}")
    kind = TRAINERS[trainer].settings
    types = get_type_hints(kind)
    names = [each.name for each in fields(kind)]
    checked: dict[str, Any] = {}
    for name, value in values.items():
        if name not in names:
            raise ValueError(f"{trainer} has no setting {name!r}{_close(name, names)}")
        accepted = get_args(types[name]) or (types[name],)
        if value == ANYWHERE and type(None) in accepted:
            value = None
        if type(value) is int and float in accepted:
            value = float(value)
        if type(value) not in accepted:
            wanted = " or ".join(
                repr(ANYWHERE) if each is type(None) else each.__name__ for each in accepted
            )
            raise ValueError(f"{name} is {value!r}: {trainer} needs {wanted} there")
        checked[name] = value
    return kind(**checked)


def _close(name: str, known: Mapping[str, Any] | list[str]) -> str:
    return f": choose one of {', '.join(known)}{did_you_mean(name, known)}"
