"""A batch of mazes on one device, for training on this device.

Rules, levels and frames are procgen's: the same seed and actions give the same results in all
steps. Levels are made on the CPU ahead of time, uploaded and drawn. A step then gathers existing
frames, and only one step in every few has to wait for the device (see `levels_ahead`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64, UInt8
from torch import Tensor

from procgen_tools.checks import check_memory, whole_number
from procgen_tools.shown import brief
from procgen_tools.worlds.maze.actions import NUM_ACTIONS, STEP_OF_ACTION
from procgen_tools.worlds.maze.grid import CHEESE, EPISODE_STEPS, WALL, turned
from procgen_tools.worlds.maze.level_sequences import LevelSequences
from procgen_tools.worlds.maze.levels import MAX_SEED, LevelRule, make_bank
from procgen_tools.worlds.maze.painter import Sprite
from procgen_tools.worlds.maze.state_values import CHEESE_REWARD
from procgen_tools.worlds.maze.torch_view import TorchView

MOST_LEVELS = 10**8
"""Largest number of levels of one environment; states with more are rejected."""

BYTES_PER_LEVEL = 13_000
"""Memory per level: its frame and its cells."""

_DRAWN_AT_ONCE = 512
"""Levels that are drawn at once, which bounds the memory for drawing."""


@dataclass(frozen=True, eq=False)
class TorchStep:
    """The result of a step of all environments. Later steps do not change the tensors.

    Attributes:
        frames: (env, y, x, RGB): observations. Where an episode ended, this is the first one of
            the next level, as in procgen.
        rewards: (env,): 10 for reaching the cheese, else 0.
        dones: (env,): whether the step ended the episode, by the cheese or by the step limit.
        completed: (env,): whether the step reached the cheese.
        steps: (env,): length of the episode up to this step; where done, its whole length.
        level_seeds: (env,): the level in which the step was taken.
    """

    frames: UInt8[Tensor, "env 64 64 3"]
    rewards: Float32[Tensor, " env"]
    dones: Bool[Tensor, " env"]
    completed: Bool[Tensor, " env"]
    steps: Int64[Tensor, " env"]
    level_seeds: Int64[Tensor, " env"]

    __repr__ = brief


class TorchMazeEnv:
    """A batch of mazes that step together, each with its own sequence of levels.

    Args:
        num_envs: number of environments.
        rule: the rule by which levels are drawn; `levels.level_rule` returns those of procgen.
        device: the device of all tensors and computations.
        seed: procgen's `rand_seed`, which determines the level sequences.
        background: the code of all backgrounds (see `view_kernels.PLAIN`). Defaults to each level's
            own texture.
        sprites: the goal as the agent sees it. Defaults to the cheese.
        seed_range: the level seeds [low, high) to draw from: one pair for all environments, or
            one pair per environment. (s, s + 1) repeats level s.
        step_limit: steps after which an episode ends.
        levels_ahead: number of levels that are prepared for each environment, 13 kB each. At most
            this number of steps run before the host waits for the device, to count used levels.

    Raises:
        TypeError: an argument that is not a whole number.
        ValueError: a number out of range, more environments than fit into memory, or a rule whose
            levels cannot be drawn.

    Example:
        >>> from procgen_tools.worlds.maze.levels import level_rule
        >>> envs = TorchMazeEnv(2, level_rule(), seed=0)
        >>> step = envs.step(torch.tensor([7, 5]))  # right, up
        >>> step.frames.shape, step.dones
        (torch.Size([2, 64, 64, 3]), tensor([False, False]))
    """

    def __init__(
        self,
        num_envs: int,
        rule: LevelRule,
        *,
        device: torch.device | str = "cpu",
        seed: int = 0,
        background: int | None = None,
        sprites: Sequence[Sprite] | None = None,
        seed_range: tuple[int, int] | Sequence[tuple[int, int]] = (0, MAX_SEED),
        step_limit: int = EPISODE_STEPS,
        levels_ahead: int = 7,
    ) -> None:
        num_envs = whole_number("num_envs", num_envs, 1)
        step_limit = whole_number("step_limit", step_limit, 1)
        levels_ahead = whole_number("levels_ahead", levels_ahead, 1)
        seed = whole_number("seed", seed)
        if torch.device(device).type == "cpu":
            check_memory("num_envs", num_envs, (levels_ahead + 2) * BYTES_PER_LEVEL)
        if rule.num_objects != 1:
            raise ValueError(
                f"{rule} has {rule.num_objects} objects, but frames can show only the cheese: use "
                "a rule with num_objects=1"
            )
        self._ranges = _seed_ranges(seed_range, num_envs)
        self.num_envs = num_envs
        self.rule = rule
        self.view = TorchView(rule.world_size, device, sprites)
        self.device = self.view.device
        self.step_limit = step_limit
        self._seed = seed % 2**32
        self._background = background

        # Level number k of environment i is in slot i * depth + k % depth, from before it is
        # played until it has ended.
        self._depth = levels_ahead + 1
        slots, side = num_envs * self._depth, rule.world_size
        self._first_slots = torch.arange(0, slots, self._depth, device=self.device)
        self._cells = self._empty((slots, side * side), torch.uint8)
        self._frames = self._empty((slots, 64, 64, 3), torch.uint8)
        self._starts = self._empty((slots,), torch.int64)
        self._level_seeds = self._empty((slots,), torch.int64)
        self._action_steps = torch.tensor(STEP_OF_ACTION, device=self.device)

        self._levels: Int64[Tensor, " env"]  # number in its sequence of the level in play
        self._made: np.ndarray  # (env,) levels made so far
        self._safe_steps: int  # steps for which enough levels are certainly prepared
        self.reset()

    def reset(self) -> UInt8[Tensor, "env 64 64 3"]:
        """Restart every environment at the first level of its sequence, and return the frames."""
        self._begin(torch.zeros(self.num_envs, dtype=torch.int64))
        self._squares = self._starts[self._slots].unsqueeze(1).repeat(1, 2)
        self._mirrored = torch.zeros(self.num_envs, dtype=torch.bool, device=self.device)
        self._steps = torch.zeros(self.num_envs, dtype=torch.int64, device=self.device)
        return self.observe()

    def step(self, actions: Int64[Tensor, " env"]) -> TorchStep:
        """Take one step in every environment. Where an episode ends, the next level begins.

        Args:
            actions: (env,): procgen's actions, 0..14, on the environment's device. Their values
                are checked only on a CPU, because a check would have to wait for other devices.

        Raises:
            ValueError: actions of another shape, dtype or device, or unknown actions.
        """
        self._check(actions)
        if self._safe_steps == 0:
            self._prepare_levels()
        self._safe_steps -= 1

        slots, side = self._slots, self.rule.world_size
        moves = self._action_steps[actions]
        ahead = (self._squares + moves).clamp_(0, side - 1)
        codes = self._cells[slots, ahead[:, 0] * side + ahead[:, 1]]
        squares = torch.where((codes == WALL).unsqueeze(1), self._squares, ahead)
        # The mouse turns even if a wall stops it.
        mirrored = turned(self._mirrored, moves[:, 1])
        steps = self._steps + 1
        completed = codes == CHEESE
        dones = completed | (steps >= self.step_limit)
        level_seeds = self._level_seeds[slots]

        self._levels = self._levels + dones
        starts = self._starts[self._slots]
        self._squares = torch.where(dones.unsqueeze(1), starts.unsqueeze(1), squares)
        self._mirrored = mirrored & ~dones
        self._steps = steps * ~dones
        return TorchStep(
            self.observe(), completed.float() * CHEESE_REWARD, dones, completed, steps, level_seeds
        )

    def observe(self) -> UInt8[Tensor, "env 64 64 3"]:
        """The current frames (a new tensor)."""
        frames = self._frames.index_select(0, self._slots)
        self.view.draw_mice(frames, self._squares, self._mirrored)
        return frames

    def frame_keys(self) -> Int64[Tensor, " env"]:
        """(env,): numbers whose equality implies equality of the current frames."""
        side = self.rule.world_size
        squares = self._squares[:, 0] * side + self._squares[:, 1]
        return (self.level_seeds * side**2 + squares) * 2 + self._mirrored

    @property
    def level_seeds(self) -> Int64[Tensor, " env"]:
        """(env,) the levels in play."""
        return self._level_seeds[self._slots]

    def state_dict(self) -> dict[str, Any]:
        """All that is needed to go on from here: numbers and tensors on the CPU."""
        state = {name: getattr(self, f"_{name}").to("cpu", copy=True) for name in _STATE}
        return {"settings": self._settings(), **state}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from the `state_dict` of an environment with the same settings, on any device.

        Raises:
            ValueError: a state of an environment with other settings. Nothing is changed then.
        """
        missing = sorted({"settings", *_STATE} - state.keys())
        if missing:
            raise ValueError(f"the state lacks {missing}: give what state_dict returned")
        for name, ours in self._settings().items():
            theirs = state["settings"].get(name)
            if theirs != ours:
                raise ValueError(
                    f"the state is of an environment with {name}={theirs!r:.80}, not {ours!r:.80}: "
                    "make the environment with the same arguments"
                )
        for name in _STATE:
            theirs, ours = state[name], getattr(self, f"_{name}")
            if theirs.shape != ours.shape or theirs.dtype != ours.dtype:
                raise ValueError(
                    f"{name} of the state has shape {tuple(theirs.shape)} and type {theirs.dtype}, "
                    f"not {tuple(ours.shape)} and {ours.dtype}: give what state_dict returned"
                )
        limits = {
            "levels": MOST_LEVELS,
            "squares": self.rule.world_size,
            "steps": self.step_limit,
        }
        for name, limit in limits.items():
            low, high = state[name].aminmax()
            if low < 0 or high >= limit:
                raise ValueError(
                    f"the state's {name} range from {low} to {high}, outside 0..{limit - 1}: "
                    "give what state_dict returned"
                )
        self._begin(state["levels"])
        for name in _STATE[1:]:
            setattr(self, f"_{name}", state[name].to(self.device, copy=True))

    # --- levels

    @property
    def _slots(self) -> Int64[Tensor, " env"]:
        return self._first_slots + self._levels % self._depth

    def _begin(self, levels: Int64[Tensor, " env"]) -> None:
        """Play these levels (numbers in the sequences), and prepare the next ones."""
        self._levels = levels.to(self.device, copy=True)
        self._made = levels.cpu().numpy().copy()
        self._sequences = LevelSequences(self._seed, self._ranges, self._made)
        self._prepare_levels()

    def _prepare_levels(self) -> None:
        """Replace played levels if an environment has used half of its prepared levels."""
        first = self._levels.cpu().numpy()  # waits for the device
        ready = self._made - first - 1
        if ready.min() <= (self._depth - 1) // 2:
            self._make_levels(first + self._depth - self._made)
            ready = self._made - first - 1
        self._safe_steps = int(ready.min())

    def _make_levels(self, counts: np.ndarray) -> None:
        """Add the next `counts` (env,) levels to the sequences."""
        envs = np.repeat(np.arange(self.num_envs), counts)
        numbers = np.concatenate(
            [made + np.arange(count) for made, count in zip(self._made, counts, strict=True)]
        )
        bank = make_bank(self._sequences.draw(counts), self.rule)
        self._made = self._made + counts

        slots = self._upload(envs * self._depth + numbers % self._depth)
        backgrounds = bank.backgrounds
        if self._background is not None:
            backgrounds = np.full_like(backgrounds, self._background)
        cells, shown = self._upload(bank.cells), self._upload(backgrounds)
        padding = (self.rule.world_size - bank.sizes.astype(np.int64)) // 2
        self._starts[slots] = self._upload(padding)
        self._level_seeds[slots] = self._upload(bank.seeds)
        self._cells[slots] = cells.flatten(1)
        for part in torch.arange(len(slots), device=self.device).split(_DRAWN_AT_ONCE):
            drawn = self.view.draw_levels(cells[part], shown[part])
            self._frames.index_copy_(0, slots[part], drawn)

    # ---

    def _check(self, actions: Tensor) -> None:
        if (
            actions.shape != (self.num_envs,)
            or actions.dtype != torch.int64
            or actions.device.type != self.device.type
        ):
            raise ValueError(
                f"actions have shape {tuple(actions.shape)} and type {actions.dtype} and are on "
                f"{actions.device}: give ({self.num_envs},) int64 on {self.device}"
            )
        if self.device.type == "cpu":
            wrong = actions[(actions < 0) | (actions >= NUM_ACTIONS)]
            if len(wrong):
                raise ValueError(f"action {int(wrong[0])} does not exist: use 0..{NUM_ACTIONS - 1}")

    def _settings(self) -> dict[str, Any]:
        return {
            **asdict(self.rule),
            "num_envs": self.num_envs,
            "seed": self._seed,
            "background": self._background,
            "seed_range": self._ranges.tolist(),
            "step_limit": self.step_limit,
        }

    def _empty(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        return torch.empty(shape, dtype=dtype, device=self.device)

    def _upload(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(self.device)


_STATE = ("levels", "squares", "mirrored", "steps")
"""The attributes that change from step to step; all others follow from the settings."""


def _seed_ranges(
    seed_range: tuple[int, int] | Sequence[tuple[int, int]], num_envs: int
) -> np.ndarray:
    """(env, 2): lowest level seed, and highest + 1."""
    ranges = np.asarray(seed_range)
    if ranges.shape not in ((2,), (num_envs, 2)) or ranges.dtype.kind not in "iu":
        raise ValueError(
            f"seed_range is {seed_range!r:.80}: give (low, high), or a list of {num_envs} such "
            "pairs, one for each environment"
        )
    ranges = np.broadcast_to(ranges, (num_envs, 2)).astype(np.int64)
    for low, high in ranges.tolist():
        if not 0 <= low < high <= MAX_SEED:
            raise ValueError(
                f"seed_range ({low}, {high}) is empty or out of range: choose 0 <= low < high <= "
                f"{MAX_SEED}"
            )
    return ranges
