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

# %% tags="parameters"
fast = False  # True: every cell runs in seconds, with fewer mazes and less training

# %% tags="exercises"
steps = course.Steps("progress.json")  # the file keeps which steps you have passed
print(steps)

# %% tags="solutions"
steps = course.Steps()

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
course.draw_mazes(training[[700, 5, 400, 1200]])

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
    # --- your code: step 1 ---
    return [(row, col) for row, col in np.argwhere(maze == crops_and_humans.EMPTY).tolist()]
    # --- end ---


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
    # --- your code: step 2 ---
    rewards = torch.full((7, 7), -0.25)
    codes = torch.from_numpy(maze)
    rewards[codes == crops_and_humans.WALL] = -5.0
    rewards[codes == crops_and_humans.CROP] = 2.0
    rewards[codes == crops_and_humans.HUMAN] = -11.0
    rewards[codes == crops_and_humans.EXIT] = 10.0
    return rewards
    # --- end ---


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
    # --- your code: step 3 ---
    codes = torch.from_numpy(maze).flatten()
    layers = [
        (codes == code).float()
        for code in (crops_and_humans.WALL, crops_and_humans.CROP, crops_and_humans.HUMAN)
    ]
    return torch.cat([*layers, torch.eye(7)[row], torch.eye(7)[col]])
    # --- end ---


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
