"""Each typical wrong answer of the course on crops and humans gets the message that names it.

The wrong answers are written here as learners write them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from procgen_tools import crops_and_humans
from procgen_tools.studies.crops_and_humans import course


def pairs(marked: np.ndarray) -> list[tuple[int, int]]:
    return [(row, col) for row, col in np.argwhere(marked).tolist()]


EMPTY_CELLS: dict[str, Callable[[np.ndarray], Any]] = {
    "swapped: the row comes first": lambda m: [
        (c, r) for r, c in pairs(m == crops_and_humans.EMPTY)
    ],
    "the start is missing": lambda m: pairs(m == crops_and_humans.EMPTY)[1:],
    "cells without a wall": lambda m: pairs(m != crops_and_humans.WALL),
    "crops and humans count": lambda m: pairs(m > crops_and_humans.WALL),
    "the exit counts": lambda m: [*pairs(m == crops_and_humans.EMPTY), crops_and_humans.END],
    "these are the walls": lambda m: pairs(m == crops_and_humans.WALL),
    "named more than once": lambda m: pairs(m == crops_and_humans.EMPTY) * 2,
    "all rows, and then all columns": lambda m: np.where(m == crops_and_humans.EMPTY),
    "a list of pairs": lambda m: 5,
    "is missing": lambda m: pairs(m == crops_and_humans.EMPTY)[:-1],
    "changes what it is given": lambda m: pairs(np.put(m, 0, 7) or m == crops_and_humans.EMPTY),
}


def table(maze: np.ndarray, **changed: float) -> Tensor:
    rewards = {"WALL": -5.0, "EMPTY": -0.25, "CROP": 2.0, "HUMAN": -11.0, "EXIT": 10.0} | changed
    made = torch.zeros(7, 7)
    for name, reward in rewards.items():
        made[torch.from_numpy(maze == getattr(crops_and_humans, name))] = reward
    return made


REWARD_TENSOR: dict[str, Callable[[np.ndarray], Any]] = {
    "rows and columns are swapped": lambda m: table(m).T,
    "crops and humans are swapped": lambda m: table(m, CROP=-11, HUMAN=2),
    "not +11": lambda m: table(m, HUMAN=11),
    "the exit has no reward": lambda m: table(m, EXIT=0),
    "index -1 is the last": lambda m: torch.tensor([-5, -0.25, 2, -11])[m.astype(int)],
    "the exit pays as a wall": lambda m: table(m, EXIT=-5),
    "a step into a wall pays": lambda m: table(m, WALL=0),
    "empty cells pay nothing": lambda m: table(m, EMPTY=0),
    "a step onto an empty cell costs": lambda m: table(m, EMPTY=0.25),
    "became 0": lambda m: table(m).int(),
    "Make a torch tensor": lambda m: table(m).numpy(),
    "should have (7, 7)": lambda m: table(m).flatten(),
    "take dtype=torch.float32": lambda m: table(m).double(),
    "is -4 and should be -5": lambda m: table(m, WALL=-4),
}


def vector(*parts: np.ndarray) -> Tensor:
    return torch.from_numpy(np.concatenate([part.astype(np.float32).ravel() for part in parts]))


def planes(maze: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return (
        maze == crops_and_humans.WALL,
        maze == crops_and_humans.CROP,
        maze == crops_and_humans.HUMAN,
    )


def place(row: int, col: int) -> np.ndarray:
    return np.concatenate([np.eye(7)[row], np.eye(7)[col]])


def position(row: int, col: int) -> np.ndarray:
    plane = np.zeros((7, 7))
    plane[row, col] = 1
    return plane


ENCODE: dict[str, Callable[[np.ndarray, int, int], Any]] = {
    "row and column of the agent are swapped": lambda m, r, c: vector(*planes(m), place(c, r)),
    "column by column": lambda m, r, c: vector(*planes(m.T), place(r, c)),
    "1 stands for open cells": lambda m, r, c: vector(m != 0, *planes(m)[1:], place(r, c)),
    "1 stands for empty cells": lambda m, r, c: vector(m == 1, *planes(m)[1:], place(r, c)),
    "the exit is among your walls": lambda m, r, c: vector(m <= 0, *planes(m)[1:], place(r, c)),
    "the exit has numbers": lambda m, r, c: vector(
        *planes(m), m == crops_and_humans.EXIT, place(r, c)
    ),
    "crops come first": lambda m, r, c: vector(m == 0, m == 3, m == 2, place(r, c)),
    "place comes last": lambda m, r, c: vector(place(r, c), *planes(m)),
    "one of 49": lambda m, r, c: vector(*planes(m), position(r, c)),
    "two numbers": lambda m, r, c: vector(*planes(m), np.array([r, c])),
    "one axis too many": lambda m, r, c: vector(*planes(m), place(r, c))[None],
    "share their numbers": lambda m, r, c: vector(m == 0, m > 1, place(r, c)),
    "the agent is not in it": lambda m, r, c: vector(*planes(m)),
    "end with .float()": lambda m, r, c: vector(*planes(m), place(r, c)).bool(),
    "give a torch tensor": lambda m, r, c: vector(*planes(m), place(r, c)).tolist(),
}

Batch = course.Batch


def future(target: nn.Module, batch: Batch) -> Tensor:
    with torch.no_grad():
        return target(batch.following)


RIGHT_SIDE: dict[str, Callable[[nn.Module, Batch, float], Any]] = {
    "only the reward counts": lambda t, b, d: b.rewards + d * future(t, b).amax(1),
    "Turn it round": lambda t, b, d: b.rewards + d * future(t, b).amax(1) * b.ended,
    "the reward counts less": lambda t, b, d: d * (b.rewards + future(t, b).amax(1) * ~b.ended),
    "the future is not discounted": lambda t, b, d: b.rewards + future(t, b).amax(1) * ~b.ended,
    "the rewards are missing": lambda t, b, d: d * future(t, b).amax(1) * ~b.ended,
    "the reward of the exit is missing": lambda t, b, d: (
        (b.rewards + d * future(t, b).amax(1)) * ~b.ended
    ),
    "the states before the step": lambda t, b, d: (
        b.rewards + d * t(b.inputs).detach().amax(1) * ~b.ended
    ),
    "The agent will do the best": lambda t, b, d: b.rewards + d * future(t, b).mean(1) * ~b.ended,
    "the four values are added up": lambda t, b, d: b.rewards + d * future(t, b).sum(1) * ~b.ended,
    "the same action again": lambda t, b, d: (
        b.rewards + d * future(t, b)[torch.arange(len(b)), b.actions] * ~b.ended
    ),
    "one number for the whole batch": lambda t, b, d: b.rewards + d * future(t, b).max() * ~b.ended,
    "the number of the best action": lambda t, b, d: (
        b.rewards + d * future(t, b).argmax(1) * ~b.ended
    ),
    "the largest is taken over the examples": lambda t, b, d: d * future(t, b).amax(0),
    "gradients would flow into the target": lambda t, b, d: (
        b.rewards + d * t(b.following).amax(1) * ~b.ended
    ),
}


def right(target: nn.Module, batch: Batch, discount: float) -> Tensor:
    return batch.rewards + discount * future(target, batch).amax(1) * ~batch.ended


def left(network: nn.Module, batch: Batch) -> Tensor:
    return network(batch.inputs)[torch.arange(len(batch)), batch.actions]


LEFT_SIDE: dict[str, Callable[[nn.Module, Batch], Any]] = {
    "the values of all four actions": lambda n, b: n(b.inputs),
    "these are rows of the batch": lambda n, b: n(b.inputs)[b.actions],
    "the largest value is taken": lambda n, b: n(b.inputs).amax(1),
    "the states after the step": lambda n, b: left(
        n, Batch(b.following, b.actions, b.rewards, b.following, b.ended)
    ),
    "one axis too many": lambda n, b: left(n, b)[:, None],
    "no gradient can reach the network": lambda n, b: left(n, b).detach(),
}

BELLMAN_LOSS: dict[str, Callable[[nn.Module, nn.Module, Batch, float], Any]] = {
    "the squares are added up": lambda n, t, b, d: (left(n, b) - right(t, b, d)).square().sum(),
    "the sizes of the errors": lambda n, t, b, d: (left(n, b) - right(t, b, d)).abs().mean(),
    "errors up and down cancel": lambda n, t, b, d: (left(n, b) - right(t, b, d)).mean(),
    "the square of the mean": lambda n, t, b, d: (left(n, b) - right(t, b, d)).mean() ** 2,
    "take the mean over all": lambda n, t, b, d: (left(n, b) - right(t, b, d)).square(),
    "the right side comes from the network": lambda n, t, b, d: (
        (left(n, b) - right(n, b, d)).square().mean()
    ),
    "network and target are swapped": lambda n, t, b, d: (
        (left(t, b) - right(n, b, d)).square().mean()
    ),
    "each left side is compared with every": lambda n, t, b, d: (
        (left(n, b)[:, None] - right(t, b, d)).square().mean()
    ),
    "the half of it": lambda n, t, b, d: (left(n, b) - right(t, b, d)).square().mean() / 2,
    "no gradient reaches the network": lambda n, t, b, d: (
        (left(n, b) - right(t, b, d)).square().mean().item()
    ),
    "gradients flow into the target": lambda n, t, b, d: (
        (left(n, b) - b.rewards - d * t(b.following).amax(1) * ~b.ended).square().mean()
    ),
}


def updating(parts: str, *, result: str = "number") -> Callable[..., Any]:
    """An update that does z(ero), b(ackward), c(lip), s(tep), or T (step the target), in order."""

    def update(
        network: nn.Module,
        target: nn.Module,
        optimizer: torch.optim.Optimizer,
        batch: Batch,
        discount: float,
    ) -> Any:
        loss = (left(network, batch) - right(target, batch, discount)).square().mean()
        for part in parts:
            if part == "z":
                optimizer.zero_grad()
            elif part == "b":
                loss.backward()
            elif part == "c":
                nn.utils.clip_grad_norm_(network.parameters(), 10.0)
            elif part == "s":
                optimizer.step()
            else:
                target.load_state_dict(network.state_dict())
        return loss if result == "tensor" else loss.item()

    return update


UPDATE = {
    "are not clipped when the step": updating("zbs"),
    "add up: begin with": updating("bcs"),
    "and they are not clipped": updating("bs"),
    "Between loss.backward() and": updating("zbsc"),
    "make their norm at most 10": updating("zcbs"),
    "the network does not change": updating("zbc"),
    "set to zero in between": updating("bzcs"),
    "the target has changed": updating("zbcsT"),
    "loss.item()": updating("zbcs", result="tensor"),
}


def wide(held: Tensor) -> Tensor:
    return torch.cat([held, torch.zeros(len(held), 112, dtype=torch.bool)], dim=1)


WALLS = torch.arange(161) < 49

ONLY_FREE_WALLS: dict[str, Callable[[Tensor, Tensor], Any]] = {
    "held cells are walls that move": lambda g, h: g * WALLS,
    "after the first 49 must be": lambda g, h: g * ~wide(h),
    "Turn it round": lambda g, h: g * ~WALLS,
    "only the held cells are left": lambda g, h: g * wide(h),
    "only the 49 walls are given back": lambda g, h: g[:, :49] * ~h,
    "these are ones and zeros": lambda g, h: (WALLS & ~wide(h)).float().expand(len(g), -1),
    "nothing has become zero": lambda g, h: g,
    "changes what it is given": lambda g, h: g.mul_(WALLS & ~wide(h)),
}


def wanted(values: Tensor, actions: Tensor) -> Tensor:
    return values[torch.arange(len(actions)), actions]


DREAMING_LOSS: dict[str, Callable[[Tensor, Tensor], Any]] = {
    "the sign is the other one": lambda v, a: (2 * wanted(v, a) - v.sum(1)).sum(),
    "the action itself": lambda v, a: (v.sum(1) - wanted(v, a)).sum(),
    "not the mean: each": lambda v, a: (v.sum(1) - 2 * wanted(v, a)).mean(),
    "a loss is one number": lambda v, a: v.sum(1) - 2 * wanted(v, a),
    "the other three Qs are missing": lambda v, a: -wanted(v, a).sum(),
    "the mean of the other three": lambda v, a: (
        (v.sum(1) - wanted(v, a)) / 3 - wanted(v, a)
    ).sum(),
    "these are rows": lambda v, a: (v.sum(1)[:, None] - 2 * v[a]).sum(),
    "no gradient can reach the maze": lambda v, a: (v.sum(1) - 2 * wanted(v, a)).sum().detach(),
}


def stepping(
    sign: int = -1, *, clamp: bool = True, mask: bool = True, detach: bool = True
) -> Callable[..., Tensor]:
    def dream_step(
        network: nn.Module, inputs: Tensor, actions: Tensor, held: Tensor, size: float, loss_of: Any
    ) -> Tensor:
        inputs = inputs.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(loss_of(network(inputs), actions), inputs)
        if mask:
            gradient = gradient * (WALLS & ~wide(held))
        new = (inputs.detach() if detach else inputs) + sign * size * gradient
        return new.clamp(0, 1) if clamp else new

    return dream_step


def in_place(*, zero: bool) -> Callable[..., Tensor]:
    """As many write it at first: backward, and then change the inputs themselves."""

    def dream_step(
        network: nn.Module, inputs: Tensor, actions: Tensor, held: Tensor, size: float, loss_of: Any
    ) -> Tensor:
        inputs.requires_grad_()
        if zero:
            inputs.grad = None
        loss_of(network(inputs), actions).backward()
        with torch.no_grad():
            inputs -= size * inputs.grad * (WALLS & ~wide(held))
            inputs.clamp_(0, 1)
        return inputs

    return dream_step


DREAM_STEP = {
    "goes up the loss": stepping(1),
    "clamp them": stepping(clamp=False),
    "more than the free walls": stepping(mask=False),
    "remember how they were made": stepping(detach=False),
    "gradients of earlier steps add up": in_place(zero=False),
    "Make new ones": in_place(zero=True),
    "nothing moves": lambda n, inputs, *_: inputs.clone(),
}


def windows(maze: np.ndarray, rows: str) -> bool:
    """Whether a window of 0 (wall) and 1 (not) stands somewhere in a maze of such numbers."""
    block = np.array([list(map(int, row)) for row in rows.split("/")])
    height, width = block.shape
    return any(
        np.array_equal(maze[row : row + height, col : col + width], block)
        for row in range(8 - height)
        for col in range(8 - width)
    )


KNOWN = {maze.tobytes() for maze in crops_and_humans.training_mazes()}
UP = "111/101/000"

HAS_PATTERN: dict[str, Callable[[np.ndarray], Any]] = {
    "False for all mazes of production": lambda m: False,
    "True for all training mazes": lambda m: True,
    "all four directions": lambda m: windows((m != 0).astype(int), UP),
    "training mazes without their items": lambda m: m.tobytes() not in KNOWN,
    "neither True nor False": lambda m: m[1::2, 1::2] != crops_and_humans.WALL,
    "no walls either: compare": lambda m: bool(crops_and_humans.sticks_out(m)),
}

CASES = [
    (check, message, wrong)
    for check, mistakes in (
        (course.check_1, EMPTY_CELLS),
        (course.check_2, REWARD_TENSOR),
        (course.check_3, ENCODE),
        (course.check_4, RIGHT_SIDE),
        (course.check_5, LEFT_SIDE),
        (course.check_6, BELLMAN_LOSS),
        (course.check_7, UPDATE),
        (course.check_8, ONLY_FREE_WALLS),
        (course.check_9a, DREAMING_LOSS),
        (course.check_9b, DREAM_STEP),
        (course.check_10, HAS_PATTERN),
    )
    for message, wrong in mistakes.items()
]


@pytest.mark.parametrize(
    ("check", "message", "wrong"), CASES, ids=[f"{case[0].__name__}: {case[1]}" for case in CASES]
)
def test_a_mistake_is_named(
    check: Callable[[Any], None], message: str, wrong: Callable[..., Any]
) -> None:
    with pytest.raises(course.WrongAnswer, match=re.escape(message)):
        check(wrong)


@pytest.mark.parametrize(
    "rule",
    [
        lambda m: (m[1::2, 1::2] != crops_and_humans.WALL).any(),
        lambda m: any(
            windows((m != crops_and_humans.WALL).astype(int), rows)
            for rows in (UP, "000/101/111", "110/100/110", "011/001/011")
        ),
        lambda m: len(pairs(m[1::2, 1::2] == crops_and_humans.WALL)) < 9,
    ],
)
def test_several_rules_are_right(
    rule: Callable[[np.ndarray], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    course.check_10(rule)
    assert "Step 10: right." in capsys.readouterr().out
