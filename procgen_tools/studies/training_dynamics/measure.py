"""Training runs, their checkpoints, and what an agent wants at each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from procgen_tools.chains import chances
from procgen_tools.effects import measure
from procgen_tools.evaluation.exact_scores import move_agreement
from procgen_tools.interventions import Add, activations_of, cheese_vector
from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.base import LAYER
from procgen_tools.training.runs import RunOptions, snapshots
from procgen_tools.training.settings import AUTO, ImitationSettings
from procgen_tools.training.trainers import train_agent
from procgen_tools.vfield import vector_field
from procgen_tools.worlds.maze.edit import remove_cheese
from procgen_tools.worlds.maze.grid import CORNER_REGION, EPISODE_STEPS, Maze
from procgen_tools.worlds.maze.levels import make_level
from procgen_tools.worlds.maze.paths import nearer_moves

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


@contextmanager
def kept(folder: Path | None) -> Iterator[Path]:
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
    return snapshots(folder)


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


def arrows(policy: ImpalaPolicy) -> list[dict[str, float]]:
    """The field of one maze, one row per square."""
    field = vector_field(make_level(SHOWN_LEVEL), policy, both_facings=False)
    return [
        {"row": square.row, "col": square.col, "right": float(right), "up": float(up)}
        for square, (right, up) in zip(field.squares, field.arrows, strict=True)
    ]
