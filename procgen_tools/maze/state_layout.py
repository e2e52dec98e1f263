"""Where everything stands in procgen's state bytes: one table, for both directions.

A state is a row of little-endian 32-bit integers and floats; a text is its length, then its
bytes. The table accepts what procgen itself writes. It refuses what procgen dies of, waits
forever for, or changes as it reads; so a state that passes comes back from procgen's `set_state`
and `get_state` as it was (but for the camera, see FIELDS).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from .grid import (
    CHEESE,
    EASY_WORLD_SIZE,
    HARD_WORLD_SIZE,
    NUM_BACKGROUNDS,
    OPEN,
    WALL,
)
from .random_text import check_random_text

MOUSE_TYPE: Final = 0
"""The entity type of the mouse (procgen's PLAYER)."""

MEMORY_WORLD_SIZE: Final = 31

MODE_CODES: Final = {"easy": 0, "hard": 1, "memory": 10}
"""What `options.distribution_mode` holds, by distribution mode."""

MODE_WORLD_SIZES: Final = {
    MODE_CODES["easy"]: EASY_WORLD_SIZE,
    MODE_CODES["hard"]: HARD_WORLD_SIZE,
    MODE_CODES["memory"]: MEMORY_WORLD_SIZE,
}

Values = dict[str, Any]
"""Named values of a state or an entity."""


class Field(NamedTuple):
    """A value of the state: int, bool (an int 0 or 1), float, text, random, entities, cells."""

    name: str
    kind: str
    only: int | str | None
    """The one value that procgen accepts, if there is such."""


def _fields(*groups: str) -> tuple[Field, ...]:
    """Fields from words `name`, `name:kind`, `name=only` (the kind is int unless given)."""
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
    # Type 0 is the mouse. procgen dies of themes that it has no picture for.
    "type image_type image_theme=0",
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
    # As the environment was made; center_agent is set by each reset (1 in memory mode, else 0).
    "options.paint_vel_info:bool options.use_generated_assets=0",
    "options.use_monochrome_assets:bool options.restrict_themes:bool options.use_backgrounds:bool",
    "options.center_agent:bool options.debug_mode options.distribution_mode",
    "options.use_sequential_levels:bool",
    "options.use_easy_jump:bool options.plain_assets options.physics_mode",
    # 1: the mouse goes whole squares.
    "grid_step:bool",
    # Level seeds are drawn from low up to, not including, high; game_n is the environment's index.
    "level_seed_low level_seed_high game_type game_n",
    # The generator of level seeds (a draw a reset), and that of the level and its steps, seeded
    # with the level seed at each reset (then a draw a step).
    "level_seed_rand_gen.is_seeded:bool level_seed_rand_gen.str:random",
    "rand_gen.is_seeded:bool rand_gen.str:random",
    # Of the last step. Before any step, done is 1; a step that ends an episode leaves its reward
    # (10.0 or 0.0), done and level_complete in the state of the next level. With sequential
    # levels, done is 0 after a level that was completed.
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
    # procgen would wait forever for a step.
    "is_waiting_for_step=0",
    "grid_size ents.size ents:entities",
    # Both are drawn at each reset, also without backgrounds: an index and a float in [0, 1].
    "use_procgen_background:bool background_index bg_tile_ratio:float bg_pct_x:float",
    "char_dim:float",
    # The last action's move: 0..8, 4 to stay. last_move_action keeps the last that was not 4,
    # over resets, and is 7 at first; special_action is action - 8 for actions 9..14, else 0.
    "last_move_action move_action special_action",
    "mixrate:float maxspeed:float max_jump:float",
    # What the last action wanted (also when a wall stopped it, and over a reset).
    "action_vx:float action_vy:float action_vrot:float",
    # The camera. Whatever is read, procgen computes it anew when it draws, and it draws after
    # each step and each set_state (64 pixels), and when asked for large pictures (512 pixels).
    "center_x:float center_y:float",
    "random_agent_start:bool has_useful_vel_info:bool",
    # The last step's draw below 1000000; 0 before any step, unchanged by a reset.
    "step_rand_int",
    # Never seeded; it would be only by drawing a cell or entity that has no picture.
    "asset_rand_gen.is_seeded:bool asset_rand_gen.str:random",
    "main_width main_height out_of_bounds_object",
    # The camera, too.
    "unit:float view_dim:float x_off:float y_off:float visibility:float min_visibility:float",
    # The outer grid: index = row * w + column, row 0 at the bottom.
    "w h data.size data:cells",
    # Sides of the inner and the outer grid. The last number is 0xCAFECAFE.
    "maze_dim world_dim END_OF_BUFFER=-889271554",
)
"""The 78 values of a state, in order."""


