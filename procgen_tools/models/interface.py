"""The interface of a policy for the analyses of this package, and a check of this interface.

`vfield`, `hooks`, `interventions`, `effects`, `studies` and the widgets accept any object with the
members of `Policy`. The policies of `models` have them, `adapt` adds them to any torch module, and
`check_policy` checks your own class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, cast, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.distributions import Categorical

from procgen_tools.models.dry_run import OBSERVATION_SHAPE, activation_shapes_of, probing
from procgen_tools.worlds.maze.actions import NUM_ACTIONS


@runtime_checkable
class Policy(Protocol):
    """A policy without memory whose activations have names::

        | member              | meaning                                                     | used by |
        |---------------------|-------------------------------------------------------------|---------|
        | `__call__`          | observations -> (distribution with `.logits`, values)       | `vector_field`, `activations_of` |
        | `logits_and_value`  | observations -> (logits (batch, 15), values (batch,))       | `measure`, `play` |
        | `activation_names`  | names in order of computation, ending in `_out` or `_in0`   | `record`, `measure` |
        | `activation_shapes` | shape of each activation of one observation, no batch axis  | interventions, vectors, ActivationBrowser |
        | `parameters`        | device and dtype of the observations                        | all |

    Observations are (batch, 3, 64, 64) floats in [0, 1]. A name is the path of a submodule that
    returns the activation, followed by `_out`, or by `_in0` for its first input.

    Example:
        >>> from procgen_tools.models import ImpalaPolicy
        >>> isinstance(ImpalaPolicy(), Policy), isinstance(nn.Linear(4, 3), Policy)
        (True, False)
    """  # noqa: E501

    @property
    def activation_names(self) -> tuple[str, ...]: ...
    @property
    def activation_shapes(self) -> Mapping[str, tuple[int, ...]]: ...
    def logits_and_value(self, obs: Tensor) -> tuple[Tensor, Tensor]: ...
    def parameters(self) -> Iterator[Any]: ...
    def __call__(self, obs: Tensor) -> tuple[Any, Tensor]: ...


@runtime_checkable
class ResumablePolicy(Policy, Protocol):
    """A policy whose forward passes can resume at activations that determine all later ones."""

    @property
    def resume_points(self) -> tuple[str, ...]: ...
    def logits_and_value_after(self, name: str, activation: Tensor) -> tuple[Tensor, Tensor]: ...


def answer_from(policy: Policy, point: str | None, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Logits and values of a forward pass that resumes at an activation.

    Args:
        policy: the policy.
        point: one of its `resume_points`, or None for a whole pass.
        inputs: the activation at this point, or the observations of a whole pass.
    """
    if point is None:
        return policy.logits_and_value(inputs)
    return cast(ResumablePolicy, policy).logits_and_value_after(point, inputs)


MEMBERS = (
    "activation_names",
    "activation_shapes",
    "logits_and_value",
    "parameters",
)


def need(policy: Any, *members: str, what: str) -> None:
    """Check that a policy has the members that a function uses.

    Args:
        policy: any object.
        members: names of members of `Policy`.
        what: the function that uses them, for the message.

    Raises:
        TypeError: members are missing. The message names them and the remedy.
    """
    missing = [name for name in members if not hasattr(policy, name)]
    if not missing:
        return
    kind = type(policy).__name__
    if hasattr(policy, "network") and not isinstance(policy, nn.Module):
        remedy = "pass the network itself, such as hook.network of circrl's ModuleHook"
    elif isinstance(policy, nn.Module):
        remedy = "wrap the module: procgen_tools.models.adapt(module)"
    else:
        remedy = "give a policy of procgen_tools.models, or adapt(module) of a torch module"
    raise TypeError(f"{what} needs {' and '.join(missing)}, which {kind} does not have: {remedy}")


def check_policy(policy: Any) -> None:
    """Check that an object is a complete policy (see `Policy`), with one forward pass of zeros.

    Raises:
        TypeError: members are missing. The message names them and the remedy.
        ValueError: logits or values of the wrong shape, members that contradict each other, or an
            activation with a wrong name or shape.

    Example:
        >>> check_policy(nn.Linear(4, 3))
        Traceback (most recent call last):
        TypeError: a policy needs activation_names and activation_shapes and logits_and_value, ...
    """
    need(policy, *MEMBERS, what="a policy")
    if not isinstance(policy, nn.Module):
        raise TypeError(
            f"a {type(policy).__name__} is not a torch module: hooks need torch.nn.Module"
        )
    _check_members(cast(Policy, policy), policy)


