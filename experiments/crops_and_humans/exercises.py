# Made from exercises.ipynb by scripts/make_course.py. Fill in a blank, run this file
# with Python, and read what the checks print. Pictures are saved in `pictures`.

# %% [markdown]
# # Crops and humans: the exercises
#
# An agent lives in small mazes, in which there are crops and humans. It should harvest crops when
# they are worth the detour, leave by the exit, and never harvest a human. We express this as
# rewards and train the agent, and in training it does what we want. Then it goes into production.
#
# In ten steps you build the agent, watch it do harm, and look inside it for the reason.
#
# **How to work.** Run all cells in order. Each step has a blank, `raise NotImplementedError`.
# Replace it with your own code, usually one to five lines. Run the cell, then the check below it.
# The check prints one line, or says what is wrong. Later cells use your functions, so they wait
# until your checks have passed. `steps.hint(4)` prints a hint for step 4, and another one if you
# ask again. Where a step asks you to write what you see, double-click on the text and do so: there
# is no check for it, but it is the point. The minutes are estimates for a person who reads, codes
# and looks. If you come back later, run the cells above where you stopped again (Run, "Run All
# Above Selected Cell").
#
# **What you need** is this window. In JupyterLab, these links open in tabs beside the notebook:
#
# - before step 1: slides 1, [learning from reward](slides/1_reinforcement_learning.pdf)
# - before step 8: slides 2, [dreaming a maze](slides/2_dreaming.pdf)
# - after step 10: slides 3, [alignment](slides/3_alignment.pdf), then
#   [ten questions on paper](questions.md), then [spoilers.ipynb](spoilers.ipynb)
#
# [solutions.ipynb](solutions.ipynb) is this notebook with the blanks filled in. Do not open
# `spoilers.ipynb`, or any file about how the agent was made, until you have finished.

# %%
import copy
from collections.abc import Callable

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from procgen_tools import hooks
from procgen_tools.studies.crops_and_humans import course
from procgen_tools.studies.crops_and_humans.course import world as crops_and_humans
from procgen_tools.worlds.crops_and_humans import walks as greedy_walks

# %%
fast = False  # True: every cell runs in seconds, with fewer mazes and less training

# %%
steps = course.Steps("progress.json")  # the file keeps which steps you have passed
print(steps)

# %% [markdown]
# ## The world (5 minutes)
#
# A maze is a 7 × 7 array of codes.
#
# | code | name | reward for stepping onto it |
# |---|---|---|
# | 0 | `crops_and_humans.WALL` | -5; the agent does not move |
# | 1 | `crops_and_humans.EMPTY` | -0.25 |
# | 2 | `crops_and_humans.CROP` | 2; the cell is empty afterwards |
# | 3 | `crops_and_humans.HUMAN` | -11; the cell is empty afterwards |
# | -1 | `crops_and_humans.EXIT` | 10; the episode ends |
#
# A step out of the maze has the same reward as a step into a wall. The agent starts at row 0,
# column 0, and the exit is at row 6, column 6. Rows are counted from the top. The four actions are
# 0 up, 1 down, 2 left and 3 right.
#
# The training mazes come from a generator. We have all mazes that it can make.

# %%
training = crops_and_humans.training_mazes().copy()
print(training.shape)
print(training[700])
course.show("cell_5", course.draw_mazes(training[[700, 5, 400, 1200]]))

# %% [markdown]
# ## Step 1: all empty cells (5 minutes)
#
# The agent can be on any empty cell. Later we train on all of them.

# %%
def empty_cells(maze: np.ndarray) -> list[tuple[int, int]]:
    """The (row, column) of every empty cell, including the start.

    Args:
        maze: (7, 7) codes.
    """
    # Your code. steps.hint(1) prints a hint.
    raise NotImplementedError("still blank")

# %%
steps.check(1, empty_cells)

# %% [markdown]
# ## Step 2: the reward of each cell (15 minutes)

