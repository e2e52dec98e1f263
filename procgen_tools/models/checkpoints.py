"""Read and write checkpoints in the format of the published agents.

A checkpoint is a dictionary that `torch.save` wrote, with the parameters under `model_state_dict`
(some other programs write `state_dict`) and plain metadata, or the same as a safetensors file. It
is data: nothing in it can run, and files that need more are rejected.
"""

from __future__ import annotations

import itertools
import math
import os
from collections import OrderedDict
from io import BytesIO
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

import torch
from torch import Tensor, nn

from procgen_tools.catalogue import find_agent
from procgen_tools.files import unfinished
from procgen_tools.models.archives import check_size, checked_archive, checked_content
from procgen_tools.models.cnn_lstm import DESIGNS, CnnLstmPolicy
from procgen_tools.models.impala import ImpalaPolicy
from procgen_tools.models.mirror import MirroredMaxPool
from procgen_tools.models.recurrent import RecurrentPolicy
from procgen_tools.models.safe_files import ENDING, PARAMETERS, read_safetensors
from procgen_tools.names import accepts_older
from procgen_tools.worlds.crops_and_humans.q_network import QNetwork
from procgen_tools.worlds.maze.actions import NUM_ACTIONS

Network = TypeVar("Network", bound=nn.Module)

PARAMETER_NAMES = (PARAMETERS, "state_dict")
"""Keys of the parameters in checkpoints: first of ours and the published ones, then of others."""

FIRST_WEIGHT = "embedder.block1.conv.weight"
MEMORY_WEIGHT = "gru.gru.weight_ih_l0"
FIRST_Q_WEIGHT = "fc1.weight"
FIRST_KERNEL = "c1.weight"
PUBLISHED_SCALE = 4
"""The scale of the agent of procgen-tools' notebooks."""
PLAIN_TYPES = (bool, int, float, str, type(None))


def _fewer_channels(policy: ImpalaPolicy) -> str | None:
    """A warning about a policy that is smaller than the one of procgen-tools' notebooks, if any."""
    if policy.scale >= PUBLISHED_SCALE:
        return None
    return (
        f"layers have {16 * policy.scale} to {32 * policy.scale} channels in this policy, and "
        f"{16 * PUBLISHED_SCALE} to {32 * PUBLISHED_SCALE} in the published one: its channel "
        "numbers and activation values mean something else here, or do not exist. Call "
        "studies.cheese_channels.measure.find_cheese_channels to find those of this policy"
    )


@accepts_older(renamed={"action_size": "num_actions"}, remark=_fewer_channels)
def load_policy(
    path: str | os.PathLike[str],
    num_actions: int = NUM_ACTIONS,
    device: torch.device | str | None = None,
) -> ImpalaPolicy:
    """Load the policy of a checkpoint, of any scale, in eval mode.

    Returns a `RecurrentPolicy` for a checkpoint of a policy with a memory. Parameters stored in
    half precision are converted to float32.

    Args:
        path: a published file, one that `save_policy` wrote (`.pth`), a `.safetensors` file, or
            the name of an agent (see `catalogue.find_agent`).
        num_actions: the number of actions that the policy must have.
        device: the device of the policy. Defaults to the CPU.

    Raises:
        FileNotFoundError: the file or agent does not exist. The message suggests nearby
            checkpoints or close names.
        ValueError: the file is not a checkpoint, or the checkpoint has another architecture or
            number of actions.

    Warns:
        UserWarning: procgen-tools' keyword `action_size` is used, and the policy has fewer channels
            than the published one, whose channel numbers are in procgen-tools' notebooks.

    Example:
        >>> policy = load_policy("rand_region_5")
        >>> policy.scale, policy.training
        (1, False)
    """
    path = find_agent(path)
    state = _parameters(_read(path), path)
    scale = _scale(state, path)
    # On the meta device a network has shapes but takes no memory, whatever the file claims.
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
    return _filled(policy, state, device, path)


def load_q_network(
    path: str | os.PathLike[str], device: torch.device | str | None = None
) -> QNetwork:
    """Load the Q-network of a checkpoint, of any width, in eval mode.

    Args:
        path: a `.pth` file that `save_policy` wrote, or the name of an agent (see
            `catalogue.find_agent`).
        device: the device of the network. Defaults to the CPU.

    Raises:
        FileNotFoundError: the file or agent does not exist. The message suggests nearby
            checkpoints or close names.
        ValueError: the file is not a checkpoint, or the checkpoint has another architecture.

    Example:
        >>> save_policy(QNetwork(width=8), "agent.pth")
        >>> load_q_network("agent.pth").width
        8
    """
    path = find_agent(path)
    state = _parameters(_read(path), path)
    weight = state.get(FIRST_Q_WEIGHT)
    width = len(weight) if _is_parameter(weight) and weight.ndim == 2 else 1
    with torch.device("meta"):
        network = QNetwork(width)
    _check_state(state, network, "a Q-network", path)
    _check_shapes(state, network, f"a Q-network of width {width}", path)
    return _filled(network, state, device, path)


