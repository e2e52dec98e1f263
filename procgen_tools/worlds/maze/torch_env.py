"""A batch of mazes that lives on one device, for training there.

Rules, levels and frames are procgen's: with the same seed and actions, all results of all
steps are equal. Levels are made on the CPU ahead of time, uploaded and drawn; a step then
gathers frames that are there already, and no step has to wait for the device, but for one in
every few (see `levels_ahead`).
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
from procgen_tools.worlds.maze.grid import CHEESE, EPISODE_STEPS, WALL
from procgen_tools.worlds.maze.level_sequences import LevelSequences
from procgen_tools.worlds.maze.levels import MAX_SEED, LevelRule, make_bank
from procgen_tools.worlds.maze.state_values import CHEESE_REWARD
from procgen_tools.worlds.maze.torch_view import TorchView
from procgen_tools.worlds.maze.view_kernels import NO_BACKGROUND

MOST_LEVELS = 10**8
"""Of one environment: a state beyond is no environment's."""

BYTES_PER_LEVEL = 13_000
"""Memory that a level takes: its frame and its cells."""

_DRAWN_AT_ONCE = 512
"""Levels; bounds the memory that drawing takes beside the frames."""


@dataclass(frozen=True, eq=False)
class TorchStep:
    """What a step of every environment gave; all tensors are the caller's to keep.

    Attributes:
        frames: (env, y, x, RGB) observations. Where an episode ended, already the first of
            the next level, as in procgen.
        rewards: (env,) 10 for reaching the cheese, else 0.
        dones: (env,) whether the step ended the episode, by the cheese or by the step limit.
        completed: (env,) whether it reached the cheese.
        steps: (env,) length of the episode up to this step: where done, its whole length.
        level_seeds: (env,) the level in which the step was taken.
    """

    frames: UInt8[Tensor, "env 64 64 3"]
    rewards: Float32[Tensor, " env"]
    dones: Bool[Tensor, " env"]
    completed: Bool[Tensor, " env"]
    steps: Int64[Tensor, " env"]
    level_seeds: Int64[Tensor, " env"]

    __repr__ = brief


