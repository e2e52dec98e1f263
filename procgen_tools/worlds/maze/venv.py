"""The environment of the notebooks: a batch of mazes whose observations are ready for a policy."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

import gymnasium
import numpy as np
from jaxtyping import Bool, Float32, Integer, UInt8

from procgen_tools.checks import whole_number
from procgen_tools.names import accepts_older, did_you_mean
from procgen_tools.worlds.maze.actions import NUM_ACTIONS
from procgen_tools.worlds.maze.grid import Maze
from procgen_tools.worlds.maze.human_view import human_frame
from procgen_tools.worlds.maze.levels import level_rule
from procgen_tools.worlds.maze.native import NativeMaze
from procgen_tools.worlds.maze.observations import to_observations
from procgen_tools.worlds.maze.state import EnvState

BACKENDS = ("native", "procgen")


@runtime_checkable
class Gym3Maze(Protocol):
    """The engine of a venv: the part of gym3's interface that procgen has."""

    num: int

    def act(self, ac: Any) -> None: ...
    def observe(self) -> tuple[Any, Any, Any]: ...
    def get_info(self) -> list[dict[str, Any]]: ...
    def callmethod(self, method: str, *args: Any) -> Any: ...


class MazeVenv:
    """A batch of mazes with one interface for all engines.

    Observations are (env, 3, 64, 64) float32 in [0, 1], the frames divided by 255. As in procgen,
    the next level begins in the step in which a level ends.

    Methods about one environment take its `index`, which is optional for a venv with one
    environment.

    Attributes:
        env: the engine, `NativeMaze` or procgen's own; `env.callmethod('set_state', states)`.
        num_envs: number of environments.

    Example:
        >>> from procgen_tools import maze
        >>> venv = maze.venv_from_mazes(maze.parse("###\\n###\\nMC#"))
        >>> observations, rewards, dones, infos = venv.step([7])  # action 7 is RIGHT
        >>> rewards, dones
        (array([10.], dtype=float32), array([ True]))
    """

    def __init__(self, env: Gym3Maze) -> None:
        self.env = env
        self.num_envs = env.num
        self.observation_space = gymnasium.spaces.Box(0.0, 1.0, (3, 64, 64), np.float32)
        self.action_space = gymnasium.spaces.Discrete(NUM_ACTIONS)

    def reset(self) -> Float32[np.ndarray, "env 3 64 64"]:
        """The current observations. Levels continue: only the end of a level begins another."""
        return to_observations(self.env.observe()[1]["rgb"])

    def step(
        self, actions: Integer[np.ndarray, " env"] | Sequence[int | np.integer]
    ) -> tuple[
        Float32[np.ndarray, "env 3 64 64"],
        Float32[np.ndarray, " env"],
        Bool[np.ndarray, " env"],
        list[dict[str, Any]],
    ]:
        """Take an action (0..14) in each environment.

        Returns:
            observations; rewards, 10 for the cheese; dones, True where a level ended and the
            observation is the first of the next level; infos with `prev_level_seed`,
            `prev_level_complete` and `level_seed`, and `rgb`, a large picture, if the engine was
            made with render_mode='rgb_array'.

        Raises:
            ValueError: the wrong number of actions, an unknown action, or floats.
        """
        actions = np.asarray(actions)
        whole = actions.dtype.kind in "iu" and np.isin(actions, range(NUM_ACTIONS)).all()
        if actions.shape != (self.num_envs,) or not whole:
            raise ValueError(
                f"actions are {actions.tolist()!s:.80}, of type {actions.dtype}: give "
                f"{self.num_envs} whole numbers in 0..14, one per environment"
            )
        self.env.act(actions.astype(np.int32))
        rewards, observation, firsts = self.env.observe()
        infos = [
            {name: value if np.ndim(value) else int(value) for name, value in info.items()}
            for info in self.env.get_info()
        ]
        return to_observations(observation["rgb"]), rewards, firsts.astype(bool), infos

    def render(
        self, mode: str = "rgb_array", index: int | None = None
    ) -> UInt8[np.ndarray, "512 512 3"]:
        """A large picture of one environment.

        Raises:
            ValueError: a mode other than 'rgb_array', an environment that does not exist, or
                several environments without an index.
        """
        if mode != "rgb_array":
            raise ValueError(f"unknown mode {mode!r}: give 'rgb_array'")
        return human_frame(self.maze(index))

    def state(self, index: int | None = None) -> EnvState:
        """The state of one environment, independent of the environment.

        Raises:
            TypeError: an index that is not a whole number.
            ValueError: the environment does not exist, or there are several and no index.
        """
        index = self._index(index)
        if isinstance(self.env, NativeMaze):
            return self.env.state(index)
        return EnvState(self._states()[index])

    def set_state(self, index: int, state: EnvState) -> None:
        """Set the state of one environment; the others do not change.

        Raises:
            TypeError: an index that is not a whole number, or not a state.
            ValueError: the environment does not exist, or this engine cannot play the state.
        """
        if not isinstance(state, EnvState):
            raise TypeError(
                f"the state is of type {type(state).__name__}: give an EnvState, such as "
                "EnvState(state_bytes)"
            )
        states = self._states()
        states[self._index(index)] = state.state_bytes
        self.env.callmethod("set_state", states)

    def maze(self, index: int | None = None) -> Maze:
        """The current maze of one environment.

        Raises:
            ValueError: the environment does not exist, or there are several and no index.
        """
        return self.state(index).to_maze()

    def set_maze(self, maze: Maze, index: int | None = None) -> None:
        """Set the maze of one environment and restart its clock of 500 steps.

        Raises:
            ValueError: the environment does not exist, there are several and no index, or the maze
                has another world size.
        """
        index = self._index(index)
        state = self.state(index)
        state.set_maze(maze)
        state.state_vals["cur_time"] = 0
        self.set_state(index, state)

    def edit(self, change: Callable[[Maze], Maze], index: int | None = None) -> None:
        """Apply an edit to the current maze of one environment; its clock continues.

        Args:
            change: an edit such as `maze.remove_cheese`, or
                `lambda level: maze.move_cheese(level, (3, 4))`.

        Raises:
            ValueError: the environment does not exist, there are several and no index, or the edit
                rejects the maze.
        """
        index = self._index(index)
        state = self.state(index)
        state.set_maze(change(state.to_maze()))
        self.set_state(index, state)

    def close(self) -> None:
        """Do nothing; callers of gym environments expect this method."""

    def __getattr__(self, name: str) -> Any:
        if name in Maze.__dataclass_fields__ or name in ("size", "open_squares", "is_open"):
            raise AttributeError(
                f"a venv has no {name!r}, but a maze has: give venv.maze(0), or venv.maze(index)"
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _states(self) -> list[bytes]:
        return list(self.env.callmethod("get_state"))

    def _index(self, index: int | None) -> int:
        if index is None:
            if self.num_envs > 1:
                raise ValueError(
                    f"the venv has {self.num_envs} environments: choose one by index=0 to "
                    f"index={self.num_envs - 1}"
                )
            return 0
        index = whole_number("index", index)
        if not 0 <= index < self.num_envs:
            raise ValueError(
                f"environment {index} does not exist: the venv has {self.num_envs}, numbered from 0"
            )
        return index


@accepts_older(dropped={"num_threads": ...})
def create_venv(
    num: int,
    start_level: int = 0,
    num_levels: int = 1,
    *,
    env_name: str = "maze",
    distribution_mode: str = "hard",
    rand_region: int | None = None,
    use_backgrounds: bool = True,
    rand_seed: int | None = None,
    render_mode: str | None = None,
    backend: str = "native",
) -> MazeVenv:
    """Create a batch of procgen mazes.

    As in procgen, levels are drawn at random, in a different order each time. `rand_seed` makes
    the order reproducible.

    Args:
        num: number of environments.
        start_level: the lowest level seed.
        num_levels: number of level seeds, from `start_level` on; 0 for all.
        env_name: 'maze' (cheese anywhere) or 'maze_aisc' (in the top-right region).
        distribution_mode: 'easy' (worlds of 15 squares) or 'hard' (25).
        rand_region: side of the region of 'maze_aisc' in squares; 0 is the corner itself.
        use_backgrounds: draw textured backgrounds instead of black ones.
        rand_seed: seed of the order in which environments draw levels, 0..2**31 - 1. Defaults to
            a fresh one.
        render_mode: 'rgb_array' adds a large picture to each info, under "rgb". Defaults to none.
        backend: 'native', or 'procgen' for the original library, if it is installed.

    Raises:
        TypeError: an argument that is not a whole number.
        ValueError: an unknown name, a number out of range, or an environment that the original
            library does not have.
        ModuleNotFoundError: the original library is not installed.

    Example:
        >>> venv = create_venv(2, start_level=0, num_levels=1)
        >>> venv.reset().shape
        (2, 3, 64, 64)
    """
    rule = level_rule(env_name, distribution_mode, rand_region)
    if backend not in BACKENDS:
        hint = did_you_mean(str(backend), BACKENDS)
        raise ValueError(f"unknown backend {backend!r}: choose one of {list(BACKENDS)}{hint}")
    if rand_seed is None:
        rand_seed = secrets.randbelow(2**31)
    rand_seed = whole_number("rand_seed", rand_seed, 0, 2**31 - 1)
    native = NativeMaze(
        num,
        rule,
        start_level=start_level,
        num_levels=num_levels,
        use_backgrounds=use_backgrounds,
        rand_seed=rand_seed,
        render_mode=render_mode,
    )
    if backend == "native":
        return MazeVenv(native)
    # NativeMaze has checked the arguments: the original library would end the process.
    return MazeVenv(
        procgen_engine(
            num,
            env_name,
            distribution_mode=distribution_mode,
            start_level=start_level,
            num_levels=num_levels,
            use_backgrounds=use_backgrounds,
            rand_seed=rand_seed,
            render_mode=render_mode,
        )
    )


@accepts_older(renamed={"idx": "index"})
def state_from_venv(venv: MazeVenv, index: int | None = None) -> EnvState:
    """The state of one environment of a venv, independent of the venv.

    Args:
        venv: one environment or several.
        index: which environment. Optional for a venv with one environment.

    Raises:
        ValueError: the environment does not exist, or there are several and no index.

    Example:
        >>> state_from_venv(create_venv(1, start_level=0, num_levels=1)).cheese
        Square(row=5, col=0)
    """
    return venv.state(index)


def venv_from_mazes(mazes: Maze | Sequence[Maze], *, backend: str = "native") -> MazeVenv:
    """Create a venv with one environment per maze.

    When a maze ends, level 0 follows. Backgrounds are those of the mazes: `parse` and `from_cells`
    default to that of level 0, and None is black.

    Raises:
        TypeError: not a maze.
        ValueError: no mazes, or mazes of different world sizes.

    Example:
        >>> from procgen_tools import maze
        >>> venv = venv_from_mazes([maze.parse("..C\\n.##\\nM.."), maze.make_level(0)])
        >>> print(venv.maze(0))
        ..C
        .##
        M..
    """
    mazes = [mazes] if isinstance(mazes, Maze) else list(mazes)
    for maze in mazes:
        if not isinstance(maze, Maze):
            raise TypeError(
                f"a maze is of type {type(maze).__name__}: give values of type Maze, as "
                "make_level, parse and from_cells return"
            )
    sizes = {maze.world_size for maze in mazes}
    if len(sizes) != 1:
        raise ValueError(
            f"mazes of world sizes {sorted(sizes)} in one venv: give one or more, all of the same "
            "world size"
        )
    mode = "easy" if sizes == {level_rule(distribution_mode="easy").world_size} else "hard"
    venv = create_venv(len(mazes), distribution_mode=mode, rand_seed=0, backend=backend)
    states = [EnvState(state) for state in venv.env.callmethod("get_state")]
    for state, maze in zip(states, mazes, strict=True):
        state.set_maze(maze)
    venv.env.callmethod("set_state", [state.state_bytes for state in states])
    return venv


def venv_pair(
    maze: Maze, change: Callable[[Maze], Maze], *, backend: str = "native"
) -> tuple[MazeVenv, MazeVenv]:
    """Create two venvs with one environment each: the maze, and the edited maze.

    Examples of edits are `maze.remove_cheese` and `maze.carve_path_to_corner`.

    Raises:
        ValueError: the edit rejects the maze.

    Example:
        >>> from procgen_tools import maze
        >>> with_cheese, without = venv_pair(maze.parse("..C\\n.##\\nM.."), maze.remove_cheese)
        >>> with_cheese.maze().cheese, without.maze().cheese
        (Square(row=2, col=2), None)
    """
    edited = change(maze)
    return venv_from_mazes([maze], backend=backend), venv_from_mazes([edited], backend=backend)


def procgen_engine(num: int, env_name: str, **options: Any) -> Gym3Maze:
    """Create procgen's own environment.

    Raises:
        ValueError: procgen does not have this environment.
        ModuleNotFoundError: procgen is not installed.
    """
    if env_name != "maze":
        raise ValueError(f"procgen itself has no {env_name!r}: use backend='native' for it")
    try:
        from procgen import ProcgenGym3Env
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "backend='procgen' needs the original library: pip install 'procgen-tools[procgen]' "
            "(Linux on x86-64, Python 3.11 or 3.12), or use backend='native'"
        ) from error
    engine: Gym3Maze = ProcgenGym3Env(num=num, env_name=env_name, **options)
    return engine