def load_cnn_lstm(
    path: str | os.PathLike[str], device: torch.device | str | None = None
) -> CnnLstmPolicy:
    """Load the agent of keys and chests of a checkpoint, of any design, in eval mode.

    Args:
        path: a `.pth` file that `save_policy` wrote, or the name of an agent (see
            `catalogue.find_agent`).
        device: the device of the policy. Defaults to the CPU.

    Raises:
        FileNotFoundError: the file or agent does not exist. The message suggests nearby
            checkpoints or close names.
        ValueError: the file is not a checkpoint, or the checkpoint has another architecture.

    Example:
        >>> save_policy(CnnLstmPolicy("small"), "agent.pth")
        >>> load_cnn_lstm("agent.pth").design
        'small'
    """
    path = find_agent(path)
    state = _parameters(_read(path), path)
    kernel = state.get(FIRST_KERNEL)
    shape = tuple(kernel.shape) if _is_parameter(kernel) else ()
    fitting = [
        name
        for name, sizes in DESIGNS.items()
        for features, side, _ in sizes.convolutions[:1]
        if shape == (features, sizes.observation_shape[0], side, side)
    ]
    with torch.device("meta"):
        policy = CnnLstmPolicy(*fitting)
    _check_state(state, policy, "a CNN-LSTM policy", path)
    _check_shapes(state, policy, f"a CNN-LSTM policy of design {policy.design}", path)
    return _filled(policy, state, device, path)


