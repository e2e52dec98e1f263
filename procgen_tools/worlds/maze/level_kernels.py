"""Compiled loops of level generation and path finding. Callers check the arguments.

Random numbers are std::mt19937's: seeding, twist and tempering after Matsumoto and Nishimura
(1998), so that a level is the one that procgen builds from the same seed.
"""

from __future__ import annotations

import numpy as np
from numba import njit, uint32

from procgen_tools.worlds.maze.grid import CHEESE, OPEN, WALL

STATE_WORDS = 624
SHIFT_WORDS = 397
NO_SQUARE = 255
"""Row and column of a missing object (grids are at most 63 squares wide)."""


@njit(cache=True, nogil=True)
def seed_generator(state, seed):
    state[0] = uint32(seed)
    for i in range(1, STATE_WORDS):
        previous = state[i - 1]
        state[i] = uint32(1812433253) * (previous ^ (previous >> uint32(30))) + uint32(i)


@njit(cache=True, nogil=True)
def twist(state):
    for i in range(STATE_WORDS):
        j = i + 1 if i + 1 < STATE_WORDS else 0
        k = i + SHIFT_WORDS if i + SHIFT_WORDS < STATE_WORDS else i + SHIFT_WORDS - STATE_WORDS
        y = (state[i] & uint32(0x80000000)) | (state[j] & uint32(0x7FFFFFFF))
        word = state[k] ^ (y >> uint32(1))
        if y & uint32(1):
            word ^= uint32(0x9908B0DF)
        state[i] = word


@njit(cache=True, nogil=True)
def temper(word):
    word ^= word >> uint32(11)
    word ^= (word << uint32(7)) & uint32(0x9D2C5680)
    word ^= (word << uint32(15)) & uint32(0xEFC60000)
    return word ^ (word >> uint32(18))


@njit(cache=True, nogil=True)
def draw_below(state, drawn, bound):
    """`randn(bound)` of procgen; `drawn` counts the draws since seeding."""
    position = drawn[0] % STATE_WORDS
    if position == 0:
        twist(state)
    drawn[0] += 1
    return np.int64(temper(state[position]) % uint32(bound))


@njit(cache=True, nogil=True)
def find_root(parent, cell):
    while parent[cell] != cell:
        parent[cell] = parent[parent[cell]]
        cell = parent[cell]
    return cell


@njit(cache=True, nogil=True)
def append_once(cell, walls, free, num_free):
    if walls[cell]:
        walls[cell] = False
        free[num_free] = cell
        return num_free + 1
    return num_free


@njit(cache=True, nogil=True)
def carve_tree(state, drawn, size, walls, parent, candidates, free):
    """Kruskal's algorithm; cell = size * y + x. Returns the number of free cells.

    `free` lists the opened cells in the order of opening, from which objects are placed. A
    candidate is the cell between two cells that it may join: below, whether it joins them
    left-right or bottom-top follows from the parity of its column.
    """
    cells = size * size
    for cell in range(cells):
        walls[cell] = True
        parent[cell] = cell
    count = 0
    for x in range(1, size, 2):
        for y in range(0, size, 2):
            candidates[count] = size * y + x
            count += 1
    for x in range(0, size, 2):
        for y in range(1, size, 2):
            candidates[count] = size * y + x
            count += 1
    num_free = 0
    while count > 0:
        n = draw_below(state, drawn, count)
        centre = candidates[n]
        step = 1 if (centre % size) % 2 == 1 else size
        root_one = find_root(parent, centre - step)
        root_two = find_root(parent, centre + step)
        if root_one != root_two:
            num_free = append_once(centre - step, walls, free, num_free)
            num_free = append_once(centre, walls, free, num_free)
            num_free = append_once(centre + step, walls, free, num_free)
            parent[root_one] = root_two
        count -= 1
        for i in range(n, count):
            candidates[i] = candidates[i + 1]
    return num_free


@njit(cache=True, nogil=True)
def open_dead_ends(state, drawn, size, walls):
    """The no-dead-ends pass: each square with one open neighbour gets a second one.

    Scans upwards and sees its own changes, as procgen does.
    """
    found = np.empty(4, np.int64)
    for y in range(size):
        for x in range(size):
            if walls[size * y + x]:
                continue
            num_open = 0
            num_walls = 0
            for dx, dy in ((-1, 0), (0, -1), (0, 1), (1, 0)):
                if 0 <= x + dx < size and 0 <= y + dy < size:
                    cell = size * (y + dy) + x + dx
                    if walls[cell]:
                        found[num_walls] = cell
                        num_walls += 1
                    else:
                        num_open += 1
            if num_open == 1 and num_walls > 0:
                walls[found[draw_below(state, drawn, num_walls)]] = False


@njit(cache=True, nogil=True)
def place_in_corner_region(state, drawn, size, region, free, num_free):
    """The cheese of `maze_aisc`: a cell of the top-right region x region squares, or -1."""
    region = min(region, size)
    if region == 0:
        return size * size - 1
    draw_below(state, drawn, num_free)  # drawn and not used, as in the original
    for _ in range(100 * size):
        cell = free[draw_below(state, drawn, num_free)]
        if cell != 0 and cell % size >= size - region and cell // size >= size - region:
            return cell
    return np.int64(-1)


