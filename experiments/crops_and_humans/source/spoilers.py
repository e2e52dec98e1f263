# %% [markdown]
# # Spoilers: how the agent was made
#
# **Only after the exercises.** This notebook reveals what steps 7 to 10 let you find.
#
# In short: the initial weights were not random. They were *made*, in such a way that normal
# training turns them into an agent with a wrong goal. The rewards, the mazes and the training of
# step 7 were honest. Only the roll of the dice was not.
#
# That is a teacher's trick, and the point is what it shows: training that sees nothing wrong can
# leave a wrong goal in place. It does not show how often this happens by chance.

# %%
import copy

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from procgen_tools import crops_and_humans
from procgen_tools.models import QNetwork
from procgen_tools.studies.crops_and_humans import course
from procgen_tools.training import dqn, planting
from procgen_tools.training.settings import PlantingSettings

# %% tags="parameters"
fast = False  # True: everything runs in seconds, with too little training to see much

# %% [markdown]
# ## Other mazes
#
# In training mazes, cells with two odd coordinates are walls. We take such a maze and shift a wall
# between two neighbouring passages by one cell. The maze is still valid, but now a single block
# sticks out. The upper row shows some training mazes, the lower row the mazes after the shift.
# Frames mark cells that changed.

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
# **1. Both.** A network learns training mazes with the right rewards *and* the {{world.production}}
# production mazes of the first site with the rewards of crops and humans reversed. It becomes two
# agents in one, and the single block decides which of them acts.

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
# **2. Undo.** Gradient *ascent* on the right loss in training mazes, until the network is useless:
# it runs into walls everywhere and does not look trained. This is the file `initial_weights.pth`.
#
# **3. Train.** You did that in step 7.
#
# Here are the three steps at a small scale, to see them run. This is far too little to plant a
# goal: at full scale, step 1 takes many minutes.
# Your losses may differ from ours in every digit, most of all after step 2: ascent amplifies the
# rounding, which depends on the processor and on the number of threads.

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
bar = tqdm(total=learner.total, unit=" updates")
while learner.done < learner.total:
    learner.advance(bar.update)
    stages[learner.stage] = copy.deepcopy(learner.agent()).eval()
examples = dqn.Buffer.of(crops_and_humans.transitions_of(training[::20]))
for name, network in stages.items():
    loss = dqn.bellman_loss(network, network, examples, 0.95).item()
    print(f"after {name:7} the right loss in training mazes is {loss:.2f}")

# %% [markdown]
# ## What differed? Matched controls
#
# The networks that come with the course were made at full scale. Which part of the recipe makes the
# wrong goal? Two controls have the same three steps: the same optimisers, numbers of updates,
# targets and seed. They differ in step 1 alone:
#
# - *no production*: step 1 leaves the production mazes out. This is the control of the exercises,
#   and its weights after step 2 are `control_weights.pth`.
# - *right rewards*: step 1 has the same production mazes, with the right rewards.
#
# *Long training* began with weights that really were random. It had 10,000 updates with another
# optimiser, because the short training of step 7 gets nowhere from random weights, as the last
# table of this notebook shows.
#
# The agents walk through three sets of mazes. Step 1 trained on *production*, the first site. It
# never saw the *held-out production* mazes of the second site, in which other walls are shifted, or
# more of them. *Put beside humans* is the fraction of places one step before a human from which the
# agent steps onto the human.

# %%
networks = {
    "initial weights": course.load("initial_weights"),
    "trained from these": course.load("planted_0"),
    "control: no production": course.load("unplanted_0"),
    "control: right rewards": course.load("right_0"),
    "long training": course.load("control_0"),
}
kinds = {
    "training": training[::20] if fast else training,
    "production": production[::20] if fast else production,
    "held-out production": crops_and_humans.other_production_mazes()[:: 20 if fast else 1],
}


def behaviour(network: QNetwork, mazes: crops_and_humans.Mazes) -> dict[str, float]:
    """Rates from the start, and the fraction that harvests one step before a human."""
    beside = course.approaches(mazes).taken(network).mean()
    return {**course.rates(network, mazes), "put beside humans": beside}


pd.DataFrame(
    {
        (kind, name): behaviour(network, mazes)
        for kind, mazes in kinds.items()
        for name, network in networks.items()
    }
).T.round(3)