class TorchMazeEnv:
    """Mazes that step together; each goes through its own sequence of levels.

    Args:
        num_envs: environments in the batch.
        rule: how levels are drawn; `levels.level_rule` gives procgen's.
        device: where everything lives and happens.
        seed: procgen's `rand_seed`: the level sequences follow from it, as there.
        use_backgrounds: textured backgrounds, not black ones.
        seed_range: the level seeds [low, high) to draw from: one pair for all environments, or
            one for each; (s, s + 1) is the level s for ever.
        step_limit: the step that ends an episode at the latest.
        levels_ahead: levels kept ready for each environment, 13 kB each. At least every so
            many steps the host waits for the device, to see how many were used.

    Raises:
        TypeError: a number that is no whole number.
        ValueError: a number out of range, more environments than fit into memory, a rule that no
            frames can be drawn for.
    """

    def __init__(
        self,
        num_envs: int,
        rule: LevelRule,
        *,
        device: torch.device | str = "cpu",
        seed: int = 0,
        use_backgrounds: bool = True,
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
            raise ValueError(f"{rule} has {rule.num_objects} objects, and frames can show the "
                             "cheese alone: use a rule with num_objects=1")  # fmt: skip
        self._ranges = _seed_ranges(seed_range, num_envs)
        self.num_envs = num_envs
        self.rule = rule
        self.view = TorchView(rule.world_size, device)
        self.device = self.view.device
        self.step_limit = step_limit
        self._seed = seed % 2**32
        self._use_backgrounds = use_backgrounds

        # Level number k of environment i lies in slot i * depth + k % depth, from before it is
        # in play until it has been.
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
        self._safe_steps: int  # steps that are sure to find a level where they need one
        self.reset()

    def reset(self) -> UInt8[Tensor, "env 64 64 3"]:
        """Begin anew: every environment at the first level of its sequence; the frames."""
        self._begin(torch.zeros(self.num_envs, dtype=torch.int64))
        self._squares = self._starts[self._slots].unsqueeze(1).repeat(1, 2)
        self._mirrored = torch.zeros(self.num_envs, dtype=torch.bool, device=self.device)
        self._steps = torch.zeros(self.num_envs, dtype=torch.int64, device=self.device)
        return self.observe()

    def step(self, actions: Int64[Tensor, " env"]) -> TorchStep:
        """Take one step in every environment; where an episode ends, the next level begins.

        Args:
            actions: (env,) procgen's actions, 0..14, on the environment's device. Their values
                are checked on a CPU only: elsewhere that would wait for the device.

        Raises:
            ValueError: actions of another shape, type or device, or that do not exist.
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
        # The picture turns with the key, even when a wall is in the way.
        right = moves[:, 1]
        mirrored = torch.where(right == 0, self._mirrored, right > 0)
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
        """The present frames, the caller's to keep."""
        frames = self._frames.index_select(0, self._slots)
        self.view.draw_mice(frames, self._squares, self._mirrored)
        return frames

    def frame_keys(self) -> Int64[Tensor, " env"]:
        """(env,) numbers that are equal where the present frames are sure to be."""
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
        """Go on where the environment stood whose `state_dict` this is, on any device.

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
            "levels": MOST_LEVELS, "squares": self.rule.world_size, "steps": self.step_limit
        }  # fmt: skip
        for name, limit in limits.items():
            low, high = state[name].aminmax()
            if low < 0 or high >= limit:
                raise ValueError(
                    f"{name} of the state reaches from {low} to {high}, and not within "
                    f"0..{limit - 1}: give what state_dict returned"
                )
        self._begin(state["levels"])
        for name in _STATE[1:]:
            setattr(self, f"_{name}", state[name].to(self.device, copy=True))

    # --- levels

    @property
    def _slots(self) -> Int64[Tensor, " env"]:
        return self._first_slots + self._levels % self._depth

    def _begin(self, levels: Int64[Tensor, " env"]) -> None:
        """Put these levels (numbers in the sequences) into play, the next ones ready."""
        self._levels = levels.to(self.device, copy=True)
        self._made = levels.cpu().numpy().copy()
        self._sequences = LevelSequences(self._seed, self._ranges, self._made)
        self._prepare_levels()

    def _prepare_levels(self) -> None:
        """Replace the levels that were played when an environment has used half of its own."""
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
        if not self._use_backgrounds:
            backgrounds = np.full_like(backgrounds, NO_BACKGROUND)
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
            "use_backgrounds": self._use_backgrounds,
            "seed_range": self._ranges.tolist(),
            "step_limit": self.step_limit,
        }

    def _empty(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        return torch.empty(shape, dtype=dtype, device=self.device)

    def _upload(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(self.device)


_STATE = ("levels", "squares", "mirrored", "steps")
"""What changes from step to step; everything else follows from the settings."""


def _seed_ranges(
    seed_range: tuple[int, int] | Sequence[tuple[int, int]], num_envs: int
) -> np.ndarray:
    """(env, 2) lowest level seed and the one after the highest."""
    ranges = np.asarray(seed_range)
    if ranges.shape not in ((2,), (num_envs, 2)) or ranges.dtype.kind not in "iu":
        raise ValueError(f"seed_range is {seed_range!r:.80}: give (low, high), or a list of "
                         f"{num_envs} such pairs, one for each environment")  # fmt: skip
    ranges = np.broadcast_to(ranges, (num_envs, 2)).astype(np.int64)
    for low, high in ranges.tolist():
        if not 0 <= low < high <= MAX_SEED:
            raise ValueError(f"seed_range ({low}, {high}) holds no level seeds: "
                             f"choose 0 <= low < high <= {MAX_SEED}")  # fmt: skip
    return ranges
