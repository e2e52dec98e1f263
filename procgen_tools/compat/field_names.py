"""The names of procgen-tools about fields: `visualization`, `patch_utils`, `vfield_stats`."""

from __future__ import annotations

from procgen_tools.compat.name import AXES, PIXELS, PLOTLY, Name, faces, gone, same

VISUALIZATION: dict[str, Name] = {
    "maze": Name("maze", "maze:Maze"),
    "vector_field": same(
        "vfield:vector_field", "returns a VectorField, which also has the old keys"
    ),
    **faces(
        "compat.fields",
        {
            "plot_vf": ("vfield:plot_vf", AXES),
            "plot_vfs": ("vfield:plot_vfs", AXES),
            "plot_vf_diff": ("vfield:plot_vfs", AXES),
            "plot_vector_field": ("vfield:plot_vf", AXES),
            "vector_field_tup": "vfield:vector_field",
            "get_arrows_and_probs": "vfield:VectorField.arrows",
            "get_vf_diff": ("vfield:difference", "does not change the fields"),
            "vf_diff_magnitude": (
                "vfield:FieldDifference.lengths",
                "still too small by a factor of √n",
            ),
        },
    ),
    **faces(
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
            "plot_pixel_dot": ("plots.activations:plot_activation", AXES),
            "plot_dots": ("plots.activations:plot_activation", AXES),
            "visualize_venv": ("plots.mazes:plot_maze", AXES),
            "vf_heatmap": "chains:chances",
            "retarget_heatmap": (
                "studies.retargeting.measure:Retargeting",
                "computes each square; in the original, squares of one pixel share a number",
            ),
            "show_grid_heatmap": "vfield:plot_heat_map",
            "create_save_button": "widgets.activation_browser:ActivationBrowser",
            "plot_layer_stats": (
                "plots.activations:plot_layer_statistics",
                "matplotlib, not plotly",
            ),
        },
    ),
    **faces(
        "compat.editors",
        {
            "custom_vfield": "widgets.field_explorer:FieldExplorer",
            "custom_vfields": "widgets.maze_editor:side_by_side",
        },
    ),
    **faces(
        "compat.patches",
        {
            "get_activations": "hooks:record",
            "forward_func_policy": "models:ImpalaPolicy.logits_and_value",
            "vf_diff_magnitude_from_seed": "effects:measure",
        },
    ),
    **faces(
        "compat.plotter",
        {
            "ActivationsPlotter": ("widgets.activation_browser:ActivationBrowser", PLOTLY),
            "plot_activations": ("plots.activations:plot_activation", PLOTLY),
            "plot_nonzero_activations": ("plots.activations:plot_activation", PLOTLY),
            "plot_nonzero_diffs": ("plots.activations:plot_activation", PLOTLY),
            "plot_patch": ("plots.activations:plot_activation", PLOTLY),
        },
    ),
    **gone("format_plotter", "plots.activations:plot_channels", PLOTLY),
    **gone("render_arrows map_vf_to_human", "vfield:plot_vf", PIXELS),
    **gone("pixel_slices_from_grid pixels_at_grid", "worlds.maze.human_view:human_view", PIXELS),
    **gone("dummy_venv human_view", "maze:create_venv", "nothing is created at import"),
    "is_internal_activation": Name(
        None, "hooks:activation_names", "it lists only internal activations"
    ),
}

PATCH_UTILS: dict[str, Name] = {
    "maze": Name("maze", "maze:Maze"),
    "viz": Name("visualization", "plots.fields:plot_vf"),
    "NUM_CHANNEL_DICT": Name(
        "compat.session:NUM_CHANNEL_DICT", "models:ImpalaPolicy.activation_shapes"
    ),
    **faces(
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
            "compare_patched_vfields": ("effects:measure", AXES),
            "plot_patched_vfields": ("effects:measure", AXES),
        },
    ),
    **faces(
        "compat.venvs",
        {"get_cheese_venv_pair": "maze:venv_pair"},
    ),
    **faces("compat.editors", {"get_custom_venv_pair": "maze:venv_pair"}),
}

VFIELD_STATS: dict[str, Name] = {
    **faces(
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
    **gone("histogram_plotly", "vfield_stats:plot_dprobs_hist", PLOTLY),
    **gone("scatterplot_plotly", "vfield_stats:plot_dprobs_scatter", PLOTLY),
    **gone("boxplot_plotly plotly_fig_gen format_fig", "vfield_stats:plot_dprobs_box", PLOTLY),
}
