"""The names of procgen-tools' `maze`: grids, states, mazes and environments."""

from __future__ import annotations

from procgen_tools.compat.name import OUTER, Name, faces, same

MAZE: dict[str, Name] = {
    "CHEESE": same("maze:CHEESE"),
    "EMPTY": Name("worlds.maze.coded_grids:EMPTY", "maze:OPEN"),
    "BLOCKED": Name("worlds.maze.coded_grids:BLOCKED", "maze:WALL"),
    "MOUSE": Name(
        "worlds.maze.coded_grids:MOUSE", "maze:Maze.mouse", "only coded grids contain it"
    ),
    "WORLD_DIM": Name(
        "worlds.maze.coded_grids:WORLD_DIM", "maze:Maze.world_size", "25 in hard worlds"
    ),
    "Square": same("maze:Square"),
    "EnvState": same("maze:EnvState", "edits are checked, and `state_vals` contains plain numbers"),
    **faces(
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
    "get_mouse_pos_sv": Name("compat.graphs:get_mouse_pos_sv", "maze:EnvState.mouse", OUTER),
    "state_from_venv": same("maze:state_from_venv"),
    "create_venv": same("maze:create_venv", "`num_threads` is accepted and has no effect"),
    "remove_cheese": same("maze:remove_cheese", "given a venv, edits it in place"),
    "move_cheese": same(
        "maze:move_cheese", "given a venv, edits it in place, with an outer square"
    ),
    "shortest_path": same(
        "maze:shortest_path", "given a grid, returns steps, origins and `last_square`"
    ),
    "is_tree": same("maze:is_tree", "a mouse in the grid has no effect"),
    "remove_cheese_from_state": same("maze:remove_cheese_from_state"),
    "move_cheese_in_state": same(
        "maze:move_cheese_in_state", "refuses walls, and states without cheese"
    ),
    **faces(
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
    **faces(
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
            "get_cheese_pos_from_seed": ("maze:make_level", OUTER),
            "get_mouse_pos_from_seed": ("maze:make_level", OUTER),
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
    **faces(
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
    **faces(
        "compat.editors",
        {
            "on_distribution": "maze:is_on_distribution",
            "grid_editor": "widgets.maze_editor:MazeEditor",
            "venv_editors": "widgets.maze_editor:venv_editors",
            "venv_editor": "widgets.maze_editor:venv_editors",
            "get_custom_venv_pair": "maze:venv_pair",
        },
    ),
    **faces("compat.fields", {"geometric_probability_path": "chains:chances"}),
    "lru_cache": Name(
        None, "maze:EnvState", "reading a state is fast; use functools for the original"
    ),
    "models": Name("models", "models:load_policy"),
}