def _check_members(policy: Policy, module: nn.Module) -> None:
    with probing(module) as zeros:
        logits, _ = check_answer(policy.logits_and_value(zeros), len(zeros), "logits_and_value")
        answer: Any = policy(zeros)
        if not isinstance(answer, tuple) or not hasattr(answer[0], "logits"):
            raise ValueError(
                f"calling the policy returned a {type(answer).__name__}: return a pair of a "
                "distribution with .logits, such as torch's Categorical, and values"
            )
        distribution, _ = answer
        # The logits of a distribution are normalised.
        if not torch.allclose(distribution.logits.softmax(-1), logits.softmax(-1), atol=1e-4):
            raise ValueError("logits_and_value and calling the policy give different probabilities")
        found = activation_shapes_of(
            watched(module), lambda: policy.logits_and_value(zeros), every_name=True
        )
    listed = dict(policy.activation_shapes)
    if set(listed) != set(policy.activation_names):
        odd = set(listed) ^ set(policy.activation_names)
        raise ValueError(f"activation_names and activation_shapes differ in {sorted(odd)[0]}")
    for name, shape in listed.items():
        if name not in found:
            raise ValueError(
                f"activation_shapes lists {name}, but no submodule of that path ran: name "
                "activations by module path with _out or _in0"
            )
        if tuple(shape) != found[name]:
            raise ValueError(
                f"activation_shapes has {tuple(shape)} for {name}, but a forward pass has "
                f"{found[name]}: correct activation_shapes"
            )


def check_answer(answer: Any, count: int, what: str) -> tuple[Tensor, Tensor]:
    """Check the logits and values that `what` returned for `count` observations.

    Raises:
        ValueError: not a pair of tensors, or tensors of another shape.
    """
    if not (
        isinstance(answer, tuple)
        and len(answer) == 2
        and all(isinstance(x, Tensor) for x in answer)
    ):
        raise ValueError(
            f"{what} returned a {type(answer).__name__}: return a pair of tensors, logits and "
            "values"
        )
    logits, values = answer
    if logits.shape != (count, NUM_ACTIONS):
        raise ValueError(
            f"{what} returned logits of shape {tuple(logits.shape)} for {count} observations: "
            f"return (batch, {NUM_ACTIONS}), one for each of procgen's actions"
        )
    if values.shape != (count,):
        raise ValueError(
            f"{what} returned values of shape {tuple(values.shape)} for {count} observations: "
            "return (batch,), for instance with .flatten()"
        )
    return logits, values


def watched(policy: nn.Module) -> nn.Module:
    """The module in which the activation names of a policy are paths.

    This is the member `network_of_names` of the policy if it has one, as an `AdaptedPolicy` has,
    and otherwise the policy itself.
    """
    inner = getattr(policy, "network_of_names", policy)
    assert isinstance(inner, nn.Module)
    return inner


