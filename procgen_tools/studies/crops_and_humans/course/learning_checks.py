"""The checks of steps 4 to 7: Bellman's equation, its loss, and an update."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor, nn

from procgen_tools import crops_and_humans
from procgen_tools.models import QNetwork
from procgen_tools.studies.crops_and_humans.course.checking import Answer, Exercise
from procgen_tools.studies.crops_and_humans.course.material import Batch, batch_of

DISCOUNTS = (0.9, 0.5)
MAX_NORM = 10.0
"""The norm to which step 7 clips gradients."""


@cache
def _everything() -> Batch:
    return batch_of(crops_and_humans.training_mazes()[[3, 700, 1100]])


def _batch(seed: int, count: int = 24) -> Batch:
    """A few examples, the first of which reach the exit, with rewards of all kinds."""
    examples = _everything()
    order = torch.randperm(len(examples), generator=torch.Generator().manual_seed(seed))
    ended = examples.ended[order]
    return examples[torch.cat([order[ended][:3], order[~ended][: count - 3]])]


def _networks(seed: int) -> tuple[QNetwork, QNetwork]:
    """A network and its target, whose values are not all close to zero."""
    pair = QNetwork(12, seed=seed), QNetwork(12, seed=seed + 100)
    with torch.no_grad():
        for network in pair:
            network.fc_q.weight.mul_(20)
    return pair


def check_4(right_side: Answer) -> None:
    """Check the right side of Bellman's equation."""
    exercise = Exercise("Step 4", right_side, "reward + discount * the best that the target says")
    for seed, discount in enumerate(DISCOUNTS):
        batch, (_, target) = _batch(seed), _networks(seed)
        answer = exercise.ask(target, batch, discount)
        right = right_of(target, batch, discount)
        with torch.no_grad():
            values, now = target(batch.following), target(batch.inputs)
        on, best = (~batch.ended).float(), values.amax(dim=1)
        rewards = batch.rewards
        mistakes = {
            "where the step ended at the exit nothing comes after it: only the reward counts":
                rewards + discount * best,
            "the future counts where the game has ended, and only there. Turn it round":
                rewards + discount * best * (1 - on),
            "the reward counts less in yours, too. Only what comes after it is discounted":
                discount * (rewards + best * on),
            "the future is not discounted": rewards + best * on,
            "the rewards are missing": discount * best * on,
            "the reward of the exit is missing: only what comes after is left out":
                (rewards + discount * best) * on,
            "you asked the target about the states before the step. Ask it about batch.following":
                rewards + discount * now.amax(dim=1) * on,
            "the mean of the four values is taken. The agent will do the best: take the largest":
                rewards + discount * values.mean(dim=1) * on,
            "the four values are added up. The agent can do one thing: take the largest":
                rewards + discount * values.sum(dim=1) * on,
            "the value of the same action again is taken: take the largest of all four":
                rewards + discount * _chosen(values, batch.actions) * on,
            "the largest is one number for the whole batch. Take one for each example (dim=1)":
                rewards + discount * values.max() * on,
            "this is the number of the best action. Take its value: amax, or max(...).values":
                rewards + discount * values.argmax(dim=1) * on,
        }  # fmt: skip
        if tuple(getattr(answer, "shape", ())) == (4,):
            raise exercise.wrong(
                "the largest is taken over the examples, for each action. Take it over the four "
                "actions, for each example (dim=1)"
            )
        exercise.compare(answer, right, mistakes, f"discount {discount}")
        if isinstance(answer, Tensor) and answer.requires_grad:
            raise exercise.wrong(
                "the numbers are right, but gradients would flow into the target, and it should "
                "stand still: use torch.no_grad()"
            )
    exercise.right()


def check_5(left_side: Answer) -> None:
    """Check the left side of Bellman's equation."""
    exercise = Exercise(
        "Step 5", left_side, "For each example: the network's value of the action that was done."
    )
    for seed in range(2):
        batch, (network, _) = _batch(seed), _networks(seed)
        answer = exercise.ask(network, batch)
        with torch.no_grad():
            values, later = network(batch.inputs), network(batch.following)
        right = _chosen(values, batch.actions)
        mistakes = {
            "these are the values of all four actions: choose the one that was done": values,
            "these are rows of the batch, chosen by the number of the action. Choose a column in "
            "each row": values[batch.actions],
            "the largest value is taken: take that of the action that was done":
                values.amax(dim=1),
            "you asked about the states after the step. Ask about batch.inputs":
                _chosen(later, batch.actions),
            "there is one axis too many. Drop it: [:, 0] or .squeeze(1)": right[:, None],
        }  # fmt: skip
        exercise.compare(answer, right, mistakes)
        if not isinstance(answer, Tensor) or not answer.requires_grad:
            raise exercise.wrong(
                "the numbers are right, but no gradient can reach the network, and it must learn "
                "from this side: no torch.no_grad(), detach or numpy here"
            )
    exercise.right()


