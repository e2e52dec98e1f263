"""Where activations are in a network: their names, and the modules that compute them.

An activation is named by the path of the module that returns it. circrl's labels work, too:
`<path>_out` is the module's output, and `<path>_in0` is its first input.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Protocol, TypeAlias, cast, runtime_checkable

from torch import nn

from procgen_tools.checks import of_kind
from procgen_tools.models.interface import Policy


@runtime_checkable
class Wrapper(Protocol):
    """A wrapper that keeps its network where those of nnsight do."""

    _module: nn.Module


AnyNetwork: TypeAlias = nn.Module | Policy | Wrapper


@dataclass(frozen=True)
class Site:
    """A place in a network: the output of a module, or one of its inputs.

    Attributes:
        path: the module's path, as in `named_modules()`.
        input_index: index of the positional input, or None for the output.
    """

    path: str
    input_index: int | None = None

    @property
    def label(self) -> str:
        """The name of this place in circrl."""
        return self.path + ("_out" if self.input_index is None else f"_in{self.input_index}")


def activation_names(network: AnyNetwork) -> tuple[str, ...]:
    """The network's own `activation_names`, or else the outputs of its innermost modules.

    Example:
        >>> activation_names(nn.Sequential(nn.Linear(4, 3), nn.ReLU()))
        ('0_out', '1_out')
    """
    own = getattr(network, "activation_names", None)
    if own is not None:
        return tuple(own)
    return tuple(
        Site(path).label
        for path, module in unwrapped(network).named_modules()
        if path and not list(module.children())
    )


def unwrapped(network: AnyNetwork) -> nn.Module:
    """The network inside its wrappers, in which activation names are module paths.

    Known wrappers are `models.AdaptedPolicy`, `torch.compile`, DataParallel,
    DistributedDataParallel and nnsight's. A hook on the inner network runs when the wrapper calls
    that network.

    Example:
        >>> network = nn.Linear(4, 3)
        >>> unwrapped(nn.DataParallel(network)) is network
        True
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
    of_kind("the name of an activation", name, str, "give a string, such as 'embedder.block1.conv'")
    return name if _LABEL.fullmatch(name) else f"{name}_out"


def find_site(network: AnyNetwork, name: str) -> Site:
    """Find the place in a network that a name refers to.

    Raises:
        TypeError: `name` is not a string.
        ValueError: no module has this path. The message suggests close names.

    Example:
        >>> find_site(nn.Sequential(nn.Linear(4, 3), nn.ReLU()), "1_in0")
        Site(path='1', input_index=0)
    """
    of_kind("the name of an activation", name, str, "give a string, such as 'embedder.block1.conv'")
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
