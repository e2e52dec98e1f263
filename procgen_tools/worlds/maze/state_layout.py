"""The layout of procgen's state bytes: the place and meaning of every value.

A state is a sequence of little-endian 32-bit integers and floats; a text is its length, then its
bytes. `state_codec` reads and writes states according to this table.

procgen's `set_state` takes all values unchanged, draws (with a new camera), and returns the frame,
reward, done and seeds of the state at the next `observe`. Nothing else is redrawn or random, and
the next step continues from this state. Values that are known to crash procgen (some only at the
next reset), to make it wait forever, or to be changed by it, are rejected here.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from procgen_tools.worlds.maze.grid import EASY_WORLD_SIZE, HARD_WORLD_SIZE

MOUSE_TYPE: Final = 0
"""The entity type of the mouse (procgen's PLAYER)."""

MEMORY_WORLD_SIZE: Final = 31

MODE_CODES: Final = {"easy": 0, "hard": 1, "memory": 10}
"""The value of `options.distribution_mode` for each distribution mode."""

MODE_WORLD_SIZES: Final = {
    MODE_CODES["easy"]: EASY_WORLD_SIZE,
    MODE_CODES["hard"]: HARD_WORLD_SIZE,
    MODE_CODES["memory"]: MEMORY_WORLD_SIZE,
}


class Number(int):
    """An integer with an attribute `.val`, like the values of a state in procgen-tools."""

    __slots__ = ()

    @property
    def val(self) -> int:
        """The integer."""
        return int(self)


Values = dict[str, Any]
"""Named values of a state or an entity."""


class Field(NamedTuple):
    """A value of the state: int, bool (an int 0 or 1), float, text, random, entities, cells."""

    name: str
    kind: str
    only: int | str | None
    """The only value that procgen accepts, if any."""


def _fields(*groups: str) -> tuple[Field, ...]:
    """Fields from words `name`, `name:kind`, `name=only`; the kind defaults to int."""
    fields = []
    for word in " ".join(groups).split():
        head, _, only = word.partition("=")
        name, _, kind = head.partition(":")
        fields.append(Field(name, kind or "int", (only if kind else int(only)) if only else None))
    return tuple(fields)


ENTITY_FIELDS: Final = _fields(
    # The mouse is at (column + .5, row + .5) of the outer grid. Its velocity is that of the last
    # move, times 0 if a wall stopped it (so -0.0 after a blocked LEFT or DOWN), 0 after a reset.
    "x:float y:float vx:float vy:float",
    # Half the side: .5.
    "rx:float ry:float",
    # Type 0 is the mouse. Types and themes without a picture crash procgen.
    "type image_type=0 image_theme=0",
    # 1 for the mouse: it is drawn above the cells.
    "render_z",
    "will_erase:bool collides_with_entities:bool collision_margin:float rotation:float vrot:float",
    # 1 after a move to the right, 0 after one to the left or a reset.
    "is_reflected:bool",
    # -1, -1; steps since the reset; -1; 0.
    "fire_time spawn_time life_time expire_time use_abs_coords:bool",
    # 1.0, 1, 0, 1.
    "friction:float smart_step:bool avoids_collisions:bool auto_erase:bool",
    # 1.0, 1.0, -100.0, 1.0, 1.0, 0.0.
    "alpha:float health:float theta:float grow_rate:float alpha_decay:float climber_spawn_x:float",
)
"""The 31 values of an entity, in order; the only entity of a maze is the mouse."""

FIELDS: Final = _fields(
    "SERIALIZE_VERSION=0 game_name:text=maze",
    # Arguments of the environment; each reset sets center_agent (1 in memory mode, else 0).
    "options.paint_vel_info:bool options.use_generated_assets=0",
    "options.use_monochrome_assets:bool options.restrict_themes:bool options.use_backgrounds:bool",
    "options.center_agent:bool options.debug_mode options.distribution_mode",
    "options.use_sequential_levels:bool",
    "options.use_easy_jump:bool options.plain_assets options.physics_mode",
    # 1: the mouse moves by whole squares. Like all values without a comment here, it is a constant
    # of all maze states, which is in `state_values`.
    "grid_step:bool",
    # Level seeds are drawn from low up to, not including, high; game_n is the environment's index.
    "level_seed_low level_seed_high game_type game_n",
    # The generator of level seeds (one draw per reset), and that of the level and its steps, seeded
    # with the level seed at each reset (then one draw per step).
    "level_seed_rand_gen.is_seeded=1 level_seed_rand_gen.str:random",
    "rand_gen.is_seeded=1 rand_gen.str:random",
    # The last step. Before any step, done is 1. After a step that ends an episode, its reward (10.0
    # or 0.0), done and level_complete are in the state of the next level. With sequential levels,
    # done is 0 after a completed level.
    "step_data.reward:float step_data.done:bool step_data.level_complete:bool",
    # The last action; 4 after a reset. Then 500 steps.
    "action timeout",
    # The previous level's seed is the one in which the last step began: 0 before any step.
    "current_level_seed prev_level_seed",
    # 0; as step_data.done, but 0 before any step.
    "episodes_remaining episode_done:bool",
    # 0 and -1.0 until the first cheese, then 10 and 10.0 for good.
    "last_reward_timer last_reward:float",
    # 4 and -446301918 (FNV-1a of the game's name); steps since the reset.
    "default_action fixed_asset_seed cur_time",
    # With another value procgen waits forever for a step.
    "is_waiting_for_step=0",
    "grid_size ents.size ents:entities",
    # Both are drawn at each reset, also without backgrounds: an index and a float in [0, 1].
    "use_procgen_background=0 background_index bg_tile_ratio:float bg_pct_x:float",
    # Constants: 0.0 (bg_tile_ratio), 5.0; below, mixrate, maxspeed and max_jump are 0.5.
    "char_dim:float",
    # The last action's move: 0..8, 4 to stay. last_move_action keeps the last that was not 4,
    # over resets, and is 7 at first; special_action is action - 8 for actions 9..14, else 0.
    "last_move_action move_action special_action",
    "mixrate:float maxspeed:float max_jump:float",
    # The intended velocity of the last action (also if a wall stopped it, and after a reset).
    "action_vx:float action_vy:float action_vrot:float",
    # The camera. procgen ignores these values and recomputes them when it draws: after each step
    # and each set_state (64 pixels), and at each observe if it was made with
    # render_mode="rgb_array" (512 pixels: unit, x_off and y_off are 8 times as large).
    "center_x:float center_y:float",
    "random_agent_start:bool has_useful_vel_info:bool",
    # The last step's draw below 1000000; 0 before any step, unchanged by a reset.
    "step_rand_int",
    # Never seeded; only drawing a cell or entity without a picture would seed it.
    "asset_rand_gen.is_seeded:bool asset_rand_gen.str:random",
    # There are walls outside the world.
    "main_width main_height out_of_bounds_object=51",
    # The camera, too. unit: pixels per square; view_dim and visibility: visible squares (8.0 in
    # memory mode, else the world).
    "unit:float view_dim:float x_off:float y_off:float visibility:float min_visibility:float",
    # The outer grid: index = row * w + column, row 0 at the bottom.
    "w h data.size data:cells",
    # Sides of the inner and the outer grid. The last number is 0xCAFECAFE.
    "maze_dim world_dim END_OF_BUFFER=-889271554",
)
"""The 78 values of a state, in order."""
