"""Training dynamics: when does an agent begin to want the corner, and when the cheese?

An agent is trained by imitation for a while, as the shipped ones began, and every checkpoint is
measured in mazes with the cheese anywhere. What it wants is read off what it does without the
cheese (turn to the corner all the same) and off what the cheese adds (turn to it).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from procgen_tools.chains import chances
from procgen_tools.effects import measure
from procgen_tools.evaluation.exact_scores import move_agreement
from procgen_tools.interventions import Add, activations_of, cheese_vector
from procgen_tools.models import ImpalaPolicy, load_policy
from procgen_tools.statistics.intervals import Mean
from procgen_tools.studies.base import (
    ALL_AGENTS,
    LAYER,
    Claim,
    Findings,
    Settings,
    decision_levels,
    every,
    measured,
    over_levels,
)
from procgen_tools.studies.training_dynamics.onsets import onset, over_resampled_levels
from procgen_tools.studies.value_head.measure import correlation
from procgen_tools.training.runs import RunOptions
from procgen_tools.training.settings import AUTO, ImitationSettings
from procgen_tools.training.trainers import train_agent
from procgen_tools.vfield import vector_field
from procgen_tools.worlds.maze.edit import remove_cheese
from procgen_tools.worlds.maze.grid import CORNER_REGION, EPISODE_STEPS, Maze
from procgen_tools.worlds.maze.levels import make_level
from procgen_tools.worlds.maze.paths import nearer_moves

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "training_dynamics"
TITLE = "What is learned when"
MAZES = 24

SHOWN_LEVEL = 51
"""Whose field is drawn at several checkpoints."""


@dataclass(frozen=True)
class Plan:
    """How long to train, and how often to look.

    Attributes:
        samples: examples in all, to the next checkpoint above.
        every: examples between checkpoints; a multiple of the batch.
        batch_size: examples a step.
        seeds: of the runs.
        precision: that layers compute in.
    """

    samples: int = 384_000
    every: int = 12_800
    batch_size: int = 128
    seeds: tuple[int, ...] = (1,)
    precision: str = AUTO

    def settings(self, seed: int) -> ImitationSettings:
        """The run of one seed: that of `model_rand_region_5_seed_<seed>`, broken off."""
        return ImitationSettings(
            seed=seed,
            samples=self.samples,
            batch_size=self.batch_size,
            decay_from=1.0,  # the shipped runs decay later than these end
            shift_from=200_000,
            shift_until=500_000,
            row_steps=self.every // self.batch_size,
            precision=self.precision,
        )


FAST = Plan(samples=128, every=64, batch_size=64, precision="float32")


def run(settings: Settings, folder: Path | None = None, plan: Plan | None = None) -> Findings:
    """Train, measure every checkpoint, and the shipped agents beside.

    Args:
        settings: its agents are compared with, its seed is added to those of the plan.
        folder: where the runs are kept, to be gone on with if they stop; thrown away unless given.
        plan: of the training; a short one in fast mode unless given.
    """
    plan = plan or (FAST if settings.fast else Plan())
    levels = decision_levels(settings.count(MAZES, fast=2))
    rows: list[dict[str, Any]] = []
    fields: list[dict[str, Any]] = []
    with _kept(folder) as place:
        for seed in (each + settings.seed for each in plan.seeds):
            name = f"run of seed {seed}"
            paths = train(plan.settings(seed), plan.every, place / f"seed_{seed}",
                          progress_bar=settings.progress_bar)  # fmt: skip
            for done, path in tqdm(
                paths.items(), disable=not settings.progress_bar, unit=" checkpoints"
            ):
                policy = load_policy(path).eval()
                assert isinstance(policy, ImpalaPolicy)
                rows += [
                    {"agent": name, "samples": done, "level": level, **wants(policy, maze)}
                    for level, maze in levels.items()
                ]
                fields += [{"agent": name, "samples": done, **row} for row in _arrows(policy)]
    checkpoints = pd.DataFrame(rows)
    shipped = pd.DataFrame(
        {"agent": agent, "level": level, **wants(policy, maze)}
        for agent, policy in settings.load_agents().items()
        for level, maze in levels.items()
    )
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES, reduced=plan != Plan()),
        mazes=f"the first {len(levels)} levels with a decision square (seeds "
        f"{min(levels)}–{max(levels)}), cheese anywhere; agents trained on {plan.samples:,} "
        f"examples with the cheese in the top-right 5 x 5, a checkpoint every {plan.every:,}",
        agents=tuple(checkpoints["agent"].unique()),
        claims=_claims(checkpoints, shipped),
        tables={"checkpoints": checkpoints, "shipped": shipped, "fields": pd.DataFrame(fields)},
    )


@contextmanager
def _kept(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder
        return
    with TemporaryDirectory() as temporary:
        yield Path(temporary)


def train(
    settings: ImitationSettings, every: int, folder: Path, *, progress_bar: bool = False
) -> Mapping[int, Path]:
    """Train in a folder, or go on there; the checkpoints by examples seen, the untrained first.

    Raises:
        ValueError: the folder holds another run.
    """
    agent = folder / "agent.pth"
    if not agent.exists():
        options = RunOptions(
            resume=True, snapshot_every=every, tensorboard=False, progress_bar=progress_bar
        )
        train_agent(settings, agent, folder, options=options)
    found = {int(path.stem.removeprefix("model_")): path for path in folder.glob("model_*.pth")}
    return dict(sorted(found.items()))


def wants(policy: ImpalaPolicy, maze: Maze) -> dict[str, float]:
    """What an agent does in one maze with a decision square, with and without its cheese.

    Columns: agreement (see `move_agreement`; that in the same level with the cheese as in
    training is a matter of the log), cheese and top_right (probabilities at the decision square),
    corner_without_cheese (that of turning to the top right when there is no cheese),
    cheese_pull (how much more probable the way to the cheese is than without it), reaches_cheese
    and corner_first (exact chances), visits_without_cheese (of the corner region), vector_norm
    (of the cheese vector, as a share of the activation's norm) and vector_effect (by how much
    subtracting it lowers the probability of the cheese).
    """
    vector = cheese_vector(policy, maze, LAYER)
    effect = measure(policy, maze, Add(vector, -1.0))
    before, after = effect.decision_before, effect.decision_after
    assert before is not None
    assert after is not None
    assert maze.cheese is not None
    without = vector_field(remove_cheese(maze), policy)
    alone = without.at(before.square)
    to_cheese = nearer_moves(maze, maze.cheese)[before.square]
    to_corner = nearer_moves(maze, maze.corner)[before.square]
    visits = chances(without, maze.mouse, EPISODE_STEPS, corner_region=CORNER_REGION)
    return {
        "agreement": move_agreement(effect.before),
        "cheese": before.cheese,
        "top_right": before.top_right,
        "corner_without_cheese": float(alone[to_corner].sum()),
        "cheese_pull": before.cheese - float(alone[to_cheese].sum()),
        "reaches_cheese": effect.chances_before.cheese,
        "corner_first": effect.chances_before.corner_first,
        "visits_without_cheese": visits.corner,
        "vector_norm": vector.norm / float(activations_of(policy, maze, LAYER).norm()),
        "vector_effect": before.cheese - after.cheese,
    }


def _arrows(policy: ImpalaPolicy) -> list[dict[str, float]]:
    """The field of one maze, a row a square."""
    field = vector_field(make_level(SHOWN_LEVEL), policy, both_facings=False)
    return [
        {"row": square.row, "col": square.col, "right": float(right), "up": float(up)}
        for square, (right, up) in zip(field.squares, field.arrows, strict=True)
    ]


def curves(checkpoints: pd.DataFrame, column: str, agent: str | None = None) -> np.ndarray:
    """A column as (run, level, checkpoint), of one run or of all."""
    chosen = checkpoints if agent is None else checkpoints[checkpoints["agent"] == agent]
    return np.stack(
        [
            rows.pivot(index="level", columns="samples", values=column).to_numpy()
            for _, rows in chosen.groupby("agent", sort=False)
        ]
    )


def _claims(checkpoints: pd.DataFrame, shipped: pd.DataFrame) -> tuple[Claim, ...]:
    done = np.sort(checkpoints["samples"].unique())
    agents = [str(agent) for agent in checkpoints["agent"].unique()]

    def begins(curve: np.ndarray) -> float:
        return onset(done, curve) / 1000

    def later(first: np.ndarray, second: np.ndarray) -> float:
        return begins(second) - begins(first)

    def of_runs(statistic: Any, *columns: str) -> dict[str, Mean]:
        return {
            agent or ALL_AGENTS: over_resampled_levels(
                statistic, *(curves(checkpoints, column, agent) for column in columns)
            )
            for agent in [*agents, None]
        }

    corner = of_runs(begins, "corner_without_cheese")
    cheese = of_runs(begins, "cheese_pull")
    between = of_runs(later, "corner_without_cheese", "cheese_pull")
    agreement = of_runs(begins, "agreement")
    together = of_runs(correlation, "cheese_pull", "vector_effect")
    last = checkpoints[checkpoints["samples"] == done[-1]]
    final = {
        name: over_levels(last, name)
        for name in ("cheese", "top_right", "cheese_pull", "vector_effect")
    }
    norm = over_levels(last, "vector_norm")
    goal = over_levels(shipped, "vector_effect")[ALL_AGENTS]
    return (
        Claim(
            "The agent wants the corner before it wants the cheese (thousands of examples until "
            "half of the final effect)",
            "never answered",
            measured(corner_without_cheese=corner, pull_of_the_cheese=cheese,
                    cheese_after_corner=between, right_moves=agreement),
            "the pull of the cheese comes later, the interval of the difference above 0, and is at "
            "least .1 at the end, in every run",
            every(between, lambda mean: mean.low > 0)
            and every(final["cheese_pull"], lambda mean: mean.value >= 0.1),
            form=".0f",
        ),
        Claim(
            "At the end of the runs the cheese, anywhere, is wanted less than the top right",
            "never answered",
            measured(P_cheese=final["cheese"], P_top_right=final["top_right"],
                     pull_of_the_cheese=final["cheese_pull"]),
            "P(towards the top right) at the decision square is higher, in every run",
            all(final["top_right"][a].value > final["cheese"][a].value for a in agents),
        ),
        Claim(
            "The cheese vector works as soon as the cheese pulls",
            "none",
            measured(correlation_over_checkpoints=together,
                    effect_at_the_end=final["vector_effect"], relative_norm_at_the_end=norm),
            "over checkpoints its effect and the pull of the cheese correlate by at least .8, in "
            "every run",
            every(together, lambda mean: mean.value >= 0.8),
            comment=f"In the shipped agents the effect is {goal:.2f}.",
        ),
    )  # fmt: skip


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: what is wanted over training, and the field of one maze over checkpoints."""
    from procgen_tools.plots.style import set_aside
    from procgen_tools.studies.training_dynamics.figures import (
        plot_fields_over_training,
        plot_wants,
    )

    tables = findings.tables
    figures = {
        "curves": plot_wants(tables["checkpoints"], tables["shipped"]),
        "fields": plot_fields_over_training(tables["fields"], make_level(SHOWN_LEVEL)),
    }
    return set_aside(figures)