# %%
def reward_tensor(maze: np.ndarray) -> Tensor:
    """The reward for stepping onto each cell, (7, 7) float32.

    Args:
        maze: (7, 7) codes.
    """
    # Your code. steps.hint(2) prints a hint.
    raise NotImplementedError("still blank")

# %%
steps.check(2, reward_tensor)

# %% [markdown]
# ## Step 3: the input of the network (15 minutes)
#
# The input of the network is 161 numbers, each 0 or 1:
#
# - 49: is there a wall in this cell? In the order of `reshape`, row by row;
# - 49: is there a crop?
# - 49: is there a human?
# - 7: the row of the agent, one-hot;
# - 7: its column, one-hot.
#
# The exit is not part of the input. It never moves, so the agent must learn where it is.

# %%
def encode(maze: np.ndarray, row: int, col: int) -> Tensor:
    """The input of the network, (161,) float32.

    Args:
        maze: (7, 7) codes.
        row: the row of the agent, 0 to 6.
        col: the column of the agent, 0 to 6.
    """
    # Your code. steps.hint(3) prints a hint.
    raise NotImplementedError("still blank")

# %%
steps.check(3, encode)

# %% [markdown]
# ## The examples (5 minutes)
#
# Your three functions make the examples that the agent learns from: every empty cell of every
# training maze, with all four moves. The agent does not have to explore. (Mazes in which something
# was harvested already occur only after a step, never before one.) This takes some seconds.

# %%
steps.require(empty_cells, reward_tensor, encode)


def examples_of(maze: np.ndarray) -> course.Batch:
    """Every move from every empty cell of a maze."""
    cells = np.array(empty_cells(maze))
    from_cells, actions = np.repeat(cells, 4, axis=0), np.tile(np.arange(4), len(cells))
    mazes = np.repeat(maze[None], len(actions), axis=0)
    stepped = crops_and_humans.step(crops_and_humans.States(mazes, from_cells), actions)
    # Pad the rewards with walls, for steps out of the maze.
    rewards = nn.functional.pad(reward_tensor(maze), (1, 1, 1, 1), value=-5.0)
    rows, cols = (from_cells + crops_and_humans.OFFSETS[actions] + 1).T
    inputs = torch.stack([encode(maze, row, col) for row, col in cells.tolist()])
    after = zip(stepped.states.mazes, stepped.states.positions.tolist(), strict=True)
    return course.Batch(
        inputs=inputs.repeat_interleave(4, dim=0),
        actions=torch.from_numpy(actions),
        rewards=rewards[rows, cols],
        following=torch.stack([encode(now, row, col) for now, (row, col) in after]),
        ended=torch.from_numpy(stepped.ended),
    )


some = training[:: 10 if fast else 1]
examples = course.Batch.joined([examples_of(maze) for maze in course.progress(some, "mazes")])
print(f"{len(examples):,} examples")

# %% [markdown]
# A batch has `inputs` (example, 161), `actions` (example,), `rewards` (example,), `following`
# (example, 161), the network's input after the step, and `ended` (example,), which is true where
# the step reached the exit.

# %% [markdown]
# ## Step 4: the right side of Bellman's equation (10 minutes)
#
# Q(state, action) is the return of an agent that takes this action now and the best actions from
# then on. A reward counts `discount` times as much for each step that it comes later. So
#
# $$Q(s, a) = r + \gamma \max_{a'} Q(s', a'),$$
#
# and just $r$ if the step ended the episode. The right side uses the *target* network, an older
# copy of the network that does not change during an update.

# %%
def right_side(target: nn.Module, batch: course.Batch, discount: float) -> Tensor:
    """The value that Q should have by the reward and the target network, (example,). No gradients.

    Args:
        target: gives the values of the four actions, (example, 4), for inputs (example, 161).
        batch: the examples.
        discount: of rewards, per step.
    """
    # Your code. steps.hint(4) prints a hint.
    raise NotImplementedError("still blank")

# %%
steps.check(4, right_side)

# %% [markdown]
# ## Step 5: the left side (5 minutes)
#
# The network's present value of the action that was taken.

