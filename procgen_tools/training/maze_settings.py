"""The settings of the trainers of maze agents: imitation and PPO."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from procgen_tools.training.base_settings import LARGEST_SEED, Settings, Timed, setting

if TYPE_CHECKING:
    from procgen_tools.worlds.maze.levels import LevelRule
    from procgen_tools.worlds.maze.painter import Sprite

ANYWHERE = "anywhere"
"""How `rand_region=None` is written on the command line and in files."""

AUTO = "auto"
PRECISIONS = (AUTO, "float32", "bfloat16")

CHEESE = "cheese"
"""The goal of the maze, as settings name it."""


def check_region(rand_region: int | None, world_size: int) -> None:
    """Check that the region with the cheese is not larger than the world.

    procgen and `LevelRule` treat a larger region as the whole maze. In an experiment it is a
    mistake.

    Raises:
        ValueError: the region is larger.
    """
    if rand_region is not None and rand_region > world_size:
        raise ValueError(
            f"rand_region {rand_region} is larger than the world of {world_size} x {world_size} "
            f"squares: give at most {world_size}, or {ANYWHERE!r}"
        )


@dataclass(frozen=True)
class WorldSettings(Settings):
    """The mazes to train in and the network: common to the trainers of maze agents."""

    world_size: int = setting(25, "side of the outer grid in squares: 25 hard, 15 easy", low=3)
    rand_region: int | None = setting(
        5, "side in squares of the top-right region that holds the cheese, or 'anywhere'", low=0
    )
    maze_size: int = setting(
        0, "side of every maze in squares; 0: drawn per level, as in procgen", low=0
    )
    max_maze_size: int = setting(
        0, "largest side of a drawn maze in squares; 0: the side of the world", low=0
    )
    fixed_size: bool = setting(False, "mazes that fill their world and have no dead ends")
    goal: str = setting(CHEESE, "the object to reach: cheese, or one of two_objects.OBJECTS")
    use_backgrounds: bool = setting(True, "draw textured backgrounds; otherwise plain ones")
    plain_background: str = setting(
        "black", "the colour of plain backgrounds", choices=("black", "grey")
    )
    scale: int = setting(1, "width of the network, in multiples of 16/32/32 channels", low=1)
    seed: int = setting(0, "seed of initial weights, levels and actions", low=0, high=LARGEST_SEED)
    data_seed: int = setting(
        -1,
        "seed of levels and actions, where it differs from that of the weights; -1: the same",
        low=-1,
        high=LARGEST_SEED,
    )
    precision: str = setting(
        AUTO,
        "precision of the layers: float32, bfloat16, or auto, the faster of the two here",
        choices=PRECISIONS,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_region(self.rand_region, self.world_size)
        if self.goal != CHEESE:
            from procgen_tools.worlds.two_objects.objects import check_object

            check_object(self.goal)

    @property
    def timed(self) -> Timed:
        """The network, on 256 frames."""
        return Timed(self.scale, 256, recurrent=False)

    @property
    def rule(self) -> LevelRule:
        """How levels are drawn.

        Raises:
            ValueError: no level can be drawn with these settings.
        """
        from procgen_tools.worlds.maze.levels import LevelRule

        return LevelRule(
            self.world_size,
            self.rand_region,
            self.fixed_size,
            maze_size=self.maze_size or None,
            max_maze_size=self.max_maze_size or None,
        )

    @property
    def sprites(self) -> list[Sprite]:
        """The goal as the agent sees it.

        Raises:
            ValueError: there is no such object, or it cannot be drawn in this world.
        """
        from procgen_tools.worlds.two_objects.objects import sprite

        return [sprite(self.goal, self.world_size)]

    @property
    def background(self) -> int | None:
        """The code of all backgrounds (see `view_kernels.PLAIN`); None for textured ones."""
        from procgen_tools.worlds.maze.view_kernels import PLAIN

        return None if self.use_backgrounds else PLAIN[self.plain_background]

    @property
    def seed_of_data(self) -> int:
        """The seed of levels and actions."""
        return self.seed if self.data_seed < 0 else self.data_seed


@dataclass(frozen=True)
class ImitationSettings(WorldSettings):
    """Imitation of shortest paths (see `imitation`)."""

    samples: int = setting(3_750_000, "examples in total", low=1)
    batch_size: int = setting(256, "examples per step of the optimiser", low=1)
    learning_rate: float = setting(1e-3, "peak learning rate of AdamW", low=0)
    weight_decay: float = setting(1e-4, "weight decay of AdamW", low=0)
    warmup_samples: int = setting(
        50_000, "examples over which the learning rate rises from zero", low=0
    )
    decay_from: float = setting(
        0.4,
        "fraction of the run after which the learning rate falls to zero (cosine)",
        low=0,
        high=1,
    )
    shift_from: int = setting(
        400_000, "examples after which the mazes and squares begin to shift ...", low=0
    )
    shift_until: int = setting(
        1_000_000, "... to large mazes and squares on the shortest path, and stop shifting", low=0
    )
    averaging: float = setting(
        0.998, "fraction of the weight average kept at each step", low=0, high=0.99999
    )
    discount: float = setting(
        0.99, "discount per step of the return that the value head learns", low=0, high=1
    )
    value_coefficient: float = setting(
        0.5, "weight of the value loss, in units of the reward", low=0
    )
    max_gradient_norm: float = setting(1.0, "norm to which larger gradients are clipped", low=0)
    row_steps: int = setting(100, "steps per row of the log", low=1)

    @property
    def timed(self) -> Timed:
        """The network, on one batch."""
        return Timed(self.scale, self.batch_size, recurrent=False)

    @property
    def steps(self) -> int:
        """Steps of the optimiser."""
        return math.ceil(self.samples / self.batch_size)

    def learning_rate_at(self, samples: int) -> float:
        """The rate after `samples` examples: warm-up, constant, then half a cosine to zero."""
        warm = min(1.0, samples / max(1, self.warmup_samples))
        start = self.decay_from * self.samples
        done = max(0.0, (samples - start) / max(1.0, self.samples - start))
        return self.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))

    def focus_at(self, samples: int) -> float:
        """How far examples have shifted to large mazes and squares on the way (0..1)."""
        share = (samples - self.shift_from) / max(1, self.shift_until - self.shift_from)
        return min(1.0, max(0.0, share))


@dataclass(frozen=True)
class PPOSettings(WorldSettings):
    """Proximal policy optimisation (see `ppo`); the defaults are the published recipe.

    Source: the hard-500 settings of train-procgen for PyTorch, with which the agents of
    "Goal Misgeneralization in Deep Reinforcement Learning" (Langosco et al., 2022) were trained.
    """

    steps: int = setting(200_000_000, "environment steps in total", low=1)
    num_envs: int = setting(256, "parallel environments", low=1)
    rollout_steps: int = setting(256, "steps of each environment per rollout", low=1)
    epochs: int = setting(3, "passes over each rollout", low=1)
    minibatches: int = setting(8, "minibatches per pass, one step of the optimiser each", low=1)
    learning_rate: float = setting(
        5e-4, "initial learning rate of Adam; falls linearly to zero", low=0
    )
    adam_epsilon: float = setting(1e-5, "epsilon of Adam", low=0)
    max_gradient_norm: float = setting(0.5, "norm to which larger gradients are clipped", low=0)
    discount: float = setting(0.999, "discount of rewards per step", low=0, high=1)
    gae_lambda: float = setting(0.95, "lambda of generalised advantage estimation", low=0, high=1)
    clip: float = setting(0.2, "clip range of probability ratios", low=0)
    value_clip: float = setting(0.2, "clip range of value changes; 0: no clipping", low=0)
    value_coefficient: float = setting(0.5, "weight of the value loss", low=0)
    entropy_coefficient: float = setting(0.01, "weight of the entropy bonus", low=0)
    reward_discount: float = setting(
        0.99, "discount of the return whose running deviation scales rewards", low=0, high=1
    )
    reward_clip: float = setting(10.0, "clip range of scaled rewards", low=0)
    num_levels: int = setting(0, "number of training levels; 0: unlimited", low=0)
    validation_envs: int = setting(
        32, "parallel environments with levels that are never trained on", low=0
    )
    value_warmup: int = setting(
        0, "first updates that train only the value head, for runs with an initial agent", low=0
    )
    recurrent: bool = setting(False, "use a network with a memory (GRU)")

    def __post_init__(self) -> None:
        super().__post_init__()
        shared = self.num_envs if self.recurrent else self.num_envs * self.rollout_steps
        what = "environments" if self.recurrent else "steps of a rollout"
        if shared % self.minibatches:
            raise ValueError(
                f"minibatches is {self.minibatches}, which does not divide the {shared} {what}: "
                "choose a divisor"
            )

    @property
    def timed(self) -> Timed:
        """The network, on 256 frames."""
        return Timed(self.scale, 256, self.recurrent)

    @property
    def steps_an_update(self) -> int:
        """Environment steps of one rollout."""
        return self.num_envs * self.rollout_steps

    @property
    def updates(self) -> int:
        """Rollouts to play and learn from."""
        return math.ceil(self.steps / self.steps_an_update)