def check_6(bellman_loss: Answer) -> None:
    """Check the loss: the difference of the two sides."""
    exercise = Exercise("Step 6", bellman_loss, "The mean of (left - right) squared.")
    for seed, discount in enumerate(DISCOUNTS):
        batch, (network, target) = _batch(seed), _networks(seed)
        answer = exercise.ask(network, target, batch, discount)
        left = _chosen(network(batch.inputs), batch.actions)
        error = left - right_of(target, batch, discount)
        right = error.square().mean()
        own = left - right_of(network, batch, discount)
        turned = _chosen(target(batch.inputs), batch.actions) - right_of(network, batch, discount)
        crossed = left[:, None] - right_of(target, batch, discount)[None]
        mistakes = {
            "the squares are added up: take their mean, or the step would depend on the size of "
            "the batch": error.square().sum(),
            "take the squares. Yours are the sizes of the errors": error.abs().mean(),
            "take the squares first, and then the mean: errors up and down cancel": error.mean(),
            "take the squares first, and then the mean: yours is the square of the mean":
                error.mean().square(),
            "take the mean over all examples: these are the squares": error.square(),
            "the right side comes from the network. Take the target": own.square().mean(),
            "network and target are swapped: the left side comes from the network":
                turned.square().mean(),
            "each left side is compared with every right side. Give both the shape (example,)":
                crossed.square().mean(),
            "the half of it is a loss as good. But take the mean of the squares, so that all get "
            "the same numbers": error.square().mean() / 2,
        }  # fmt: skip
        exercise.compare(answer, right, mistakes, f"discount {discount}")
        if not isinstance(answer, Tensor) or not answer.requires_grad:
            raise exercise.wrong(
                "the number is right, but no gradient reaches the network: give the tensor, "
                "without .item(), detach or torch.no_grad()"
            )
        answer.backward()
        if any(each.grad is not None and each.grad.abs().max() > 0 for each in target.parameters()):
            raise exercise.wrong(
                "the number is right, but gradients flow into the target: the right side needs "
                "torch.no_grad()"
            )
        given = copy.deepcopy([each.grad for each in network.parameters()])
        for parameter in network.parameters():
            parameter.grad = None
        right.backward()
        for own_grad, parameter in zip(given, network.parameters(), strict=True):
            exercise.compare(
                torch.zeros_like(parameter) if own_grad is None else own_grad,
                parameter.grad,
                where="the number is right, but its gradient for the network is not",
            )
    exercise.right()


def check_7(update: Answer) -> None:
    """Check some updates of the network, and the losses that they return."""
    exercise = Exercise(
        "Step 7", update, "The order: old gradients to zero, loss, backward, clip, step."
    )
    batches = [_batch(0), _batch(1), _batch(2)]
    rate, discount = 0.02, DISCOUNTS[0]
    given_losses: list[float] = []
    before: list[float] = []
    after: list[float] = []

    def result(
        one: Callable[[nn.Module, nn.Module, torch.optim.Optimizer, Batch], object],
    ) -> Tensor:
        network, target = _networks(3)
        optimizer = torch.optim.SGD(network.parameters(), lr=rate)
        for batch in batches:
            one(network, target, optimizer, batch)
        return _flat(network)

    def asked(
        network: nn.Module, target: nn.Module, optimizer: torch.optim.Optimizer, batch: Batch
    ) -> None:
        before = _flat(target)
        answer = exercise.ask(network, target, optimizer, batch, discount)
        if not torch.equal(_flat(target), before):
            raise exercise.wrong("the target has changed. Only the network learns here")
        if not isinstance(answer, float):
            raise exercise.wrong(
                f"the answer is a {type(answer).__name__}: give the loss as a number, loss.item()"
            )
        given_losses.append(answer)

    def loss_of(network: nn.Module, target: nn.Module, batch: Batch) -> Tensor:
        left = _chosen(network(batch.inputs), batch.actions)
        return (left - right_of(target, batch, discount)).square().mean()

    def done(parts: str) -> Callable[..., None]:
        def one(
            network: nn.Module, target: nn.Module, optimizer: torch.optim.Optimizer, batch: Batch
        ) -> None:
            loss = loss_of(network, target, batch)
            before.append(loss.item())
            steps: dict[str, Callable[[], object]] = {
                "z": optimizer.zero_grad,
                "b": loss.backward,
                "c": lambda: nn.utils.clip_grad_norm_(network.parameters(), MAX_NORM),
                "s": optimizer.step,
            }
            for part in parts:
                steps[part]()
            after.append(loss_of(network, target, batch).item())

        return one

    sequences = {
        "zbs": f"gradients are not clipped when the step is made. Between loss.backward() and "
        f"optimizer.step(), make their norm at most {MAX_NORM:g}: nn.utils.clip_grad_norm_",
        "bcs": "gradients of earlier updates add up: begin with optimizer.zero_grad()",
        "bs": "gradients of earlier updates add up (begin with optimizer.zero_grad()), and they "
        "are not clipped",
        "bzcs": "the network does not change: is optimizer.step() missing, or does it come "
        "before loss.backward()? Or are gradients set to zero in between?",
    }
    given = result(asked)
    exercise.compare(
        given,
        result(done("zbcs")),
        {message: result(done(parts)) for parts, message in sequences.items()},
        "the weights after three updates",
    )
    before.clear()
    after.clear()
    result(done("zbcs"))
    exercise.compare(
        torch.tensor(given_losses),
        torch.tensor(before),
        {
            "the network learns as it should, but this is the loss after the step. Return the loss "
            "that you computed before it": torch.tensor(after),
        },
        "the network learns as it should, but the numbers that you return are not its losses",
    )
    exercise.right("That is all that learning is here.")


def right_of(target: nn.Module, batch: Batch, discount: float) -> Tensor:
    """The right side of Bellman's equation, (example,)."""
    with torch.no_grad():
        best = target(batch.following).amax(dim=1)
    return batch.rewards + discount * best * (~batch.ended).float()


def _chosen(values: Tensor, actions: Tensor) -> Tensor:
    return values.gather(1, actions[:, None])[:, 0]


def _flat(network: nn.Module) -> Tensor:
    return torch.cat([each.detach().flatten() for each in network.parameters()])
