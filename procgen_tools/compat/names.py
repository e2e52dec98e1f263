"""Every public name of procgen-tools, its equivalent here, and what to call in new code.

The old modules look up names in this list, and `docs/from-procgen-tools.md` is generated from it
(`python -m procgen_tools.compat.page`), so the two always agree.
"""

from __future__ import annotations

from procgen_tools.compat.field_names import PATCH_UTILS, VFIELD_STATS, VISUALIZATION
from procgen_tools.compat.maze_names import MAZE
from procgen_tools.compat.name import Name, faces, gone, same

__all__ = ["NAMES", "Name"]


_MODELS: dict[str, Name] = {
    "load_policy": same("models:load_policy", "`action_size` is `num_actions`"),
    "MlpModel": same("models:MlpModel"),
    "NatureModel": same("models:NatureModel", "for frames of 64 x 64, like those of mazes"),
    "CategoricalPolicy": Name(None, "models:ImpalaPolicy", "one class with a scale"),
    "InterpretableImpalaModel": Name(None, "models:ImpalaPolicy", "its .embedder"),
    **gone(
        "InterpretableImpalaBlock InterpretableResidualBlock ResidualAdd Flatten",
        "models:ImpalaPolicy",
        "its modules have the same names and activations",
    ),
    **gone(
        "orthogonal_init xavier_uniform_init scale", "models:ImpalaPolicy", "initialises itself"
    ),
    **faces(
        "compat.actions",
        {
            "MAZE_ACTION_INDICES": "models:ACTIONS_OF_MOVE",
            "MAZE_ACTION_DELTAS": "worlds.maze.grid:MOVE_STEPS",
            "MAZE_ACTIONS_BY_INDEX": "models:MOVE_OF_ACTION",
            "MAZE_ACTION_DELTAS_BY_INDEX": "models:move_matrix",
            "human_readable_action": "models:MOVE_OF_ACTION",
            "human_readable_actions": "models:move_probabilities",
        },
    ),
    "num_channels": Name("compat.session:num_channels", "models:ImpalaPolicy.activation_shapes"),
}

_IMPORTS: dict[str, Name] = {
    **faces(
        "compat.session",
        {
            "RAND_REGION": "studies.base:shipped_agent",
            "load_model": "models:load_policy",
            "policy": ("models:load_policy", "loaded on first use"),
            "hook": ("hooks:patched", "loaded on first use; needs circrl 0.6"),
            "labels": "hooks:activation_names",
            "in_jupyter": "widgets.field_explorer:FieldExplorer",
        },
    ),
    "NUM_ACTIONS": same("worlds.maze.actions:NUM_ACTIONS"),
    "default_layer": Name("compat.session:DEFAULT_LAYER", "hooks:activation_names"),
    "models": Name("models", "models:load_policy"),
    "utils": Name("utils", "models:load_policy"),
}

_METRIC_NAMES = {
    f"{old}{places}": "worlds.maze.features:FEATURES"
    for places in (
        "cheese_decision_square",
        "cheese_top_right",
        "decision_square_top_right",
        "cheese_5x5",
        "decision_square_5x5",
    )
    for old in ("euc_dist_", "taxi_dist_", "steps_between_")
}

_METRICS = faces(
    "compat.metrics",
    {
        "decision_square": (
            "maze:decision_square",
            "None where the corner is on the path to the cheese",
        ),
        "get_dsq": "maze:decision_square",
        "shortest_path_to_nxn": "maze:distances",
        "path_len": "maze:distances",
        "distance": "worlds.maze.features:Distance",
        "metrics": "worlds.maze.features:FEATURES",
        "MetricFn": "worlds.maze.features:Feature",
        **_METRIC_NAMES,
        "cheese_coord_norm": "worlds.maze.features:CheeseNorm",
    },
) | {
    "maze": Name("maze", "maze:Maze"),
    **gone("metric", "worlds.maze.features:FEATURES", "add one with metrics[name] = function"),
    **gone(
        "dist_cheese_nxn",
        "worlds.maze.features:Distance",
        "distance to the region, over open squares",
    ),
}

_DATA_UTILS = faces(
    "compat.episodes",
    {
        "Episode": "episodes.rollouts:Rollout",
        "load_episode": ("episodes.rollouts:play", "executes nothing in the file"),
    },
)

_ROLLOUT_UTILS = faces(
    "compat.episodes",
    {
        "get_predict": "episodes.rollouts:play",
        "rollout_video_clip": ("episodes.videos:write_video", "`mouse_outer_pos` is (row, column)"),
        "side_by_side_rollout": "episodes.videos:side_by_side",
    },
)

_UTILS = faces(
    "compat.session",
    {
        "setup": (
            "models:load_policy",
            "changes to the folder that contains trained_models; downloads nothing",
        ),
        "cd_into_procgen_tools": (
            "models:load_policy",
            "changes to the folder that contains trained_models",
        ),
    },
) | {"setup_dir": Name("compat.session:cd_into_procgen_tools", "models:load_policy")}

_WRAPPERS = faces(
    "compat.wrappers",
    {
        "VecEnvWrapper": "worlds.wrappers:MapObservations",
        "VecExtractDictObs": (
            "worlds.wrappers:under_key",
            "the inverse: our environments return plain frames",
        ),
        "TransposeFrame": "worlds.wrappers:channels_first",
        "ScaledFloatFrame": "worlds.wrappers:scaled",
        "VecFrameStack": ("worlds.wrappers:StackObservations", "adds an axis"),
        "VecNormalize": "worlds.wrappers:NormalizeObservations",
        "RunningMeanStd": "worlds.wrappers:NormalizeObservations",
    },
) | gone(
    "AlreadySteppingError NotSteppingError VecEnv VecEnvObservationWrapper CloudpickleWrapper "
    "clear_mpi_env_vars update_mean_var_count_from_moments",
    "maze:MazeVenv",
    "environments run in this process",
)

NAMES: dict[str, dict[str, Name]] = {
    "maze": MAZE,
    "models": _MODELS,
    "vfield": {},
    "visualization": VISUALIZATION,
    "patch_utils": PATCH_UTILS,
    "metrics": _METRICS,
    "vfield_stats": VFIELD_STATS,
    "rollout_utils": _ROLLOUT_UTILS,
    "data_utils": _DATA_UTILS,
    "episodes": _DATA_UTILS,
    "utils": _UTILS,
    "imports": _IMPORTS,
    "procgen_imports": {
        "vfield": Name("vfield", "vfield:vector_field"),
        "vs": Name("vfield_stats", "effects:measure"),
        "patch_utils": Name(
            "patch_utils", "interventions:Add", "a separate import in the original"
        ),
    },
    "procgen_wrappers": _WRAPPERS,
}
"""By procgen-tools' module, then by name. Older names of modules are included: `vfield` is
`visualization`, and `episodes` is `data_utils`.
"""
