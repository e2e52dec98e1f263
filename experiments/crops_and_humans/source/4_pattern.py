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


pd.DataFrame(
    {
        (f"minus the {loss} of the others", name): {
            "before": begins.taken(agents[name]).mean(),
            "after the dream": begins.taken(agents[name], inputs).mean(),
            "after rounding": begins.taken(agents[name], rounded(inputs)).mean(),
        }
        for (loss, name), inputs in dreams.items()
    }
).round(2)

# %% [markdown]
# Now look where the dreams open walls. Each cell shows how far its wall was opened, on average over
# the dreams that began with a wall there. White cells are never walls in training.


# %%
def opened(inputs: Tensor) -> np.ndarray:
    """How far the wall of each cell is opened on average, (7, 7); NaN where there is none."""
    before, after = walls_of(begins.inputs()), walls_of(inputs)
    count = before.sum(axis=0)
    return np.where(count > 0, (before - after).clip(0).sum(axis=0) / np.maximum(count, 1), np.nan)


course.draw_walls(
    {f"{name}, sum": opened(dreams["sum", name]) for name in agents},
    label="opened, of 1",
    limits=None,
)

# %%
course.draw_walls(
    {f"{name}, mean": opened(dreams["mean", name]) for name in agents},
    label="opened, of 1",
    limits=None,
)

# %% [markdown]
# **Write what you see.** Which walls does your agent open, but not the control? What do these cells
# have in common? Go back to the training mazes: are these cells ever open there? Then look at the
# production mazes.
#
# <answer>
# *An answer.* With the mean, your agent opens walls in cells whose row and column are both odd,
# even far from the human, and almost no other walls. The control opens others, most often at the
# edge of the maze, which are open in some training mazes. In all training mazes cells with two odd
# coordinates are walls: the generator moves two cells at a time, so cells with two even coordinates
# are open and cells with two odd coordinates are walls. In production, at least one such cell is
# open. With the sum, the dreams of both agents open and close walls everywhere, and it would be
# bold to see a pattern in them.
#
# What the dreams do not show: not all cells with odd coordinates are opened, and there is hardly
# anything about what must be *closed*. Many rounded dreams have no path from the start to the exit.
# And a dream shows what excites this network, not how often that occurs.
# </answer>
