"""Read and write checkpoints, in the format of the published agents.

A checkpoint is a dictionary that `torch.save` wrote, with the parameters under
`model_state_dict` and anything plain beside it. It is data: nothing in it can run, and a file
that asks for more is refused.
"""

from __future__ import annotations

import itertools
import os
from collections import OrderedDict
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from procgen_tools.files import unfinished
from procgen_tools.maze.actions import NUM_ACTIONS
from procgen_tools.models.impala import ImpalaPolicy
from procgen_tools.models.q_network import QNetwork
from procgen_tools.models.recurrent import RecurrentPolicy

Network = TypeVar("Network", bound=nn.Module)

PARAMETERS = "model_state_dict"
FIRST_WEIGHT = "embedder.block1.conv.weight"
MEMORY_WEIGHT = "gru.gru.weight_ih_l0"
FIRST_Q_WEIGHT = "fc1.weight"
PLAIN_TYPES = (bool, int, float, str, type(None))


def load_policy(
    path: str | os.PathLike[str],
    num_actions: int = NUM_ACTIONS,
    device: torch.device | str | None = None,
) -> ImpalaPolicy:
    """The policy of a checkpoint, of whatever scale, ready to be asked (in eval mode).

    A checkpoint of a policy with a memory gives a `RecurrentPolicy`. Parameters stored in half
    precision come back as float32.

    Args:
        path: a `.pth` file, published or written by `save_policy`.
        num_actions: the actions that the policy must have.
        device: where to put the policy; the CPU if None.

    Raises:
        FileNotFoundError: no such file; checkpoints nearby are named.
        ValueError: no checkpoint, one of another architecture, or with other actions.
    """
    path = Path(path)
    state = _parameters(_read(path), path)
    scale = _scale(state, path)
    # On the meta device a network has shapes and no memory: a foreign file costs nothing.
    with torch.device("meta"):
        kind = RecurrentPolicy if MEMORY_WEIGHT in state else ImpalaPolicy
        policy = kind(scale, num_actions)
    _check_state(state, policy, "an IMPALA policy", path)
    found_actions = state["fc_policy.weight"].shape[:1].numel()
    if found_actions != num_actions:
        raise ValueError(
            f"{path} is a policy of {found_actions} actions, not {num_actions}: "
            f"load it with num_actions={found_actions}"
        )
    _check_shapes(state, policy, f"an IMPALA policy of scale {scale}", path)
    return _filled(policy, state, device)


def load_q_network(
    path: str | os.PathLike[str], device: torch.device | str | None = None
) -> QNetwork:
    """The Q-network of a checkpoint, of whatever width, ready to be asked (in eval mode).

    Args:
        path: a `.pth` file that `save_policy` wrote.
        device: where to put the network; the CPU if None.

    Raises:
        FileNotFoundError: no such file; checkpoints nearby are named.
        ValueError: no checkpoint, or one of another architecture.
    """
    path = Path(path)
    state = _parameters(_read(path), path)
    weight = state.get(FIRST_Q_WEIGHT)
    width = len(weight) if isinstance(weight, Tensor) and weight.ndim == 2 else 1
    with torch.device("meta"):
        network = QNetwork(width)
    _check_state(state, network, "a Q-network", path)
    _check_shapes(state, network, f"a Q-network of width {width}", path)
    return _filled(network, state, device)


def checkpoint_metadata(path: str | os.PathLike[str]) -> dict[str, Any]:
    """What a checkpoint holds beside the parameters, such as its command, seed and scores.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file is no checkpoint.
    """
    checkpoint = _read(Path(path))
    return {name: value for name, value in checkpoint.items() if name != PARAMETERS}


def save_policy(policy: nn.Module, path: str | os.PathLike[str], **metadata: Any) -> None:
    """Write a checkpoint that `load_policy` or `load_q_network` reads.

    An older file is replaced all at once. The same policy and metadata give the same bytes.
    Missing folders are made.

    Args:
        policy: the policy; its parameters are stored with their own types.
        path: the file to write.
        metadata: stored beside the parameters: numbers, strings, None, tensors, and lists,
            tuples and dictionaries of these.

    Raises:
        ValueError: metadata that could not be read back without running code, or that is
            named `model_state_dict`.
    """
    if PARAMETERS in metadata:
        raise ValueError(f"metadata cannot be named {PARAMETERS!r}: the parameters stand there")
    for name, value in metadata.items():
        _check_plain(value, name)
    # Copies, so that nothing but the parameters themselves is stored: no larger storage that
    # they are a view of, no memory format, no device.
    state = OrderedDict(
        (name, value.detach().cpu().clone(memory_format=torch.contiguous_format))
        for name, value in policy.state_dict().items()
    )
    buffer = BytesIO()  # torch.save writes the name of a file into it, but none of a buffer
    torch.save({PARAMETERS: state, **metadata}, buffer)
    with unfinished(path) as temporary:
        temporary.write_bytes(buffer.getbuffer())


