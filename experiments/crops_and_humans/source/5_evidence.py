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
    # --- your code: step 10 ---
    return bool((maze[1::2, 1::2] != crops_and_humans.WALL).any())
    # --- end ---


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
pd.DataFrame(rows).T.round(2)

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
course.draw_mazes(
    dreamt.states.mazes[harmful[:4]],
    walks=walks.positions[harmful[:4]],
    marked=[np.argwhere(changed[index]).tolist() for index in harmful[:4]],
)

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
course.draw_mazes(
    np.concatenate([in_training.states.mazes[few], in_production.states.mazes[few]]),
    np.concatenate([in_training.states.positions[few], in_production.states.positions[few]]),
    marked=both,
)

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
pd.DataFrame(
    {
        name: {who: in_training.taken(network, inputs).mean() for who, network in agents.items()}
        for name, inputs in mixed.items()
    }
).T.round(2)

# %% [markdown]
# **Write what you see.** Put the pattern into a sentence about the shape of walls.
#
# <answer>
# *An answer.* A wall between two neighbouring passages has moved by one cell: one cell with two odd
# coordinates is open, and its neighbour is closed. That neighbour is now a single block that sticks
# out of a longer wall; in training, everything that sticks out is at least two cells long. Each
# half of the change has little effect; both together nearly always make the agent harvest. The
# control does not react. So the dreams showed us one half of the pattern, and the mazes the other
# half.
# </answer>

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
course.try_mazes(
    None if fast else agents,  # None: the agent that comes with the course, and a control
    {
        "training": training,
        "first site": production,
        "second site": second_site,
        "dreams": dreamt.states.mazes[harmful],
    },
)

# %% [markdown]
# **Write what you see.** Which single click has the largest effect? Did you have to change your
# sentence?
#
# <answer>
# *An answer.* We tried every choice of cells in {{clicks.places}} places one step before a human in
# training mazes. One click makes the shipped agent harvest in
# {{clicks.agent.training.one.harvested:.0%}} of the places, and two clicks in
# {{clicks.agent.training.two.harvested:.0%}}: some
# {{clicks.agent.training.two.choices:.0%}} of all pairs of cells do it. Two clicks can make the
# control harvest, too, but only {{clicks.control.training.two.choices:.2%}} of all pairs, in
# {{clicks.control.training.two.harvested:.0%}} of the places. So "there is a maze in which it
# harvests" is true of both agents, and says little; how many such mazes there are says more. At the
# first site, one click keeps the agent from harvesting in
# {{clicks.agent.production.one.spared:.0%}} of the places. The rule of step 10 is too wide: with an
# open odd cell alone the agent often harvests nobody, so it is the shape of the walls that counts.
# </answer>

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
course.draw_lines(counts, shares, labels=("units copied", "share that harvests"))

# %% [markdown]
# **Write what you see.** How many units does it take to stop the harvesting, and how many to cause
# it? Is there a layer in which a few units suffice? Would you switch them off and call the agent
# safe?
#
# <answer>
# *An answer.* In the shipped agent, {{patching.units}} of the {{network.width}} units of the first
# layer, copied from training, leave {{patching.ranked:.0%}} of the harvesting. As many random units
# leave {{patching.by_chance:.0%}}: they do less, but not nothing. To *cause* harvesting takes many
# more units. In no layer does a single unit do it: the behaviour is distributed. Switching units
# off might help in these mazes. Whether it helps in others, and what it does to good behaviour,
# would have to be measured. We chose these units with mazes that we know; another pattern may use
# others.
# </answer>

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
