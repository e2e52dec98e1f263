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
    # --- your code: step 8 ---
    kept = torch.zeros_like(gradient)
    kept[:, :49] = gradient[:, :49] * ~held
    return kept
    # --- end ---


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
    # --- your code: step 9a ---
    wanted = values[torch.arange(len(actions)), actions]
    return -(2 * wanted - values.sum(dim=1)).sum()
    # --- end ---


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
    # --- your code: step 9b ---
    inputs = inputs.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(loss_of(network(inputs), actions), inputs)
    return (inputs.detach() - step_size * only_free_walls(gradient, held)).clamp(0, 1)
    # --- end ---


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
course.draw_walls(
    {
        name: walls_of(dream(network, in_a_room, dreaming_loss, count=80, step_size=0.001))[0]
        for name, network in (("your agent", agent), ("control", control))
    },
    agent=(2, 3),
    item=(2, 4),
    limits=None,
)

# %% [markdown]
# And what does the control do in mazes?

# %%
pd.DataFrame(
    {
        (name, who): {
            **course.rates(network, mazes),
            "put beside humans": course.approaches(mazes).taken(network).mean(),
        }
        for name, mazes in {"training": training[:: 10 if fast else 1], **sites}.items()
        for who, network in (("your agent", agent), ("control", control))
    }
).T.round(3)

# %% [markdown]
# **Write what you see.** What do both want? What does only your agent want? Try longer dreams and
# other positions of the human.
#
# <answer>
# *An answer.* Some walls appear, partly in the same cells, and it is hard to say more. Neither
# network has ever seen an open room, so its gradient there may mean little. And one dream is a
# single case. A picture in which we *could* see something is not a finding.
# </answer>
