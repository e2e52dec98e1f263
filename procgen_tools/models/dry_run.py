"""The activations of an unknown network, found by running it once on zeros."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

OBSERVATION_SHAPE = (3, 64, 64)
"""Channels, rows and columns of an observation of the maze (row 0 of a frame is its top)."""

COUNT = 2
"""Observations in a dry run: two, to distinguish the batch axis from an axis of length one."""


@contextmanager
def probing(network: nn.Module, shape: tuple[int, ...] = OBSERVATION_SHAPE) -> Iterator[Tensor]:
    """Zero observations on the network's device, with the network in eval mode and no gradients.

    Batch statistics do not change, and afterwards every module is in its previous mode.

    Args:
        network: the network.
        shape: channels, rows and columns of its observations.
    """
    parameter = next(network.parameters(), torch.zeros(()))
    modes = {module: module.training for module in network.modules()}
    try:
        network.eval()
        with torch.no_grad():
            yield torch.zeros(COUNT, *shape, dtype=parameter.dtype, device=parameter.device)
    finally:
        for module, mode in modes.items():
            module.training = mode


def activation_shapes_of(
    network: nn.Module, run: Callable[[], Any], *, every_name: bool = False
) -> dict[str, tuple[int, ...]]:
    """The shape of each activation for one observation, by name, in order of computation.

    An activation is a tensor with a batch axis that a submodule returns. A tensor that several
    nested modules return has the name of the innermost. The first activation is the input of the
    first module that runs, `<path>_in0`.

    Args:
        network: the network.
        run: runs the network once on `COUNT` observations.
        every_name: list the input and the output of every submodule, including aliases.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    # Tensors are kept alive, so that no later tensor gets the same identity. A module that works
    # in place returns its input with another version.
    seen: list[tuple[Tensor, int]] = []

    def keep(name: str, value: Any) -> None:
        if not isinstance(value, Tensor) or value.ndim < 2 or len(value) != COUNT:
            return
        version = value._version
        if every_name or not any(value is each and version == at for each, at in seen):
            seen.append((value, version))
            shapes[name] = tuple(value.shape[1:])

    def watch(path: str) -> Callable[[Any, Any, Any], None]:
        def note(_module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            if inputs and (every_name or not shapes):
                keep(f"{path}_in0", inputs[0])
            keep(f"{path}_out", output)

        return note

    with ExitStack() as stack:
        for path, module in network.named_modules():
            if path:
                stack.callback(module.register_forward_hook(watch(path)).remove)
        run()
    return shapes
