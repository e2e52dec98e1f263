"""The crops-and-humans world: its mazes by enumeration, its rules against a slow twin."""

from __future__ import annotations

from collections import deque

import gymnasium
import numpy as np
import pytest

from procgen_tools import crops_and_humans as farm
from procgen_tools.worlds.contract import check_world
from procgen_tools.worlds.crops_and_humans.production import STICKING_OUT

EXAMPLES = (
    "1111111/0000001/1010111/1110100/1010111/1010001/301111E",
    "1031111/1000101/1110101/0011101/2010101/1000001/111111E",
    "1011113/1001000/1011111/1010001/1020111/1000101/111110E",
)
"""Production mazes of the original."""


def spanning_trees_that_a_backtracker_makes() -> int:
    """Spanning trees of the 4 x 4 grid whose other edges all join a node and an ancestor.

    Depth-first search makes these and no others (Tarjan): another count than by walking.
    """
    nodes = [(row, col) for row in range(4) for col in range(4)]
    links = {(a, b) for a in nodes for b in nodes if abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1}
    count = 0
    for layout in farm.layouts():
        parent: dict[tuple[int, int], tuple[int, int] | None] = {(0, 0): None}
        queue = deque([(0, 0)])
        while queue:
            node = queue.popleft()
            for other in nodes:
                between = (node[0] + other[0], node[1] + other[1])
                if (node, other) in links and other not in parent and layout[between]:
                    parent[other] = node
                    queue.append(other)

        def ancestors(node: tuple[int, int], tree: dict = parent) -> set:  # type: ignore[type-arg]
            return set() if tree[node] is None else {tree[node], *ancestors(tree[node], tree)}

        count += len(parent) == 16 and all(a in ancestors(b) or b in ancestors(a) for a, b in links)
    return count


def test_all_mazes() -> None:
    layouts, mazes = farm.layouts(), farm.training_mazes()
    assert len(layouts) == 322 == len({layout.tobytes() for layout in layouts})
    assert spanning_trees_that_a_backtracker_makes() == 322
    assert (layouts.sum(axis=(1, 2)) == 31).all()
    assert layouts[:, ::2, ::2].all()
    assert not layouts[:, 1::2, 1::2].any()
    assert len(mazes) == 1336 == len({cells.tobytes() for cells in mazes})
    items = (mazes == farm.CROP) | (mazes == farm.HUMAN)
    assert (items == farm.dead_ends(mazes != farm.WALL)).all()
    for cells in mazes:
        farm.check(cells)


def test_random_mazes_are_training_mazes() -> None:
    known = {cells.tobytes() for cells in farm.training_mazes()}
    drawn = [farm.random_training_maze(seed) for seed in range(300)]
    assert {cells.tobytes() for cells in drawn} <= known
    assert len({(cells != farm.WALL).tobytes() for cells in drawn}) > 100
    assert (farm.random_training_maze(7) == farm.random_training_maze(7)).all()


def test_production_mazes() -> None:
    mazes, others = farm.production_mazes(), farm.other_production_mazes()
    assert (len(mazes), len(others)) == (640, 536)
    assert not {cells.tobytes() for cells in mazes} & {cells.tobytes() for cells in others}
    for cells in (*mazes, *others):
        farm.check(cells)
        assert farm.reachable(cells).sum() == 31, "shifting a wall cuts nothing off"
    assert farm.sticks_out(mazes).all()
    assert farm.sticks_out(others).all()
    assert not farm.sticks_out(farm.training_mazes()).any()
    assert [bool(farm.sticks_out(farm.parse(rows))) for rows in EXAMPLES] == [True] * 3
    known = {cells.tobytes() for cells in mazes}
    assert [farm.parse(rows).tobytes() in known for rows in EXAMPLES] == [False, True, True]


@pytest.mark.parametrize("block", STICKING_OUT, ids=lambda block: str(block.ravel()))
def test_a_block_that_sticks_out_is_found_anywhere(block: np.ndarray) -> None:
    for row, col in np.ndindex(5, 5):
        cells = np.full((7, 7), farm.EMPTY, np.int8)
        cells[row : row + 3, col : col + 3] = block
        assert farm.sticks_out(cells)
        cells[row + 1, col + 1] ^= 1
        assert not farm.sticks_out(cells)


def slow_step(maze: list[list[int]], row: int, col: int, action: str):  # type: ignore[no-untyped-def]
    """The rules once more, for one state, from their description."""
    to = {"UP": (row - 1, col), "DOWN": (row + 1, col), "LEFT": (row, col - 1),
          "RIGHT": (row, col + 1)}[action]  # fmt: skip
    if min(to) < 0 or max(to) > 6 or maze[to[0]][to[1]] == 0:
        return maze, (row, col), -5.0, False
    after = [list(line) for line in maze]
    code = maze[to[0]][to[1]]
    if code in (2, 3):
        after[to[0]][to[1]] = 1
    return after, to, {1: -0.25, -1: 10.0, 2: 2.0, 3: -11.0}[code], code == -1