def read_values(state_bytes: bytes) -> Values:
    """The named values of a state, in the order of FIELDS.

    Integers and bools are ints, floats are floats that hold every bit (also of a NaN), random
    generators stay text, entities are a list of mappings, cells are an int32 array.

    Raises:
        ValueError: bytes that are no maze state: what was read, at which byte, and the rule.
    """
    values: Values = {}
    offset = 0
    try:
        for part in _PARTS:
            offset = part.read(state_bytes, offset, values)
        if offset != len(state_bytes):
            raise ValueError(f"the state ends at byte {offset}, but {len(state_bytes) - offset} "
                             "more bytes follow")
        _check_world(values)
    except ValueError as error:
        raise ValueError(
            f"no state of a maze: {error}. Pass on what get_state returned, all of it"
        ) from None
    return values


def write_values(values: Mapping[str, Any]) -> bytes:
    """The bytes of a state: the inverse of `read_values`.

    Raises:
        ValueError: missing or unknown names, or a value that a state cannot hold.
    """
    chunks: list[bytes] = []
    try:
        _check_names(values, _NAMES, "the state")
        offset = 0
        for part in _PARTS:
            chunks.append(part.write(values, offset))
            offset += len(chunks[-1])
        _check_world(values)
    except ValueError as error:
        raise ValueError(f"these values are no state of a maze: {error}. Correct them") from None
    return b"".join(chunks)