# %%
def left_side(network: nn.Module, batch: course.Batch) -> Tensor:
    """The network's Q of the action that was taken, (example,). With gradients.

    Args:
        network: gives the values of the four actions, (example, 4), for inputs (example, 161).
        batch: the examples.
    """
    # Your code. steps.hint(5) prints a hint.
    raise NotImplementedError("still blank")

# %%
steps.check(5, left_side)

# %% [markdown]
# ## Step 6: the loss (10 minutes)
#
# The mean over all examples of the squared difference of the two sides.

# %%
def bellman_loss(
    network: nn.Module, target: nn.Module, batch: course.Batch, discount: float
) -> Tensor:
    """The mean squared error of Bellman's equation, a tensor ().

    Args:
        network: the network that learns.
        target: its older copy.
        batch: the examples.
        discount: of rewards, per step.
    """
    # Your code. steps.hint(6) prints a hint.
    raise NotImplementedError("still blank")

# %%
steps.check(6, bellman_loss)

# %% [markdown]
# ## Step 7: train (45 minutes)
#
# One update: compute the gradient of the loss and take a small step against it. First clip the norm
# of the gradient to 10 (`nn.utils.clip_grad_norm_`), because otherwise a single unusual batch could
# ruin the weights.

# %%
def update(
    network: nn.Module,
    target: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: course.Batch,
    discount: float,
) -> float:
    """Learn from one batch, and return its loss.

    Args:
        network: the network that learns.
        target: its older copy, which stays unchanged.
        optimizer: of the network's weights.
        batch: the examples.
        discount: of rewards, per step.
    """
    # Your code. steps.hint(7) prints a hint.
    raise NotImplementedError("still blank")

# %%
steps.check(7, update)

# %% [markdown]
# Now the training. Usually, initial weights are random. We load ours from a file, so that everyone
# who takes the course sees the same. The rest is as simple as possible: plain gradient descent with
# a learning rate of 0.001, and a new copy of the network as target every
# 10 updates.

# %%
DISCOUNT = 0.95
UPDATES = 60 if fast else 1000

steps.require(right_side, left_side, bellman_loss, update)


def trained(initial_weights: str) -> tuple[nn.Module, list[float]]:
    """A network after training from weights that come with the course, and its losses."""
    network = course.load(initial_weights).train()
    target = copy.deepcopy(network)
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-3)
    losses = []
    for number in course.progress(range(UPDATES), "updates"):
        if number % 10 == 0:
            target.load_state_dict(network.state_dict())
        batch = examples.draw(number, states=64 if fast else 256)  # the same for every network
        losses.append(update(network, target, optimizer, batch, DISCOUNT))
    return network.eval(), losses


agent, losses = trained("initial_weights")
print(f"loss {losses[0]:.1f} at first, {losses[-1]:.3f} at last")
course.show("cell_31", course.draw_curve(losses, across="update", up="loss", logarithmic=True))

# %% [markdown]
# ### In training mazes
#
# The agent takes the action with the largest Q. Here are four of its walks.

# %%
chosen = training[[700, 5, 400, 1200]]
walks = greedy_walks.play(greedy_walks.greedy(agent), chosen)
course.show("cell_33", course.draw_mazes(chosen, walks=walks.positions))

# %% [markdown]
# The next table is about all training mazes. For comparison, it shows the optimal policy for our
# rewards, computed without a network. Most crops are so far from the path to the exit that they are
# not worth the detour.

# %%
some = training[::10] if fast else training
course.show("cell_35", pd.DataFrame({"your agent": course.rates(agent, some), "the best": course.best_rates(some)}).round(
    3
))

# %% [markdown]
# This is a good agent. It goes into production, where the mazes come from another source. We know
# mazes of two production sites.

# %%
production = crops_and_humans.production_mazes()[:: 10 if fast else 1]
second_site = crops_and_humans.other_production_mazes()[:: 10 if fast else 1]
print(len(production), "mazes of the first site,", len(second_site), "of the second, none in both")
walks = greedy_walks.play(greedy_walks.greedy(agent), production)
shown = np.flatnonzero(walks.fates.humans)
shown = shown[np.linspace(0, len(shown) - 1, 4).astype(int)] if len(shown) else shown
course.show("cell_37", course.draw_mazes(production[shown], walks=walks.positions[shown]))

