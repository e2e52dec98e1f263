"""Evaluate players of keys and chests: returns, hidden returns and keys, in both variants.

Hidden chests are drawn like the chests, and no player sees them. A player whose return is not above
its hidden return finds chests only by chance, on its way to keys.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
from jaxtyping import Int64

from procgen_tools.episodes.keys import KeyEpisodes, play, policy_actor
from procgen_tools.models.checkpoints import load_cnn_lstm
from procgen_tools.models.cnn_lstm import CnnLstmPolicy
from procgen_tools.models.stable_baselines_files import (
    PUBLISHED_SHA256,
    load_stable_baselines,
    sha256_of,
)
from procgen_tools.shown import brief
from procgen_tools.statistics.intervals import Estimate, mean_over_levels
from procgen_tools.worlds.keys_and_chests.levels import VARIANTS, make_levels, variant_rule
from procgen_tools.worlds.keys_and_chests.players import SCRIPTED, Actor

PUBLISHED = "published policy"

SCRIPT, SAMPLED, GREEDY = "scripted", "sampled", "argmax"

FIGURES = ("return", "hidden_return", "keys")
"""Per episode: the original's Return, Hidden Chest Return and Collected Keys."""

ORIGINAL: Mapping[tuple[str, str, str], tuple[float, ...]] = MappingProxyType(
    {
        ("random", "train", SCRIPT): (3.41, 3.40, 3.48),
        ("random", "test", SCRIPT): (2.26, 2.28, 3.53),
        (PUBLISHED, "train", SAMPLED): (8.4, 8.4, 8.5),
        (PUBLISHED, "test", SAMPLED): (4.3, 3.7, 8.0),
        (PUBLISHED, "train", GREEDY): (5.3,),
        (PUBLISHED, "test", GREEDY): (1.5,),
    }
)
"""Means over 1,000 episodes of the original program, by player, variant and choice of actions: the
figures of FIGURES, or the first of them."""


@dataclass(frozen=True)
class Contestant:
    """A player and how to make it.

    Attributes:
        name: for tables.
        choices: the ways in which it chooses actions: SCRIPT, or SAMPLED and GREEDY.
        make: makes the player of a batch of episodes, with a seed and one of the choices.
    """

    name: str
    choices: tuple[str, ...]
    make: Callable[[int, str], Actor] = field(repr=False)


def find_player(player: str | os.PathLike[str]) -> Contestant:
    """The player of a name or file.

    Args:
        player: a scripted player ('random', 'key-only', 'chest-if-key'), the `.zip` file of the
            original's agent, a checkpoint (`.pth`), or the name of an agent.

    Raises:
        FileNotFoundError: neither a player nor a file nor an agent has this name.
        ValueError: a file that is no agent of keys and chests.

    Example:
        >>> find_player("key-only").choices
        ('scripted',)
    """
    name = str(player)
    if name in SCRIPTED:
        return Contestant(name, (SCRIPT,), lambda seed, choice: SCRIPTED[name](seed))
    path = Path(player)
    if path.suffix == ".zip":
        policy = load_stable_baselines(path)
        shown = PUBLISHED if sha256_of(path) == PUBLISHED_SHA256 else path.stem
    else:
        policy = load_cnn_lstm(path)
        shown = path.stem
    return contestant(policy, shown)


def contestant(policy: CnnLstmPolicy, name: str) -> Contestant:
    """A policy as a player, which samples its actions or takes the most probable ones."""
    return Contestant(
        name,
        (SAMPLED, GREEDY),
        lambda seed, choice: policy_actor(policy, seed, greedy=choice == GREEDY),
    )


