"""What all worlds share, and one folder for each world.

`import procgen_tools` makes the worlds known to gymnasium under the ids in `WORLDS`::

    import gymnasium
    import procgen_tools

    envs = gymnasium.make_vec("procgen_tools/Maze-v0", num_envs=64, distribution_mode="easy")

Every world satisfies the contract that `check_world` executes. Names load when first used. What a
notebook needs of one world is in its face, such as `procgen_tools.maze`.
"""

from procgen_tools.names import lazy
from procgen_tools.worlds.registration import WORLDS, World, register_environments

_HOMES = {
    "ContractBroken": "worlds.contract",
    "MapObservations": "worlds.wrappers",
    "NormalizeObservations": "worlds.wrappers",
    "StackObservations": "worlds.wrappers",
    "channels_first": "worlds.wrappers",
    "check_world": "worlds.contract",
    "policy_observations": "worlds.wrappers",
    "scaled": "worlds.wrappers",
    "to_stable_baselines": "worlds.stable_baselines",
    "under_key": "worlds.wrappers",
}

__all__ = ["WORLDS", "World", "register_environments", *_HOMES]

__getattr__ = lazy(__name__, _HOMES)
