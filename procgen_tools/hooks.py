"""Read and edit activations while a network runs.

    with hooks.record(policy, ["embedder.block2.res1.resadd"]) as activations:
        policy(obs)
    activations["embedder.block2.res1.resadd"]  # (batch, channel, row, col)

    with hooks.patched(policy, {"embedder.block2.res1.resadd": lambda x: x - vector}):
        logits, value = policy.logits_and_value(obs)

An activation is named by the path of the module that returns it; circrl's labels mean the
same: `<path>_out` is what the module returns, `<path>_in0` its first input. Both context
managers nest in any order, work on the network itself without copying it, and leave nothing
behind. Where several meet at one activation they act in the order in which they were entered:
a record inside a patch sees the patched value, a record around a patch the value before it.

They belong to the thread that entered them: forward passes of other threads are neither recorded
nor patched. They belong to one network: a copy made inside the `with`, by deepcopy or pickle, is
a plain network without them. A patch that never acts, or that never changes anything, causes an
`IdleEditWarning` when its `with` ends.

After baukit's `nethook` and circrl's `ModuleHook`.
"""

from __future__ import annotations

import difflib
import re
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from procgen_tools.checks import of_kind
from procgen_tools.models.interface import Policy

AnyNetwork: TypeAlias = nn.Module | Policy

Patch = Callable[[Tensor], Tensor]
"""Takes an activation, returns another of the same shape, type and device.

It is given a copy, which it may change in place.
"""


class IdleEditWarning(UserWarning):
    """A patch never acted, or changed nothing: what ran is the network as it was."""


@dataclass(frozen=True)
class Site:
    """A place in a network: what a module returns, or one of its inputs.

    Attributes:
        path: the module's path, as in `named_modules()`.
        input_index: which positional input, or None for the output.
    """

    path: str
    input_index: int | None = None

    @property
    def label(self) -> str:
        """The name that circrl gives it."""
        return self.path + ("_out" if self.input_index is None else f"_in{self.input_index}")


class Activations(Mapping[str, Tensor]):
    """Activations of the last forward pass, by name (with or without `_out`)."""

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
                f"no activation {name!r} was recorded: name it in record(), and run the network "
                f"inside it; there are {list(self) or 'none'}"
            )
        return self._tensors[site]

    def __iter__(self) -> Iterator[str]:
        return (site.label for site in self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name}: {tuple(tensor.shape)}" for name, tensor in self.items())
        return f"Activations({shapes})"


def activation_names(network: AnyNetwork) -> tuple[str, ...]:
    """The activations that a network lists itself, or else what its innermost modules return."""
    own = getattr(network, "activation_names", None)
    if own is not None:
        return tuple(own)
    return tuple(
        Site(path).label
        for path, module in unwrapped(network).named_modules()
        if path and not list(module.children())
    )


def unwrapped(network: AnyNetwork) -> nn.Module:
    """The network inside its wrappers, which has the activations by their own names.

    Known wrappers are `models.AdaptedPolicy`, `torch.compile`, DataParallel and
    DistributedDataParallel, and nnsight's. A hook inside acts when the wrapper runs the network.
    """
    for attribute in ("network_of_names", "_orig_mod", "_module", "module"):
        inner = getattr(network, attribute, None)
        if attribute == "module" and not isinstance(network, PARALLEL):
            continue
        if isinstance(inner, nn.Module):
            return unwrapped(inner)
    return cast(nn.Module, network)


PARALLEL = (nn.DataParallel, nn.parallel.DistributedDataParallel)


_LABEL = re.compile(r"(.+)_(?:out|in(\d+))")
"""A module's path and what of it is meant, as circrl names activations."""


def canonical(name: str) -> str:
    """The one name of an activation, whichever way it is written.

    Raises:
        TypeError: a name that is not a string.

    Example:
        >>> canonical("embedder.fc"), canonical("embedder.fc_out"), canonical("fc_policy_in0")
        ('embedder.fc_out', 'embedder.fc_out', 'fc_policy_in0')
    """
    of_kind("the name of an activation", name, str, "give a text, such as 'embedder.block1.conv'")
    return name if _LABEL.fullmatch(name) else f"{name}_out"


def find_site(network: AnyNetwork, name: str) -> Site:
    """The place in a network that a name means.

    Raises:
        TypeError: a name that is no text.
        ValueError: no module has that path; close names are suggested.
    """
    of_kind("the name of an activation", name, str, "give a text, such as 'embedder.block1.conv'")
    network = unwrapped(network)
    modules = dict(network.named_modules())
    modules.pop("", None)
    if name in modules:
        return Site(name)
    label = _LABEL.fullmatch(name)
    if label and label[1] in modules:
        return Site(label[1], None if label[2] is None else int(label[2]))
    close = difflib.get_close_matches(name, modules, n=3)
    hint = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(modules)}"
    raise ValueError(f"{type(network).__name__} has no activation {name!r}: {hint}")


