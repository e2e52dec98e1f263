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
After baukit's `nethook` and circrl's `ModuleHook`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

Patch = Callable[[Tensor], Tensor]
"""Takes an activation, returns another of the same shape, type and device.

It is given a copy, which it may change in place.
"""


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

    def __init__(self, network: nn.Module) -> None:
        self._network = network
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


def activation_names(network: nn.Module) -> tuple[str, ...]:
    """The activations that a network lists itself, or else what its innermost modules return."""
    own = getattr(network, "activation_names", None)
    if own is not None:
        return tuple(own)
    return tuple(
        Site(path).label
        for path, module in network.named_modules()
        if path and not list(module.children())
    )


def find_site(network: nn.Module, name: str) -> Site:
    """The place in a network that a name means.

    Raises:
        ValueError: no module has that path; close names are suggested.
    """
    modules = dict(network.named_modules())
    modules.pop("", None)
    if name in modules:
        return Site(name)
    label = re.fullmatch(r"(.+)_(?:out|in(\d+))", name)
    if label and label[1] in modules:
        return Site(label[1], None if label[2] is None else int(label[2]))
    close = difflib.get_close_matches(name, modules, n=3)
    hint = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(modules)}"
    raise ValueError(f"{type(network).__name__} has no activation {name!r}: {hint}")


@contextmanager
def record(
    network: nn.Module, names: Iterable[str] | None = None, *, grad: bool = False
) -> Iterator[Activations]:
    """Keep activations of the last forward pass made inside the `with`.

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
    in_place = any(getattr(module, "inplace", False) for module in network.modules())
    activations = Activations(network)

    def keep(site: Site, value: Tensor) -> Tensor | None:
        activations._tensors[site] = value if grad else value.detach()
        return value.clone() if in_place else None  # what the next layer may write into

    with ExitStack() as hooks:
        for site in dict.fromkeys(sites):
            hooks.callback(_attach(network, site, keep).remove)
        yield activations


@contextmanager
def patched(network: nn.Module, patches: Mapping[str, Patch]) -> Iterator[None]:
    """Replace activations by a function of themselves in every forward pass inside the `with`.

    Args:
        network: any network.
        patches: by name of the activation, a function that takes it and returns what the
            network is to go on with, of the same shape, type and device.

    Raises:
        ValueError: an unknown name, or two names of one activation; in the forward pass, a
            patch that returns something unfit.
    """
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

    def replace(site: Site, value: Tensor) -> Tensor:
        # A patch that writes into its argument must not reach the caller's observations,
        # recorded activations, or another branch of the network.
        try:
            result = functions[site](value.clone())
        except Exception as error:
            error.add_note(f"in the patch of {site.label!r}, of shape {tuple(value.shape)}")
            raise
        _check_result(site, value, result)
        return result

    with ExitStack() as hooks:
        for site in functions:
            hooks.callback(_attach(network, site, replace).remove)
        yield


def _attach(
    network: nn.Module, site: Site, visit: Callable[[Site, Tensor], Tensor | None]
) -> RemovableHandle:
    """Call `visit` whenever the network comes by `site`; a tensor it returns goes on instead."""
    module = network.get_submodule(site.path)
    index = site.input_index
    if index is None:
        return module.register_forward_hook(
            lambda _module, _inputs, output: visit(site, _tensor(site, output))
        )

    def before(_module: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...] | None:
        if index >= len(inputs):
            raise ValueError(f"{site.path} takes {len(inputs)} inputs, so there is no {site.label}")
        value = visit(site, _tensor(site, inputs[index]))
        return None if value is None else (*inputs[:index], value, *inputs[index + 1 :])

    return module.register_forward_pre_hook(before)


def _tensor(site: Site, value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value
    raise ValueError(
        f"activation {site.label!r} is a {type(value).__name__}, not a tensor: name one of the "
        "modules inside"
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