def _check_plain(value: Any, name: str) -> None:
    # Exact types: a numpy number passes for a float, but is not read back.
    if type(value) in (list, tuple):
        for index, part in enumerate(value):
            _check_plain(part, f"{name}[{index}]")
    elif type(value) in (dict, OrderedDict):
        for key, part in value.items():
            _check_plain(key, f"a key of {name}")
            _check_plain(part, f"{name}[{key!r}]")
    elif type(value) not in (*PLAIN_TYPES, Tensor):
        raise ValueError(
            f"metadata {name} is a {type(value).__module__}.{type(value).__qualname__}, which a "
            "checkpoint cannot hold safely: store numbers, strings, None, tensors, or lists, "
            "tuples and dictionaries of these"
        )


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise FileNotFoundError(f"there is no checkpoint {path.absolute()}: {_nearby(path)}")
    if path.is_dir():
        raise ValueError(f"{path} is a folder: name a checkpoint; {_nearby(path / 'x.pth')}")
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # torch.load has no type of its own for bad files
        raise ValueError(
            f"{path} is not a checkpoint that can be read safely: it is damaged, was not written "
            "by torch.save, or holds objects other than tensors and plain values (nothing in it "
            f"was run). From a source that you trust, store {{{PARAMETERS!r}: "
            "policy.state_dict()} with torch.save, or download the file again"
        ) from error
    if not isinstance(checkpoint, dict):
        raise ValueError(
            f"{path} holds a {type(checkpoint).__name__}: a checkpoint is a dictionary with "
            f"the parameters under {PARAMETERS!r}"
        )
    return checkpoint


def _nearby(path: Path) -> str:
    folder = next(parent for parent in path.absolute().parents if parent.is_dir())
    found = itertools.chain(sorted(folder.glob("*.pth")), sorted(folder.glob("*/*.pth")))
    names = ", ".join(str(file) for file in itertools.islice(found, 8))
    return f"there are {names}" if names else f"there is no .pth file near {folder} either"


def _parameters(checkpoint: dict[str, Any], path: Path) -> dict[str, Tensor]:
    state = checkpoint.get(PARAMETERS)
    if isinstance(state, dict):
        return state
    keys = ", ".join(repr(key) for key in itertools.islice(checkpoint, 6)) or "nothing"
    raise ValueError(
        f"{path} has no parameters under {PARAMETERS!r} (it has {keys}): if it is a bare state "
        f"dictionary, save it again as {{{PARAMETERS!r}: state}}"
    )


def _scale(state: dict[str, Tensor], path: Path) -> int:
    weight = state.get(FIRST_WEIGHT)
    if not isinstance(weight, Tensor) or weight.ndim != 4 or weight.shape[0] % 16:
        found = f"shape {tuple(weight.shape)}" if isinstance(weight, Tensor) else "none"
        raise ValueError(
            f"{path} holds no IMPALA policy: its {FIRST_WEIGHT} should have 16 x scale output "
            f"channels and 4 axes, and it has {found}; load the network that it was trained with"
        )
    return max(1, weight.shape[0] // 16)


def _check_state(state: dict[str, Tensor], network: nn.Module, what: str, path: Path) -> None:
    expected = network.state_dict()
    missing = [name for name in expected if name not in state]
    extra = [str(name) for name in state if name not in expected]
    if missing or extra:
        raise ValueError(
            f"{path} is a checkpoint of another architecture than {what}: missing "
            f"{_some(missing)}; not known {_some(extra)}. Load the network that it was trained "
            "with, or rename its parameters"
        )
    for name, value in state.items():
        if not _is_parameter(value):
            kind = value.dtype if isinstance(value, Tensor) else type(value).__name__
            raise ValueError(
                f"{path} stores {name} as {kind}: a parameter is a dense tensor of floats, stored "
                "in full; save the checkpoint again from the network that it belongs to"
            )


def _check_shapes(state: dict[str, Tensor], network: nn.Module, what: str, path: Path) -> None:
    wrong = [
        f"{name} {tuple(state[name].shape)} instead of {tuple(value.shape)}"
        for name, value in network.state_dict().items()
        if state[name].shape != value.shape
    ]
    if wrong:
        raise ValueError(
            f"{path} does not fit {what}: {_some(wrong)}. Load the network that it was trained with"
        )


def _filled(
    network: Network, state: dict[str, Tensor], device: torch.device | str | None
) -> Network:
    """The network with these parameters, in float32."""
    network.load_state_dict(
        {
            name: value.detach().to(torch.float32, copy=True, memory_format=torch.contiguous_format)
            for name, value in state.items()
        },
        assign=True,
    )
    return network.to(device or "cpu").eval()


def _is_parameter(value: Any) -> bool:
    return (
        isinstance(value, Tensor)
        and value.is_floating_point()
        and value.layout == torch.strided
        and value.device.type == "cpu"
        # A small file can claim a huge tensor by repeating a few numbers.
        and value.untyped_storage().nbytes() >= value.nbytes
    )


def _some(names: list[str]) -> str:
    if not names:
        return "none"
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
