"""The published protocol of the colour-or-shape study: sampled episodes between two objects.

One environment per level, 1,000 levels, actions sampled from the policy, at most 500 steps. Each
agent and pair has a file of its own with the columns seed, steps and reward; finished files are not
measured again. See `preferences` for the same numbers without sampling.

Source: Ram et al. (2023), "Colour versus Shape Goal Misgeneralization in Reinforcement Learning: A
Case Study".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from tqdm import tqdm

from procgen_tools.episodes.answers import Answers
from procgen_tools.episodes.records import read_kept, write_records
from procgen_tools.shown import summary
from procgen_tools.statistics.intervals import Share
from procgen_tools.worlds.two_objects.env import TwoObjectsVectorEnv
from procgen_tools.worlds.two_objects.objects import check_object

TEST_SEEDS = range(100_000, 101_000)
"""The levels of the published evaluation."""

COLUMNS = ("seed", "steps", "reward")


@dataclass(frozen=True, eq=False)
class Episodes:
    """One episode per level, as in the published files.

    Attributes:
        seeds: (episode,): level seeds.
        steps: (episode,): number of steps.
        rewards: (episode,): 10 for the first object, -10 for the second, 0 at the step limit.
    """

    seeds: Int[np.ndarray, " episode"]
    steps: Int[np.ndarray, " episode"]
    rewards: Float[np.ndarray, " episode"]

    def __repr__(self) -> str:
        return summary(
            self, f"{len(self.seeds)} episodes", f"preference for the first {self.preference}",
            f"capability {self.capability:.1f}",
        )  # fmt: skip

    @property
    def preference(self) -> Share:
        """The first object's share of the episodes that ended at an object, with its interval."""
        return Share.of(self.rewards[self.rewards != 0] > 0)

    @property
    def capability(self) -> float:
        """The mean number of steps, those at the step limit included."""
        return float(self.steps.mean())

    def table(self) -> pd.DataFrame:
        """The columns of the published files."""
        columns = (self.seeds, self.steps, self.rewards)
        return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def play_duels(
    policy: Any,
    objects: Sequence[str],
    *,
    seeds: Sequence[int] = TEST_SEEDS,
    background: str = "black",
    seed: int = 0,
) -> Episodes:
    """Play one episode in each level, with sampled actions.

    Args:
        policy: has `logits_and_value`, and no memory.
        objects: the pair, the rewarded object first.
        seeds: level seeds.
        background: 'textured', 'black' or 'grey'.
        seed: seed of the sampling.

    Raises:
        ValueError: an unknown object or background, another number of objects, or no seeds.

    Example:
        >>> from procgen_tools.models import load_policy
        >>> policy = load_policy("rand_region_5")
        >>> play_duels(policy, ["red_line", "yellow_gem"], seeds=[100_000]).seeds
        array([100000])
    """
    if len(seeds) == 0:
        raise ValueError("there are no seeds: give one or more, such as duels.TEST_SEEDS")
    pair = checked_pair(objects)
    count = len(seeds)
    envs = TwoObjectsVectorEnv(count, objects=pair, background=background, level_seeds=list(seeds))
    frames, _ = envs.reset(seed=0)
    rng = np.random.default_rng(seed)
    answers = Answers(policy)
    steps, rewards = np.zeros(count, np.int64), np.zeros(count)
    active = np.arange(count)
    while len(active):
        actions = np.zeros(count, np.int64)
        cumulative = answers.to(frames[active]).cumsum(axis=1)
        quantiles = rng.random((len(active), 1)) * cumulative[:, -1:]
        actions[active] = (quantiles >= cumulative).sum(axis=1)
        frames, earned, terminations, truncations, _ = envs.step(actions)
        steps[active] += 1
        rewards[active] = earned[active]
        active = active[~(terminations | truncations)[active]]
    return Episodes(np.array(seeds, np.int64), steps, rewards)


def checked_pair(objects: Sequence[str]) -> tuple[str, str]:
    """A pair of objects, after a check.

    Raises:
        ValueError: an unknown object, or not two.

    Example:
        >>> checked_pair(["red_line", "yellow_gem"])
        ('red_line', 'yellow_gem')
    """
    names = [objects] if isinstance(objects, str) else list(objects)
    if len(names) != 2:
        raise ValueError(
            f"the pair {names} has {len(names)} object{'s' * (len(names) != 1)}: give two, such as "
            "red_line and yellow_gem (the same one twice is a pair, too)"
        )
    return check_object(names[0]), check_object(names[1])


def episodes_of(
    agents: Mapping[str, Any],
    pairs: Sequence[Sequence[str]],
    folder: Path,
    *,
    seeds: Sequence[int] = TEST_SEEDS,
    background: str = "black",
    progress_bar: bool = False,
) -> dict[tuple[str, tuple[str, str]], Episodes]:
    """The episodes of every agent and pair, from their files where these exist.

    Args:
        agents: policies by name.
        pairs: pairs of objects.
        folder: one folder per agent in it, one parquet file per pair. Files are written whole, so
            that a run that is broken off goes on where it stopped.
        seeds, background: see `play_duels`.
        progress_bar: whether to show one.

    Raises:
        ValueError: a damaged file, or one of other levels or another background; see also
            `checked_pair`.
    """
    checked = [checked_pair(pair) for pair in pairs]
    found: dict[tuple[str, tuple[str, str]], Episodes] = {}
    with tqdm(total=len(agents) * len(checked), disable=not progress_bar, unit=" pairs") as bar:
        for name, policy in agents.items():
            for number, pair in enumerate(checked):
                path = folder / name / f"{pair[0]}_{pair[1]}.parquet"
                if not path.exists():
                    episodes = play_duels(
                        policy, pair, seeds=seeds, background=background, seed=number
                    )
                    write_records(path, episodes.table(), settings={"background": background})
                found[name, pair] = read_episodes(path, seeds, background)
                bar.update()
    return found


def read_episodes(
    path: Path, seeds: Sequence[int] | None = None, background: str | None = None
) -> Episodes:
    """Read a file of episodes.

    Args:
        path: the file.
        seeds: the levels that it must have, in order. Defaults to any.
        background: the background that they must have. Defaults to any.

    Raises:
        ValueError: a damaged file, or one of other levels or another background.
    """
    settings = None if background is None else {"background": background}
    table = read_kept(path, COLUMNS, settings=settings)
    # Copied, because a table may hold read-only views of a file.
    own, steps = (np.array(table[name], np.int64) for name in ("seed", "steps"))
    rewards = np.array(table["reward"], np.float64)
    if seeds is not None and own.tolist() != list(seeds):
        raise ValueError(
            f"{path} holds {len(own)} other levels than those asked for: name another folder, or "
            "delete the file"
        )
    return Episodes(own, steps, rewards)
