"""Adapt any torch module to the interface of a policy.

policy = adapt(network)
policy.activation_names
vector_field(maze, policy)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn

from procgen_tools.models.dry_run import activation_shapes_of, probing
from procgen_tools.models.interface import PolicyModule
from procgen_tools.names import did_you_mean
from procgen_tools.worlds.maze.actions import NUM_ACTIONS

Read = Callable[[Any], tuple[Tensor, Tensor]]
"""Converts the output of a module to logits (batch, 15) and values (batch,) or (batch, 1)."""

LOGIT_KEYS = ("logits", "policy", "pi", "action_logits")
VALUE_KEYS = ("value", "values", "vf", "v")


class ActorAndCritic(nn.Module):
    """Two networks with the same input: one for the actions, and one for the value."""

    def __init__(self, policy: nn.Module, value: nn.Module) -> None:
        super().__init__()
        self.policy, self.value = policy, value

    def forward(self, obs: Tensor) -> tuple[Any, Any]:
        return self.policy(obs), self.value(obs)


class ByMethods(nn.Module):
    """A network that is called through `get_distribution` and `predict_values`.

    Policies of Stable-Baselines3 have these methods.
    """

    def __init__(self, agent: Any) -> None:
        super().__init__()
        self.agent = agent

    def forward(self, obs: Tensor) -> tuple[Any, Tensor]:
        return self.agent.get_distribution(obs), self.agent.predict_values(obs)


class AdaptedPolicy(PolicyModule):
    """A torch module with the interface of `models.Policy`; see `adapt`.

    Attributes:
        network: the module itself, not a copy. Activation names are module paths in it.
        activation_shapes: the shape of each activation for one observation, without a batch axis,
            in order of computation.
        num_actions: 15.

    Example:
        >>> network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64 * 64, 16))
        >>> policy = AdaptedPolicy(network, read=lambda answer: (answer[:, :15], answer[:, 15]))
        >>> policy.activation_names
        ('0_in0', '0_out', '1_out')
    """

    def __init__(
        self, network: nn.Module, *, read: Read | None = None, pixel_scale: float = 1.0
    ) -> None:
        super().__init__()
        self.network = network
        self.num_actions = NUM_ACTIONS
        self._read = read or read_answer
        self._pixel_scale = pixel_scale
        with probing(self) as zeros:
            answer = self._run(zeros)
            logits, values = _pair(answer)
            if logits.shape != (len(zeros), NUM_ACTIONS):
                raise ValueError(
                    f"the module returned logits of shape {tuple(logits.shape)} for {len(zeros)} "
                    f"observations: they must be (batch, {NUM_ACTIONS}), one for each of procgen's "
                    "actions; give read=, a function that converts the module's output"
                )
            if values.numel() != len(zeros):
                raise ValueError(
                    f"the module returned values of shape {tuple(values.shape)} for {len(zeros)} "
                    "observations: they must be (batch,) or (batch, 1); give read=, a function "
                    "that converts the module's output"
                )
            self.activation_shapes = activation_shapes_of(network, lambda: self._run(zeros))
        if not self.activation_shapes:
            raise ValueError(
                f"{type(network).__name__} has no submodule that returns a tensor, so no "
                "activation has a name: compute each step in a submodule, such as nn.ReLU() "
                "instead of torch.relu"
            )

    @property
    def network_of_names(self) -> nn.Module:
        """The module in which activation names are paths."""
        return self.network

    @property
    def activation_names(self) -> tuple[str, ...]:
        """The activations in order of computation (see `activation_shapes`)."""
        return tuple(self.activation_shapes)

    def _run(self, obs: Tensor) -> Any:
        return self._read(self.network(obs if self._pixel_scale == 1 else obs * self._pixel_scale))

    def _answer(self, obs: Tensor) -> tuple[Tensor, Tensor]:
        return _pair(self._run(obs))


def adapt(
    module: nn.Module,
    value: nn.Module | None = None,
    *,
    read: Read | None = None,
    pixel_scale: float | None = None,
) -> AdaptedPolicy:
    """Adapt any torch module to the interface of a policy, for all functions of this package.

    The module runs once on two observations of zeros, in eval mode and without gradients, to find
    the names and shapes of its activations. It is never copied: a patch of the policy patches the
    module.

    Args:
        module: maps observations (batch, 3, 64, 64) to logits of procgen's 15 actions and values.
            It returns a pair, whose first part may be a torch distribution; a dictionary with the
            keys `logits` and `value`; or an object with these attributes. Policies of
            Stable-Baselines3 are called through `get_distribution` and `predict_values`.
        value: a second module, which returns the values. `module` then returns only the logits or
            a distribution, and activation names begin with `policy.` and `value.`.
        read: converts the output of other modules to logits and values.
        pixel_scale: multiplies the observations, which are in [0, 1]; 255 for a module that takes
            0..255. Defaults to 255 for a policy of Stable-Baselines3 that divides pixels itself,
            and otherwise to 1.

    Raises:
        TypeError: not a torch module.
        ValueError: outputs of an unknown kind or of the wrong shape, or a module without
            submodules to name.

    Example:
        >>> from torch import nn
        >>> body = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64 * 64, 8), nn.ReLU())
        >>> actor = nn.Sequential(body, nn.Linear(8, 15))
        >>> critic = nn.Sequential(body, nn.Linear(8, 1))
        >>> adapt(actor, critic).activation_shapes["policy.0.2_out"]
        (8,)
    """
    for given in (module, value):
        if given is not None and not isinstance(given, nn.Module):
            raise TypeError(
                f"a {type(given).__name__} cannot be adapted: give a torch.nn.Module; a function "
                "has no activations to name, but vector_field accepts it without adapt"
            )
    network = module if value is None else ActorAndCritic(module, value)
    if value is None and hasattr(module, "get_distribution") and hasattr(module, "predict_values"):
        network = ByMethods(module)
        if pixel_scale is None and _divides_pixels(module):
            pixel_scale = 255.0
    return AdaptedPolicy(
        network, read=read, pixel_scale=1.0 if pixel_scale is None else pixel_scale
    )


def read_answer(answer: Any) -> tuple[Tensor, Tensor]:
    """Logits and values from the output of a module: a pair, a dictionary or an object.

    Raises:
        ValueError: any other output.
    """
    remedy = "return (logits, values), or give read=, a function that converts the output"
    if isinstance(answer, Mapping):
        logits, value = (_entry(answer, keys) for keys in (LOGIT_KEYS, VALUE_KEYS))
    elif isinstance(answer, tuple | list):
        if len(answer) != 2:
            raise ValueError(f"the module returned {len(answer)} things: {remedy}")
        logits, value = answer
    elif hasattr(answer, "logits") and hasattr(answer, "value"):
        logits, value = answer.logits, answer.value
    elif isinstance(answer, Tensor) or hasattr(answer, "logits"):
        raise ValueError(
            "the module returned no values: give adapt a second module for them, or, if there are "
            "none, read=lambda logits: (logits, torch.zeros(len(logits)))"
        )
    else:
        raise ValueError(f"the module returned a {type(answer).__name__}: {remedy}")
    logits = getattr(logits, "distribution", logits)  # as Stable-Baselines3 wraps torch's
    logits = logits if isinstance(logits, Tensor) else getattr(logits, "logits", logits)
    return _pair((logits, value))


def _pair(answer: Any) -> tuple[Tensor, Tensor]:
    if isinstance(answer, tuple) and len(answer) == 2:
        logits, values = answer
        if isinstance(logits, Tensor) and isinstance(values, Tensor):
            return logits, values
        answer = f"{type(logits).__name__} and {type(values).__name__}"
    else:
        answer = type(answer).__name__
    raise ValueError(f"logits and values are {answer}: give two tensors")


def _entry(answer: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    for key in keys:
        if key in answer:
            return answer[key]
    raise ValueError(
        f"the module returned a dictionary with {', '.join(map(repr, answer))}, and none of "
        f"{', '.join(keys)}{did_you_mean(keys[0], map(str, answer))}: rename the entry, or give "
        "read=, a function that converts the dictionary to logits and values"
    )


def _divides_pixels(agent: Any) -> bool:
    """Whether a policy of Stable-Baselines3 takes pixels in 0..255 and divides them itself."""
    space = getattr(agent, "observation_space", None)
    whole = getattr(space, "dtype", None) == "uint8"
    return bool(getattr(agent, "normalize_images", False)) and whole
