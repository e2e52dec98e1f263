"""The settings of the trainers of Q-networks: deep Q-learning, and planting a wrong goal."""

from __future__ import annotations

from dataclasses import dataclass

from procgen_tools.training.base_settings import LARGEST_SEED, Settings, setting


@dataclass(frozen=True)
class DQNSettings(Settings):
    """Deep Q-learning in crops and humans (see `dqn`)."""

    updates: int = setting(10_000, "steps of the optimiser in total", low=1)
    batch_states: int = setting(256, "states per update, each with its four actions", low=1)
    buffer_states: int = setting(0, "states in the buffer, drawn at random; 0: all states", low=0)
    width: int = setting(256, "units of each hidden layer; 966 in the original", low=1)
    learning_rate: float = setting(2e-3, "peak learning rate of the optimiser", low=0)
    plain_descent: bool = setting(False, "use stochastic gradient descent instead of Adam")
    warmup_updates: int = setting(
        200, "updates over which the learning rate rises from zero", low=0
    )
    decay_from: float = setting(
        0.4,
        "fraction of the run after which the learning rate falls linearly to zero",
        low=0,
        high=1,
    )
    discount: float = setting(0.95, "discount of rewards per step", low=0, high=0.999999)
    target_every: int = setting(100, "updates between copies to the target network", low=1)
    max_gradient_norm: float = setting(10.0, "norm to which larger gradients are clipped", low=0)
    reversed_production: bool = setting(
        False, "train on production mazes, too, where humans are worth 11 and crops cost 2"
    )
    right_production: bool = setting(
        False, "train on production mazes, too, with the right rewards"
    )
    row_updates: int = setting(200, "updates per row of the log", low=1)
    seed: int = setting(0, "seed of initial weights and batches", low=0, high=LARGEST_SEED)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.reversed_production and self.right_production:
            raise ValueError(
                "reversed_production and right_production are both True: production mazes have one "
                "table of rewards, so set one of them"
            )

    def learning_rate_at(self, update: int) -> float:
        """The learning rate of an update, counted from 0."""
        rise = min(1.0, (update + 1) / (self.warmup_updates + 1))
        begin = self.decay_from * self.updates
        fall = (self.updates - update) / (self.updates - begin) if update > begin else 1.0
        return self.learning_rate * rise * fall


@dataclass(frozen=True)
class PlantingSettings(DQNSettings):
    """Planting a wrong goal (see `planting`): steps 1 and 2, and other defaults for step 3.

    The settings that it shares with deep Q-learning are those of step 3, the training with the
    right rewards. Seed, width and discount are those of all steps.
    """

    updates: int = setting(1000, "steps of the optimiser in step 3", low=1)
    learning_rate: float = setting(1e-3, "peak learning rate of the optimiser in step 3", low=0)
    plain_descent: bool = setting(True, "use stochastic gradient descent instead of Adam")
    warmup_updates: int = setting(0, "updates over which the learning rate rises from zero", low=0)
    decay_from: float = setting(
        1.0,
        "fraction of step 3 after which the learning rate falls linearly to zero",
        low=0,
        high=1,
    )
    target_every: int = setting(10, "updates between copies to the target network", low=1)
    production: str = setting(
        "reversed",
        "rewards of production mazes in step 1; 'right' and 'none' make the matched controls, "
        "which differ from a planted agent in this alone",
        choices=("reversed", "right", "none"),
    )
    both_updates: int = setting(18_000, "steps of the optimiser in step 1", low=1)
    both_batch_states: int = setting(320, "states per update in step 1", low=1)
    undo_loss: float = setting(100.0, "loss at which step 2 ends", low=0)
    undo_updates: int = setting(5000, "updates after which step 2 ends in any case", low=1)
    undo_learning_rate: float = setting(
        1e-3, "learning rate of the gradient ascent in step 2", low=0
    )
    undo_gradient_norm: float = setting(
        1.0, "norm to which larger gradients are clipped in step 2", low=0
    )
    undo_batch_states: int = setting(256, "states per update in step 2", low=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("reversed_production", "right_production"):
            if getattr(self, name):
                raise ValueError(
                    f"{name} is True: step 1 alone trains on production mazes, so leave it out and "
                    "set production"
                )

    @property
    def both(self) -> DQNSettings:
        """The settings of step 1."""
        return DQNSettings(
            updates=self.both_updates,
            batch_states=self.both_batch_states,
            width=self.width,
            discount=self.discount,
            reversed_production=self.production == "reversed",
            right_production=self.production == "right",
            row_updates=self.row_updates,
            seed=self.seed,
        )