@contextmanager
def record(
    network: AnyNetwork, names: Iterable[str] | None = None, *, grad: bool = False
) -> Iterator[Activations]:
    """Keep activations of the last forward pass made inside the `with`, by this thread.

    Tensors stay on their device and share memory with the computation: nothing is copied,
    unless the network has layers that work in place. Of a module that runs several times in
    a pass, the last is kept.

    Args:
        network: any network; a policy records all 43 activations by default.
        names: the activations to keep, or None for `activation_names(network)`.
        grad: keep the tensors in the graph, so that gradients reach through them.

    Yields:
        The activations by name, filled by each forward pass and kept after the `with`.

    Raises:
        ValueError: an unknown name; an activation that is no tensor.
    """
    if isinstance(names, str):
        raise ValueError(f"names is the string {names!r}: give a list, [{names!r}]")
    sites = [
        find_site(network, name) for name in (activation_names(network) if names is None else names)
    ]
    in_place = any(getattr(module, "inplace", False) for module in unwrapped(network).modules())
    activations = Activations(network)

    def keep(site: Site, value: Tensor) -> Tensor | None:
        activations._tensors[site] = value if grad else value.detach()
        return value.clone() if in_place else None  # what the next layer may write into

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
        patches: by name of the activation, a function that takes it and returns what the
            network is to go on with, of the same shape, type and device.
        may_be_idle: do not warn of patches that never act or that change nothing.

    Raises:
        ValueError: an unknown name, or two names of one activation; in the forward pass, a
            patch that returns something unfit, NaN included.

    Warns:
        IdleEditWarning: at the end, by name, a patch that no pass reached, or that returned
            every activation as it was.
    """
    with acting(network, patches) as idle:
        yield
    if not may_be_idle:
        warn_if_idle(idle().values())


@contextmanager
def acting(
    network: AnyNetwork, patches: Mapping[str, Patch]
) -> Iterator[Callable[[], dict[str, str]]]:
    """`patched` without warnings; yields a function that says which patches are idle, and why."""
    of_kind("patches", patches, Mapping, "give a dictionary of functions by name of activation")
    functions: dict[Site, Patch] = {}
    for name, function in patches.items():
        site = find_site(network, name)
        if site in functions:
            raise ValueError(f"{name!r} is patched twice under two names: compose the functions")
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
    """Warn of idle edits, as if from the first caller outside this package's hooks."""
    for reason in reasons:
        what = f"'{edit}': {reason}" if edit else reason
        warnings.warn(f"{what}. Pass may_be_idle=True if this is on purpose", IdleEditWarning,
                      stacklevel=4)  # fmt: skip


@dataclass(eq=False)
class Visitor:
    """A hook of torch at one site: calls `visit`, and a tensor it returns goes on instead.

    It acts in the thread that made it. A copy is a `Detached`, which does nothing: what a `with`
    attached to a network must not stay on a copy of the network for ever.
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
        """Why the patch that this belongs to changed nothing."""
        patch = f"the patch of {self.site.label!r}"
        if self.calls:
            return f"{patch} changed nothing: it returned the activation as it was in every pass"
        if self.foreign_calls:
            return (
                f"{patch} never acted: the network ran in other threads only; enter the patch in "
                "the thread that runs the network"
            )
        return (
            f"{patch} never acted: no forward pass reached it inside the `with`; run this network "
            "itself there, not a copy or a compiled version of it"
        )

    def __reduce__(self) -> tuple[type[Detached], tuple[()]]:
        return Detached, ()


class Detached:
    """What a hook of `record` or `patched` is on a copy of its network: nothing."""

    def __call__(self, *_: Any) -> None:
        return None


def is_hooked(network: AnyNetwork) -> bool:
    """Whether a hook (a patch or a record) is on the network."""
    return any(
        not isinstance(hook, Detached)
        for module in unwrapped(network).modules()
        for hook in (*module._forward_hooks.values(), *module._forward_pre_hooks.values())
    )


_numbering = threading.Lock()
"""Torch numbers hooks by a counter that two threads can read at once."""


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
    """Whether two tensors differ; True where their numbers cannot be looked at."""
    if not _readable(after):
        return True
    return not torch.equal(before.detach(), after.detach())


def _readable(tensor: Tensor) -> bool:
    """Whether a tensor has numbers: not while a program is traced, mapped or compiled."""
    return (
        not tensor.is_meta
        and not torch.compiler.is_compiling()
        and not torch._C._get_tracing_state()
        and not torch._C._functorch.is_functorch_wrapped_tensor(tensor)
    )


def _check_result(site: Site, before: Tensor, after: Any) -> None:
    patch = f"the patch of {site.label!r}"
    if after is None:
        raise ValueError(f"{patch} returned None: end it with a return of the new activation")
    if not isinstance(after, Tensor):
        raise ValueError(f"{patch} returned a {type(after).__name__}: return a tensor")
    if after.shape != before.shape:
        raise ValueError(
            f"{patch} returned shape {tuple(after.shape)} for {tuple(before.shape)}: keep the "
            "shape; .expand_as(activation) repeats a value over the batch"
        )
    if after.device != before.device:
        raise ValueError(
            f"{patch} returned a tensor on {after.device}, and the activation is on "
            f"{before.device}: move what you add to it with .to(activation.device)"
        )
    if after.dtype != before.dtype:
        raise ValueError(
            f"{patch} returned {after.dtype} for {before.dtype}: end it with .to(activation.dtype)"
        )
    if _readable(after):
        # The sum of a tensor tells quickly that it holds no NaN; infinities need the second look.
        suspicious = bool(after.detach().sum().isnan())
        if suspicious and after.isnan().any() and not before.isnan().any():
            raise ValueError(
                f"{patch} made {int(after.isnan().sum())} numbers NaN: every number must stay "
                "defined; look for a division by zero or a logarithm of a negative number"
            )