# %% [markdown]
# The pictures are of the first site. Now both. An agent that gets lost harvests nobody, so the last
# row asks something else: of all places one step before a human, from how many does the agent step
# onto the human?

# %%
sites = {"first site": production, "second site": second_site}
course.show("cell_39", pd.DataFrame(
    {
        (site, who): numbers
        for site, mazes in sites.items()
        for who, numbers in (
            (
                "your agent",
                {
                    **course.rates(agent, mazes),
                    "put beside humans": course.approaches(mazes).taken(agent).mean(),
                },
            ),
            ("the best", course.best_rates(mazes)),
        )
    }
).round(3))

# %% [markdown]
# **Is one site enough to know an agent?** What do the two sites have in common, and where do they
# differ? Keep the question of why until you have read the spoilers.
#
# *Your answer:*

# %% [markdown]
# **Is the reward misspecified?** Look again at the table of rewards and at the last column of the
# two tables. Does any reward pay for what the agent does in production?
#
# *Your answer:*

# %% [markdown]
# ### Try it yourself
#
# Here are your agent and some training mazes. Change a maze, and see the Qs and the walk follow.
# The page runs in your browser, inside this notebook.
#
# - *Drag a human onto the walk.* What does the agent do? What do the Qs say one step before?
# - *Drag a crop towards the walk.* How near must it be before the agent fetches it?
# - *Predict, then click.* Before you open or close a wall, say how the walk will change.
# - *Compare.* At the agent's own cell, is the largest Q what the walk really gets?

# %%
course.show("cell_43", course.try_mazes(agent))

# %% [markdown]
# ## Step 8: hold everything but the walls (10 minutes)
#
# See [slides 2](slides/2_dreaming.pdf) first. We no longer ask what the agent does in a maze, but
# *which maze* would make it step on a human. The weights are fixed, and the maze follows the
# gradient.
#
# Only the wall inputs may change, and not those of the *held* cells, which must stay open: the
# cells of the agent, the human, the start and the exit.

# %%
def only_free_walls(gradient: Tensor, held: Tensor) -> Tensor:
    """The gradient, with zeros for everything except free walls, (dream, 161).

    Args:
        gradient: with respect to the inputs, (dream, 161). The first 49 inputs are the walls.
        held: whether each cell is held, (dream, 49).
    """
    # Your code. steps.hint(8) prints a hint.
    raise NotImplementedError("still blank")

# %%
steps.check(8, only_free_walls)

# %% [markdown]
# ## Step 9: the dreaming loss, and a step of a dream (25 minutes)
#
# The *score* of a maze is Q of the action that would harvest, minus the sum of the other three Qs.
# The loss is minus the score. Several dreams run at once, each in its own row. Add up their losses:
# then the gradient of each dream does not depend on the others.

# %%
def dreaming_loss(values: Tensor, actions: Tensor) -> Tensor:
    """Minus the sum of all scores, a tensor ().

    Args:
        values: Q of the four actions, (dream, 4).
        actions: the action that would harvest, (dream,).
    """
    # Your code. steps.hint("9a") prints a hint.
    raise NotImplementedError("still blank")

# %%
steps.check("9a", dreaming_loss)

# %%
def dream_step(
    network: nn.Module,
    inputs: Tensor,
    actions: Tensor,
    held: Tensor,
    step_size: float,
    loss_of: Callable[[Tensor, Tensor], Tensor],
) -> Tensor:
    """The inputs after one step against the gradient of the loss, (dream, 161), in [0, 1].

    Args:
        network: the network, which stays unchanged.
        inputs: before the step, (dream, 161); they stay unchanged.
        actions: the actions that would harvest, (dream,).
        held: whether each cell is held, (dream, 49).
        step_size: the step is this times the gradient.
        loss_of: the loss, a tensor (), of values (dream, 4) and actions; such as dreaming_loss.
    """
    # Your code. steps.hint("9b") prints a hint.
    raise NotImplementedError("still blank")

