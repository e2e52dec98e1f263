"""The session of `procgen_tools.imports`: a policy and its hook.

Nothing is loaded until a name is used, and the policy is loaded only once. For migration.
"""

from __future__ import annotations

import os
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from procgen_tools.models.checkpoints import load_policy
from procgen_tools.models.impala import ImpalaPolicy

RAND_REGION = 5
FOLDER = "trained_models"
EPISODES = "experiments/statistics/data"
DEFAULT_LAYER = "embedder.block2.res1.resadd_out"
PUBLISHED_CHANNELS = 128
"""Number of channels of the default layer in the published agent of procgen-tools' notebooks."""


def cd_into_procgen_tools() -> None:
    """Change to the nearest folder that contains `trained_models`, from the current one upwards.

    Raises:
        FileNotFoundError: there is no such folder.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / FOLDER).is_dir():
            os.chdir(folder)
            return
    raise FileNotFoundError(
        f"neither {here} nor a folder above it holds {FOLDER}: start in a checkout, or give "
        "models.load_policy the path of a checkpoint"
    )


def setup(
    force: bool = False,
    dl_data: bool = False,
    dl_episode_data: bool = False,
    dl_patch_data: bool = False,
    dl_stats: bool = False,
) -> None:
    """Change to the folder that contains `trained_models`. Nothing is downloaded.

    Raises:
        FileNotFoundError: there is no such folder, or published episodes are requested but
            missing.

    Warns:
        UserWarning: other published data are requested.
    """
    cd_into_procgen_tools()
    if dl_data or dl_patch_data:
        warnings.warn(
            "the published fields and patches are not downloaded: cells that read them need the "
            "files; studies.cheese_vector.run measures the same with our agents",
            UserWarning,
            stacklevel=2,
        )
    if (dl_stats or dl_episode_data) and not any(Path(EPISODES).rglob("*.pkl")):
        raise FileNotFoundError(
            f"the published episodes are not downloaded, and {EPISODES} holds none: call "
            "studies.behavioral_stats.run, which measures the same with our agents, or put "
            "the published files there"
        )


def load_model(
    rand_region: int = RAND_REGION, num_actions: int = 15, use_small: bool = False
) -> tuple[ImpalaPolicy, Any]:
    """The shipped policy of this region, and circrl's hook on a copy of it.

    Raises:
        FileNotFoundError: there is no such policy. The message names similar files.
        ModuleNotFoundError: circrl is not installed.
    """
    name = "maze_i" if use_small else f"maze_I/model_rand_region_{rand_region}"
    policy = load_policy(Path(FOLDER) / f"{name}.pth", num_actions)
    return policy, _module_hook(policy)


def _module_hook(policy: ImpalaPolicy) -> Any:
    try:
        from circrl.module_hook import ModuleHook
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "a hook as procgen-tools has it needs circrl: pip install circrl==0.6.0, or use "
            "procgen_tools.hooks, which needs nothing"
        ) from error
    return ModuleHook(policy)


@cache
def session() -> tuple[ImpalaPolicy, Any, list[str]]:
    """The policy, its hook, and the labels of its activations. They are loaded only once.

    Warns:
        UserWarning: the policy has fewer channels than the published one, whose numbers of
            channels notebooks contain.
    """
    policy, hook = load_model()
    hook.run_with_input(np.zeros((1, 3, 64, 64), dtype=np.float32))
    channels = num_channels(hook, DEFAULT_LAYER)
    if channels < PUBLISHED_CHANNELS:
        warnings.warn(
            f"{DEFAULT_LAYER} has {channels} channels in this policy, and {PUBLISHED_CHANNELS} in "
            "the published one. Channel numbers from that agent mean other channels here, or no "
            f"channel from {channels} on. Call "
            "studies.cheese_channels.measure.find_cheese_channels to find this policy's own",
            UserWarning,
            stacklevel=3,
        )
    return policy, hook, [label for label in hook.values_by_label if label != "_out"]


def no_such_channel(channel: int, count: int, layer_name: str) -> str:
    """The error message for a channel that an activation does not have."""
    return (
        f"channel {channel} does not exist: {layer_name} has {count} in this policy. Numbers in "
        "procgen-tools' notebooks belong to the published agent, whose layers have up to "
        f"{PUBLISHED_CHANNELS} channels. Call "
        "studies.cheese_channels.measure.find_cheese_channels to find this policy's own"
    )


def num_channels(hook: Any, layer_name: str) -> int:
    """Channels of an activation that the hook has seen.

    Raises:
        ValueError: the hook has not been run, or has no such activation.
    """
    values = hook.values_by_label.get(layer_name)
    if values is None:
        raise ValueError(
            f"the hook has no activation {layer_name!r} yet: call run_with_input first"
        )
    return int(values.shape[1])


def __getattr__(name: str) -> Any:
    if name in ("policy", "hook", "labels"):
        return session()[("policy", "hook", "labels").index(name)]
    if name == "NUM_CHANNEL_DICT":
        _, hook, labels = session()
        return {label: num_channels(hook, label) for label in labels}
    if name == "in_jupyter":
        import builtins

        return hasattr(builtins, "get_ipython")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