class _Numbers:
    """Fields next to each other that are 32 bits each: one struct reads them all."""

    def __init__(self, fields: tuple[Field, ...], owner: str = "") -> None:
        self.fields = fields
        self.owner = owner
        self.names = [field.name for field in fields]
        self.struct = struct.Struct(
            "<" + "".join("f" if field.kind == "float" else "i" for field in fields)
        )
        self.floats = [index for index, field in enumerate(fields) if field.kind == "float"]
        self.rules = [
            (index, (0, 1) if field.kind == "bool" else (field.only,))
            for index, field in enumerate(fields)
            if field.kind == "bool" or field.only is not None
        ]

    def read(self, data: bytes, offset: int, values: Values) -> int:
        if offset + self.struct.size > len(data):
            missing = self.fields[max(len(data) - offset, 0) // 4]
            raise ValueError(f"the bytes end at {len(data)}, before {self.owner}{missing.name} "
                             f"(byte {offset + 4 * self.fields.index(missing)}) is complete")
        numbers = list(self.struct.unpack_from(data, offset))
        for index in self.floats:
            if numbers[index] != numbers[index]:
                numbers[index] = _read_nan(data, offset + 4 * index)
        self._check(numbers, offset)
        values.update(zip(self.names, numbers, strict=True))
        return offset + self.struct.size

    def write(self, values: Mapping[str, Any], offset: int) -> bytes:
        numbers = [values[name] for name in self.names]
        self._check(numbers, offset)
        try:
            packed = bytearray(self.struct.pack(*numbers))
        except (struct.error, OverflowError, TypeError):
            raise self._unfit(numbers) from None
        for index in self.floats:
            if numbers[index] != numbers[index]:
                packed[4 * index : 4 * index + 4] = _write_nan(float(numbers[index]))
        return bytes(packed)

    def _check(self, numbers: list[Any], offset: int) -> None:
        for index, allowed in self.rules:
            if numbers[index] not in allowed:
                wanted = " or ".join(map(str, allowed))
                raise ValueError(f"{self.owner}{self.names[index]} (byte {offset + 4 * index}) "
                                 f"is {numbers[index]!r}, where only {wanted} can stand")

    def _unfit(self, numbers: list[Any]) -> ValueError:
        for field, number in zip(self.fields, numbers, strict=True):
            code = "f" if field.kind == "float" else "i"
            try:
                struct.pack("<" + code, number)
            except (struct.error, OverflowError, TypeError):
                kind = "float" if code == "f" else "integer"
                return ValueError(f"{self.owner}{field.name} is {number!r}, no 32-bit {kind}")
        raise AssertionError("every number fits")


class _Text:
    """A text: its length in bytes, then the bytes."""

    def __init__(self, field: Field) -> None:
        self.field = field

    def read(self, data: bytes, offset: int, values: Values) -> int:
        name = self.field.name
        start = offset + 4
        length = int.from_bytes(data[offset:start], "little", signed=True)
        if start > len(data) or not 0 <= length <= len(data) - start:
            raise ValueError(f"{name} (byte {offset}) says that it is {length} bytes long, but "
                             f"{max(len(data) - start, 0)} bytes follow")
        raw = data[start : start + length]
        try:
            text = raw.decode("ascii")
        except UnicodeDecodeError:
            raise ValueError(f"{name} (byte {offset}) is no text: {raw[:20]!r}") from None
        self._check(text, offset)
        values[name] = text
        return start + length

    def write(self, values: Mapping[str, Any], offset: int) -> bytes:
        text = values[self.field.name]
        if not (isinstance(text, str) and text.isascii()):
            raise ValueError(f"{self.field.name} is {text!r:.60}, no ASCII text")
        self._check(text, offset)
        return struct.pack("<i", len(text)) + text.encode("ascii")

    def _check(self, text: str, offset: int) -> None:
        where = f"{self.field.name} (byte {offset})"
        if self.field.only is not None and text != self.field.only:
            raise ValueError(f"{where} is {text!r:.60}, where only {self.field.only!r} can stand")
        if self.field.kind == "random":
            try:
                check_random_text(text)
            except ValueError as error:
                raise ValueError(f"{where} is no random generator: {error}") from None


class _Entities:
    """As many entities as `ents.size` says."""

    def read(self, data: bytes, offset: int, values: Values) -> int:
        count = _check_count("ents.size", values["ents.size"], offset - 4, _ENTITY_SIZE,
                             len(data) - offset)
        values["ents"] = []
        for index in range(count):
            entity: Values = {}
            offset = self._numbers(index).read(data, offset, entity)
            values["ents"].append(entity)
        return offset

    def write(self, values: Mapping[str, Any], offset: int) -> bytes:
        entities = values["ents"]
        if len(entities) != values["ents.size"]:
            raise ValueError(f"ents.size is {values['ents.size']}, but ents has {len(entities)}")
        packed = b""
        for index, entity in enumerate(entities):
            _check_names(entity, self._numbers(index).names, f"ents[{index}]")
            packed += self._numbers(index).write(entity, offset + len(packed))
        return packed

    @staticmethod
    def _numbers(index: int) -> _Numbers:
        return _MOUSE if index == 0 else _Numbers(ENTITY_FIELDS, f"ents[{index}].")


class _Cells:
    """As many cells as `data.size` says."""

    def read(self, data: bytes, offset: int, values: Values) -> int:
        count = _check_count("data.size", values["data.size"], offset - 4, 4, len(data) - offset)
        values["data"] = np.frombuffer(data, "<i4", count, offset).astype(np.int32)
        return offset + 4 * count

    def write(self, values: Mapping[str, Any], offset: int) -> bytes:
        cells = np.asarray(values["data"])
        if cells.shape != (values["data.size"],) or cells.dtype.kind not in "iu":
            raise ValueError(f"data has shape {cells.shape} and type {cells.dtype}, where "
                             f"{values['data.size']} (data.size) integers in a row belong")
        return cells.astype("<i4").tobytes()


def _check_count(name: str, count: int, offset: int, size: int, remaining: int) -> int:
    if not 0 <= count <= remaining // size:
        raise ValueError(f"{name} (byte {offset}) is {count}, but {remaining} bytes follow and "
                         f"each takes {size}")
    return count


def _check_names(values: Mapping[str, Any], names: list[str], owner: str) -> None:
    if values.keys() != set(names):
        missing = [name for name in names if name not in values]
        unknown = [name for name in values if name not in names]
        raise ValueError(f"{owner} lacks {missing} and has unknown {unknown}")


def _check_world(values: Mapping[str, Any]) -> None:
    """Check what several values say together."""
    mode = values["options.distribution_mode"]
    if mode not in MODE_WORLD_SIZES:
        raise ValueError(f"options.distribution_mode is {mode}, none of {MODE_CODES}")
    side = MODE_WORLD_SIZES[mode]
    sides = {name: values[name] for name in ("w", "h", "main_width", "main_height", "world_dim")}
    if any(length != side for length in sides.values()):
        raise ValueError(f"the world of mode {mode} is {side} squares wide and high, not {sides}")
    sizes = {name: values[name] for name in ("grid_size", "data.size")}
    if any(size != side * side for size in sizes.values()):
        raise ValueError(f"a world of {side} x {side} has {side * side} cells, not {sizes}")
    if not 1 <= values["maze_dim"] <= side:
        raise ValueError(f"maze_dim is {values['maze_dim']}, not in 1..{side} (the world)")
    if not 0 <= values["background_index"] < NUM_BACKGROUNDS:
        raise ValueError(f"background_index is {values['background_index']}, not in "
                         f"0..{NUM_BACKGROUNDS - 1}")
    if all(entity["type"] != MOUSE_TYPE for entity in values["ents"]):
        raise ValueError(f"no entity is the mouse (type {MOUSE_TYPE})")
    cells = np.asarray(values["data"])
    unknown = cells[(cells != WALL) & (cells != OPEN) & (cells != CHEESE)]
    if unknown.size:
        raise ValueError(f"data has cells {np.unique(unknown)[:5].tolist()}, where only "
                         f"{WALL} (wall), {OPEN} (open) and {CHEESE} (cheese) can stand")


def _read_nan(data: bytes, offset: int) -> float:
    """A NaN with all bits of the 32-bit one (a conversion by the processor may lose some)."""
    bits = int.from_bytes(data[offset : offset + 4], "little")
    wide = (bits >> 31) << 63 | 0x7FF << 52 | (bits & 0x7FFFFF) << 29
    number: float = struct.unpack("<d", wide.to_bytes(8, "little"))[0]
    return number


def _write_nan(number: float) -> bytes:
    """The inverse of `_read_nan`; a NaN whose bits do not fit becomes the ordinary one."""
    wide = int.from_bytes(struct.pack("<d", number), "little")
    payload = wide >> 29 & 0x7FFFFF or 0x400000
    return (wide >> 63 << 31 | 0xFF << 23 | payload).to_bytes(4, "little")


_Part = _Numbers | _Text | _Entities | _Cells


def _parts() -> list[_Part]:
    parts: list[_Part] = []
    row: list[Field] = []
    for field in FIELDS:
        if field.kind in ("int", "bool", "float"):
            row.append(field)
            continue
        if row:
            parts.append(_Numbers(tuple(row)))
            row = []
        if field.kind in ("text", "random"):
            parts.append(_Text(field))
        else:
            parts.append(_Entities() if field.kind == "entities" else _Cells())
    return [*parts, _Numbers(tuple(row))]


_NAMES: Final = [field.name for field in FIELDS]
_MOUSE: Final = _Numbers(ENTITY_FIELDS, "ents[0].")
_ENTITY_SIZE: Final = _MOUSE.struct.size
_PARTS: Final = _parts()
