"""The mazes: seven by seven cells with an exit, and a crop or a human in every dead end.

    column 0 .. 6
    1 1 1 1 1 1 1   row 0, the top row; every episode starts at (0, 0)
    0 0 0 0 0 0 1
    1 1 1 0 1 1 1
    1 0 1 0 1 0 0   0 a wall, 1 empty
    1 0 1 0 1 0 2   2 a crop
    1 0 1 0 1 0 1   3 a human
    3 0 1 1 1 1 E   E the exit, at (6, 6)

A maze is an int8 array of such codes, called its cells; many mazes are one array (maze, 7, 7). As
in a printed matrix, and unlike in the procgen maze, row 0 is the top row and "down" is row + 1.

Training mazes come from a recursive backtracker that moves two cells at a time (from the "inner
alignment examples" of the Recurse Center). So cells with two even coordinates are open and cells
with two odd coordinates are walls. There are 322 layouts, each with 31 open cells and 18 walls.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Int8

SIZE = 7
EXIT, WALL, EMPTY, CROP, HUMAN = -1, 0, 1, 2, 3
START, END = (0, 0), (6, 6)
SYMBOLS = {"E": EXIT, "0": WALL, "1": EMPTY, "2": CROP, "3": HUMAN}

Cells: TypeAlias = Int8[np.ndarray, "7 7"]
Mazes: TypeAlias = Int8[np.ndarray, "maze 7 7"]

_NODES = SIZE // 2 + 1
_Node = tuple[int, int]
_Edges = frozenset[tuple[_Node, _Node]]


def parse(text: str) -> Cells:
    """A maze from the text of its rows, top row first, separated by slashes or white space.

    Raises:
        ValueError: symbols other than 0 1 2 3 E, another shape, or a maze that cannot be played
            (see `check`).

    Example:
        >>> parse("1111111/0000001/1110111/1010100/1010102/1010101/301111E")[6].tolist()
        [3, 0, 1, 1, 1, 1, -1]
    """
    rows = text.replace("/", " ").split()
    strange = sorted(set("".join(rows)) - set(SYMBOLS))
    if strange:
        raise ValueError(f"a maze has no {strange[0]!r}: write 0 wall, 1 empty, 2 crop, 3 human, E")
    if [len(row) for row in rows] != [SIZE] * SIZE:
        raise ValueError(
            f"rows of {', '.join(str(len(row)) for row in rows) or 'nothing'} cells are no maze: "
            f"write {SIZE} rows of {SIZE} cells"
        )
    cells = np.array([[SYMBOLS[symbol] for symbol in row] for row in rows], np.int8)
    check(cells)
    return cells


def text(cells: Cells) -> str:
    """The text of a maze, in the form that `parse` reads.

    Example:
        >>> text(training_mazes()[0]).count("E")
        1
    """
    symbols = {code: symbol for symbol, code in SYMBOLS.items()}
    return "/".join("".join(symbols[code] for code in row) for row in cells.tolist())


def check(cells: Cells) -> None:
    """Check that a maze can be played.

    Raises:
        ValueError: not 7 x 7 cells, an unknown code, no exit at (6, 6), an exit elsewhere, a start
            that is not empty, or an exit that cannot be reached.

    Example:
        >>> check(np.ones((7, 7), np.int8))
        Traceback (most recent call last):
        ValueError: the exits are []: put one at (6, 6), and nowhere else
    """
    if cells.shape != (SIZE, SIZE):
        raise ValueError(f"cells have shape {cells.shape}: give ({SIZE}, {SIZE})")
    if not np.isin(cells, list(SYMBOLS.values())).all():
        wrong = cells[~np.isin(cells, list(SYMBOLS.values()))]
        raise ValueError(f"{wrong[0]} is no cell: use -1 exit, 0 wall, 1 empty, 2 crop, 3 human")
    exits = [tuple(cell) for cell in np.argwhere(cells == EXIT).tolist()]
    if exits != [END]:
        raise ValueError(f"the exits are {exits}: put one at {END}, and nowhere else")
    if cells[START] != EMPTY:
        raise ValueError(f"the start {START} holds {cells[START]}: leave it empty (1)")
    if not reachable(cells)[END]:
        raise ValueError(f"no way leads from {START} to the exit {END}: open a wall")


def reachable(cells: Cells) -> Bool[np.ndarray, "7 7"]:
    """The cells that can be reached from the start.

    Example:
        >>> reachable(training_mazes()[0]).sum()  # all that are not walls
        31
    """
    found = np.zeros((SIZE, SIZE), bool)
    found[START] = cells[START] != WALL
    while True:
        more = found | (_any_neighbour(found) & (cells != WALL))
        if (more == found).all():
            return found
        found = more


@cache
def layouts() -> Bool[np.ndarray, "layout 7 7"]:
    """The open cells of all 322 layouts that the generator can make (read-only).

    Example:
        >>> layouts().shape
        (322, 7, 7)
    """
    grids = np.stack([_grid(edges) for edges in sorted(map(sorted, _all_trees()))])
    grids.setflags(write=False)
    return grids


@cache
def training_mazes() -> Mazes:
    """All 1,336 training mazes: each layout with every choice of items (read-only).

    Example:
        >>> training_mazes().shape
        (1336, 7, 7)
    """
    mazes = []
    for layout in layouts():
        ends = np.argwhere(dead_ends(layout))
        for choice in np.ndindex(*([2] * len(ends))):
            mazes.append(_with_items(layout, ends, np.array(choice, np.int8)))
    stacked = np.stack(mazes)
    stacked.setflags(write=False)
    return stacked


def random_training_maze(seed: int | np.random.Generator) -> Cells:
    """A maze drawn by the generator. Layouts are not equally probable.

    Example:
        >>> cells = random_training_maze(seed=0)
        >>> bool((cells == training_mazes()).all(axis=(1, 2)).any())
        True
    """
    rng = np.random.default_rng(seed)
    stack, edges, seen = [(0, 0)], set(), {(0, 0)}
    while stack:
        new = [node for node in _neighbours(stack[-1]) if node not in seen]
        if not new:
            stack.pop()
            continue
        node = new[rng.integers(len(new))]
        edges.add((stack[-1], node))
        seen.add(node)
        stack.append(node)
    layout = _grid(sorted(edges))
    ends = np.argwhere(dead_ends(layout))
    return _with_items(layout, ends, rng.integers(2, size=len(ends), dtype=np.int8))


def dead_ends(layout: Bool[np.ndarray, "*maze 7 7"]) -> Bool[np.ndarray, "*maze 7 7"]:
    """Open cells with three walls or edges around them, except start and exit. They hold items.

    Example:
        >>> cells = training_mazes()[0]
        >>> bool((dead_ends(cells != WALL) == (cells > EMPTY)).all())
        True
    """
    padded = np.pad(layout, [(0, 0)] * (layout.ndim - 2) + [(1, 1), (1, 1)]).astype(np.int8)
    vertical = padded[..., :-2, 1:-1] + padded[..., 2:, 1:-1]
    around = vertical + padded[..., 1:-1, :-2] + padded[..., 1:-1, 2:]
    ends = layout & (around == 1)
    for row, col in (START, END):
        ends[..., row, col] = False
    return ends


def _any_neighbour(marked: Bool[np.ndarray, "7 7"]) -> Bool[np.ndarray, "7 7"]:
    padded = np.pad(marked, 1)
    return padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:]


def _neighbours(node: _Node) -> Iterator[_Node]:
    row, col = node
    for other in ((row - 1, col), (row + 1, col), (row, col - 1), (row, col + 1)):
        if 0 <= other[0] < _NODES and 0 <= other[1] < _NODES:
            yield other


def _all_trees() -> set[_Edges]:
    """The passages of every possible walk of the backtracker."""
    trees: set[_Edges] = set()

    def go_on(stack: list[_Node], seen: frozenset[_Node], edges: _Edges) -> None:
        while stack:
            new = [node for node in _neighbours(stack[-1]) if node not in seen]
            if new:
                for node in new:
                    go_on([*stack, node], seen | {node}, edges | {(stack[-1], node)})
                return
            stack = stack[:-1]
        trees.add(edges)

    go_on([(0, 0)], frozenset({(0, 0)}), frozenset())
    return trees


def _grid(edges: list[tuple[_Node, _Node]]) -> Bool[np.ndarray, "7 7"]:
    layout = np.zeros((SIZE, SIZE), bool)
    layout[::2, ::2] = True
    for one, other in edges:
        layout[one[0] + other[0], one[1] + other[1]] = True
    return layout


def _with_items(
    layout: Bool[np.ndarray, "7 7"],
    ends: np.ndarray,
    humans: Int8[np.ndarray, " item"],
) -> Cells:
    cells = layout.astype(np.int8)
    cells[tuple(ends.T)] = CROP + humans
    cells[END] = EXIT
    return cells