# %%
steps.check("9b", dream_step)

# %% [markdown]
# Now dream. We begin in an open room with the agent at A, the human at H and the action "right".
#
# For comparison you train a *control*: your own training once more, with the same examples in the
# same order, the same learning rate and the same number of updates. Only the initial weights
# differ. So whatever the two agents do differently comes from these weights.

# %%
steps.require(only_free_walls, dreaming_loss, dream_step)


def dream(
    network: nn.Module,
    approaches: course.Approaches,
    loss_of: Callable[[Tensor, Tensor], Tensor],
    count: int = 100,
    step_size: float = 0.01,
    price: float = 0.0,
) -> Tensor:
    """The inputs at the end of dreams, (dream, 161).

    Args:
        network: the network, which stays unchanged.
        approaches: agents one step before an item.
        loss_of: the loss of values and actions.
        count: the number of steps.
        step_size: of each step.
        price: weight of a penalty on values between 0 and 1; pushes walls to 0 or 1.
    """
    inputs, actions = approaches.inputs(), torch.from_numpy(approaches.actions)
    held = approaches.held()
    for _ in course.progress(range(count), "steps"):
        inputs = dream_step(network, inputs, actions, held, step_size, loss_of)
        slope = only_free_walls(1 - 2 * inputs, held)  # of wall * (1 - wall)
        inputs = (inputs - step_size * price * slope).clamp(0, 1)
    return inputs


def walls_of(inputs: Tensor) -> np.ndarray:
    """The wall inputs, (dream, 7, 7)."""
    return inputs[:, :49].reshape(-1, 7, 7).numpy()


control, control_losses = trained("control_weights")
room = crops_and_humans.parse("1111111/1111111/1111311/1111111/1111111/1111111/111111E")
in_a_room = course.one_approach(room, (2, 3), action=3)
course.show("cell_53", course.draw_walls(
    {
        name: walls_of(dream(network, in_a_room, dreaming_loss, count=80, step_size=0.001))[0]
        for name, network in (("your agent", agent), ("control", control))
    },
    agent=(2, 3),
    item=(2, 4),
    limits=None,
))

# %% [markdown]
# And what does the control do in mazes?

# %%
course.show("cell_55", pd.DataFrame(
    {
        (name, who): {
            **course.rates(network, mazes),
            "put beside humans": course.approaches(mazes).taken(network).mean(),
        }
        for name, mazes in {"training": training[:: 10 if fast else 1], **sites}.items()
        for who, network in (("your agent", agent), ("control", control))
    }
).T.round(3))

# %% [markdown]
# **Write what you see.** What do both want? What does only your agent want? Try longer dreams and
# other positions of the human.
#
# *Your answer:*

# %% [markdown]
# ## Step 10: find the pattern (55 minutes)
#
# **Where to begin.** It is better to begin in mazes in which we know what the agent does. In the
# training mazes it does not step on humans. So begin *there*, one step before a human, and ask
# which change of the walls would make it do so. There are many such places. A change that appears
# in only one dream may be chance.

# %%
before_humans = course.approaches(training)
picked = np.random.default_rng(0).choice(len(before_humans), 40 if fast else 400, replace=False)
begins = before_humans[picked]
print(len(before_humans), "places; the agent steps on", begins.taken(agent).sum(), "humans")

# %% [markdown]
# **What do we ask?** The score is Q(action) minus *three* other Qs. So a maze that lowers all four
# Qs raises the score: a dream can succeed without making the human any more attractive. A fairer
# question is Q(action) minus the *mean* of the others. We ask both. A small penalty on values
# between 0 and 1 keeps the dreams close to mazes.
#
# The table shows the fraction of agents that step on the human before the dream, after it, and
# after each wall input is rounded to 0 or 1.

# %%
def fair_loss(values: Tensor, actions: Tensor) -> Tensor:
    """The same as dreaming_loss, with the mean of the other three Qs instead of the sum."""
    wanted = values[torch.arange(len(actions)), actions]
    return -(wanted - (values.sum(dim=1) - wanted) / 3).sum()


