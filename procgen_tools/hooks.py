"""Read and edit activations while a network runs::

    with hooks.record(policy, ["embedder.block2.res1.resadd"]) as activations:
        policy(obs)
    activations["embedder.block2.res1.resadd"]  # (batch, channel, row, col)

    with hooks.patched(policy, {"embedder.block2.res1.resadd": lambda x: x - vector}):
        logits, value = policy.logits_and_value(obs)

An activation is named by the path of the module that returns it. circrl's labels work, too:
`<path>_out` is the module's output, and `<path>_in0` is its first input. Both context managers
nest in any order, act on the network itself without copying it, and leave no hooks behind.
Several at one activation run in the order in which they were entered: a record inside a patch
sees the patched value, and a record around a patch sees the value before it.

Hooks belong to the thread that entered them: forward passes in other threads are neither recorded
nor patched. Hooks belong to one network: a copy made inside the `with`, by deepcopy or pickle, has
no hooks. A patch that never runs or never changes anything raises an `IdleEditWarning` when its
`with` ends.

After baukit's `nethook` and circrl's `ModuleHook`.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from procgen_tools.checks import of_kind
from procgen_tools.models.sites import (
    AnyNetwork,
    Site,
    activation_names,
    canonical,
    find_site,
    unwrapped,
)

__all__ = [
    "Activations",
    "AnyNetwork",
    "Detached",
    "IdleEditWarning",
    "Patch",
    "Site",
    "Visitor",
    "acting",
    "activation_names",
    "canonical",
    "find_site",
    "is_hooked",
    "patched",
    "record",
    "unwrapped",
    "warn_if_idle",
]


Patch = Callable[[Tensor], Tensor]
"""Maps an activation to a new one of the same shape, dtype and device.