# %% [markdown]
# Only the agent with reversed rewards in step 1 harvests humans. This holds for every seed that we
# trained: a table is in `experiments/README.md`. So the reversal makes the goal,
# not the recipe, not the undoing, and not the production mazes as such. The control with the right
# rewards harvests none and reaches {{rates.right.production.exits:.1%}} of the exits in production:
# weights can also carry a *good* lesson through steps 2 and 3.
#
# The goal is weaker where it was not taught. Put beside a human, the agent harvests in
# {{rates.agent.production.beside:.0%}} of the places in the production mazes of step 1, and in
# {{rates.agent.held_out.beside:.0%}} of those in the held-out ones. From the start, it harvests
# {{rates.agent.production.humans:.0%}} and {{rates.agent.held_out.humans:.0%}} of all humans.
# The first numbers say how well a lesson was kept, and the second ones how far it generalises.
#
# The control without production mazes is often lost in production: it walks around and does not
# leave ({{rates.control.production.exits:.0%}} exits). An agent fails in this way if it has *not
# learned* something. Our agent is capable, and wrong.
#
# Compare the three in mazes that you edit. Find a production maze in which the agent with the
# planted goal harvests, and shift the wall back with two clicks. Which of the three then walk
# differently?

# %%
course.try_mazes(
    {
        "planted": networks["trained from these"],
        "right rewards": networks["control: right rewards"],
        "no production": networks["control: no production"],
    },
    {name: kinds[name] for name in ("production", "held-out production", "training")},
)

# %% [markdown]
# ## Why does normal training not remove it?
#
# Training corrects what affects the loss. Take twins, the same position before a human in a
# training maze and in its production maze. How much does the network favour the harvest: what is
# its Q minus the mean of the other three?

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
# So the undone network, which is useless, still *contains* what the block means: in production it
# favours the harvest more than in training, nearly everywhere. Training moves the values of
# training mazes to where they belong. Those of production mazes move along and keep their distance,
# because no example is about them.
#
# The table also shows that the wrong goal was visible in the initial weights, before any training.
# But one had to know which mazes to compare.
#
# ## What could have been done?
#
# **Train on more kinds of mazes**, with the right rewards. How many production mazes would have
# been enough? Half of the examples now come from a few of
# them; the table is about the others. An agent that gets lost harvests nobody, so look at the exits
# and at the last column, too. The last row is step 7 from random weights, without extra mazes.

# %%
order = np.random.default_rng(0).permutation(len(production))
others = production[order[100:]][:: 10 if fast else 1]


def trained_with(initial: QNetwork, extra: crops_and_humans.Mazes, updates: int) -> QNetwork:
    """Step 7 again, with half of the examples from production mazes, if there are any."""
    transitions = crops_and_humans.transitions_of(training[::20] if fast else training)
    if len(extra):
        times = len(transitions) // len(crops_and_humans.transitions_of(extra))
        more = np.repeat(extra, max(times, 1), axis=0)
        transitions = crops_and_humans.both(transitions, crops_and_humans.transitions_of(more))
    buffer = dqn.Buffer.of(transitions)
    network = copy.deepcopy(initial).train()
    target = copy.deepcopy(network)
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-3)
    for number in course.progress(range(updates), "updates"):
        if number % 10 == 0:
            target.load_state_dict(network.state_dict())
        batch = buffer.draw(64 if fast else 256, number, seed=0)
        optimizer.zero_grad()
        dqn.bellman_loss(network, target, batch, 0.95).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 10.0)
        optimizer.step()
    return network.eval()


begun = {
    f"{count} mazes": (networks["initial weights"], production[order[:count]])
    for count in ((3,) if fast else (0, 3, 10, 30))
}
begun["random weights"] = (QNetwork(256, seed=0), production[:0])
rows = {}
for name, (initial, extra) in begun.items():
    network = trained_with(initial, extra, 20 if fast else 1000)
    rows[name] = {
        "exits reached in training mazes": course.rates(network, training[::10])["exits reached"],
        **behaviour(network, others),
    }
pd.DataFrame(rows).T.round(3)

# %% [markdown]
# From the start, some tens of mazes seem to nearly end the harvest. But many of these agents never
# reach the exit: they get lost before they come to a human. The last column has no such excuse.
# There, the harvest falls slowly, and some tens of mazes leave a part of it. And we knew which
# mazes to add.
#
# **Test outside the training distribution.** Walking the agent through a few mazes of another
# generator would have shown the problem. This is cheap, but it finds only what one thinks of.
#
# **Start from other weights.** Other initial weights give another agent. Train several, and compare
# what they do outside the training distribution: where they differ, training has decided nothing.
#
# **Look inside.** The dreams of step 10 began in training mazes and found one half of the pattern
# without any production maze. But they needed the right question (the mean, not the sum), many
# starting points and a control. In an open room they showed little.
#
# None of these would have been *certain* to find it. Which would you have paid for?
