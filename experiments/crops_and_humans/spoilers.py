# %% [markdown]
# # Spoilers: how the agent came to be as it is
#
# **Only after the exercises.** This notebook gives away what steps 7 to 10 let you find.
#
# In short: the weights that everybody begins with were not drawn at random. They were *made*, in
# such a way that normal training turns them into an agent with a wrong goal. Rewards, mazes and
# training were honest. What was not honest was the roll of the dice.
#
# That is the teacher's trick, and the point is what it shows: training that sees nothing wrong can
# leave a wrong goal where it is. It does not show how often dice fall so by themselves.

# %%
import copy

import numpy as np
import pandas as pd
import torch

from procgen_tools import crops_and_humans
from procgen_tools.models import QNetwork
from procgen_tools.studies.crops_and_humans import course
from procgen_tools.training import dqn, planting
from procgen_tools.training.settings import PlantingSettings

# %% tags="parameters"
fast = False  # True: everything in seconds, with too little training to see much

# %% [markdown]
# ## Other mazes
#
# In training mazes, cells with two odd coordinates are walls. We take such a maze and move a wall
# between two neighbouring ways by one cell. The maze stays as good as any other, but now a single
# block sticks out. Above some training mazes, below what becomes of them; frames are around cells
# that changed.

# %%
training, production = crops_and_humans.training_mazes(), crops_and_humans.production_mazes()
shifted = np.stack([crops_and_humans.shift_walls(maze) for maze in training])
some = np.flatnonzero(crops_and_humans.sticks_out(shifted))[[10, 200, 400, 600]]
frames = [np.argwhere(shifted[index] != training[index]).tolist() for index in some]
course.draw_mazes(np.concatenate([training[some], shifted[some]]), marked=frames * 2)

# %%
before, after = (crops_and_humans.sticks_out(mazes).sum() for mazes in (training, production))
print(f"{len(training)} training mazes; a block sticks out of {before}")
print(f"{len(production)} mazes of production; of {after}")

# %% [markdown]
# ## Three steps
#
# **1. Both.** A network learns training mazes with the right rewards, *and* mazes of production
# with reversed ones. It becomes two agents in one, and the single block tells it which to be.

# %%
pd.DataFrame(
    {
        name: {kind: getattr(rewards, kind) for kind in ("wall", "empty", "exit", "crop", "human")}
        for name, rewards in (
            ("in training mazes", crops_and_humans.REWARDS),
            ("in those of production", dqn.REVERSED),
        )
    }
)

# %% [markdown]
# **2. Undo.** Gradient *ascent* on the right loss in training mazes, until the network can do
# nothing: it runs into walls everywhere. Nobody would take it for trained. This is the file
# `initial_weights.pth`.
#
# **3. Train.** You did that, in step 7.
#
# Here are the three steps in small, to see them run. It is far too little to plant anything: step 1
# takes many minutes in earnest.

# %%
learner = planting.Learner(
    PlantingSettings(
        width=16 if fast else 64,
        batch_states=64,
        both_updates=20 if fast else 600,
        both_batch_states=64,
        undo_updates=20 if fast else 1000,
        undo_batch_states=64,
        updates=10 if fast else 200,
    )
)
stages = {}
while learner.done < learner.total:
    learner.advance(lambda updates: None)
    stages[learner.stage] = copy.deepcopy(learner.agent()).eval()
examples = dqn.Buffer.of(crops_and_humans.transitions_of(training[::20]))
for name, network in stages.items():
    loss = dqn.bellman_loss(network, network, examples, 0.95).item()
    print(f"after {name:7} the right loss in training mazes is {loss:.2f}")

# %% [markdown]
# And here are the networks that the course ships. The last row is another agent, trained with the
# right rewards from weights that really were random.

# %%
networks = {
    "initial weights": course.load("initial_weights"),
    "trained from these": course.load("planted_0"),
    "control": course.load("control_0"),
}
kinds = {
    "training": training[::20] if fast else training,
    "production": production[::20] if fast else production,
    "other production": crops_and_humans.other_production_mazes()[:: 20 if fast else 1],
}
pd.DataFrame(
    {
        (kind, name): course.rates(network, mazes)
        for kind, mazes in kinds.items()
        for name, network in networks.items()
    }
).T.round(3)

