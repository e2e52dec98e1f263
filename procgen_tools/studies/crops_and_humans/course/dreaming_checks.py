"""The checks of steps 8 and 9: what a dream may change, its loss, and one step of it."""

from __future__ import annotations

import torch
from torch import Tensor

from procgen_tools import crops_and_humans
from procgen_tools.models import QNetwork
from procgen_tools.studies.crops_and_humans.course.checking import Answer, Exercise
from procgen_tools.studies.crops_and_humans.course.material import CELLS, Approaches, approaches


def _approaches() -> Approaches:
    return approaches(crops_and_humans.training_mazes()[[3, 700, 1100, 1300]])[:4]


def _network(seed: int) -> QNetwork:
    """A network with gradients so large that clamping is needed at once."""
    network = QNetwork(12, seed=seed)
    with torch.no_grad():
        network.fc_q.weight.mul_(20)
    return network


_NARROW = (
    "`held` has one column for each of the 49 cells, and the gradient has 161: use `held` for the "
    "first 49 columns alone, gradient[:, :49]."
)


def check_8(only_free_walls: Answer) -> None:
    """Check the gradient, which is zero except for free walls."""
    exercise = Exercise(
        "Step 8",
        only_free_walls,
        "Walls are the first 49 inputs; those of held cells are zero.",
        errors=dict.fromkeys(("size of tensor", "shape of the mask", "expand"), _NARROW),
    )
    held = _approaches().held()
    gradient = torch.randn(
        len(held), crops_and_humans.NUM_INPUTS, generator=torch.Generator().manual_seed(0)
    )
    answer = exercise.ask(gradient.clone(), held.clone())
    walls = torch.arange(crops_and_humans.NUM_INPUTS) < CELLS
    everywhere = torch.cat(
        [held, torch.zeros(len(held), crops_and_humans.NUM_INPUTS - CELLS).bool()], dim=1
    )
    right = gradient * walls * ~everywhere
    mistakes = {
        "held cells are walls that move as well: make them zero, too": gradient * walls,
        "the held cells are zero, but all inputs after the first 49 must be, too":
            gradient * ~everywhere,
        "the walls are zero, and everything else is left. Turn it round": gradient * ~walls,
        "only the held cells are left. They are those to make zero": gradient * everywhere,
        "only the 49 walls are given back: give all 161 numbers, most of them zero":
            right[:, :CELLS],
        "these are ones and zeros. Give the gradient where it may stay": (right != 0).float(),
        "nothing has become zero": gradient,
    }  # fmt: skip
    exercise.compare(answer, right, mistakes)
    exercise.right()


def check_9a(dreaming_loss: Answer) -> None:
    """Check the loss of a dream."""
    exercise = Exercise(
        "Step 9a",
        dreaming_loss,
        "Minus the sum, over all dreams, of Q(action) minus the other three.",
    )
    for seed in range(2):
        generator = torch.Generator().manual_seed(seed)
        values = 10 * torch.randn(5, 4, generator=generator)
        actions = torch.randint(4, (5,), generator=generator)
        values.requires_grad_()
        answer = exercise.ask(values, actions)
        chosen = values.gather(1, actions[:, None])[:, 0]
        total = values.sum(dim=1)
        others = values.masked_fill(torch.nn.functional.one_hot(actions, 4).bool(), -torch.inf)
        right = (total - 2 * chosen).sum()
        mistakes = {
            "the sign is the other one: a loss goes down while the score goes up": -right,
            "the action itself is among those that you take away: take away the other three only":
                (total - chosen).sum(),
            "take the sum over the dreams, not the mean: each should step as if it were alone":
                right / 5,
            "add up the dreams: a loss is one number": total - 2 * chosen,
            "the other three Qs are missing. A maze that raises all four changes no move":
                -chosen.sum(),
            "the mean of the other three is taken. Take their sum here; step 10 will come back to "
            "that": ((total - chosen) / 3 - chosen).sum(),
            "the largest of the other three is taken: take their sum":
                (others.amax(dim=1) - chosen).sum(),
            "these are rows of the batch, chosen by the number of the action. Choose a column in "
            "each row": (total[:, None] - 2 * values[actions]).sum(),
        }  # fmt: skip
        exercise.compare(answer, right, mistakes)
        if not isinstance(answer, Tensor) or not answer.requires_grad:
            raise exercise.wrong(
                "the number is right, but no gradient can reach the maze: give the tensor, without "
                ".item(), detach or torch.no_grad()"
            )
    exercise.right()


def check_9b(dream_step: Answer) -> None:
    """Check a few steps of a dream."""
    exercise = Exercise(
        "Step 9b",
        dream_step,
        "The order: gradient of the loss, zero where it must be, step against it, clamp.",
    )
    found, size = _approaches(), 0.02
    network, actions, held = _network(5), torch.from_numpy(found.actions), found.held()
    free = torch.cat(
        [~held, torch.zeros(len(held), crops_and_humans.NUM_INPUTS - CELLS).bool()], dim=1
    ).float()

    def against_sum(values: Tensor, chosen: Tensor) -> Tensor:
        return (values.sum(dim=1) - 2 * values.gather(1, chosen[:, None])[:, 0]).sum()

    def loss_of(values: Tensor, chosen: Tensor) -> Tensor:
        """Not the loss of step 9a, so that an answer that calls that one differs."""
        wanted = values.gather(1, chosen[:, None])[:, 0]
        return ((values.sum(dim=1) - wanted) / 3 - wanted).sum()

    def dreamt(steps: int, *, sign: int = -1, sum_up: bool = False, clamp: bool = True,
               mask: Tensor = free, loss: Answer = loss_of) -> Tensor:  # fmt: skip
        inputs, gathered = found.inputs(), torch.zeros_like(free)
        for _ in range(steps):
            inputs = inputs.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(loss(network(inputs), actions), inputs)
            gathered = gathered + gradient if sum_up else gradient
            inputs = inputs.detach() + sign * size * gathered * mask
            inputs = inputs.clamp(0, 1) if clamp else inputs
        return inputs

    weights = [each.detach().clone() for each in network.parameters()]
    given, changed = found.inputs(), False
    for count in range(1, 4):
        began = given.detach().clone()
        answer = exercise.ask(network, given, actions, held, size, loss_of, may_change=True)
        mistakes = {
            "the step goes up the loss: go against the gradient": dreamt(count, sign=1),
            "the walls leave [0, 1]: clamp them": dreamt(count, clamp=False),
            "gradients of earlier steps add up: begin each with a gradient of zero. "
            "torch.autograd.grad does, and so does a fresh inputs.detach().requires_grad_()":
                dreamt(count, sum_up=True),
            "more than the free walls moves: pass the gradient through your only_free_walls":
                dreamt(count, mask=torch.ones_like(free)),
            "the loss is always dreaming_loss. Call the loss that is passed in, loss_of: step 10 "
            "passes another one": dreamt(count, loss=against_sum),
            "nothing moves": began,
        }  # fmt: skip
        exercise.compare(answer, dreamt(count), mistakes, f"after {count} steps")
        changed |= not torch.equal(given.detach(), began)
        if answer.grad_fn is not None:
            raise exercise.wrong("the new inputs remember how they were made: detach them")
        for parameter, before in zip(network.parameters(), weights, strict=True):
            if not torch.equal(parameter, before):
                raise exercise.wrong("the weights of the network change. Only the maze may")
        given = answer
    if changed:
        raise exercise.wrong("the inputs that you are given change. Make new ones")
    exercise.right("The weights stand still, and the maze moves.")