@njit(cache=True, nogil=True)
def generate_levels(
    seeds,
    world_size,
    maze_size,
    max_maze_size,
    fixed_size,
    rand_region,
    cells,
    sizes,
    objects,
    backgrounds,
    draws,
):
    """Fill the arrays of a bank, one level per seed, in procgen's order of draws.

    cells (level, row, col) of the outer grid; objects (level, object, 2) inner squares, the
    first of which is the cheese; maze_size 0 draws a size up to max_maze_size, rand_region -1
    places anywhere. draws counts what each level took from its generator.
    """
    longest = world_size * world_size
    state = np.empty(STATE_WORDS, np.uint32)
    drawn = np.zeros(1, np.int64)
    walls = np.empty(longest, np.bool_)
    parent = np.empty(longest, np.int64)
    candidates = np.empty(longest, np.int64)
    free = np.empty(longest, np.int64)
    for level in range(len(seeds)):
        seed_generator(state, seeds[level])
        drawn[0] = 0
        draw_below(state, drawn, 1)  # bg_pct_x, without effect in mazes
        backgrounds[level] = draw_below(state, drawn, 9)
        size = world_size if fixed_size else maze_size
        if size == 0:
            size = draw_below(state, drawn, (max_maze_size - 1) // 2) * 2 + 3
        sizes[level] = size
        num_free = carve_tree(state, drawn, size, walls, parent, candidates, free)
        if fixed_size:
            open_dead_ends(state, drawn, size, walls)
        padding = (world_size - size) // 2
        cells[level] = WALL
        for cell in range(size * size):
            if not walls[cell]:
                cells[level, padding + cell // size, padding + cell % size] = OPEN
        for thing in range(objects.shape[1]):
            if rand_region >= 0:
                place = place_in_corner_region(state, drawn, size, rand_region, free, num_free)
            else:
                n = draw_below(state, drawn, num_free)
                while free[n] <= 0:
                    n = draw_below(state, drawn, num_free)
                place = free[n]
                free[n] = -1
            if place < 0:
                objects[level, thing, 0] = NO_SQUARE
                objects[level, thing, 1] = NO_SQUARE
            else:
                row, col = place // size, place % size
                objects[level, thing, 0] = row
                objects[level, thing, 1] = col
                cells[level, padding + row, padding + col] = CHEESE + thing
        draws[level] = drawn[0]


@njit(cache=True, nogil=True)
def measure_distances(walls, target, distances, queue):
    """Breadth-first steps from every square to `target` in a flat square grid; -1 unreached."""
    side = walls.shape[0]
    for row in range(side):
        for col in range(side):
            distances[row, col] = -1
    distances[target // side, target % side] = 0
    queue[0] = target
    head, tail = 0, 1
    while head < tail:
        row, col = queue[head] // side, queue[head] % side
        head += 1
        for down, right in ((0, -1), (0, 1), (1, 0), (-1, 0)):
            r, c = row + down, col + right
            if 0 <= r < side and 0 <= c < side and not walls[r, c] and distances[r, c] < 0:
                distances[r, c] = distances[row, col] + 1
                queue[tail] = r * side + c
                tail += 1


@njit(cache=True, nogil=True)
def next_move(distances, row, col):
    """The move (grid.MOVES order: LEFT, RIGHT, UP, DOWN) that comes one step closer, else STAY."""
    side = distances.shape[0]
    here = distances[row, col]
    for move, (down, right) in enumerate(((0, -1), (0, 1), (1, 0), (-1, 0))):
        r, c = row + down, col + right
        if 0 <= r < side and 0 <= c < side and 0 <= distances[r, c] < here:
            return move
    return 4


@njit(cache=True, nogil=True)
def label_positions(cells, sizes, objects, on_path, quantiles, squares, moves, steps):
    """Choose a square of each level and label it with the shortest way to the cheese.

    on_path (level,) takes a square on the way from the start, else any open square but the
    cheese's; quantiles (level,) in [0, 1) say which. Out: squares (level, 2) of the outer grid,
    moves and steps to the cheese.
    """
    world = cells.shape[1]
    distances = np.empty((world, world), np.int64)
    queue = np.empty(world * world, np.int64)
    candidates = np.empty(world * world, np.int64)
    for level in range(len(cells)):
        padding = (world - sizes[level]) // 2
        walls = cells[level] == WALL
        target = (objects[level, 0, 0] + padding) * world + objects[level, 0, 1] + padding
        measure_distances(walls, target, distances, queue)
        count = 0
        if on_path[level]:
            row, col = padding, padding
            while distances[row, col] > 0:
                candidates[count] = row * world + col
                count += 1
                move = next_move(distances, row, col)
                row += (move == 2) - (move == 3)
                col += (move == 1) - (move == 0)
        else:
            for cell in range(world * world):
                if distances[cell // world, cell % world] > 0:
                    candidates[count] = cell
                    count += 1
        chosen = candidates[int(quantiles[level] * count)]
        row, col = chosen // world, chosen % world
        squares[level, 0], squares[level, 1] = row, col
        moves[level] = next_move(distances, row, col)
        steps[level] = distances[row, col]
