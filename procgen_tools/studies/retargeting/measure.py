"""Retargeting: how likely the mouse is to walk to any chosen square, and what edits change of it.

task = Retargeting.of(policy, remove_cheese(maze))
base = task.unedited()
clamped = task.edited(lambda targets: Clamp(layer, 5.5, task.maze, targets, channels=[55]))
clamped.probability / base.probability

The score of a target is the geometric mean of the probabilities of the moves along the shortest
path from the mouse to it, as `chains.path_probability` defines it. Only the squares of the paths
are asked, each with the mouse facing as it does after the steps before. The network up to the
edited activation runs once for each square and facing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from procgen_tools import hooks
from procgen_tools.hooks import canonical
from procgen_tools.interventions.base import Intervention
from procgen_tools.models.interface import Policy, answer_from
from procgen_tools.shown import brief
from procgen_tools.studies.base import LAYER
from procgen_tools.vfield import fast_batch
from procgen_tools.worlds.maze.agent_view import agent_frames
from procgen_tools.worlds.maze.edit import place_cheese
from procgen_tools.worlds.maze.grid import MOVE_STEPS, Maze, Square, turned
from procgen_tools.worlds.maze.observations import to_observations
from procgen_tools.worlds.maze.paths import shortest_path

EditFor = Callable[[Sequence[Square]], Intervention]
"""Makes the edit of a pass, given the target of each of its observations."""


@dataclass(frozen=True, eq=False)
class PathSteps:
    """The steps of the shortest paths from the mouse to several targets, one path after another.

    Attributes:
        maze: the paths begin at its mouse.
        targets: where they end.
        lengths: steps to each target; -1 where no path leads.
        views: each square and facing (True: mirrored) that a path passes, once.
        target: of each step, the number of its target.
        view: of each step, the number of the view in which it is made.
        move: of each step, the move that it takes.
    """

    maze: Maze
    targets: tuple[Square, ...]
    lengths: Int[np.ndarray, " target"]
    views: tuple[tuple[Square, bool], ...]
    target: Int[np.ndarray, " step"]
    view: Int[np.ndarray, " step"]
    move: Int[np.ndarray, " step"]

    __repr__ = brief

    @classmethod
    def to(cls, maze: Maze, targets: Sequence[tuple[int, int]]) -> PathSteps:
        """The steps from the maze's mouse to each of `targets`.

        Raises:
            ValueError: a target outside the maze or in a wall.
        """
        numbers: dict[tuple[Square, bool], int] = {}
        steps: list[tuple[int, int, int]] = []
        lengths = []
        for target, goal in enumerate(targets):
            path = shortest_path(maze, maze.mouse, goal)
            lengths.append(-1 if path is None else len(path) - 1)
            mirrored = maze.mouse_mirrored
            for square, following in zip(path or [], (path or [])[1:], strict=False):
                step = Square(following.row - square.row, following.col - square.col)
                move = MOVE_STEPS.index(step)
                steps.append((target, numbers.setdefault((square, mirrored), len(numbers)), move))
                # The picture turns with moves to the left and to the right only.
                mirrored = turned(mirrored, MOVE_STEPS[move].col)
        table = np.array(steps, dtype=np.int64).reshape(-1, 3)
        squares = tuple(Square(*goal) for goal in targets)
        return cls(maze, squares, np.array(lengths, dtype=np.int64), tuple(numbers), *table.T)


@dataclass(frozen=True, eq=False)
class TargetScores:
    """How likely the mouse is to walk to each target.

    Attributes:
        steps: the targets and the paths to them.
        moves: (step, move) probabilities of the five moves at every step, summing to 1.
    """

    steps: PathSteps
    moves: Float[np.ndarray, "step move"]

    __repr__ = brief

    @cached_property
    def probability(self) -> Float[np.ndarray, " target"]:
        """The geometric mean of the probabilities of the steps.

        0 where no path leads, and 1 at the mouse's own square, to which there are no steps.
        """
        lengths = self.steps.lengths
        taken = self.moves[np.arange(len(self.moves)), self.steps.move]
        with np.errstate(divide="ignore"):
            logarithms = np.bincount(self.steps.target, np.log(taken), minlength=len(lengths))
        return np.where(lengths < 0, 0.0, np.exp(logarithms / np.maximum(lengths, 1)))

    @cached_property
    def straight(self) -> Bool[np.ndarray, " target"]:
        """Whether a mouse that always takes its most probable move walks straight to the target."""
        lengths = self.steps.lengths
        astray = self.moves.argmax(axis=1) != self.steps.move
        return (np.bincount(self.steps.target, astray, minlength=len(lengths)) == 0) & (
            lengths >= 0
        )


@dataclass(frozen=True, eq=False)
class Retargeting:
    """A policy in a maze without cheese, ready to be measured on the way to its targets.

    Attributes:
        policy: who walks.
        maze: without cheese.
        steps: the targets and the paths to them.
        layer: the activation from which edited passes go on; None for whole passes.
        reached: the unedited activation in each view, or the observations of whole passes.
    """

    policy: Policy
    maze: Maze
    steps: PathSteps
    layer: str | None
    reached: Float[Tensor, "view channel row col"]

    __repr__ = brief

    @classmethod
    @torch.no_grad()
    def of(
        cls,
        policy: Policy,
        maze: Maze,
        targets: Sequence[tuple[int, int]] | None = None,
        *,
        layer: str = LAYER,
    ) -> Retargeting:
        """Record what is needed of the unedited policy.

        Args:
            policy: without memory, on its own device.
            maze: without cheese; the mouse starts where it stands.
            targets: open squares; defaults to all but the mouse's own.
            layer: where, or after which, edits act: one of the policy's `resume_points`. A
                policy without any, such as an adapted one, makes whole passes, in which edits
                may act anywhere.

        Raises:
            ValueError: a maze with cheese, another layer, or a target that is not open.
        """
        if maze.cheese is not None:
            raise ValueError(
                f"there is cheese at {tuple(maze.cheese)}, which is a target of its own: "
                "give remove_cheese(maze)"
            )
        points: tuple[str, ...] = getattr(policy, "resume_points", ())
        if points and canonical(layer) not in points:
            raise ValueError(
                f"a pass cannot go on from {layer!r}: choose one of {', '.join(points)}"
            )
        if targets is None:
            targets = [square for square in maze.open_squares() if square != maze.mouse]
        steps = PathSteps.to(maze, targets)
        observations = _observations(maze, steps.views).to(next(policy.parameters()).device)
        if not points:
            return cls(policy, maze, steps, None, observations)
        parts = []
        with hooks.record(policy, [layer]) as recorded:
            for batch in observations.split(fast_batch(observations)):
                policy.logits_and_value(batch)
                parts.append(recorded[layer])
        return cls(policy, maze, steps, canonical(layer), torch.cat(parts))

    @torch.no_grad()
    def unedited(self) -> TargetScores:
        """The scores without an edit: where the policy tends to go by itself."""
        answers = [
            self.maze.moves(answer_from(self.policy, self.layer, batch)[0])
            for batch in self.reached.split(fast_batch(self.reached))
        ]
        return TargetScores(self.steps, np.concatenate(answers)[self.steps.view])

    @torch.no_grad()
    def edited(self, edit_for: EditFor) -> TargetScores:
        """The scores of each target under the edit that is made for it.

        Args:
            edit_for: gets the target of each observation of a pass, and returns an intervention
                at the layer or after it, for instance
                `lambda targets: Clamp(layer, 5.5, maze, targets, channels=[55])`.

        Raises:
            ValueError: an intervention that does not fit the policy, or that acts before.
        """
        answers = []
        for part in self._passes():
            edit = edit_for([self.steps.targets[number] for number in self.steps.target[part]])
            self._check_place(edit)
            shown = self.reached[torch.from_numpy(self.steps.view[part])]
            with edit.on(self.policy):
                answers.append(self.maze.moves(answer_from(self.policy, self.layer, shown)[0]))
        return TargetScores(self.steps, _joined(answers))

    @torch.no_grad()
    def cheese_moved(self) -> TargetScores:
        """The scores with cheese really placed at each target: what edits are measured against."""
        answers = []
        device = self.reached.device
        for number, goal in enumerate(self.steps.targets):
            # A path does not pass its own target, so the mouse never stands on the cheese.
            views = [
                self.steps.views[view] for view in self.steps.view[self.steps.target == number]
            ]
            if views:
                observations = _observations(place_cheese(self.maze, goal), views).to(device)
                answers += [
                    self.maze.moves(self.policy.logits_and_value(batch)[0])
                    for batch in observations.split(fast_batch(observations))
                ]
        return TargetScores(self.steps, _joined(answers))

    def _passes(self) -> Iterator[slice]:
        steps, size = len(self.steps.view), fast_batch(self.reached)
        size = min(size, 2048)  # on a device, a bound on its memory
        return (slice(first, min(first + size, steps)) for first in range(0, steps, size))

    def _check_place(self, edit: Intervention) -> None:
        if self.layer is None:
            return
        names = self.policy.activation_names
        early = [name for name in edit.layers if names.index(name) < names.index(self.layer)]
        if early:
            raise ValueError(
                f"'{edit}' acts at {early[0]}, before {self.layer}, from which passes go on: "
                "give an earlier layer to Retargeting.of"
            )


def _joined(answers: Sequence[np.ndarray]) -> Float[np.ndarray, "step move"]:
    """The probabilities of all passes, of which there are none where no path leads to a target."""
    return np.concatenate(answers) if answers else np.empty((0, len(MOVE_STEPS)))


def _observations(
    maze: Maze, views: Sequence[tuple[Square, bool]]
) -> Float[Tensor, "view 3 64 64"]:
    """What the policy is shown in each view, in the order given."""
    frames = np.empty((len(views), 64, 64, 3), dtype=np.uint8)
    for facing in (False, True):
        chosen = [number for number, (_, mirrored) in enumerate(views) if mirrored == facing]
        if chosen:
            shown = replace(maze, mouse_mirrored=facing)
            frames[chosen] = agent_frames(shown, [views[number][0] for number in chosen])
    return to_observations(torch.from_numpy(frames))