agents = {"your agent": agent, "control": control}
losses_of = {"sum": dreaming_loss, "mean": fair_loss}
dreams = {
    (loss, name): dream(network, begins, losses_of[loss], price=1.0)
    for loss in losses_of
    for name, network in agents.items()
}


def rounded(inputs: Tensor) -> Tensor:
    """The inputs with each wall rounded to 0 or 1."""
    return torch.cat([(inputs[:, :49] >= 0.5).float(), inputs[:, 49:]], dim=1)


course.show("cell_60", pd.DataFrame(
    {
        (f"minus the {loss} of the others", name): {
            "before": begins.taken(agents[name]).mean(),
            "after the dream": begins.taken(agents[name], inputs).mean(),
            "after rounding": begins.taken(agents[name], rounded(inputs)).mean(),
        }
        for (loss, name), inputs in dreams.items()
    }
).round(2))

# %% [markdown]
# Now look where the dreams open walls. Each cell shows how far its wall was opened, on average over
# the dreams that began with a wall there. White cells are never walls in training.

# %%
def opened(inputs: Tensor) -> np.ndarray:
    """How far the wall of each cell is opened on average, (7, 7); NaN where there is none."""
    before, after = walls_of(begins.inputs()), walls_of(inputs)
    count = before.sum(axis=0)
    return np.where(count > 0, (before - after).clip(0).sum(axis=0) / np.maximum(count, 1), np.nan)


course.show("cell_62", course.draw_walls(
    {f"{name}, sum": opened(dreams["sum", name]) for name in agents},
    label="opened, of 1",
    limits=None,
))

# %%
course.show("cell_63", course.draw_walls(
    {f"{name}, mean": opened(dreams["mean", name]) for name in agents},
    label="opened, of 1",
    limits=None,
))

# %% [markdown]
# **Write what you see.** Which walls does your agent open, but not the control? What do these cells
# have in common? Go back to the training mazes: are these cells ever open there? Then look at the
# production mazes.
#
# *Your answer:*

# %% [markdown]
# ### Make a rule of it
#
# A pattern is a claim that can be wrong. Write it as a rule that is true for mazes with the
# pattern. It should be true for all production mazes and for no training maze, and use only the
# walls. There is more than one right rule.

# %%
def has_pattern(maze: np.ndarray) -> bool:
    """Whether the maze has the pattern that makes the agent harvest humans.

    Args:
        maze: (7, 7) codes.
    """
    # Your code. steps.hint(10) prints a hint.
    raise NotImplementedError("still blank")

# %%
steps.check(10, has_pattern)

# %% [markdown]
# ### Test it
#
# Does the agent harvest where the rule says so? We look at agents one step before a human in
# training mazes, in production mazes and in the rounded dreams. In *one wall opened*, one wall of a
# training maze is removed, in a cell with two odd coordinates.
#
# To put an agent before a human is easier than to get there. So the last columns let the agents
# walk through the same mazes from the start: in what fraction do they harvest any human?

# %%
steps.require(has_pattern)
dreamt = begins.in_mazes(
    course.with_walls(begins.states.mazes, walls_of(dreams["mean", "your agent"]))
)
one_opened = begins.states.mazes.copy()
odd = 2 * np.random.default_rng(1).integers(3, size=(len(begins), 2)) + 1
one_opened[np.arange(len(begins)), odd[:, 0], odd[:, 1]] = crops_and_humans.EMPTY
places = {
    "training": begins,
    "first site": course.approaches(production),
    "second site": course.approaches(second_site),
    "dreams": dreamt,
    "one wall opened": begins.in_mazes(one_opened),
}
rows = {}
for name, found in places.items():
    says = np.array([has_pattern(maze) for maze in found.states.mazes])
    for answer in (False, True):
        if (says == answer).any():
            part = found[says == answer]
            walked = {
                who: greedy_walks.play(greedy_walks.greedy(network), part.states.mazes).fates
                for who, network in agents.items()
            }
            rows[name, "has the pattern" if answer else "has not"] = {
                "places": len(part),
                "way to the exit": np.mean(
                    [
                        crops_and_humans.reachable(maze)[crops_and_humans.END]
                        for maze in part.states.mazes
                    ]
                ),
                "your agent harvests": part.taken(agent).mean(),
                "the control": part.taken(control).mean(),
                "your agent, from the start": (walked["your agent"].humans > 0).mean(),
                "the control, from the start": (walked["control"].humans > 0).mean(),
            }
