"""Checkpoints in the safetensors format: tensors behind a header of JSON.

`load_policy` and the other loaders read such files, by their ending, like checkpoints of torch.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from torch import Tensor

from procgen_tools.files import unfinished
from procgen_tools.models.archives import check_size

ENDING = ".safetensors"
PARAMETERS = "model_state_dict"
METADATA = "procgen_tools"
"""The entry of the header that holds the metadata of a checkpoint, as JSON."""


def write_safetensors(
    state: dict[str, Tensor], path: str | os.PathLike[str], **metadata: Any
) -> None:
    """Write parameters and metadata as a safetensors file, whole or not at all.

    Args:
        state: the parameters by name, as `state_dict` returns them.
        path: the file, which ends in `.safetensors`.
        metadata: numbers, strings, None, and lists and dictionaries of these. Tuples come back as
            lists.

    Raises:
        ModuleNotFoundError: the library safetensors is missing.
        ValueError: another ending, or metadata that JSON does not have.

    Example:
        >>> import torch
        >>> write_safetensors({"weight": torch.ones(2)}, "mine.safetensors", seed=3)
        >>> read_safetensors("mine.safetensors")
        {'model_state_dict': {'weight': tensor([1., 1.])}, 'seed': 3}
    """
    path = Path(path)
    if path.suffix != ENDING:
        raise ValueError(f"{path} is no name of a safetensors file: let it end in {ENDING}")
    try:
        header = json.dumps(metadata, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"the metadata cannot be written as JSON ({error}): store finite numbers, strings, "
            "None, and lists and dictionaries of these"
        ) from error
    content = _library().save(
        {name: value.detach().cpu().contiguous() for name, value in state.items()},
        metadata={"format": "pt", METADATA: header},
    )
    with unfinished(path) as temporary:
        temporary.write_bytes(content)


def read_safetensors(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The content of a safetensors file as a checkpoint: parameters and metadata.

    Files of other programs have no metadata for us.

    Raises:
        FileNotFoundError: the file does not exist.
        ModuleNotFoundError: the library safetensors is missing.
        ValueError: the file is no safetensors file.
    """
    path = Path(path)
    library = _library()
    content = path.read_bytes()
    try:
        state = library.load(content)
        size = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + size]).get("__metadata__") or {}
        metadata = json.loads(header.get(METADATA, "{}"))
        if not isinstance(metadata, dict):
            raise ValueError(f"its metadata is a {type(metadata).__name__}")
        check_size(metadata)
    except Exception as error:  # the library has types of its own for bad files
        raise ValueError(
            f"{path} is no safetensors file that can be read: {error}. Download it again"
        ) from error
    return {PARAMETERS: state, **{name: metadata[name] for name in metadata if name != PARAMETERS}}


def _library() -> Any:
    try:
        import safetensors.torch
    except ImportError as error:
        raise ModuleNotFoundError(
            "files that end in .safetensors need a library: pip install safetensors"
        ) from error
    return safetensors.torch
