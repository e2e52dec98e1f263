"""Checks of steps 8 and 9: typical mistakes are named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from procgen_tools.studies.crops_and_humans import course
from tests.studies.crops_and_humans.course.mistakes import Check, assert_named, each_mistake


def wide(held: Tensor) -> Tensor:
    return torch.cat([held, torch.zeros(len(held), 112, dtype=torch.bool)], dim=1)


WALLS = torch.arange(161) < 49


def _assigned(gradient: Tensor, held: Tensor) -> Tensor:
    gradient[held] = 0
    return gradient


ONLY_FREE_WALLS: dict[str, Callable[[Tensor, Tensor], Any]] = {
    "held cells are walls that move": lambda g, h: g * WALLS,
    "after the first 49 must be": lambda g, h: g * ~wide(h),
    "Turn it round": lambda g, h: g * ~WALLS,
    "only the held cells are left": lambda g, h: g * wide(h),
    "only the 49 walls are given back": lambda g, h: g[:, :49] * ~h,
    "these are ones and zeros": lambda g, h: (WALLS & ~wide(h)).float().expand(len(g), -1),
    "nothing has become zero": lambda g, h: g,
    "`held` has one column": lambda g, h: g * ~h,
    "`held` has one column for each": lambda g, h: g.clone().masked_fill_(h, 0.0),
    "column for each of the 49": lambda g, h: _assigned(g.clone(), h),
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
    sign: int = -1,
    *,
    clamp: bool = True,
    mask: bool = True,
    detach: bool = True,
    loss: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> Callable[..., Tensor]:
    def dream_step(
        network: nn.Module, inputs: Tensor, actions: Tensor, held: Tensor, size: float, loss_of: Any
    ) -> Tensor:
        inputs = inputs.detach().requires_grad_()
        (gradient,) = torch.autograd.grad((loss or loss_of)(network(inputs), actions), inputs)
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
    "the loss is always dreaming_loss": stepping(
        loss=lambda v, a: (v.sum(1) - 2 * wanted(v, a)).sum()
    ),
    "clamp them": stepping(clamp=False),
    "more than the free walls": stepping(mask=False),
    "remember how they were made": stepping(detach=False),
    "gradients of earlier steps add up": in_place(zero=False),
    "Make new ones": in_place(zero=True),
    "nothing moves": lambda n, inputs, *_: inputs.clone(),
}


@each_mistake(
    {course.check_8: ONLY_FREE_WALLS, course.check_9a: DREAMING_LOSS, course.check_9b: DREAM_STEP}
)
def test_a_mistake_is_named(check: Check, message: str, wrong: Callable[..., Any]) -> None:
    assert_named(check, message, wrong)