def checkpoint_metadata(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The metadata of a checkpoint, such as its command, seed and scores.

    Raises:
        FileNotFoundError: the file or agent does not exist.
        ValueError: the file is not a checkpoint.

    Example:
        >>> save_policy(ImpalaPolicy(), "agent.pth", seed=3, scores=[0.5, 0.75])
        >>> checkpoint_metadata("agent.pth")
        {'seed': 3, 'scores': [0.5, 0.75]}
    """
    checkpoint = _read(find_agent(path))
    return {name: value for name, value in checkpoint.items() if name not in PARAMETER_NAMES}


def save_policy(policy: nn.Module, path: str | os.PathLike[str], **metadata: Any) -> None:
    """Write a checkpoint for `load_policy`, `load_q_network` or `load_cnn_lstm`.

    An existing file is replaced atomically. The same policy and metadata give the same bytes.
    Missing folders are created.

    Args:
        policy: the policy. Its parameters keep their dtypes.
        path: the file to write.
        metadata: stored with the parameters: numbers, strings, None, tensors, and lists, tuples
            and dictionaries of these.

    Raises:
        ValueError: metadata that cannot be read without running code, metadata named
            `model_state_dict` or `state_dict`, or a policy that was mirrored exactly, whose
            max-pools are not among its parameters.

    Example:
        >>> policy = ImpalaPolicy(seed=1)
        >>> save_policy(policy, "agents/mine.pth", seed=1)
        >>> loaded = load_policy("agents/mine.pth")
        >>> torch.equal(loaded.fc_value.weight, policy.fc_value.weight)
        True
    """
    if any(isinstance(module, MirroredMaxPool) for module in policy.modules()):
        raise ValueError(
            "the policy has mirrored max-pools, which a checkpoint does not hold: save "
            "mirrored(policy, ..., exact=False), or the policy before it was mirrored"
        )
    if Path(path).suffix == ENDING:
        raise ValueError(f"{path} is no .pth file: write it with write_safetensors")
    for name in PARAMETER_NAMES:
        if name in metadata:
            raise ValueError(f"metadata cannot be named {name!r}: the parameters have this name")
    for name, value in metadata.items():
        _check_plain(value, name)
    # Copies, so that only the parameters themselves are stored: no larger storage that they are a
    # view of, no memory format, no device.
    state = OrderedDict(
        (name, value.detach().cpu().clone(memory_format=torch.contiguous_format))
        for name, value in policy.state_dict().items()
    )
    buffer = BytesIO()  # torch.save would write the name of a file into it
    torch.save({PARAMETERS: state, **metadata}, buffer)
    content = buffer.getvalue()
    try:
        check_size(_loaded(checked_content(content)))
    except ValueError as error:
        cause = "metadata that is large or unusual" if metadata else "large or unusual parameters"
        raise ValueError(
            f"{path} is not written, because it could not be read again: {error}; look for {cause}"
        ) from error
    with unfinished(path) as temporary:
        temporary.write_bytes(content)


def _check_plain(value: Any, name: str) -> None:
    # Exact types: a NumPy number is a float, too, but cannot be read again.
    if type(value) in (list, tuple):
        for index, part in enumerate(value):
            _check_plain(part, f"{name}[{index}]")
    elif type(value) in (dict, OrderedDict):
        for key, part in value.items():
            if type(key) not in PLAIN_TYPES:
                raise ValueError(
                    f"metadata {name} has the key {key!r:.60}, which a checkpoint cannot hold "
                    "safely: keys are numbers, strings or None"
                )
            _check_plain(part, f"{name}[{key!r}]")
    elif type(value) not in (*PLAIN_TYPES, Tensor):
        raise ValueError(
            f"metadata {name} is a {type(value).__module__}.{type(value).__qualname__}, which a "
            "checkpoint cannot hold safely: store numbers, strings, None, tensors, or lists, "
            "tuples and dictionaries of these"
        )


def _read(path: Path) -> dict[str, Any]:
    if path.suffix == ENDING:
        return read_safetensors(path)
    try:
        checkpoint = _loaded(checked_archive(path))
        check_size(checkpoint)
    except ValueError as error:
        raise ValueError(
            f"{path} is not a checkpoint that can be read safely: {error} (nothing in it was "
            "run). Download the file again or, if you trust its source, store "
            f"{{{PARAMETERS!r}: policy.state_dict()}} with torch.save"
        ) from error
    if not isinstance(checkpoint, dict):
        raise ValueError(
            f"{path} contains a {type(checkpoint).__name__}: a checkpoint is a dictionary with "
            f"the parameters under {PARAMETERS!r}"
        )
    return checkpoint


def _loaded(content: BytesIO) -> Any:
    try:
        return torch.load(content, map_location="cpu", weights_only=True)
    except Exception as error:  # torch has no type of its own for bad files
        raise ValueError("torch cannot read it") from error


def _parameters(checkpoint: dict[str, Any], path: Path) -> dict[str, Tensor]:
    for name in PARAMETER_NAMES:
        if isinstance(state := checkpoint.get(name), dict):
            return state
    keys = ", ".join(repr(key) for key in itertools.islice(checkpoint, 6)) or "nothing"
    raise ValueError(
        f"{path} has no parameters under {' or '.join(map(repr, PARAMETER_NAMES))} (it has "
        f"{keys}): if it is a bare state dictionary, save it again as {{{PARAMETERS!r}: state}}"
    )


def _scale(state: dict[str, Tensor], path: Path) -> int:
    weight = state.get(FIRST_WEIGHT)
    if not _is_parameter(weight) or weight.ndim != 4 or weight.shape[0] % 16:
        found = f"shape {tuple(weight.shape)}" if isinstance(weight, Tensor) else "none"
        raise ValueError(
            f"{path} does not contain an IMPALA policy: its {FIRST_WEIGHT} must have 16 x scale "
            f"output channels and 4 axes, but has {found}; load the network that it was trained "
            "with"
        )
    return max(1, weight.shape[0] // 16)


def _check_state(state: dict[str, Tensor], network: nn.Module, what: str, path: Path) -> None:
    expected = network.state_dict()
    missing = [name for name in expected if name not in state]
    extra = [str(name) for name in state if name not in expected]
    if missing or extra:
        raise ValueError(
            f"{path} is a checkpoint of another architecture than {what}: missing "
            f"{_some(missing)}; unknown {_some(extra)}. Load the network that it was trained "
            "with, or rename its parameters"
        )
    for name, value in state.items():
        if not _is_parameter(value):
            kind = value.dtype if isinstance(value, Tensor) else type(value).__name__
            raise ValueError(
                f"{path} stores {name} as {kind}: a parameter must be a dense tensor of floats, "
                "stored in full; save the checkpoint again from its network"
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
    network: Network, state: dict[str, Tensor], device: torch.device | str | None, path: Path
) -> Network:
    """The network with these parameters, in float32."""
    converted = {
        name: value.detach().to(torch.float32, copy=True, memory_format=torch.contiguous_format)
        for name, value in state.items()
    }
    wrong = [name for name, value in converted.items() if not value.isfinite().all()]
    if wrong:
        raise ValueError(
            f"{path} has numbers that are not finite in {_some(wrong)}: training diverged or the "
            "file is damaged; take an earlier checkpoint"
        )
    network.load_state_dict(converted, assign=True)
    return network.to(device or "cpu").eval()


def _is_parameter(value: Any) -> TypeGuard[Tensor]:
    return (
        isinstance(value, Tensor)
        and value.is_floating_point()
        and value.layout == torch.strided
        and value.device.type == "cpu"
        # A small file can claim a huge tensor with stride 0. The product is Python's, because
        # torch's overflows.
        and value.untyped_storage().nbytes() >= math.prod(value.shape) * value.itemsize
    )


def _some(names: list[str]) -> str:
    if not names:
        return "none"
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