course.show("cell_69", pd.DataFrame(rows).T.round(2))

# %% [markdown]
# A dream is only evidence of harm if it is a maze, with paths from the start to the agent and to
# the exit, and if the agent comes to the human by itself. So let it walk from the start of each
# rounded dream. Here are four in which it harvests. Frames mark walls that changed.

# %%
ways = np.array([crops_and_humans.reachable(maze) for maze in dreamt.states.mazes])
playable = ways[:, 6, 6] & ways[(np.arange(len(dreamt)), *dreamt.states.positions.T)]
walks = greedy_walks.play(greedy_walks.greedy(agent), dreamt.states.mazes)
put = playable & dreamt.taken(agent)
harmful = np.flatnonzero(playable & (walks.fates.humans > 0))
print(f"{playable.sum()} of {len(dreamt)} rounded dreams are mazes with both paths")
print(f"{put.sum()} of these: the agent harvests if it is put one step before the human")
print(f"{len(harmful)} of these: it walks from the start and harvests a human")
print(f"{(playable & walks.fates.exits).sum()} of these: it walks from the start to the exit")
changed = (dreamt.states.mazes == crops_and_humans.WALL) != (
    begins.states.mazes == crops_and_humans.WALL
)
course.show("cell_71", course.draw_mazes(
    dreamt.states.mazes[harmful[:4]],
    walks=walks.positions[harmful[:4]],
    marked=[np.argwhere(changed[index]).tolist() for index in harmful[:4]],
))

# %% [markdown]
# Each of these is more than a picture: it is a valid maze in which the agent walks from the start
# and does harm. We did not need production to find it. But they are few. In most dreams the agent
# only harvests where we put it: from the start it gets lost, since it has never seen such mazes.
#
# ### Twins
#
# One opened wall alone is often not enough. What else is there? Production mazes have twins in
# training, with the agent and the human in the same cells. The training mazes are in the upper row,
# their production twins in the lower row; frames mark cells that differ.

# %%
in_training, in_production = course.twins()
differ = in_training.states.mazes != in_production.states.mazes
few = np.linspace(0, len(differ) - 1, 4).astype(int)
both = [np.argwhere(differ[index]).tolist() for index in few] * 2
course.show("cell_73", course.draw_mazes(
    np.concatenate([in_training.states.mazes[few], in_production.states.mazes[few]]),
    np.concatenate([in_training.states.positions[few], in_production.states.positions[few]]),
    marked=both,
))

# %%
calm, wild = in_training.inputs(), in_production.inputs()
less, more = (wild < calm)[:, :49], (wild > calm)[:, :49]
nothing = torch.zeros(len(calm), 112, dtype=torch.bool)
mixed = {
    "the training maze": calm,
    "and the opened cells": torch.where(torch.cat([less, nothing], dim=1), wild, calm),
    "and the closed cells": torch.where(torch.cat([more, nothing], dim=1), wild, calm),
    "and both: the maze of production": wild,
}
course.show("cell_74", pd.DataFrame(
    {
        name: {who: in_training.taken(network, inputs).mean() for who, network in agents.items()}
        for name, inputs in mixed.items()
    }
).T.round(2))

# %% [markdown]
# **Write what you see.** Put the pattern into a sentence about the shape of walls.
#
# *Your answer:*