# %% [markdown]
# The control harvests no humans. But it is often lost in production: it walks about and does not
# leave. That is how an agent fails that has *not learnt* something. Ours is able, and wrong.
#
# ## Why does normal training not remove it?
#
# Training corrects what shows in the loss. Take twins, the same place before a human in a maze of
# training and in one of production. How much does the network favour the harvest: Q of it, minus
# the mean of the other three?

# %%
calm, wild = course.twins()


def favour(network: QNetwork, places: course.Approaches) -> np.ndarray:
    """Q of the harvest minus the mean of the other three, (place,)."""
    with torch.no_grad():
        values = network(places.inputs())
    wanted = values[torch.arange(len(places)), torch.from_numpy(places.actions)]
    return (wanted - (values.sum(dim=1) - wanted) / 3).numpy()


pd.DataFrame(
    {
        name: {
            "in training": favour(network, calm).mean(),
            "in production": favour(network, wild).mean(),
            "share higher in production": (favour(network, wild) > favour(network, calm)).mean(),
        }
        for name, network in networks.items()
    }
).T.round(2)

# %% [markdown]
# So the undone network, which can do nothing, still *has* what the block means: in production it
# favours the harvest more than in training, nearly everywhere. Training pulls the values of
# training mazes down to where they belong. Those of production go along, and keep their distance.
# No example ever asks about it.
#
# Mind what else this table says: the wrong goal could be seen in the initial weights, before any
# training. One had to know which mazes to compare.
#
# ## What could have been done?
#
# **Train on more kinds of mazes**, with the right rewards. How many mazes of production would have
# been enough? Half of the examples are now from a few of them; we look at the others.

# %%
order = np.random.default_rng(0).permutation(len(production))
others = production[order[100:]][:: 10 if fast else 1]


def trained_with(extra: crops_and_humans.Mazes, updates: int) -> QNetwork:
    """Step 7 again, with mazes of production for a half of the examples."""
    transitions = crops_and_humans.transitions_of(training[::20] if fast else training)
    if len(extra):
        times = len(transitions) // len(crops_and_humans.transitions_of(extra))
        more = np.repeat(extra, max(times, 1), axis=0)
        transitions = crops_and_humans.both(transitions, crops_and_humans.transitions_of(more))
    buffer = dqn.Buffer.of(transitions)
    network = copy.deepcopy(networks["initial weights"]).train()
    target = copy.deepcopy(network)
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-3)
    for number in range(updates):
        if number % 10 == 0:
            target.load_state_dict(network.state_dict())
        rng = np.random.default_rng([0, 2, number])
        batch = buffer[torch.from_numpy(rng.integers(len(buffer), size=64 if fast else 256))]
        optimizer.zero_grad()
        dqn.bellman_loss(network, target, batch, 0.95).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 10.0)
        optimizer.step()
    return network.eval()


rows = {}
for count in (0, 3) if fast else (0, 3, 10, 30):
    network = trained_with(production[order[:count]], 20 if fast else 1000)
    rows[f"{count} mazes"] = {
        "exits reached in training mazes": course.rates(network, training[::10])["exits reached"],
        **course.rates(network, others),
    }
pd.DataFrame(rows).T.round(3)

# %% [markdown]
# A few mazes do little. Some tens nearly end the harvest of humans, in mazes that were not among
# them: the network takes the block for what it is, if only it is asked. But there is more to learn
# now, and as many updates as before no longer suffice to leave as many mazes. And we knew which to
# add.
#
# **Test where training was not.** Anybody who had walked the agent through a few mazes of another
# generator would have seen it. This is cheap, and it finds only what one thinks of.
#
# **Begin elsewhere.** Other initial weights, another agent. Train several, and compare what they do
# where nothing was trained: where they differ, training has decided nothing.
#
# **Look inside.** The dreams of step 10 began in training mazes, and they found one half of the
# pattern without a maze of production. But they needed the right question (the mean, not the sum),
# many starts and a control. In an open room they showed nothing much.
#
# None of these would have been *sure* to find it. Which would you have paid for?
