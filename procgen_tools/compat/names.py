"""Every public name of procgen-tools, its equivalent here, and what to call in new code.

The old modules look up names in this list, and `docs/from-procgen-tools.md` is generated from it
(`python -m procgen_tools.compat.page`), so the two always agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Name:
    """The fate of one name.

    Attributes:
        target: "module:name" within `procgen_tools` that is equivalent; None if there is none.
        ours: what to call in new code, as "module:name" or "module:Class.attribute".
        note: how the meaning differs, or why there is no equivalent.
    """

    target: str | None
    ours: str
    note: str = ""

    @property
    def call(self) -> str:
        """What to call in new code, with dots."""
        return self.ours.replace(":", ".")

    @property
    def instead(self) -> str:
        """The end of an error message about a name without an equivalent."""
        return f"call procgen_tools.{self.call}" + (f" ({self.note})" if self.note else "")


def _same(target: str, note: str = "") -> Name:
    """A name that new code uses as well."""
    return Name(target, target, note)


def _faces(home: str, ours: Mapping[str, str | tuple[str, str]]) -> dict[str, Name]:
    """The names that a compat module defines, with what to call in new code and a note."""
    pairs = {name: (each, "") if isinstance(each, str) else each for name, each in ours.items()}
    return {name: Name(f"{home}:{name}", call, note) for name, (call, note) in pairs.items()}


def _gone(names: str, ours: str, note: str = "") -> dict[str, Name]:
    return {name: Name(None, ours, note) for name in names.split()}


_OUTER = "squares are in outer coordinates"
_AXES = "axes count squares, with row 0 at the bottom, not pixels"
_PLOTLY = "returns matplotlib figures, not plotly figures"
_PIXELS = "pixels of a picture that does not exist here: axes count squares"

_MAZE: dict[str, Name] = {
    "CHEESE": _same("maze:CHEESE"),
    "EMPTY": Name("worlds.maze.coded_grids:EMPTY", "maze:OPEN"),
    "BLOCKED": Name("worlds.maze.coded_grids:BLOCKED", "maze:WALL"),
    "MOUSE": Name(
        "worlds.maze.coded_grids:MOUSE", "maze:Maze.mouse", "only coded grids contain it"
    ),
    "WORLD_DIM": Name(
        "worlds.maze.coded_grids:WORLD_DIM", "maze:Maze.world_size", "25 in hard worlds"
    ),
    "Square": _same("maze:Square"),
    "EnvState": _same(
        "maze:EnvState", "edits are checked, and `state_vals` contains plain numbers"
    ),
    **_faces(
        "compat.pictures",
        dict.fromkeys(
            (
                "AGENT_PX_WIDTH",
                "AGENT_PX_PER_TILE",
                "HUMAN_PX_WIDTH",
                "HUMAN_PX_PADDING",
                "REAL_PX_WIDTH",
                "HUMAN_PX_PER_TILE",
            ),
            "plots.activations:activation_extent",
        ),
    ),
    "StateValues": Name("worlds.maze.state_layout:Values", "maze:EnvState.state_vals"),
    "StateValue": Name(
        "worlds.maze.state_layout:Number", "maze:EnvState.state_vals", "plain numbers"
    ),
    "MAZE_STATE_DICT_TEMPLATE": Name(
        None,
        "worlds.maze.state_layout:FIELDS",
        "the same 78 values in the same order, in another format",
    ),
    "_parse_maze_state_bytes": Name("compat.graphs:parse_maze_state_bytes", "maze:EnvState"),
    "_serialize_maze_state": Name(None, "maze:EnvState.from_values", "then .state_bytes"),
    "get_grid": Name("compat.graphs:get_grid", "maze:EnvState.outer_grid"),
    "get_mouse_pos_sv": Name("compat.graphs:get_mouse_pos_sv", "maze:EnvState.mouse", _OUTER),
    "state_from_venv": _same("maze:state_from_venv"),
    "create_venv": _same("maze:create_venv", "`num_threads` is accepted and has no effect"),
    "remove_cheese": _same("maze:remove_cheese", "given a venv, edits it in place"),
    "move_cheese": _same(
        "maze:move_cheese", "given a venv, edits it in place, with an outer square"
    ),
    "shortest_path": _same(
        "maze:shortest_path", "given a grid, returns steps, origins and `last_square`"
    ),
    "is_tree": _same("maze:is_tree", "a mouse in the grid has no effect"),
    "remove_cheese_from_state": _same("maze:remove_cheese_from_state"),
    "move_cheese_in_state": _same(
        "maze:move_cheese_in_state", "refuses walls, and states without cheese"
    ),
    **_faces(
        "worlds.maze.coded_grids",
        {
            "get_cheese_pos": "maze:Maze.cheese",
            "get_mouse_pos": "maze:Maze.mouse",
            "inner_grid": "maze:EnvState.inner_grid",
            "outer_grid": "maze:Maze.cells",
            "get_padding": "maze:Maze.padding",
            "inside_inner_grid": "maze:Maze.is_open",
            "get_empty_neighbors": "maze:legal_moves",
            "reconstruct_path": "maze:shortest_path",
            "pathfind": ("maze:shortest_path", "ValueError if there is no path"),
            "distance_to_tr_path": "worlds.maze.paths:corner_path_distances",
            "deltas_from": "worlds.maze.paths:next_moves",
            "get_object_pos_in_grid": "maze:Maze.cheese",
            "get_legal_mouse_positions": "maze:Maze.open_squares",
        },
    ),
    **_faces(
        "compat.venvs",
        {
            "remove_all_cheese": "maze:MazeVenv.edit",
            "venv_from_grid": ("maze:venv_from_mazes", "the maze has the background of level 0"),
            "get_filled_venv": (
                "maze:venv_from_mazes",
                "only EMPTY, because a maze has at most one cheese",
            ),
            "render_inner_grid": "worlds.maze.human_view:human_view",
            "render_outer_grid": "worlds.maze.human_view:human_frame",
            "get_envstate_from_seed": "maze:make_level",
            "get_full_grid_from_seed": "maze:make_level",
            "get_inner_grid_from_seed": "maze:make_level",
            "rand_seed_with_size": "maze:find_seeds",
            "get_cheese_pos_from_seed": ("maze:make_level", _OUTER),
            "get_mouse_pos_from_seed": ("maze:make_level", _OUTER),
            "get_mazes_with_mouse_at_location": (
                "maze:find_seeds",
                "finds the cheese there, not the mouse, like the original",
            ),
            "generate_mazes_with_cheese_at_location": "maze:place_cheese",
            "wrap_venv": "maze:MazeVenv",
            "copy_venv": "maze:venv_from_mazes",
            "copy_venvs": "maze:venv_from_mazes",
            "load_venv": ("maze:load_mazes", "executes nothing in the file"),
            "save_venv": "maze:save_mazes",
            "get_cheese_venv_pair": "maze:venv_pair",
            "make_top_right_path": "worlds.maze.edit:carve_path_to_world_corner",
            "get_top_right_venv_pair": "worlds.maze.edit:carve_path_to_world_corner",
            "get_random_obs_opts": (
                "maze:random_mazes",
                "can remove the cheese, and metadata name the level that is shown",
            ),
            "get_random_obs": ("maze:random_mazes", "`spawn_cheese=False` removes the cheese"),
            "venv_with_all_mouse_positions": "vfield:vector_field",
        },
    ),
    **_faces(
        "compat.graphs",
        {
            "maze_grid_to_graph": ("worlds.maze.paths:successors", "needs networkx"),
            "grid_graph_has_decision_square": "maze:decision_square",
            "get_path_to_cheese": "maze:shortest_path",
            "get_path_to_corner": "maze:shortest_path",
            "get_decision_square_from_grid_graph": (
                "maze:decision_square",
                "like the original, not None if the corner is on the path to the cheese",
            ),
            "maze_has_decision_square": "maze:decision_square",
            "get_decision_square_from_maze_state": "maze:decision_square",
            "get_node_value_at_offset": "maze:legal_moves",
            "NODE_TYPES": "maze:NodeType",
            "get_node_type_by_world_loc": "maze:node_type",
            "get_object_pos_from_seq_of_states": "episodes.rollouts:Rollout.maze_at",
            "get_mouse_pos_from_seq_of_states": (
                "episodes.rollouts:Rollout",
                "the original returns None",
            ),
            "get_cheese_pos_from_seq_of_states": (
                "episodes.rollouts:Rollout",
                "the original returns None",
            ),
        },
    ),
    **_faces(
        "compat.editors",
        {
            "on_distribution": "maze:is_on_distribution",
            "grid_editor": "widgets.levels:LevelBrowser",
            "venv_editors": "widgets.levels:LevelBrowser",
            "venv_editor": "widgets.levels:LevelBrowser",
            "get_custom_venv_pair": "maze:venv_pair",
        },
    ),
    **_faces("compat.fields", {"geometric_probability_path": "chains:chances"}),
    "lru_cache": Name(
        None, "maze:EnvState", "reading a state is fast; use functools for the original"
    ),
    "models": Name("models", "models:load_policy"),
}

_MODELS: dict[str, Name] = {
    "load_policy": _same("models:load_policy", "`action_size` is `num_actions`"),
    "MlpModel": _same("models:MlpModel"),
    "NatureModel": _same("models:NatureModel", "for frames of 64 x 64, like those of mazes"),
    "CategoricalPolicy": Name(None, "models:ImpalaPolicy", "one class with a scale"),
    "InterpretableImpalaModel": Name(None, "models:ImpalaPolicy", "its .embedder"),
    **_gone(
        "InterpretableImpalaBlock InterpretableResidualBlock ResidualAdd Flatten",
        "models:ImpalaPolicy",
        "its modules have the same names and activations",
    ),
    **_gone(
        "orthogonal_init xavier_uniform_init scale", "models:ImpalaPolicy", "initialises itself"
    ),
    **_faces(
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
    **_faces(
        "compat.session",
        {
            "RAND_REGION": "studies.base:shipped_agent",
            "load_model": "models:load_policy",
            "policy": ("models:load_policy", "loaded on first use"),
            "hook": ("hooks:patched", "loaded on first use; needs circrl 0.6"),
            "labels": "hooks:activation_names",
            "in_jupyter": "widgets.levels:LevelBrowser",
        },
    ),
    "NUM_ACTIONS": _same("worlds.maze.actions:NUM_ACTIONS"),
    "default_layer": Name("compat.session:DEFAULT_LAYER", "hooks:activation_names"),
    "models": Name("models", "models:load_policy"),
    "utils": Name("utils", "models:load_policy"),
}

_VISUALIZATION: dict[str, Name] = {
    "maze": Name("maze", "maze:Maze"),
    "vector_field": _same(
        "vfield:vector_field", "returns a VectorField, which also has the old keys"
    ),
    **_faces(
        "compat.fields",
        {
            "plot_vf": ("vfield:plot_vf", _AXES),
            "plot_vfs": ("vfield:plot_vfs", _AXES),
            "plot_vf_diff": ("vfield:plot_vfs", _AXES),
            "plot_vector_field": ("vfield:plot_vf", _AXES),
            "vector_field_tup": "vfield:vector_field",
            "get_arrows_and_probs": "vfield:VectorField.arrows",
            "get_vf_diff": ("vfield:difference", "does not change the fields"),
            "vf_diff_magnitude": (
                "vfield:FieldDifference.lengths",
                "still too small by a factor of √n",
            ),
        },
    ),
    **_faces(
        "compat.pictures",
        {
            "AGENT_OBS_WIDTH": "worlds.maze.agent_view:agent_frames",
            "PIXEL_SIZE": "worlds.maze.human_view:human_view",
            "img_from_fig": "episodes.videos:write_video",
            "format_label": "hooks:activation_names",
            "format_labels": "hooks:activation_names",
            "expand_label": "hooks:activation_names",
            "get_impala_num": "hooks:activation_names",
            "get_residual_num": "hooks:activation_names",
            "get_stride": (
                "plots.activations:activation_extent",
                "convolutions after the pooling have the stride after it",
            ),
            "get_pixel_loc": "plots.activations:activation_extent",
            "get_pixel_coords": "plots.activations:activation_extent",
            "get_channel_from_grid_pos": "interventions.cells:square_cells",
            "plot_pixel_dot": ("plots.activations:plot_activation", _AXES),
            "plot_dots": ("plots.activations:plot_activation", _AXES),
            "visualize_venv": ("plots.mazes:plot_maze", _AXES),
            "vf_heatmap": "chains:chances",
            "retarget_heatmap": (
                "studies.retargeting.measure:Retargeting",
                "computes each square; in the original, squares of one pixel share a number",
            ),
            "show_grid_heatmap": "vfield:plot_heat_map",
            "create_save_button": "widgets.channels:ChannelBrowser",
            "plot_layer_stats": (
                "plots.activations:plot_layer_statistics",
                "matplotlib, not plotly",
            ),
        },
    ),
    **_faces(
        "compat.editors",
        {
            "custom_vfield": "widgets.levels:LevelBrowser",
            "custom_vfields": "widgets.levels:LevelBrowser",
        },
    ),
    **_faces(
        "compat.patches",
        {
            "get_activations": "hooks:record",
            "forward_func_policy": "models:ImpalaPolicy.logits_and_value",
            "vf_diff_magnitude_from_seed": "effects:measure",
        },
    ),
    **_faces(
        "compat.plotter",
        {
            "ActivationsPlotter": ("widgets.channels:ChannelBrowser", _PLOTLY),
            "plot_activations": ("plots.activations:plot_activation", _PLOTLY),
            "plot_nonzero_activations": ("plots.activations:plot_activation", _PLOTLY),
            "plot_nonzero_diffs": ("plots.activations:plot_activation", _PLOTLY),
            "plot_patch": ("plots.activations:plot_activation", _PLOTLY),
        },
    ),
    **_gone("format_plotter", "plots.activations:plot_channels", _PLOTLY),
    **_gone("render_arrows map_vf_to_human", "vfield:plot_vf", _PIXELS),
    **_gone("pixel_slices_from_grid pixels_at_grid", "worlds.maze.human_view:human_view", _PIXELS),
    **_gone("dummy_venv human_view", "maze:create_venv", "nothing is created at import"),
    "is_internal_activation": Name(
        None, "hooks:activation_names", "it lists only internal activations"
    ),
}

_PATCH_UTILS: dict[str, Name] = {
    "maze": Name("maze", "maze:Maze"),
    "viz": Name("visualization", "plots.fields:plot_vf"),
    "NUM_CHANNEL_DICT": Name(
        "compat.session:NUM_CHANNEL_DICT", "models:ImpalaPolicy.activation_shapes"
    ),
    **_faces(
        "compat.patches",
        {
            "forward_func_policy": "models:ImpalaPolicy.logits_and_value",
            "logits_to_action_plot": ("episodes.rollouts:Rollout", "matplotlib, not plotly"),
            "channel_patch_or_broadcast": (
                "hooks:patched",
                "-1 means all channels; the original passes only the last",
            ),
            "compose_patches": "interventions:Intervention",
            "get_values_diff_patch": "interventions:Add",
            "get_zero_patch": "interventions:Zero",
            "get_mean_patch": ("interventions:Mean", "passes random observations to the policy"),
            "get_random_patch": "interventions:Resample",
            "get_channel_pixel_patch": (
                "interventions:Clamp",
                "other pixels are unchanged; the original copies the first observation's",
            ),
            "combined_pixel_patch": (
                "interventions:Clamp",
                "other pixels are unchanged; the original copies the first observation's",
            ),
            "get_multiply_patch": "interventions:Scale",
            "values_from_venv": "hooks:record",
            "patch_from_venv_pair": "interventions:activation_vector",
            "cheese_diff_values": "interventions:cheese_vector",
            "compare_patched_vfields": ("effects:measure", _AXES),
            "plot_patched_vfields": ("effects:measure", _AXES),
        },
    ),
    **_faces(
        "compat.venvs",
        {"get_cheese_venv_pair": "maze:venv_pair"},
    ),
    **_faces("compat.editors", {"get_custom_venv_pair": "maze:venv_pair"}),
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

_METRICS = _faces(
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
    **_gone("metric", "worlds.maze.features:FEATURES", "add one with metrics[name] = function"),
    **_gone(
        "dist_cheese_nxn",
        "worlds.maze.features:Distance",
        "distance to the region, over open squares",
    ),
}

_DATA_UTILS = _faces(
    "compat.episodes",
    {
        "Episode": "episodes.rollouts:Rollout",
        "load_episode": ("episodes.rollouts:play", "executes nothing in the file"),
    },
)

_ROLLOUT_UTILS = _faces(
    "compat.episodes",
    {
        "get_predict": "episodes.rollouts:play",
        "rollout_video_clip": ("episodes.videos:write_video", "`mouse_outer_pos` is (row, column)"),
        "side_by_side_rollout": "episodes.videos:side_by_side",
    },
)

_VFIELD_STATS = {
    **_faces(
        "compat.episodes",
        {
            "get_decision_probs_original_and_patched": "effects:measure",
            "get_probs_original_and_patched": "effects:measure",
            "plot_decision_probs": "plots.effects:plot_before_after",
            "plot_dprobs_hist": "plots.effects:plot_before_after",
            "plot_dprobs_scatter": "plots.effects:plot_before_after",
            "plot_dprobs_box": "plots.effects:plot_before_after",
        },
    ),
    "get_decision_probs": Name("compat.fields:decision_probabilities", "chains:decision"),
    "deltas_from": Name("worlds.maze.coded_grids:deltas_from", "worlds.maze.paths:next_moves"),
    **_gone("histogram_plotly", "vfield_stats:plot_dprobs_hist", _PLOTLY),
    **_gone("scatterplot_plotly", "vfield_stats:plot_dprobs_scatter", _PLOTLY),
    **_gone("boxplot_plotly plotly_fig_gen format_fig", "vfield_stats:plot_dprobs_box", _PLOTLY),
}

_UTILS = _faces(
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

_WRAPPERS = _faces(
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
) | _gone(
    "AlreadySteppingError NotSteppingError VecEnv VecEnvObservationWrapper CloudpickleWrapper "
    "clear_mpi_env_vars update_mean_var_count_from_moments",
    "maze:MazeVenv",
    "environments run in this process",
)

NAMES: dict[str, dict[str, Name]] = {
    "maze": _MAZE,
    "models": _MODELS,
    "vfield": {},
    "visualization": _VISUALIZATION,
    "patch_utils": _PATCH_UTILS,
    "metrics": _METRICS,
    "vfield_stats": _VFIELD_STATS,
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