# %% [markdown]
# ### Try your sentence
#
# Now the mazes are in your hands: those of training and of both sites, and the dreams in which the
# agent harvests from the start. Choose who walks above the maze.
#
# - *Make it harvest.* In a training maze, drag the agent next to a human. How few clicks on walls
#   does it take until it steps onto the human? Does the control follow?
# - *Make it safe.* Find a maze of the first site in which the agent harvests. Which click stops it?
# - *Break your rule.* Look for a maze with the pattern in which the agent harms nobody, even put
#   beside a human, and for one without the pattern in which it does.

# %%
course.show("cell_77", course.try_mazes(
    None if fast else agents,  # None: the agent that comes with the course, and a control
    {
        "training": training,
        "first site": production,
        "second site": second_site,
        "dreams": dreamt.states.mazes[harmful],
    },
))

# %% [markdown]
# **Write what you see.** Which single click has the largest effect? Did you have to change your
# sentence?
#
# *Your answer:*

# %% [markdown]
# ### Which part of the net does it?
#
# The agent and the human are the same, and few inputs differ. Somewhere between these inputs and
# the four Qs, the decision changes. Record the activations of the hidden units in both twins. Then
# copy some units from one twin into the other, and see what the agent does.
#
# Which units? Rank them by gradient times difference, a linear estimate of the change of the score.
# As a control, copy the same number of randomly chosen units.

# %%
def ranked(layer: str) -> Tensor:
    """The units of a layer, ranked by their estimated effect on the difference of the twins."""
    with hooks.record(agent, [layer]) as found:
        agent(wild)
        there = found[layer].clone()
    with hooks.record(agent, [layer], grad=True) as found:
        loss = fair_loss(agent(calm), torch.from_numpy(in_training.actions))
        (gradient,) = torch.autograd.grad(loss, found[layer])
    saliency = -(gradient * (there - found[layer].detach())).mean(dim=0)
    return saliency.abs().argsort(descending=True)


def harvest_with(layer: str, units: Tensor, into: Tensor, source: Tensor) -> float:
    """The fraction that harvests, with units of a layer copied from one run into another."""
    with hooks.record(agent, [layer]) as found:
        agent(source)
        copied = found[layer].clone()

    def patch(activation: Tensor) -> Tensor:
        activation[:, units] = copied[:, units]
        return activation

    with hooks.patched(agent, {layer: patch}):
        return float(in_training.taken(agent, into).mean())


counts = [8, agent.width] if fast else [1, 2, 4, 8, 16, 32, 64, 128, agent.width]
shares = {}
for layer in ("relu1", "relu2", "relu3"):
    by_chance = torch.from_numpy(np.random.default_rng(0).permutation(agent.width))
    shares[layer] = {
        f"{units_name}, copied into {name}": [
            harvest_with(layer, units[:count], into, source) for count in counts
        ]
        for units_name, units in (("ranked", ranked(layer)), ("by chance", by_chance))
        for name, into, source in (("production", wild, calm), ("training", calm, wild))
    }
course.show("cell_80", course.draw_lines(counts, shares, labels=("units copied", "share that harvests")))

# %% [markdown]
# **Write what you see.** How many units does it take to stop the harvesting, and how many to cause
# it? Is there a layer in which a few units suffice? Would you switch them off and call the agent
# safe?
#
# *Your answer:*

# %% [markdown]
# ### What is left open
#
# - Why does the agent want this? The rewards were right, the training mazes harmless, the gradients
#   honest. Yet the control, which had the same training to the last batch, behaves differently.
#   What is different about the weights that it began with? `course.load("control_weights")` has
#   them.
# - The agent harvests far more at the first site than at the second. Why?
# - Would you have found the pattern without having seen the production mazes?
# - One control is one case. `course.load("control_0")` is another, trained for longer, with another
#   optimiser, from random weights. Does it differ?
# - Dream of crops (`course.approaches(training, crops_and_humans.CROP)`). Is there a pattern that
#   makes the agent leave them?
# - Add some mazes with the pattern to the training, with the right rewards. How few are enough? Is
#   the agent safe then?
#
# Now see [slides 3](slides/3_alignment.pdf) and answer [ten questions on paper](questions.md). Then
# read [spoilers.ipynb](spoilers.ipynb).
