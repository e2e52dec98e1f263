"""The parts that all worlds share, and one folder per world.

`import procgen_tools` registers the worlds with gymnasium under the ids in `WORLDS`::

    import gymnasium
    import procgen_tools

    envs = gymnasium.make_vec("procgen_tools/Maze-v0", num_envs=64, distribution_mode="easy")

Every world satisfies the contract that `check_world` checks. Names load on first use. Import the
functions of one world from its own module, such as `procgen_tools.maze`.
"""

from procgen_tools.names import lazy
from procgen_tools.worlds.registration import WORLDS, World, register_environments, world_id

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

__all__ = ["WORLDS", "World", "register_environments", "world_id", *_HOMES]

__getattr__ = lazy(__name__, _HOMES)
