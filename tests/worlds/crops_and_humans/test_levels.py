"""Mazes of crops and humans: counted, drawn at random, read and written."""

from __future__ import annotations

from collections import deque

import pytest

from procgen_tools import crops_and_humans

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
