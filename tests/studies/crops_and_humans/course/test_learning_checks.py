"""Checks of steps 4 to 7: typical mistakes are named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from procgen_tools.studies.crops_and_humans import course
from tests.studies.crops_and_humans.course.mistakes import Check, assert_named, each_mistake

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
    "take its .values": lambda t, b, d: b.rewards + d * future(t, b).max(dim=1) * ~b.ended,
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
    "take its .values": lambda n, b: n(b.inputs).max(dim=1),
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
        if result == "later":
            loss = (left(network, batch) - right(target, batch, discount)).square().mean()
        if result == "zero":
            loss = torch.zeros(())
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
    "this is the loss after the step": updating("zbcs", result="later"),
    "are not its losses": updating("zbcs", result="zero"),
}


@each_mistake(
    {
        course.check_4: RIGHT_SIDE,
        course.check_5: LEFT_SIDE,
        course.check_6: BELLMAN_LOSS,
        course.check_7: UPDATE,
    }
)
def test_a_mistake_is_named(check: Check, message: str, wrong: Callable[..., Any]) -> None:
    assert_named(check, message, wrong)
