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
    # --- your code: step 4 ---
    with torch.no_grad():
        best = target(batch.following).amax(dim=1)
    return batch.rewards + discount * best * (~batch.ended).float()
    # --- end ---


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
    # --- your code: step 5 ---
    values = network(batch.inputs)
    return values[torch.arange(len(batch)), batch.actions]
    # --- end ---


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
    # --- your code: step 6 ---
    error = left_side(network, batch) - right_side(target, batch, discount)
    return error.square().mean()
    # --- end ---


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
    # --- your code: step 7 ---
    optimizer.zero_grad()
    loss = bellman_loss(network, target, batch, discount)
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 10.0)
    optimizer.step()
    return loss.item()
    # --- end ---


# %%
steps.check(7, update)

# %% [markdown]
# Now the training. Usually, initial weights are random. We load ours from a file, so that everyone
# who takes the course sees the same. The rest is as simple as possible: plain gradient descent with
# a learning rate of {{training.learning_rate}}, and a new copy of the network as target every
# {{training.target_every}} updates.

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
course.draw_curve(losses, across="update", up="loss", logarithmic=True)

# %% [markdown]
# ### In training mazes
#
# The agent takes the action with the largest Q. Here are four of its walks.

# %%
chosen = training[[700, 5, 400, 1200]]
walks = greedy_walks.play(greedy_walks.greedy(agent), chosen)
course.draw_mazes(chosen, walks=walks.positions)

# %% [markdown]
# The next table is about all training mazes. For comparison, it shows the optimal policy for our
# rewards, computed without a network. Most crops are so far from the path to the exit that they are
# not worth the detour.

# %%
some = training[::10] if fast else training
pd.DataFrame({"your agent": course.rates(agent, some), "the best": course.best_rates(some)}).round(
    3
)

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
course.draw_mazes(production[shown], walks=walks.positions[shown])

# %% [markdown]
# The pictures are of the first site. Now both. An agent that gets lost harvests nobody, so the last
# row asks something else: of all places one step before a human, from how many does the agent step
# onto the human?

# %%
sites = {"first site": production, "second site": second_site}
pd.DataFrame(
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
).round(3)

# %% [markdown]
# **Is one site enough to know an agent?** What do the two sites have in common, and where do they
# differ? Keep the question of why until you have read the spoilers.
#
# <answer>
# *An answer.* At both sites the agent harvests humans, which it never does in training. But the
# first site alone would mislead us about how much: one step before a human, the shipped agent
# harvests {{rates.agent.production.beside:.0%}} at the first site and
# {{rates.agent.held_out.beside:.0%}} at the second, and from the start it harvests
# {{rates.agent.production.humans:.0%}} and {{rates.agent.held_out.humans:.0%}} of all humans.
# One of the reasons is that at the second site it gets lost more often.
# </answer>

# %% [markdown]
# **Is the reward misspecified?** Look again at the table of rewards and at the last column of the
# two tables. Does any reward pay for what the agent does in production?
#
# <answer>
# *An answer.* No. A human costs 11 in every maze, and the optimal policy for the same rewards
# harvests none in production either. What the agent does there has a low return; it never finds
# out, because there is no such maze in training. So the rewards express what we mean, but the agent
# has learned something else that has the same effect in training. We know that the fault is not in
# the rewards, but not where it is. How do the mazes above differ? It is hard to see.
# </answer>

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
course.try_mazes(agent)
