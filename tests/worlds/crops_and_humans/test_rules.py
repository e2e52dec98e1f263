"""The crops-and-humans world: its mazes by enumeration, its rules against a slow twin."""

from __future__ import annotations

from collections import deque

import gymnasium
import numpy as np
import pytest

from procgen_tools import crops_and_humans
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
    for layout in crops_and_humans.layouts():
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
    layouts, mazes = crops_and_humans.layouts(), crops_and_humans.training_mazes()
    assert len(layouts) == 322 == len({layout.tobytes() for layout in layouts})
    assert spanning_trees_that_a_backtracker_makes() == 322
    assert (layouts.sum(axis=(1, 2)) == 31).all()
    assert layouts[:, ::2, ::2].all()
    assert not layouts[:, 1::2, 1::2].any()
    assert len(mazes) == 1336 == len({cells.tobytes() for cells in mazes})
    items = (mazes == crops_and_humans.CROP) | (mazes == crops_and_humans.HUMAN)
    assert (items == crops_and_humans.dead_ends(mazes != crops_and_humans.WALL)).all()
    for cells in mazes:
        crops_and_humans.check(cells)


def test_random_mazes_are_training_mazes() -> None:
    known = {cells.tobytes() for cells in crops_and_humans.training_mazes()}
    drawn = [crops_and_humans.random_training_maze(seed) for seed in range(300)]
    assert {cells.tobytes() for cells in drawn} <= known
    assert len({(cells != crops_and_humans.WALL).tobytes() for cells in drawn}) > 100
    assert (
        crops_and_humans.random_training_maze(7) == crops_and_humans.random_training_maze(7)
    ).all()


def test_production_mazes() -> None:
    mazes, others = crops_and_humans.production_mazes(), crops_and_humans.other_production_mazes()
    assert (len(mazes), len(others)) == (640, 536)
    assert not {cells.tobytes() for cells in mazes} & {cells.tobytes() for cells in others}
    for cells in (*mazes, *others):
        crops_and_humans.check(cells)
        assert crops_and_humans.reachable(cells).sum() == 31, "shifting a wall cuts nothing off"
    assert crops_and_humans.sticks_out(mazes).all()
    assert crops_and_humans.sticks_out(others).all()
    assert not crops_and_humans.sticks_out(crops_and_humans.training_mazes()).any()
    assert [
        bool(crops_and_humans.sticks_out(crops_and_humans.parse(rows))) for rows in EXAMPLES
    ] == [True] * 3
    known = {cells.tobytes() for cells in mazes}
    assert [crops_and_humans.parse(rows).tobytes() in known for rows in EXAMPLES] == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("block", STICKING_OUT, ids=lambda block: str(block.ravel()))
def test_a_block_that_sticks_out_is_found_anywhere(block: np.ndarray) -> None:
    for row, col in np.ndindex(5, 5):
        cells = np.full((7, 7), crops_and_humans.EMPTY, np.int8)
        cells[row : row + 3, col : col + 3] = block
        assert crops_and_humans.sticks_out(cells)
        cells[row + 1, col + 1] ^= 1
        assert not crops_and_humans.sticks_out(cells)


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
    mazes = np.concatenate(
        [crops_and_humans.training_mazes()[::40], crops_and_humans.production_mazes()[::40]]
    )
    transitions = crops_and_humans.transitions_of(mazes)
    states = transitions.states
    assert len(states) == (mazes == crops_and_humans.EMPTY).sum()
    for number in range(len(states)):
        maze, (row, col) = states.mazes[number].tolist(), states.positions[number].tolist()
        for index, action in enumerate(crops_and_humans.ACTIONS):
            after, cell, reward, ended = slow_step(maze, row, col, action)
            place = 4 * number + index
            assert transitions.following.mazes[place].tolist() == after
            assert tuple(transitions.following.positions[place].tolist()) == cell
            assert transitions.rewards[number, index] == reward
            assert transitions.ended[number, index] == ended


def test_a_step_changes_nothing_that_it_was_given() -> None:
    states = crops_and_humans.states_of(crops_and_humans.training_mazes()[:3].copy())
    before = states.mazes.copy(), states.positions.copy()
    crops_and_humans.step(states, np.full(len(states), 1))
    assert (states.mazes == before[0]).all()
    assert (states.positions == before[1]).all()


def test_inputs() -> None:
    cells = crops_and_humans.parse(EXAMPLES[1])
    inputs = crops_and_humans.States(cells[None], np.array([[2, 5]])).inputs()
    assert inputs.shape == (1, crops_and_humans.NUM_INPUTS) == (1, 161)
    walls, crops, humans = inputs[0, :147].reshape(3, 7, 7)
    assert (walls == (cells == 0)).all()
    assert np.argwhere(crops).tolist() == [[4, 0]]
    assert np.argwhere(humans).tolist() == [[0, 2]]
    assert inputs[0, 147:].nonzero()[0].tolist() == [2, 7 + 5]


def test_text_and_back() -> None:
    assert [crops_and_humans.text(crops_and_humans.parse(rows)) for rows in EXAMPLES] == list(
        EXAMPLES
    )


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
        crops_and_humans.parse(rows)


def test_bad_actions_say_why() -> None:
    states = crops_and_humans.states_of(crops_and_humans.training_mazes()[:1])
    with pytest.raises(ValueError, match="there is no action 4: choose 0 up, 1 down"):
        crops_and_humans.step(states, np.full(len(states), 4))
    with pytest.raises(ValueError, match=f"give {len(states)} integers"):
        crops_and_humans.step(states, np.zeros(1, int))


def test_it_keeps_the_contract() -> None:
    def make(num_envs: int) -> crops_and_humans.CropsAndHumansVectorEnv:
        return crops_and_humans.CropsAndHumansVectorEnv(num_envs, step_limit=20)

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
    corridor = crops_and_humans.parse("1111111/0000001/0000001/0000001/0000001/0000001/000000E")
    env = crops_and_humans.CropsAndHumansEnv(mazes=corridor[None], render_mode="rgb_array")
    env.reset(seed=0)
    steps = [env.step(action) for action in [3] * 6 + [1] * 6]
    assert [reward for _, reward, *_ in steps] == [-0.25] * 11 + [10.0]
    assert [terminated for _, _, terminated, *_ in steps] == [False] * 11 + [True]
    assert env.render().shape == (280, 280, 3)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)


def test_pictures_show_what_is_there() -> None:
    cells = crops_and_humans.parse(EXAMPLES[1])
    plain = crops_and_humans.picture(cells, None, cell_pixels=12)
    assert plain.shape == (84, 84, 3)
    wall = (plain[:12, 12:24] == plain[6, 18]).all(axis=2)
    assert wall.sum() == 10 * 10, "a wall is all of one colour, within its frame"
    with_agent = crops_and_humans.picture(cells, (3, 3), cell_pixels=12)
    changed = np.argwhere((with_agent != plain).any(axis=2)) // 12
    assert {tuple(cell) for cell in changed.tolist()} == {(3, 3)}
    with pytest.raises(ValueError, match="give 4 or more"):
        crops_and_humans.picture(cells, cell_pixels=2)