class PolicyModule(nn.Module):
    """The base class of the policies of `models`: input checks and distributions.

    Subclasses compute logits and values in `_answer`.
    """

    resume_points: tuple[str, ...] = ()
    """Activations at which `logits_and_value_after` can resume."""

    def _answer(self, obs: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (batch, action) and values (batch, 1) or (batch,) of checked observations."""
        raise NotImplementedError

    def logits_and_value(
        self, obs: Tensor
    ) -> tuple[Float[Tensor, "batch action"], Float[Tensor, " batch"]]:
        """Unnormalised log-probabilities of the actions, and the expected discounted return.

        The numbers are those of `forward`. This is faster, because no distribution is built.

        Args:
            obs: (batch, 3, 64, 64) floats in [0, 1] of any floating-point dtype, which are
                converted to the dtype of the parameters.

        Returns:
            logits (batch, action) and values (batch,), at least in float32, also under autocast.

        Raises:
            ValueError: observations of another shape, of whole numbers, or on another device than
                the policy.
        """
        logits, values = self._answer(checked(obs, next(self.parameters())))
        return precise(logits), precise(values).flatten()

    def forward(self, obs: Tensor) -> tuple[Categorical, Float[Tensor, " batch"]]:
        """Action distribution and value of each observation (see `logits_and_value`)."""
        logits, values = self.logits_and_value(obs)
        return categorical(logits), values

    def __prepare_scriptable__(self) -> Any:
        # torch.jit.script calls this first.
        raise TypeError(
            "torch.jit.script cannot compile a policy, because it returns a distribution: use "
            "torch.compile(policy), or trace or export models.TensorPolicy(policy), which returns "
            "tensors"
        )


def predictor(
    policy: Policy,
) -> Callable[..., tuple[Int[np.ndarray, " batch"], None]]:
    """A policy with the calling convention of `predict` in Stable-Baselines3 and circrl.

    It works with circrl's `run_rollout`: `run_rollout(predictor(policy), venv)`. (A policy itself
    has no method `predict`, because circrl's `ModuleHook` would call it instead of a forward pass.)

    Returns:
        a function of observations (batch, 3, 64, 64) and, optionally, of a state and of episode
        starts, which it ignores. With `deterministic=True` it takes the most probable action, and
        otherwise it samples from torch's global generator, which `run_rollout` seeds. It returns
        the actions (batch,) and None, the state of a policy without memory.

    Raises:
        TypeError: a policy without `logits_and_value`.

    Example:
        >>> from procgen_tools.models import ImpalaPolicy
        >>> actions, state = predictor(ImpalaPolicy())(torch.rand(4, 3, 64, 64))
        >>> actions.shape, state
        ((4,), None)
    """
    need(policy, "logits_and_value", "parameters", what="predictor")

    @torch.no_grad()
    def predict(
        observation: Float[np.ndarray, "batch 3 64 64"] | Tensor,
        state: None = None,
        episode_start: Any = None,
        deterministic: bool = False,
    ) -> tuple[Int[np.ndarray, " batch"], None]:
        device = next(policy.parameters()).device
        logits, _ = policy.logits_and_value(torch.as_tensor(observation).to(device))
        chosen = logits.argmax(-1) if deterministic else Categorical(logits=logits).sample()
        return chosen.cpu().numpy(), None

    return predict


class TensorPolicy(nn.Module):
    """A policy that returns only tensors, for tools that do not support distributions.

        torch.export.export(TensorPolicy(policy), (observations,))
        torch.jit.trace(TensorPolicy(policy), observations)
        captum.attr.Saliency(TensorPolicy(policy, "logits")).attribute(observations, target=5)

    Args:
        policy: the policy, which is not copied.
        returns: "both" for logits (batch, action) and values (batch,), "logits", or "values".

    Raises:
        ValueError: an unknown value of `returns`.

    Example:
        >>> from procgen_tools.models import ImpalaPolicy
        >>> TensorPolicy(ImpalaPolicy(), "logits")(torch.rand(2, 3, 64, 64)).shape
        torch.Size([2, 15])
    """

    def __init__(self, policy: Policy, returns: str = "both") -> None:
        super().__init__()
        if returns not in ("both", "logits", "values"):
            raise ValueError(f"returns is {returns!r}: choose 'both', 'logits' or 'values'")
        need(policy, "logits_and_value", what="TensorPolicy")
        self.policy, self.returns = policy, returns

    @property
    def network_of_names(self) -> nn.Module:
        """The module in which activation names are paths (see `hooks.unwrapped`)."""
        return watched(cast(nn.Module, self.policy))

    def forward(self, obs: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """Logits and values, or one of them (see `Policy.logits_and_value`)."""
        logits, values = self.policy.logits_and_value(obs)
        if self.returns == "both":
            return logits, values
        return logits if self.returns == "logits" else values


# torch.fx keeps calls of these three functions, which read values that do not exist while it
# traces.
@torch.fx.wrap
def checked(obs: Tensor, parameter: Tensor, shape: tuple[int, ...] = OBSERVATION_SHAPE) -> Tensor:
    """The observations, checked, in the dtype of the parameter."""
    if obs.shape[1:] != shape or obs.ndim != 4:
        raise ValueError(
            f"observations have shape {tuple(obs.shape)}: give "
            f"(batch, {', '.join(map(str, shape))}); a single frame needs [None], channels-last "
            "frames need .permute(0, 3, 1, 2)"
        )
    if not obs.is_floating_point():
        raise ValueError(
            f"observations are {obs.dtype}: give floats in [0, 1], that is frames / 255"
        )
    if obs.device != parameter.device:
        raise ValueError(
            f"observations are on {obs.device} and the policy on {parameter.device}: move one of "
            f"them, for instance obs.to({str(parameter.device)!r})"
        )
    return obs.to(parameter.dtype)


@torch.fx.wrap
def precise(numbers: Tensor) -> Tensor:
    """The numbers in float32, or in a more precise dtype if they have one."""
    return numbers.to(torch.promote_types(numbers.dtype, torch.float32))


@torch.fx.wrap
def categorical(logits: Tensor) -> Categorical:
    """The distribution of these logits."""
    return Categorical(logits=logits)
