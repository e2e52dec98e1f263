"""Find the held-out levels that also occurred in an agent's training.

Held-out levels come from seeds that training never draws. Different seeds can give the same level,
though, especially a small one. The level seeds of a training run are a function of its settings, so
all its levels can be generated again and compared. Two levels are the same if they agree in size,
walls and cheese. The background and the world around the maze are ignored.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Int64, Integer, UInt8, UInt64
from tqdm import tqdm

from procgen_tools.checks import whole_number
from procgen_tools.evaluation.conditions import trained_rule
from procgen_tools.shown import brief
from procgen_tools.training.targets import pool_seeds
from procgen_tools.worlds.maze.grid import WALL, Maze
from procgen_tools.worlds.maze.level_kernels import NO_SQUARE
from procgen_tools.worlds.maze.level_sequences import LevelSequences
from procgen_tools.worlds.maze.levels import FIRST_TRAINING_SEED, MAX_SEED, LevelRule, make_bank

LEVELS_AT_ONCE = 8192
DRAWN_AT_ONCE = 2**22
THREADS = 2

LEVELS_A_SECOND = 50_000
"""Approximate number of levels that one core generates and compares per second."""

QUICKLY_SEARCHED = 5 * LEVELS_A_SECOND
"""Number of levels that are searched within seconds."""

MOST_LEVELS = 10**9
"""Most levels that a search accepts: about six hours on one core."""
LARGEST_BATCH = 2**20
LONGEST_ANCESTRY = 20
"""Longest chain of agents that were each initialised from the next."""


@dataclass(frozen=True)
class TrainingLevels:
    """All levels that one training run may have shown to its agent.

    Attributes:
        rule: how they were drawn.
        count: number of levels, counting repetitions.
        batches: returns an iterator over batches of their seeds, in order.
    """

    rule: LevelRule
    count: int
    batches: Callable[[], Iterator[Int64[np.ndarray, " level"]]]

    __repr__ = brief

    def chunks(self) -> Iterator[Int64[np.ndarray, " level"]]:
        """The seeds of `batches`, in batches of about LEVELS_AT_ONCE."""
        gathered: list[np.ndarray] = []
        size = 0
        for batch in self.batches():
            gathered.append(batch)
            size += len(batch)
            if size >= LEVELS_AT_ONCE:
                whole = np.concatenate(gathered)
                yield from np.array_split(whole, size // LEVELS_AT_ONCE)
                gathered, size = [], 0
        if size:
            yield np.concatenate(gathered)


def training_levels(metadata: Mapping[str, Any]) -> tuple[TrainingLevels, ...] | None:
    """The levels of an agent's training, and of all agents that it was initialised from.

    Imitation chooses each batch of examples from a pool of twice as many levels. The whole pool
    counts here, although the agent saw only the chosen levels. For reinforcement learning, all
    levels that were started count.

    Args:
        metadata: the metadata of the agent's checkpoint (see `models.checkpoint_metadata`).

    Returns:
        The levels of the agent's own training first, then of those before it. None if the
        checkpoint does not record enough.

    Raises:
        ValueError: the metadata are impossible, or record too many levels to search.

    Example:
        >>> from procgen_tools import models
        >>> own, = training_levels(models.checkpoint_metadata("rand_region_5"))
        >>> own.count
        7500288
    """
    found: list[TrainingLevels] = []
    while True:
        if len(found) == LONGEST_ANCESTRY:
            raise _wrong(f"it has a chain of more than {LONGEST_ANCESTRY} initial agents")
        own = _own_levels(metadata)
        if own is None:
            return None
        found.append(own)
        if "started_from" not in metadata:
            return tuple(found)
        metadata = metadata["started_from"]
        if not isinstance(metadata, dict):
            raise _wrong(f"started_from is {metadata!r:.80}, not the metadata of an agent")


def _own_levels(metadata: Mapping[str, Any]) -> TrainingLevels | None:
    readers = {"imitation": _imitation_levels, "ppo": _ppo_levels}
    algorithm = metadata.get("algorithm")
    reader = readers.get(algorithm) if isinstance(algorithm, str) else None
    rule = trained_rule(metadata)
    if reader is None or rule is None:
        return None
    try:
        levels = reader(metadata, rule)
    except KeyError:
        return None
    except (ValueError, TypeError, OverflowError) as error:
        raise _wrong(str(error)) from None
    if levels.count > MOST_LEVELS:
        raise _wrong(f"it had {levels.count:,} levels, but at most {MOST_LEVELS:,} can be searched")
    return levels


def _wrong(what: str) -> ValueError:
    return ValueError(
        f"the levels of the agent's training cannot be found from its file: {what[:300]}. Evaluate "
        "it with deduplicate=False (--no-deduplicate), which does not search for them"
    )


def levels_drawn(metadata: Mapping[str, Any]) -> int:
    """How many levels `seen_levels` would generate for an agent; 0 if they are not known."""
    return sum(levels.count for levels in training_levels(metadata) or ())


def minutes(count: int) -> str:
    """The approximate time that `seen_levels` takes for this many levels, in words.

    Example:
        >>> minutes(7_500_288)
        '3 minutes'
    """
    whole = max(1, round(count / LEVELS_A_SECOND / 60))
    return f"{whole} minute{'s' if whole > 1 else ''}"


def _imitation_levels(metadata: Mapping[str, Any], rule: LevelRule) -> TrainingLevels:
    seed = whole_number("seed", metadata["settings"]["seed"], 0)
    batch_size = whole_number("batch_size", metadata["settings"]["batch_size"], 1, LARGEST_BATCH)
    steps = -(-whole_number("samples", metadata["samples"], 0) // batch_size)
    seed_range = (_first_seed(metadata), MAX_SEED)

    def batches() -> Iterator[np.ndarray]:
        for step in range(steps):
            yield pool_seeds(batch_size, np.random.default_rng([seed, step]), seed_range)

    return TrainingLevels(rule, 2 * batch_size * steps, batches)


def _ppo_levels(metadata: Mapping[str, Any], rule: LevelRule) -> TrainingLevels:
    counts = metadata["levels_played"]
    if not isinstance(counts, list) or len(counts) > LARGEST_BATCH:
        raise ValueError("levels_played is not a list of numbers, one per environment")
    counts = [whole_number("levels_played", count, 0) for count in counts]
    env_seed = whole_number("env_seed", metadata["env_seed"], 0, 2**32 - 1)
    first = _first_seed(metadata)
    num_levels = whole_number("num_levels", metadata["settings"]["num_levels"], 0, MAX_SEED - first)
    seed_range = (first, first + num_levels if num_levels else MAX_SEED)

    def batches() -> Iterator[np.ndarray]:
        left = np.array(counts, np.int64)
        ranges = np.tile(np.array(seed_range, np.int64), (len(left), 1))
        sequences = LevelSequences(env_seed, ranges, np.zeros_like(left))
        known = np.empty(0, np.int64)
        while left.any():  # in parts, which bounds the memory
            part = np.minimum(left, max(1, DRAWN_AT_ONCE // len(left)))
            seeds = np.unique(sequences.draw(part))
            left -= part
            if num_levels:  # few levels, played again and again
                seeds = np.setdiff1d(seeds, known, assume_unique=True)
                known = np.union1d(known, seeds)
            yield seeds

    return TrainingLevels(rule, sum(counts), batches)


def _first_seed(metadata: Mapping[str, Any]) -> int:
    first = metadata.get("first_training_seed", FIRST_TRAINING_SEED)
    return whole_number("first_training_seed", first, 0, MAX_SEED - 1)


def seen_levels(
    mazes: Sequence[Maze],
    training: Sequence[TrainingLevels],
    *,
    threads: int = THREADS,
    progress_bar: bool = False,
) -> Bool[np.ndarray, " level"]:
    """Find out which mazes are among the levels of a training (see `training_levels`).

    Generates the training levels again until every maze has been found or none are left. One core
    generates about 50,000 levels per second.

    Args:
        mazes: the mazes to look for.
        training: the levels of one or several training runs.
        threads: number of threads.
        progress_bar: whether to show a progress bar.

    Returns:
        (level,) whether each maze occurred.

    Example:
        >>> rule = LevelRule(15, None, maze_size=9)
        >>> levels = TrainingLevels(rule, 8, lambda: iter([np.arange(8)]))
        >>> seen_levels(list(make_bank([3, 100_001], rule)), [levels])
        array([ True, False])
    """
    search = _Search(mazes)
    total = sum(levels.count for levels in training)
    jobs = ((chunk, levels.rule) for levels in training for chunk in levels.chunks())
    running: deque[Future[tuple[int, set[bytes]]]] = deque()
    with (
        ThreadPoolExecutor(threads) as pool,
        tqdm(
            total=total,
            disable=not progress_bar,
            unit=" levels",
            unit_scale=True,
            desc="levels of the training",
        ) as bar,
    ):
        try:
            for seeds, rule in jobs:
                if not search.missing:
                    break
                running.append(pool.submit(search.run, seeds, rule))
                if len(running) > 2 * threads:
                    bar.update(search.take(running.popleft().result()))
            while running:
                bar.update(search.take(running.popleft().result()))
        finally:
            pool.shutdown(cancel_futures=True)
    return search.seen


class _Search:
    """The held-out mazes by their identity, and which of them have been found so far."""

    def __init__(self, mazes: Sequence[Maze]) -> None:
        self._mazes: dict[bytes, list[int]] = {}
        hashes: dict[int, dict[bytes, np.uint64]] = {}
        for index, maze in enumerate(mazes):
            cheese = maze.cheese or (NO_SQUARE, NO_SQUARE)
            row = _identities(maze.walls[None], np.array([cheese], np.uint8))
            identity = _name(maze.size, row[0])
            self._mazes.setdefault(identity, []).append(index)
            hashes.setdefault(maze.size, {})[identity] = _mix(row)[0]
        self.seen = np.zeros(len(mazes), bool)
        self.missing = hashes

    def run(self, seeds: Int64[np.ndarray, " level"], rule: LevelRule) -> tuple[int, set[bytes]]:
        """The number of levels generated, and the missing identities found among them."""
        bank = make_bank(seeds, rule)
        found = set()
        for size, missing in list(self.missing.items()):
            chosen = np.flatnonzero(bank.sizes == size)
            wanted = np.array(list(missing.copy().values()), np.uint64)
            padding = (rule.world_size - size) // 2
            inner = slice(padding, padding + size)
            rows = _identities(bank.cells[chosen, inner, inner] == WALL, bank.objects[chosen, 0])
            # Equal hashes are only a hint, so the identities are compared as well.
            for row in rows[np.isin(_mix(rows), wanted)]:
                if (identity := _name(size, row)) in missing:
                    found.add(identity)
        return len(seeds), found

    def take(self, result: tuple[int, set[bytes]]) -> int:
        """Record the result of a `run`, and return its number of levels."""
        count, found = result
        for identity in found:
            self.seen[self._mazes[identity]] = True
        # New dictionaries, because runs in progress still read the old ones.
        self.missing = {
            size: left
            for size, rows in self.missing.items()
            if (left := {name: mixed for name, mixed in rows.items() if name not in found})
        }
        return count


def _identities(
    walls: Bool[np.ndarray, "level row col"], cheeses: Integer[np.ndarray, "level row_col"]
) -> UInt64[np.ndarray, "level word"]:
    """Walls and cheese of levels of one size, one bit per square, padded to 64-bit words."""
    bits = np.packbits(walls.reshape(len(walls), -1), axis=1)
    width = -(-(bits.shape[1] + 2) // 8) * 8
    rows: UInt8[np.ndarray, "level byte"] = np.zeros((len(walls), width), np.uint8)
    rows[:, : bits.shape[1]] = bits
    rows[:, -2:] = cheeses
    return rows.view(np.uint64)


def _mix(rows: UInt64[np.ndarray, "level word"]) -> UInt64[np.ndarray, " level"]:
    """A hash of each row."""
    mixed = np.zeros(len(rows), np.uint64)
    for word in rows.T:
        mixed = (mixed ^ word) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed


def _name(size: int, row: UInt64[np.ndarray, " word"]) -> bytes:
    return bytes([size]) + row.tobytes()
