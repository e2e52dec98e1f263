"""Read the agent of the mesa-misalignment environment, a file of Stable-Baselines 2.

The file is an archive with the parameters as a NumPy archive and their names as JSON. The third
part, `data`, holds pickled objects; it is never read. The agent is not part of this package:
download it from its repository.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from procgen_tools.files import read_bounded
from procgen_tools.models.archives import DAMAGES
from procgen_tools.models.cnn_lstm import CnnLstmPolicy

PUBLISHED_SHA256 = "48730044085a6e95000d1dc8b85f451c8f3428049c40329b59e386b749275959"
"""Of `learned_policy.zip` in `SOURCE`."""

SOURCE = "github.com/noanabeshima/mesa-misalignment-environment, commit 530d4d6"

LARGEST_FILE = 2**26
"""Bytes; the published file has 3.8 MB."""

PARTS = ("parameters", "parameter_list")

SHAPES: dict[str, tuple[int, ...]] = {
    "model/c1/w:0": (8, 8, 4, 32), "model/c1/b:0": (1, 32, 1, 1),
    "model/c2/w:0": (4, 4, 32, 64), "model/c2/b:0": (1, 64, 1, 1),
    "model/c3/w:0": (3, 3, 64, 64), "model/c3/b:0": (1, 64, 1, 1),
    "model/fc1/w:0": (64, 512), "model/fc1/b:0": (512,),
    "model/lstm1/wx:0": (512, 1024), "model/lstm1/wh:0": (256, 1024), "model/lstm1/b:0": (1024,),
    "model/vf/w:0": (256, 1), "model/vf/b:0": (1,), "model/pi/w:0": (256, 4),
    "model/pi/b:0": (4,), "model/q/w:0": (256, 4), "model/q/b:0": (4,),
}  # fmt: skip
"""The parameters of a `CnnLstmPolicy` of Stable-Baselines for 36 x 36 x 4 pixels and 4 actions."""

REMEDY = f"give learned_policy.zip of {SOURCE}, or a file like it"


def load_stable_baselines(path: str | os.PathLike[str]) -> CnnLstmPolicy:
    """Load an agent that the mesa-misalignment environment trained, in eval mode.

    The head `q`, which PPO neither trains nor uses, is left out.

    Args:
        path: the `.zip` file that Stable-Baselines wrote.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: not such a file, parameters of another network, or anything in them that is not
            numbers. Nothing in the file is run.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}: {REMEDY}")
    content = read_bounded(path, LARGEST_FILE)
    try:
        arrays = _parameters(content)
    except ValueError as error:
        raise ValueError(f"{path} is not an agent that can be read: {error}. {REMEDY}") from error
    policy = CnnLstmPolicy("original")
    policy.load_state_dict(_state(arrays))
    return policy.eval()


def sha256_of(path: str | os.PathLike[str]) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    return hashlib.sha256(read_bounded(path, LARGEST_FILE)).hexdigest()


def _parameters(content: bytes) -> dict[str, np.ndarray]:
    """The parameters by name, checked."""
    try:
        parts = _records(content, PARTS)
        names = json.loads(parts["parameter_list"])
        if not isinstance(names, list) or sorted(map(str, names)) != sorted(SHAPES):
            raise ValueError(
                f"its parameters are {names!s:.120}, not the {len(SHAPES)} of a CNN with an LSTM"
            )
        stored = _records(parts["parameters"], tuple(f"{name}.npy" for name in SHAPES))
    except (*DAMAGES, json.JSONDecodeError) as error:
        raise ValueError(f"it is damaged or no archive ({error!s:.120})") from error
    arrays = {name: _array(name, stored[f"{name}.npy"]) for name in SHAPES}
    for name, shape in SHAPES.items():
        if arrays[name].shape != shape or arrays[name].dtype != np.float32:
            raise ValueError(
                f"{name} is {arrays[name].dtype}{arrays[name].shape}, not float32{shape}"
            )
        if not np.isfinite(arrays[name]).all():
            raise ValueError(f"{name} has numbers that are not finite")
    return arrays


def _records(content: bytes, names: tuple[str, ...]) -> dict[str, bytes]:
    """Some records of an archive, which may not claim more bytes than the file may have."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        found = {record.filename: record for record in archive.infolist()}
        missing = [name for name in names if name not in found]
        if missing:
            raise ValueError(f"it has no {missing[0]!r}")
        if sum(found[name].file_size for name in names) > LARGEST_FILE:
            raise ValueError("its records claim more bytes than such an agent has")
        return {name: archive.read(found[name]) for name in names}


def _array(name: str, content: bytes) -> np.ndarray:
    try:
        return np.lib.format.read_array(BytesIO(content), allow_pickle=False)
    except (ValueError, EOFError, OSError, MemoryError) as error:
        raise ValueError(f"{name} does not hold plain numbers ({error!s:.120})") from error


def _state(arrays: dict[str, np.ndarray]) -> dict[str, Tensor]:
    """The parameters under the names and in the layout of torch."""
    state: dict[str, Any] = {}
    for name in ("c1", "c2", "c3"):
        state[f"{name}.weight"] = arrays[f"model/{name}/w:0"].transpose(3, 2, 0, 1)
        state[f"{name}.bias"] = arrays[f"model/{name}/b:0"].ravel()
    for name in ("fc1", "vf", "pi"):
        state[f"{name}.weight"] = arrays[f"model/{name}/w:0"].T
        state[f"{name}.bias"] = arrays[f"model/{name}/b:0"]
    state["lstm1.wx.weight"] = arrays["model/lstm1/wx:0"].T
    state["lstm1.wx.bias"] = arrays["model/lstm1/b:0"]
    state["lstm1.wh.weight"] = arrays["model/lstm1/wh:0"].T
    return {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in state.items()}