The function receives a copy, which it may change in place.
"""


KNOWN = ("procgen_tools.", "torch.nn.")
"""Where modules are from whose activations nothing changes in place, but those marked `inplace`."""


class IdleEditWarning(UserWarning):
    """A patch never ran or changed nothing, so the network ran unmodified."""


class Activations(Mapping[str, Tensor]):
    """Activations of the last forward pass by name, with or without `_out`."""

    def __init__(self, network: AnyNetwork) -> None:
        self._network = unwrapped(network)
        self._tensors: dict[Site, Tensor] = {}

    def __getitem__(self, name: str) -> Tensor:
        try:
            site = find_site(self._network, name)
        except ValueError as error:
            raise KeyError(str(error)) from None
        if site not in self._tensors:
            raise KeyError(
                f"activation {name!r} was not recorded: name it in record() and run the network "
                f"inside the `with`; recorded are {list(self) or 'none'}"
            )
        return self._tensors[site]

    def __iter__(self) -> Iterator[str]:
        return (site.label for site in self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name}: {tuple(tensor.shape)}" for name, tensor in self.items())
        return f"Activations({shapes})"


@contextmanager
def record(
    network: AnyNetwork, names: Iterable[str] | None = None, *, grad: bool = False
) -> Iterator[Activations]:
    """Record activations of the last forward pass that this thread makes inside the `with`.

    Tensors stay on their device. Those of this package's networks share memory with the
    computation; those of others are copied, because they may be changed in place later in the
    pass. (With `grad`, they are copied only if the network has layers that work in place.) If a
    module runs several times in one pass, its last activation is kept.

    Args:
        network: any network.
        names: activations to record. Defaults to `activation_names(network)`, which are all 43
            activations of an `ImpalaPolicy`.
        grad: keep the tensors in the autograd graph, so that gradients flow through them.

    Yields:
        The activations by name. Each forward pass replaces them, and they remain after the `with`.

    Raises:
        ValueError: an unknown name, or an activation that is not a tensor.

    Example:
        >>> network = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
        >>> with record(network, ["0"]) as activations:
        ...     output = network(torch.ones(2, 4))
        >>> torch.equal(activations["0"].relu(), output)
        True
    """
    if isinstance(names, str):
        raise ValueError(f"names is the string {names!r}: give a list, [{names!r}]")
    sites = [
        find_site(network, name) for name in (activation_names(network) if names is None else names)
    ]
    modules = list(unwrapped(network).modules())
    in_place = any(getattr(module, "inplace", False) for module in modules)
    copied = in_place or not all(type(each).__module__.startswith(KNOWN) for each in modules)
    activations = Activations(network)

    def keep(site: Site, value: Tensor) -> Tensor | None:
        if grad:
            activations._tensors[site] = value
            return value.clone() if in_place else None  # what the next layer may write into
        kept = value.detach()
        activations._tensors[site] = kept.clone() if copied else kept
        return None

    with ExitStack() as stack:
        for site in dict.fromkeys(sites):
            stack.enter_context(_attached(network, Visitor(site, keep)))
        yield activations


@contextmanager
def patched(
    network: AnyNetwork, patches: Mapping[str, Patch], *, may_be_idle: bool = False
) -> Iterator[None]:
    """Replace activations by a function of themselves in this thread's passes inside the `with`.

    Args:
        network: any network.
        patches: one function per activation name. It takes the activation and returns a
            replacement of the same shape, dtype and device.
        may_be_idle: do not warn about patches that never run or change nothing.

    Raises:
        ValueError: an unknown name, or two names for one activation. In the forward pass, a patch
            that returns something other than a tensor of the same shape, dtype and device, or that
            introduces NaN.

    Warns:
        IdleEditWarning: when the `with` ends, for each patch that no forward pass reached or that
            returned every activation unchanged.

    Example:
        >>> network = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
        >>> with patched(network, {"0": lambda activation: activation * 0 + 2}):
        ...     network(torch.ones(1, 4))
        tensor([[2., 2., 2.]], grad_fn=<ReluBackward0>)
    """
    with acting(network, patches) as idle:
        yield
    if not may_be_idle:
        warn_if_idle(idle().values())


@contextmanager
def acting(
    network: AnyNetwork, patches: Mapping[str, Patch]
) -> Iterator[Callable[[], dict[str, str]]]:
    """`patched` without warnings: yields a function that reports idle patches and the reasons.

    Example:
        >>> network = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
        >>> with acting(network, {"0": torch.zeros_like, "1": torch.relu}) as idle:
        ...     output = network(torch.ones(1, 4))
        >>> idle()
        {'1': "the patch of '1_out' changed nothing: it returned the activation unchanged ..."}
    """
    of_kind("patches", patches, Mapping, "give a dictionary from activation names to functions")
    functions: dict[Site, Patch] = {}
    for name, function in patches.items():
        site = find_site(network, name)
        if site in functions:
            raise ValueError(f"{name!r} is patched twice, under two names: compose the functions")
        if not callable(function):
            raise ValueError(
                f"the patch of {name!r} is a {type(function).__name__}: give a function of the "
                "activation; a constant is lambda activation: value.expand_as(activation)"
            )
        functions[site] = function
    changed: set[Site] = set()

    def replace(site: Site, value: Tensor) -> Tensor:
        # A patch that writes into its argument must not reach the caller's observations,
        # recorded activations, or another branch of the network.
        try:
            result = functions[site](value.clone())
        except Exception as error:
            changed.add(site)  # what failed is not idle
            error.add_note(f"in the patch of {site.label!r}, of shape {tuple(value.shape)}")
            raise
        _check_result(site, value, result)
        if site not in changed and _differ(value, result):
            changed.add(site)
        return result

    visitors = {name: Visitor(find_site(network, name), replace) for name in patches}

    def idle() -> dict[str, str]:
        return {
            name: visitor.why_idle()
            for name, visitor in visitors.items()
            if visitor.site not in changed
        }

    with ExitStack() as stack:
        for visitor in visitors.values():
            stack.enter_context(_attached(network, visitor))
        yield idle


def warn_if_idle(reasons: Iterable[str], edit: str = "") -> None:
    """Warn about idle edits at the first caller outside the hooks of this package.

    Example:
        >>> with warnings.catch_warnings(record=True) as caught:
        ...     warn_if_idle(["the patch of '0_out' changed nothing"], "halve a layer")
        >>> print(caught[0].message)
        'halve a layer': the patch of '0_out' changed nothing. Pass may_be_idle=True if ...
    """
    for reason in reasons:
        what = f"'{edit}': {reason}" if edit else reason
        warnings.warn(
            f"{what}. Pass may_be_idle=True if this is intended", IdleEditWarning, stacklevel=4
        )


@dataclass(eq=False)
class Visitor:
    """A torch hook at one site: calls `visit`, whose result, if any, replaces the tensor.

    The hook runs only in the thread that made it. Its copies are `Detached` and do nothing, because
    a hook that a `with` attached must not stay on a copy of the network forever.
    """

    site: Site
    visit: Callable[[Site, Tensor], Tensor | None]
    thread: int = field(default_factory=threading.get_ident)
    calls: int = 0
    foreign_calls: int = 0

    def __call__(self, module: nn.Module, inputs: tuple[Any, ...], *output: Any) -> Any:
        if not torch.compiler.is_compiling() and threading.get_ident() != self.thread:
            self.foreign_calls += 1
            return None
        self.calls += 1
        index = self.site.input_index
        if index is None:
            return self.visit(self.site, _tensor(self.site, output[0]))
        if index >= len(inputs):
            raise ValueError(
                f"{self.site.path} takes {len(inputs)} inputs, so there is no {self.site.label}"
            )
        value = self.visit(self.site, _tensor(self.site, inputs[index]))
        return None if value is None else (*inputs[:index], value, *inputs[index + 1 :])

    def why_idle(self) -> str:
        """Why the patch of this hook changed nothing."""
        patch = f"the patch of {self.site.label!r}"
        if self.calls:
            return f"{patch} changed nothing: it returned the activation unchanged in every pass"
        if self.foreign_calls:
            return (
                f"{patch} never acted: the network ran only in other threads; enter the patch in "
                "the thread that runs the network"
            )
        return (
            f"{patch} never acted: no forward pass reached it inside the `with`; run this network "
            "itself there, not a copy or a compiled version of it"
        )

    def __reduce__(self) -> tuple[type[Detached], tuple[()]]:
        return Detached, ()


class Detached:
    """Replaces a hook of `record` or `patched` on copies of its network, and does nothing."""

    def __call__(self, *_: Any) -> None:
        return None


def is_hooked(network: AnyNetwork) -> bool:
    """Whether the network has any hook, such as a patch or a record.

    Example:
        >>> network = nn.Sequential(nn.Linear(4, 3))
        >>> with record(network):
        ...     is_hooked(network)
        True
        >>> is_hooked(network)
        False
    """
    return any(
        not isinstance(hook, Detached)
        for module in unwrapped(network).modules()
        for hook in (*module._forward_hooks.values(), *module._forward_pre_hooks.values())
    )


_numbering = threading.Lock()
"""torch numbers hooks by a counter that is not safe across threads."""


@contextmanager
def _attached(network: AnyNetwork, visitor: Visitor) -> Iterator[None]:
    module = unwrapped(network).get_submodule(visitor.site.path)
    with _numbering:
        handle: RemovableHandle
        if visitor.site.input_index is None:
            handle = module.register_forward_hook(visitor)
        else:
            handle = module.register_forward_pre_hook(visitor)
    try:
        yield
    finally:
        handle.remove()


def _tensor(site: Site, value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value
    raise ValueError(
        f"activation {site.label!r} is a {type(value).__name__}, not a tensor: name one of the "
        "modules inside"
    )


def _differ(before: Tensor, after: Tensor) -> bool:
    """Whether two tensors differ; True if their values cannot be read."""
    if not _readable(after):
        return True
    return not torch.equal(before.detach(), after.detach())


def _readable(tensor: Tensor) -> bool:
    """Whether a tensor has values to read: it has none while code is traced, mapped or compiled."""
    return (
        not tensor.is_meta
        and not torch.compiler.is_compiling()
        and not torch._C._get_tracing_state()
        and not torch._C._functorch.is_functorch_wrapped_tensor(tensor)
    )


def _check_result(site: Site, before: Tensor, after: Any) -> None:
    patch = f"the patch of {site.label!r}"
    if after is None:
        raise ValueError(f"{patch} returned None: return the new activation")
    if not isinstance(after, Tensor):
        raise ValueError(f"{patch} returned a {type(after).__name__}: return a tensor")
    if after.shape != before.shape:
        raise ValueError(
            f"{patch} returned shape {tuple(after.shape)} for {tuple(before.shape)}: keep the "
            "shape; .expand_as(activation) repeats a value along the batch"
        )
    if after.device != before.device:
        raise ValueError(
            f"{patch} returned a tensor on {after.device}, but the activation is on "
            f"{before.device}: move added tensors with .to(activation.device)"
        )
    if after.dtype != before.dtype:
        raise ValueError(
            f"{patch} returned {after.dtype} for {before.dtype}: end it with .to(activation.dtype)"
        )
    if _readable(after):
        # A sum that is not NaN rules out NaN quickly; infinities can make it NaN, too.
        suspicious = bool(after.detach().sum().isnan())
        if suspicious and (made := after.isnan() & ~before.isnan()).any():
            raise ValueError(
                f"{patch} made {int(made.sum())} values NaN: a patch must not introduce "
                "NaN; look for a division by zero or a logarithm of a negative number"
            )
