"""Coded grids, states and environments under procgen-tools' names behave as in procgen-tools."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools import maze, metrics
from procgen_tools.compat import graphs, venvs
from procgen_tools.compat.editors import clicked, on_distribution
from procgen_tools.maze import MazeVenv
from procgen_tools.worlds.maze.edit import carve_path_to_world_corner, to_outer

SEEDS = (0, 3, 51)


def venv_of(seed: int) -> MazeVenv:
    return maze.create_venv(1, start_level=seed, num_levels=1, num_threads=4)


@pytest.mark.parametrize("seed", SEEDS)
def test_grids_of_a_state(seed: int) -> None:
    state, level = maze.state_from_venv(venv_of(seed), idx=0), maze.make_level(seed)
    inner = state.inner_grid()
    assert np.array_equal(maze.inner_grid(state.full_grid()), inner)
    assert np.array_equal(maze.outer_grid(inner), state.full_grid())
    assert maze.get_mouse_pos(inner) == level.mouse
    assert maze.get_cheese_pos(inner) == level.cheese
    assert maze.get_mouse_pos(state.full_grid(), flip_y=True)[0] == 24 - state.mouse_pos[0]
    assert not (state.inner_grid(with_mouse=False) == maze.MOUSE).any()
    assert np.array_equal(state.inner_grid == maze.BLOCKED, level.walls)
    assert (state.full_grid(with_mouse=False) == maze.EMPTY).sum() == (
        inner == maze.EMPTY
    ).sum() + 1
    assert maze.get_padding(inner) == level.padding
    assert (state.world_dim, state.mouse_pos) == (25, to_outer(level, level.mouse))
    with pytest.raises(TypeError, match="was computed"):
        (state.inner_grid + 1)()


def test_states_are_edited_as_there() -> None:
    state = venv_of(3).state(0)
    grid = state.full_grid()
    free = maze.get_legal_mouse_positions(grid)[5]
    state.set_mouse_pos(*free)
    assert state.mouse_pos == free
    grid = state.full_grid()
    grid[free], grid[maze.get_cheese_pos(grid)] = maze.EMPTY, maze.EMPTY
    target = maze.get_legal_mouse_positions(grid)[-1]
    grid[target] = maze.MOUSE
    state.set_grid(grid)
    assert (state.mouse_pos, state.cheese) == (target, None)
    before = state.state_bytes
    for wrong in (np.full((25, 25), maze.BLOCKED), np.full((3, 3), maze.EMPTY)):
        with pytest.raises(ValueError, match=r"grid|wall"):
            state.set_grid(wrong)
    with pytest.raises(ValueError, match="wall"):
        state.set_mouse_pos(0, 0)
    assert state.state_bytes == before
    state.set_grid(np.array([[25, 100, 2], [51, 51, 100], [100, 100, 100]]), pad=True)
    assert (state.maze_size, state.mouse, state.cheese) == (3, (0, 0), (0, 2))
    world = np.full((25, 25), maze.EMPTY)
    state.set_grid(world)
    assert state.maze_size == 25


@pytest.mark.parametrize("seed", SEEDS)
def test_searches_agree_with_ours(seed: int) -> None:
    level, grid = maze.make_level(seed), venvs.get_inner_grid_from_seed(seed)
    assert level.cheese is not None
    steps, came_from, found = maze.shortest_path(grid, (0, 0))
    assert found["last_square"] == level.cheese
    assert maze.reconstruct_path(came_from, level.cheese) == maze.shortest_path(
        level, (0, 0), level.cheese
    )
    assert steps[level.cheese] == maze.distances(level, (0, 0))[level.cheese]
    assert maze.pathfind(grid, (0, 0), level.corner) == maze.shortest_path(
        level, (0, 0), level.corner
    )
    nothing = maze.shortest_path(grid, (0, 0), lambda *_: False)[2]
    assert nothing == {"last_square": None}
    assert maze.is_tree(grid)
    assert metrics.decision_square(grid) == maze.decision_square(level)
    assert on_distribution(grid, full=True)
    graph = maze.maze_grid_to_graph(grid)
    assert graph.number_of_edges() == graph.number_of_nodes() - 1
    assert maze.get_path_to_cheese(grid, graph)[-1] == level.cheese
    assert maze.get_path_to_corner(grid, graph)[-1] == level.corner
    on_path = level.cheese in maze.get_path_to_corner(grid, graph)
    assert maze.grid_graph_has_decision_square(grid, graph) is not on_path


def test_a_grid_with_a_loop_is_no_tree() -> None:
    assert not maze.is_tree(np.full((3, 3), maze.EMPTY))
    said: list[str] = []
    assert not on_distribution(np.full((3, 3), maze.EMPTY), said.append)
    assert said


def test_paths_that_lead_nowhere() -> None:
    grid = np.array([[100, 51], [51, 2]])
    with pytest.raises(ValueError, match="no path"):
        maze.pathfind(grid, (0, 0), (1, 1))
    with pytest.raises(ValueError, match="without a square"):
        metrics.path_len(*maze.shortest_path(grid, (0, 0)))
    with pytest.raises(ValueError, match="cheese"):
        maze.deltas_from(np.full((3, 3), maze.EMPTY), (0, 0))


def test_metrics_are_the_features() -> None:
    from procgen_tools.worlds.maze.features import FEATURES

    level, grid = maze.make_level(51), venvs.get_inner_grid_from_seed(51)
    assert len(metrics.metrics) == len(FEATURES)
    values = {metric(grid) for metric in metrics.metrics.values()}
    assert values == {feature(level) for feature in FEATURES.values()}
    assert metrics.euc_dist_cheese_top_right(grid) == np.hypot(
        *np.subtract(level.cheese, level.corner)
    )
    with pytest.raises(ValueError, match="lacks a place"):
        metrics.steps_between_cheese_top_right(np.full((3, 3), maze.EMPTY))
    assert metrics.distance((0, 0), (3, 4)) == 5


def test_venvs_from_grids_and_copies() -> None:
    level = maze.make_level(0)
    venv = maze.venv_from_grid(venvs.get_inner_grid_from_seed(0))
    assert venv.maze(0) == level
    assert np.array_equal(maze.copy_venv(venv, 0).reset(), venv.reset())
    assert maze.copy_venvs(venvs.get_cheese_venv_pair(3)).num_envs == 2
    everywhere, (squares, grid) = maze.venv_with_all_mouse_positions(venv)
    assert everywhere.num_envs == len(squares) == (grid == maze.EMPTY).sum()
    assert everywhere.maze(7).mouse == squares[7]
    pair = maze.get_top_right_venv_pair(3)
    assert pair.maze(0) == carve_path_to_world_corner(maze.make_level(3))
    assert maze.make_top_right_path(pair.state(1)).to_maze() == pair.maze(0)
    assert maze.render_inner_grid(grid).shape[0] < maze.render_outer_grid(grid).shape[0]
    assert maze.get_filled_venv().maze(0).walls.sum() == 0
    with pytest.raises(ValueError, match="diagonal"):
        maze.venv_from_grid(np.full((3, 3), maze.BLOCKED))


def test_seeds_and_levels() -> None:
    cheese = maze.get_cheese_pos_from_seed(3)
    assert cheese is not None
    assert 3 in maze.get_mazes_with_mouse_at_location(cheese, num_mazes=5)
    seeds, grids = maze.generate_mazes_with_cheese_at_location(cheese, num_mazes=3)
    for seed, grid in zip(seeds, grids, strict=True):
        padding = maze.make_level(seed).padding
        assert maze.get_cheese_pos(grid) == (cheese[0] - padding, cheese[1] - padding)
    assert 5 <= maze.make_level(maze.rand_seed_with_size(5, 9)).size <= 9
    with pytest.raises(ValueError, match="no maze"):
        maze.rand_seed_with_size(4, 4)


def test_the_last_level_that_is_looked_at_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    cheese = maze.get_cheese_pos_from_seed(3)
    assert cheese is not None
    monkeypatch.setattr(venvs, "MOST_LEVELS", 4)
    assert maze.get_mazes_with_mouse_at_location(cheese, num_mazes=1) == [3]
    given = {"deterministic_levels": True, "start_level": 3}
    for size, levels in ((maze.make_level(3).size, 1), (None, 4)):
        monkeypatch.setattr(venvs, "MOST_LEVELS", levels)
        assert len(maze.get_random_obs_opts(levels, maze_dim=size, **given)) == levels
    with pytest.raises(ValueError, match="4 of 5 observations found among 4 levels"):
        maze.get_random_obs_opts(5, **given)


def test_random_observations_meet_their_conditions() -> None:
    first, records, after = maze.get_random_obs_opts(
        4,
        must_be_dec_square=True,
        return_metadata=True,
        random_seed=0,
        deterministic_levels=True,
        start_level=10,
    )
    assert first.shape == (4, 3, 64, 64)
    assert after == records[-1]["level_seed"] + 1 > 13
    for record in records:
        assert record["next_pos_cheese_outer"] != record["next_pos_corner_outer"]
    again = maze.get_random_obs_opts(
        4, must_be_dec_square=True, random_seed=0, deterministic_levels=True, start_level=10
    )
    assert np.array_equal(first, again)
    _, (sized,), _ = maze.get_random_obs_opts(
        maze_dim=9, cheese_pos_inner=(0, 8), mouse_pos_inner=(0, 0), return_metadata=True
    )
    assert (sized["maze_dim"], sized["path_to_cheese"][-1]) == (9, (0, 8))
    _, (bare,), _ = maze.get_random_obs_opts(spawn_cheese=False, return_metadata=True)
    assert bare["cheese_pos_outer"] is None
    assert maze.get_random_obs(2, show_pbar=True).shape == (2, 3, 64, 64)


def test_state_values_in_the_older_form() -> None:
    venv = venv_of(3)
    data = venv.env.callmethod("get_state")[0]
    values = graphs.parse_maze_state_bytes(data)
    assert values["maze_dim"].val == values["maze_dim"] == venv.state(0).maze_size
    assert values["game_name"].val == "maze"
    assert np.array_equal(maze.get_grid(values), venv.state(0).full_grid(with_mouse=False))
    assert maze.get_mouse_pos_sv(values) == venv.state(0).mouse_pos
    squares = maze.get_mouse_pos_from_seq_of_states([data, data])
    assert squares.tolist() == [list(venv.state(0).mouse_pos)] * 2
    kind, lrdu = maze.get_node_type_by_world_loc(data, venv.state(0).mouse_pos)
    assert kind == maze.NODE_TYPES[1 + lrdu.sum()]


def test_a_click_changes_one_square() -> None:
    grid = venvs.get_inner_grid_from_seed(3)
    clicked(grid, (1, 1))
    assert grid[1, 1] == maze.EMPTY
    clicked(grid, (1, 1))
    assert grid[1, 1] == maze.BLOCKED
    clicked(grid, maze.get_cheese_pos(grid))
    clicked(grid, (0, 0))  # the missing cheese comes first, and covers the mouse
    assert (maze.get_cheese_pos(grid), (grid == maze.MOUSE).sum()) == ((0, 0), 0)
    clicked(grid, (1, 1))
    assert maze.get_mouse_pos(grid) == (1, 1)


def test_editors_reach_the_environment() -> None:
    widgets = pytest.importorskip("ipywidgets")
    venv = venv_of(3)
    (editor,) = maze.venv_editors(venv, check_on_dist=False)
    board = editor.children[0]
    assert isinstance(board, widgets.GridspecLayout)
    size = venv.maze(0).size
    board[size - 2, 1].click()  # row 1, column 1
    assert not venv.maze(0).walls[1, 1]
    (strict,) = maze.venv_editors(venv)
    strict.children[0][size - 2, 3].click()
    assert venv.maze(0).walls[1, 3]
