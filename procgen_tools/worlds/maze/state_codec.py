"""Convert procgen's state bytes to named values and back, with the table of `state_layout`."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from procgen_tools.worlds.maze.grid import CHEESE, NUM_BACKGROUNDS, OPEN, WALL
from procgen_tools.worlds.maze.random_text import check_random_text
from procgen_tools.worlds.maze.state_layout import (
    ENTITY_FIELDS,
    FIELDS,
    MODE_CODES,
    MODE_WORLD_SIZES,
    MOUSE_TYPE,
    Field,
    Number,
    Values,
)


def read_values(state_bytes: bytes) -> Values:
    """The named values of a state, in the order of FIELDS.

    Integers and bools are ints (the state's own integers are `Number`), floats preserve every bit
    (also of a NaN), random generators are text, entities are a list of mappings, and cells are an
    int32 array.

    Raises:
        TypeError: not bytes.
        ValueError: the bytes are not a maze state. The message names the value, its byte and the
            rule.
    """
    if not isinstance(state_bytes, bytes | bytearray):
        raise TypeError(
            f"a state is bytes, not {type(state_bytes).__name__}: give one element of the list "
            "that get_state returned"
        )
    values: Values = {}
    offset = 0
    try:
        for part in _PARTS:
            offset = part.read(state_bytes, offset, values)
        if offset != len(state_bytes):
            raise ValueError(
                f"the state ends at byte {offset}, but {len(state_bytes) - offset} "
                "more bytes follow"
            )
        _check_world(values)
    except ValueError as error:
        raise ValueError(
            f"not a state of a maze: {error}. Give all the bytes that get_state returned"
        ) from None
    return values


def write_values(values: Mapping[str, Any]) -> bytes:
    """The bytes of a state: the inverse of `read_values`.

    Raises:
        TypeError: `values` is not a mapping.
        ValueError: missing or unknown names, or an invalid value.
    """
    if not isinstance(values, Mapping):
        raise TypeError(
            f"the values are a {type(values).__name__}: give a mapping from names to values, such "
            "as state_vals of an EnvState"
        )
    chunks: list[bytes] = []
    try:
        _check_names(values, _NAMES, "the state")
        offset = 0
        for part in _PARTS:
            chunks.append(part.write(values, offset))
            offset += len(chunks[-1])
        _check_world(values)
    except ValueError as error:
        raise ValueError(f"these values are not a state of a maze: {error}. Correct them") from None
    return b"".join(chunks)


class _Numbers:
    """Adjacent 32-bit fields, read by one struct."""

    def __init__(self, fields: tuple[Field, ...]) -> None:
        self.fields = fields
        self.names = [field.name for field in fields]
        self.struct = struct.Struct(
            "<" + "".join("f" if field.kind == "float" else "i" for field in fields)
        )
        self.floats = [index for index, field in enumerate(fields) if field.kind == "float"]
        self.integers = [index for index, field in enumerate(fields) if field.kind == "int"]
        self.rules = [
            (index, (0, 1) if field.kind == "bool" else (field.only,))
            for index, field in enumerate(fields)
            if field.kind == "bool" or field.only is not None
        ]

    def read(self, data: bytes, offset: int, values: Values, owner: str = "") -> int:
        if offset + self.struct.size > len(data):
            missing = self.fields[max(len(data) - offset, 0) // 4]
            raise ValueError(
                f"the bytes end at {len(data)}, before {owner}{missing.name} "
                f"(byte {offset + 4 * self.fields.index(missing)}) is complete"
            )
        numbers = list(self.struct.unpack_from(data, offset))
        for index in self.floats:
            if numbers[index] != numbers[index]:
                numbers[index] = _read_nan(data, offset + 4 * index)
        self._check(numbers, offset, owner)
        if not owner:
            for index in self.integers:
                numbers[index] = Number(numbers[index])
        values.update(zip(self.names, numbers, strict=True))
        return offset + self.struct.size

    def write(self, values: Mapping[str, Any], offset: int, owner: str = "") -> bytes:
        numbers = [values[name] for name in self.names]
        # struct would also accept arrays with one element and other objects that become numbers.
        if not all(isinstance(number, _NUMBER_TYPES) for number in numbers):
            raise self._unfit(numbers, owner)
        self._check(numbers, offset, owner)
        try:
            packed = bytearray(self.struct.pack(*numbers))
        except (struct.error, OverflowError, TypeError):
            raise self._unfit(numbers, owner) from None
        for index in self.floats:
            if numbers[index] != numbers[index]:
                packed[4 * index : 4 * index + 4] = _write_nan(float(numbers[index]))
        return bytes(packed)

    def _check(self, numbers: list[Any], offset: int, owner: str) -> None:
        for index, allowed in self.rules:
            if numbers[index] not in allowed:
                wanted = " or ".join(map(str, allowed))
                raise ValueError(
                    f"{owner}{self.names[index]} (byte {offset + 4 * index}) "
                    f"is {numbers[index]!r}, where only {wanted} is allowed"
                )

    def _unfit(self, numbers: list[Any], owner: str) -> ValueError:
        for field, number in zip(self.fields, numbers, strict=True):
            code = "f" if field.kind == "float" else "i"
            try:
                fits = isinstance(number, _NUMBER_TYPES) and struct.pack("<" + code, number)
            except (struct.error, OverflowError, TypeError):
                fits = False
            if not fits:
                kind = "float" if code == "f" else "integer"
                return ValueError(f"{owner}{field.name} is {number!r:.60}, not a 32-bit {kind}")
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
            raise ValueError(
                f"{name} (byte {offset}) says that it is {length} bytes long, but "
                f"{max(len(data) - start, 0)} bytes follow"
            )
        raw = data[start : start + length]
        try:
            text = raw.decode("ascii")
        except UnicodeDecodeError:
            raise ValueError(f"{name} (byte {offset}) is not text: {raw[:20]!r}") from None
        self._check(text, offset)
        values[name] = text
        return start + length

    def write(self, values: Mapping[str, Any], offset: int) -> bytes:
        text = values[self.field.name]
        if not (isinstance(text, str) and text.isascii()):
            raise ValueError(f"{self.field.name} is {text!r:.60}, not ASCII text")
        self._check(text, offset)
        return struct.pack("<i", len(text)) + text.encode("ascii")

    def _check(self, text: str, offset: int) -> None:
        where = f"{self.field.name} (byte {offset})"
        if self.field.only is not None and text != self.field.only:
            raise ValueError(f"{where} is {text!r:.60}, where only {self.field.only!r} is allowed")
        if self.field.kind == "random":
            try:
                check_random_text(text)
            except ValueError as error:
                raise ValueError(f"{where} is not a random generator: {error}") from None


class _Entities:
    """The entities, whose number is `ents.size`."""

    def read(self, data: bytes, offset: int, values: Values) -> int:
        count = _check_count(
            "ents.size", values["ents.size"], offset - 4, _ENTITY_SIZE, len(data) - offset
        )
        values["ents"] = []
        for index in range(count):
            entity: Values = {}
            offset = _ENTITY.read(data, offset, entity, f"ents[{index}].")
            values["ents"].append(entity)
        return offset

    def write(self, values: Mapping[str, Any], offset: int) -> bytes:
        entities = values["ents"]
        if not isinstance(entities, list | tuple):
            raise ValueError(f"ents is {entities!r:.60}, where a list of mappings belongs")
        if len(entities) != values["ents.size"]:
            raise ValueError(f"ents.size is {values['ents.size']}, but ents has {len(entities)}")
        packed = []
        for index, entity in enumerate(entities):
            if not isinstance(entity, Mapping):
                raise ValueError(f"ents[{index}] is {entity!r:.60}, where a mapping belongs")
            _check_names(entity, _ENTITY.names, f"ents[{index}]")
            packed.append(_ENTITY.write(entity, offset + index * _ENTITY_SIZE, f"ents[{index}]."))
        return b"".join(packed)


class _Cells:
    """The cells, whose number is `data.size`."""

    def read(self, data: bytes, offset: int, values: Values) -> int:
        count = _check_count("data.size", values["data.size"], offset - 4, 4, len(data) - offset)
        values["data"] = np.frombuffer(data, "<i4", count, offset).astype(np.int32)
        return offset + 4 * count

    def write(self, values: Mapping[str, Any], offset: int) -> bytes:
        try:
            cells = np.asarray(values["data"])
        except ValueError:
            raise ValueError(f"data is {values['data']!r:.60}, not a row of integers") from None
        if cells.shape != (values["data.size"],) or cells.dtype.kind not in "iu":
            raise ValueError(
                f"data has shape {cells.shape} and type {cells.dtype}, where "
                f"{values['data.size']} (data.size) integers in a row belong"
            )
        return cells.astype("<i4").tobytes()


def _check_count(name: str, count: int, offset: int, size: int, remaining: int) -> int:
    if not 0 <= count <= remaining // size:
        raise ValueError(
            f"{name} (byte {offset}) is {count}, but {remaining} bytes follow and each takes {size}"
        )
    return count


def _check_names(values: Mapping[str, Any], names: list[str], owner: str) -> None:
    if values.keys() != set(names):
        missing = [name for name in names if name not in values]
        unknown = [name for name in values if name not in names]
        raise ValueError(f"{owner} lacks {missing} and has unknown {unknown}")


def _check_world(values: Mapping[str, Any]) -> None:
    """Check the rules that involve several values."""
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
    if values["options.center_agent"] and not 0 < values["visibility"] <= _MAX_VISIBILITY:
        raise ValueError(
            f"visibility is {values['visibility']}, where a camera that follows the mouse shows "
            f"more than 0 and at most {_MAX_VISIBILITY} squares"
        )
    if values["level_seed_low"] >= values["level_seed_high"]:
        raise ValueError(
            f"level_seed_low is {values['level_seed_low']}, not below level_seed_high, "
            f"{values['level_seed_high']}"
        )
    if not 1 <= values["maze_dim"] <= side:
        raise ValueError(f"maze_dim is {values['maze_dim']}, not in 1..{side} (the world)")
    if not 0 <= values["background_index"] < NUM_BACKGROUNDS:
        raise ValueError(
            f"background_index is {values['background_index']}, not in 0..{NUM_BACKGROUNDS - 1}"
        )
    if all(entity["type"] != MOUSE_TYPE for entity in values["ents"]):
        raise ValueError(f"no entity is the mouse (type {MOUSE_TYPE})")
    cells = np.asarray(values["data"])
    unknown = cells[(cells != WALL) & (cells != OPEN) & (cells != CHEESE)]
    if unknown.size:
        raise ValueError(
            f"data has cells {np.unique(unknown)[:5].tolist()}, where only "
            f"{WALL} (wall), {OPEN} (open) and {CHEESE} (cheese) are allowed"
        )


def _read_nan(data: bytes, offset: int) -> float:
    """A NaN with all bits of the 32-bit NaN (a conversion by the CPU may lose some)."""
    bits = int.from_bytes(data[offset : offset + 4], "little")
    wide = (bits >> 31) << 63 | 0x7FF << 52 | (bits & 0x7FFFFF) << 29
    number: float = struct.unpack("<d", wide.to_bytes(8, "little"))[0]
    return number


def _write_nan(number: float) -> bytes:
    """The inverse of `_read_nan`; a NaN whose bits do not fit becomes the default NaN."""
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


_MAX_VISIBILITY: Final = 64
_NAMES: Final = [field.name for field in FIELDS]
_NUMBER_TYPES: Final = (int, float, np.integer, np.floating, np.bool_)
_ENTITY: Final = _Numbers(ENTITY_FIELDS)
_ENTITY_SIZE: Final = _ENTITY.struct.size
_PARTS: Final = _parts()