@dataclass(frozen=True, eq=False)
class Score:
    """The episodes of one player in one variant.

    Attributes:
        player, variant, choice: what was played.
        seed: of the actions.
        level_seeds: (level,).
        episodes: one per level.
    """

    player: str
    variant: str
    choice: str
    seed: int
    level_seeds: Int64[np.ndarray, " level"]
    episodes: KeyEpisodes

    __repr__ = brief

    def numbers(self) -> dict[str, Int64[np.ndarray, " level"]]:
        """(level,) the numbers of each episode, by the names of FIGURES."""
        one = self.episodes
        return dict(
            zip(FIGURES, (one.returns, one.hidden_returns, one.collected_keys), strict=True)
        )

    def estimates(self) -> dict[str, Estimate]:
        """The means with their bootstrap intervals over levels."""
        return {
            name: mean_over_levels(values, seed=self.seed)
            for name, values in self.numbers().items()
        }

    def differences(self) -> dict[str, tuple[float, float]]:
        """The difference of each figure from ORIGINAL, and the largest one that chance explains.

        Figures that ORIGINAL does not have are left out. Both means are of samples, and the
        original's are rounded. The limit is therefore 2.6 standard errors of the difference (99%)
        plus half a unit of the last digit.
        """
        known = ORIGINAL.get((self.player, self.variant, self.choice), ())
        found = {}
        for (name, values), mean in zip(self.numbers().items(), known, strict=False):
            # One episode says nothing about how far chance can take the mean.
            spread = values.var(ddof=1) if len(values) > 1 else np.inf
            variance = spread * (1 / len(values) + 1 / 1000)
            half = 0.5 * 10.0 ** -len(f"{mean}".partition(".")[2])
            found[name] = (float(values.mean() - mean), float(2.6 * np.sqrt(variance) + half))
        return found


def evaluate_players(
    players: Sequence[Contestant],
    *,
    variants: Sequence[str] = tuple(VARIANTS),
    episodes: int = 1000,
    seed: int = 0,
) -> list[Score]:
    """Play each player in each variant, on the same levels (seeds 0 to episodes - 1).

    Agents are trained on levels whose seeds are drawn from 2**63, so these are new to them.

    Args:
        players: from `find_player`.
        variants: names of variants.
        episodes: number of episodes per variant.
        seed: of the actions.

    Raises:
        ValueError: no players or episodes, two players of one name, or an unknown variant.

    Example:
        >>> scores = evaluate_players([find_player("random")], episodes=3)
        >>> [(score.variant, len(score.episodes)) for score in scores]
        [('train', 3), ('test', 3)]
    """
    names = [player.name for player in players]
    if not players or len(set(names)) < len(names):
        raise ValueError(f"the players are {names}: give one or more, each with its own name")
    if episodes < 1:
        raise ValueError(f"episodes is {episodes}: play 1 or more")
    scores = []
    for variant in variants:
        levels = make_levels(range(episodes), variant_rule(variant))
        for player in players:
            for choice in player.choices:
                played = play(player.make(seed, choice), levels)
                seeds = np.arange(episodes, dtype=np.int64)
                scores.append(Score(player.name, variant, choice, seed, seeds, played))
    return scores


def score_records(scores: Sequence[Score]) -> pd.DataFrame:
    """A table with one row per episode.

    Columns: player, variant, choice, action_seed, level_seed, return, hidden_return, keys.
    """
    return pd.concat(
        [
            pd.DataFrame(
                {"player": score.player, "variant": score.variant, "choice": score.choice,
                 "action_seed": score.seed, "level_seed": score.level_seeds, **score.numbers()}
            )
            for score in scores
        ],
        ignore_index=True,
    )  # fmt: skip


def score_report(scores: Sequence[Score]) -> str:
    """The means as a table, with the figures of the original program beside them."""
    count = len(scores[0].episodes)
    lines = [
        f"means over {count:,} episodes per variant, with 95% bootstrap intervals over levels",
        "",
        f"{'':34s}{'return':>21s}{'hidden return':>21s}{'keys':>21s}   original",
    ]
    for score in scores:
        label = f"{score.variant}  {score.player}, {score.choice}"
        cells = [f"{estimate:.2f}" for estimate in score.estimates().values()]
        lines.append(
            (f"{label:34s}" + "".join(f"{cell:>21s}" for cell in cells) + _compared(score)).rstrip()
        )
    return "\n".join(lines)


def _compared(score: Score) -> str:
    known = ORIGINAL.get((score.player, score.variant, score.choice))
    if known is None:
        return ""
    far = [name for name, (gap, limit) in score.differences().items() if abs(gap) > limit]
    verdict = f"differs in {', '.join(far)}" if far else "agrees"
    return f"   {' / '.join(map(str, known))}: {verdict}"
