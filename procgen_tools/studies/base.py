"""What every study takes and returns: settings, agents, claims, findings."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from procgen_tools.catalogue import digest, find_agent
from procgen_tools.evaluation.conditions import USUAL_RAND_REGION, check_goal, trained_rule
from procgen_tools.models import (
    ImpalaPolicy,
    RecurrentPolicy,
    checkpoint_metadata,
    load_policy,
    public_agents,
)
from procgen_tools.shown import brief
from procgen_tools.statistics.intervals import (
    Estimate,
    mean_of_agents,
    mean_over_agents,
    mean_over_levels,
)
from procgen_tools.studies.rules import ALL_AGENTS, Measured, Rule
from procgen_tools.worlds.maze.grid import HARD_WORLD_SIZE, WORLD_SIZES, Maze
from procgen_tools.worlds.maze.levels import LevelRule, make_level
from procgen_tools.worlds.maze.paths import decision_square

SHIPPED = ("rand_region_5", "rand_region_5_seed_1", "rand_region_5_seed_2")
"""The three agents of the published kind. The first has another recipe than the other two, which
differ in their seed alone (trained_models/README.md)."""

LAYER = "embedder.block2.res1.resadd_out"
"""Where the published interventions act."""


HARD_LEVELS = LevelRule()
"""Levels as in the published runs: hard worlds, the cheese anywhere."""


@dataclass(frozen=True)
class Scope:
    """What a run can say about the published claims.

    Only the run with the published settings and agents is kept under version control. A small run
    shows that everything works, and gives no verdict.

    Attributes:
        name: "the published run", or how this run differs from it.
        small: whether it measures too little for a verdict.
    """

    name: str
    small: bool

    @property
    def published(self) -> bool:
        """Whether it is the published run."""
        return self == PUBLISHED_RUN


PUBLISHED_RUN = Scope("the published run", small=False)


@dataclass(frozen=True)
class Settings:
    """How much to measure, on which agents.

    Attributes:
        agents: checkpoints or names of agents; defaults to the three shipped agents.
        mazes: how many; defaults to the study's own number.
        seed: of every random choice.
        fast: whether to use a few mazes and the first agent only, as a smoke test.
        progress_bar: whether to show progress bars.
        original: the file of the original authors' agent, which does not ship. Studies that
            compare with it measure it beside the others.
        world_size: side of the worlds in which mazes are drawn: 25 (hard) or 15 (easy).
        max_maze_size: the largest side of a maze in squares; None for the whole world.
    """

    agents: tuple[Path, ...] = ()
    mazes: int | None = None
    seed: int = 0
    fast: bool = False
    progress_bar: bool = False
    original: Path | None = None
    world_size: int = HARD_WORLD_SIZE
    max_maze_size: int | None = None

    def __post_init__(self) -> None:
        if self.mazes is not None and self.mazes < 1:
            raise ValueError(f"mazes is {self.mazes}: give a number from 1 up")
        if self.seed < 0:
            raise ValueError(f"seed is {self.seed}: give a number from 0 up")
        if self.world_size not in WORLD_SIZES.values():
            raise ValueError(
                f"world_size is {self.world_size!r}: give "
                + " or ".join(f"{size} ({mode} levels)" for mode, size in WORLD_SIZES.items())
            )
        LevelRule(self.world_size, max_maze_size=self.max_maze_size)  # refuses impossible sizes
        names = [Path(agent).stem for agent in self.agents]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise ValueError(
                f"two agents are named {twice[0]!r}: results are kept by name; rename one file, or "
                "leave one out"
            )

    @property
    def rule(self) -> LevelRule:
        """How mazes are drawn: the cheese anywhere, in worlds of `world_size`."""
        return LevelRule(self.world_size, max_maze_size=self.max_maze_size)

    def usual_sizes_only(self, study: str, why: str) -> None:
        """Refuse other sizes of worlds and mazes, before anything is measured.

        Args:
            study: the name of the study that has no mazes of other sizes.
            why: the reason, as a clause.

        Raises:
            ValueError: `world_size` or `max_maze_size` is not the default.
        """
        for name, given, usual in (
            ("world_size", self.world_size, HARD_WORLD_SIZE),
            ("max_maze_size", self.max_maze_size, None),
        ):
            if given != usual:
                raise ValueError(
                    f"{study} cannot be run with {name} {given}, because {why}: leave "
                    f"--{name.replace('_', '-')} out"
                )

    def no_seed(self, study: str) -> None:
        """Refuse a seed, before anything is measured: in this study nothing is random.

        Args:
            study: its name.

        Raises:
            ValueError: `seed` is not 0.
        """
        if self.seed:
            raise ValueError(f"nothing is random in {study}: leave --seed {self.seed} out")

    def scope(self, usual: int | None = None, *, reduced: bool = False) -> Scope:
        """How a run with these settings compares with the published one.

        Args:
            usual: how many mazes the published run uses; None if the number cannot be set.
            reduced: whether something else is smaller than in the published run.
        """
        small = self.fast or reduced or (usual is not None and (self.mazes or usual) < usual)
        facts = [
            f"{self.mazes:,} maze{'s' * (self.mazes > 1)}" if self.mazes else "",
            "other agents" if self.agents else "",
            "" if self.world_size == HARD_WORLD_SIZE else f"{_mode(self.world_size)} worlds",
            f"mazes up to {self.max_maze_size} x {self.max_maze_size}"
            if self.max_maze_size
            else "",
            f"seed {self.seed}" if self.seed else "",
        ]
        listed = ", ".join(fact for fact in facts if fact)
        if not (small or listed):
            return PUBLISHED_RUN
        kind = "a small run" if small else "another run"
        return Scope(f"{kind} ({listed})" if listed else kind, small)

    def count(self, usual: int, fast: int) -> int:
        """How many mazes: `mazes` if it is set, else `usual`, or `fast` in fast mode."""
        if self.mazes is not None:
            return self.mazes
        return fast if self.fast else usual

    def load_agents(self) -> dict[str, ImpalaPolicy]:
        """The agents by name, in evaluation mode.

        Warns:
            UserWarning: an agent was trained in worlds or mazes of other sizes.

        Raises:
            FileNotFoundError: an agent is missing.
            ValueError: an agent cannot be read, has a memory, or was trained to reach another
                object than the cheese.
        """
        files = self.agent_files()
        loaded = {file.stem: _load(file) for file in files}
        for file in files:
            self._warn_of_other_sizes(file)
        return loaded

    def agent_files(self) -> tuple[Path, ...]:
        """The files of the agents.

        Raises:
            FileNotFoundError: an agent is missing.
        """
        shipped = SHIPPED[:1] if self.fast else SHIPPED
        return tuple(find_agent(path) for path in self.agents or shipped)

    def rule_in_training(self) -> LevelRule:
        """`rule`, with the cheese in the region in which it was in the agents' training.

        The region is that of the published agent (5) unless the files of all agents record
        another one.
        """
        recorded = [recorded_rule(file) for file in self.agent_files()]
        regions = {known.rand_region if known else USUAL_RAND_REGION for known in recorded}
        region = regions.pop() if len(regions) == 1 else USUAL_RAND_REGION
        return replace(self.rule, rand_region=region)

    def _warn_of_other_sizes(self, file: Path) -> None:
        known = recorded_rule(file)
        if known is None or _sizes(known) == _sizes(self.rule):
            return
        options = f"--world-size {known.world_size}"
        if known.max_maze_size:
            options += f" --max-maze-size {known.max_maze_size}"
        warnings.warn(
            f"{file.name} was trained in {_sizes(known)} and is measured in {_sizes(self.rule)}: "
            f"to measure it where it was trained, give {options}",
            stacklevel=3,
        )


def _mode(world_size: int) -> str:
    return {size: mode for mode, size in WORLD_SIZES.items()}[world_size]


def _sizes(rule: LevelRule) -> str:
    words, side = f"worlds of {rule.world_size} x {rule.world_size} squares", rule.largest
    return words if side == rule.world_size else f"{words} with mazes up to {side} x {side}"


def recorded_rule(path: Path) -> LevelRule | None:
    """How the levels of an agent's training were drawn; None if nothing records it.

    It is read from the agent's checkpoint, or known of a published agent.

    Example:
        >>> recorded_rule(find_agent("rand_region_5")).world_size
        25
    """
    rule = trained_rule(checkpoint_metadata(path))
    if rule is not None:
        return rule
    known = {agent.sha256: agent.world_size for agent in public_agents.PUBLIC_AGENTS}
    size = known.get(digest(path))
    return None if size is None else LevelRule(size, USUAL_RAND_REGION)


def _load(path: Path) -> ImpalaPolicy:
    check_goal(checkpoint_metadata(path), str(path))
    policy = load_policy(path)
    if isinstance(policy, RecurrentPolicy):
        raise ValueError(f"{path} has a memory, and fields need an agent without one: give another")
    return policy.eval()


def shipped_agent(number: int = 0) -> Path:
    """The file of one of SHIPPED."""
    return find_agent(SHIPPED[number])


@dataclass(frozen=True, eq=False, kw_only=True)
class Claim:
    """One published claim, and what we found.

    Attributes:
        statement: the claim in a sentence.
        published: the published figure, in words and numbers.
        rule: what counts as holding.
        measured: our estimates, with intervals over mazes, and over agents and mazes for
            ALL_AGENTS.
        form: how numbers are written, such as ".2f".
        comment: why ours differs, if it does.
        small: whether the run was too small for a verdict.

    Raises:
        ValueError: the rule needs an estimate that is not among the measured ones.
    """

    statement: str
    published: str = "none"
    rule: Rule
    measured: Measured
    form: str = ".2f"
    comment: str = ""
    small: bool = False

    __repr__ = brief

    def __post_init__(self) -> None:
        self.rule.check(self.measured)

    @property
    def sentence(self) -> str:
        """The rule in words."""
        return self.rule.sentence(percent=self.form.endswith("%"))

    @property
    def holds(self) -> bool | None:
        """Whether the claim holds; None in a small run."""
        return None if self.small else self.rule.holds(self.measured)

    def ours(self, agent: str = ALL_AGENTS) -> str:
        """Our numbers with their intervals, in words."""
        return "; ".join(
            f"{name} {number:{self.form}}" for name, number in self.measured[agent].items()
        )

    @property
    def single(self) -> list[str]:
        """The agents that were measured one by one; ALL_AGENTS if it is about all together."""
        return [agent for agent in self.measured if agent != ALL_AGENTS] or [ALL_AGENTS]

    def met_by(self, agents: Sequence[str]) -> list[bool]:
        """Whether each of these agents meets the rule."""
        return [self.rule.met_by(self.measured[agent]) for agent in agents]

    @property
    def met_by_all(self) -> bool:
        """Whether every agent that was measured meets the rule."""
        return all(self.met_by(self.single))

    def dropped(self, null: Claim | None) -> bool:
        """Whether this holds, but its null meets the rule, too, so that the verdict says nothing.

        Args:
            null: the same claim of what the rule should not hold for, if it was measured.
        """
        return self.holds is True and null is not None and null.met_by_all

    def one_by_one(self, agents: Sequence[str], *, without: str = "") -> str:
        """The numbers that the rule judges, of one agent after the other.

        Few agents have no interval together, so it shows none.

        Args:
            agents: keys of `measured`.
            without: leave out estimates whose names contain this.
        """
        return "; ".join(
            f"{name} {self.alone(name, agents)}"
            for name in dict.fromkeys(self.rule.quantities())
            if not without or without not in name
        )

    def alone(self, name: str, agents: Sequence[str]) -> str:
        """One number of one agent after the other."""
        return ", ".join(f"{self.measured[agent][name].value:{self.form}}" for agent in agents)

    def verdict(self, yes: str = "yes", no: str = "no") -> str:
        """Whether the claim holds, in words; for a small run, "a small run"."""
        return "a small run" if self.holds is None else yes if self.holds else no


@dataclass(frozen=True, eq=False)
class Findings:
    """What a study found.

    Attributes:
        experiment: the study's name.
        scope: how the run compares with the published one.
        mazes: what was measured, in words.
        agents: names of the agents.
        claims: each published claim with our numbers.
        tables: all measurements, by name.
        rule: how the mazes were drawn.
    """

    experiment: str
    scope: Scope
    mazes: str
    agents: tuple[str, ...]
    claims: tuple[Claim, ...]
    tables: Mapping[str, pd.DataFrame]
    rule: LevelRule = HARD_LEVELS

    __repr__ = brief

    def _repr_html_(self) -> str:
        """The claims as a table, for a notebook."""
        return str(self.summary().to_html(index=False))

    def settled(self) -> tuple[Claim, ...]:
        """The claims with the verdicts that this run can give: none in a small run."""
        return tuple(replace(claim, small=self.scope.small) for claim in self.claims)

    def summary(self) -> pd.DataFrame:
        """The claims as a table: claim, published, ours, holds, and one column per agent."""
        rows = [
            {
                "claim": claim.statement,
                "published": claim.published,
                "ours": claim.ours(),
                "holds": claim.verdict(),
                **{agent: claim.ours(agent) for agent in self.agents if agent in claim.measured},
            }
            for claim in self.settled()
        ]
        return pd.DataFrame(rows)


def decision_levels(
    count: int, rule: LevelRule | None = None, *, first_seed: int = 0
) -> dict[int, Maze]:
    """The first levels with a decision square, from `first_seed` on, by seed.

    Args:
        count: how many.
        rule: defaults to hard levels with the cheese anywhere.
        first_seed: where the search begins. Agents are trained on seeds from 2^20 on.
    """
    levels: dict[int, Maze] = {}
    seed = first_seed
    while len(levels) < count:
        level = make_level(seed, rule)
        if decision_square(level) is not None:
            levels[seed] = level
        seed += 1
    return levels


def first_levels(levels: Mapping[int, object], kind: str = "with a decision square") -> str:
    """What levels these are, in words.

    Args:
        levels: by seed.
        kind: what all of them have.
    """
    return f"the first {len(levels)} levels {kind} (seeds {min(levels)}–{max(levels)})"


def over_levels(
    table: pd.DataFrame,
    column: str | Callable[[pd.DataFrame], pd.Series],
    statistic: Callable[[np.ndarray], Estimate] = mean_over_levels,
) -> dict[str, Estimate]:
    """The mean of a column for each agent and over all agents, with intervals.

    Args:
        table: with columns `agent` and `level`, one row per pair.
        column: the column's name, or a function that computes it from the table.
        statistic: of one agent's numbers. For ALL_AGENTS, a mean is taken over agents and levels;
            any other statistic, the mean of the agents' numbers, with Student's interval.

    Raises:
        ValueError: agents were measured on different levels, or twice on one.
    """
    values = table[column] if isinstance(column, str) else column(table)
    wide = pd.DataFrame({"agent": table["agent"], "level": table["level"], "value": values})
    if wide.duplicated(["agent", "level"]).any():
        raise ValueError("an agent has several rows for one level: choose one intervention first")
    grid = wide.pivot_table(
        index="agent", columns="level", values="value", sort=False, dropna=False
    )
    numbers = grid.to_numpy(dtype=np.float64)
    if np.isnan(numbers).any():
        raise ValueError("numbers are missing for some agents and levels: leave these levels out")
    means = {str(agent): statistic(row) for agent, row in zip(grid.index, numbers, strict=True)}
    if statistic is mean_over_levels:
        return {**means, ALL_AGENTS: mean_over_agents(numbers)}
    return {**means, ALL_AGENTS: mean_of_agents([mean.value for mean in means.values()])}


def measured(**numbers: Mapping[str, Estimate]) -> dict[str, dict[str, Estimate]]:
    """Estimates by agent, from those of `over_levels` by name (underscores become spaces)."""
    agents = next(iter(numbers.values()))
    return {
        agent: {name.replace("_", " "): means[agent] for name, means in numbers.items()}
        for agent in agents
    }