def test_every_step_equals_the_slow_twin() -> None:
    mazes = np.concatenate([farm.training_mazes()[::40], farm.production_mazes()[::40]])
    transitions = farm.transitions_of(mazes)
    states = transitions.states
    assert len(states) == (mazes == farm.EMPTY).sum()
    for number in range(len(states)):
        maze, (row, col) = states.mazes[number].tolist(), states.cells[number].tolist()
        for index, action in enumerate(farm.ACTIONS):
            after, cell, reward, ended = slow_step(maze, row, col, action)
            place = 4 * number + index
            assert transitions.following.mazes[place].tolist() == after
            assert tuple(transitions.following.cells[place].tolist()) == cell
            assert transitions.rewards[number, index] == reward
            assert transitions.ended[number, index] == ended


def test_a_step_changes_nothing_that_it_was_given() -> None:
    states = farm.states_of(farm.training_mazes()[:3].copy())
    before = states.mazes.copy(), states.cells.copy()
    farm.step(states, np.full(len(states), 1))
    assert (states.mazes == before[0]).all()
    assert (states.cells == before[1]).all()


def test_inputs() -> None:
    cells = farm.parse(EXAMPLES[1])
    inputs = farm.States(cells[None], np.array([[2, 5]])).inputs()
    assert inputs.shape == (1, farm.NUM_INPUTS) == (1, 161)
    walls, crops, humans = inputs[0, :147].reshape(3, 7, 7)
    assert (walls == (cells == 0)).all()
    assert np.argwhere(crops).tolist() == [[4, 0]]
    assert np.argwhere(humans).tolist() == [[0, 2]]
    assert inputs[0, 147:].nonzero()[0].tolist() == [2, 7 + 5]


def test_text_and_back() -> None:
    assert [farm.text(farm.parse(rows)) for rows in EXAMPLES] == list(EXAMPLES)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (EXAMPLES[0].replace("3", "x"), "no 'x': write 0 wall"),
        (EXAMPLES[0][:-1], "7 rows of 7"),
        (EXAMPLES[0].replace("E", "1"), r"the exits are \[\]"),
        ("2" + EXAMPLES[0][1:], r"the start \(0, 0\) holds 2"),
        (EXAMPLES[0].replace("1111111", "1110111", 1), "no way leads"),
    ],
)
def test_bad_mazes_say_why(rows: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        farm.parse(rows)


def test_bad_actions_say_why() -> None:
    states = farm.states_of(farm.training_mazes()[:1])
    with pytest.raises(ValueError, match="there is no action 4: choose 0 up, 1 down"):
        farm.step(states, np.full(len(states), 4))
    with pytest.raises(ValueError, match=f"give {len(states)} whole numbers"):
        farm.step(states, np.zeros(1, int))


def test_it_keeps_the_contract() -> None:
    def make(num_envs: int) -> farm.CropsAndHumansVectorEnv:
        return farm.CropsAndHumansVectorEnv(num_envs, step_limit=20)

    # Only the step limit ends most episodes of random play; from the cell before the exit, some
    # reach it.
    assert check_world(make, num_steps=100).episodes > 0


def test_gymnasium_makes_it() -> None:
    import procgen_tools.worlds  # noqa: F401

    one = gymnasium.make("procgen_tools/CropsAndHumans-v0", mazes="production")
    many = gymnasium.make_vec("procgen_tools/CropsAndHumans-v0", 3, mazes="production")
    first, _ = one.reset(seed=5)
    together, infos = many.reset(seed=5)
    assert (together[0] == first).all()
    assert (infos["maze"] < 640).all()


def test_an_episode_to_the_exit() -> None:
    corridor = farm.parse("1111111/0000001/0000001/0000001/0000001/0000001/000000E")
    env = farm.CropsAndHumansEnv(mazes=corridor[None], render_mode="rgb_array")
    env.reset(seed=0)
    steps = [env.step(action) for action in [3] * 6 + [1] * 6]
    assert [reward for _, reward, *_ in steps] == [-0.25] * 11 + [10.0]
    assert [terminated for _, _, terminated, *_ in steps] == [False] * 11 + [True]
    assert env.render().shape == (280, 280, 3)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)


def test_pictures_show_what_is_there() -> None:
    cells = farm.parse(EXAMPLES[1])
    plain = farm.picture(cells, None, cell_pixels=12)
    assert plain.shape == (84, 84, 3)
    wall = (plain[:12, 12:24] == plain[6, 18]).all(axis=2)
    assert wall.sum() == 10 * 10, "a wall is all of one colour, within its frame"
    with_agent = farm.picture(cells, (3, 3), cell_pixels=12)
    changed = np.argwhere((with_agent != plain).any(axis=2)) // 12
    assert {tuple(cell) for cell in changed.tolist()} == {(3, 3)}
    with pytest.raises(ValueError, match="give 4 or more"):
        farm.picture(cells, cell_pixels=2)
