"""Reading and writing states: every bit is kept, and what procgen would die of is refused."""

from __future__ import annotations

import struct
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procgen_tools.worlds.maze.state import EnvState
from procgen_tools.worlds.maze.state_codec import write_values
from procgen_tools.worlds.maze.state_layout import ENTITY_FIELDS, FIELDS
from tests.worlds.maze.test_state import STATE_BYTES, state_of

ENTITY_NAMES = [field.name for field in ENTITY_FIELDS]


def offset_of(name: str) -> int:
    """Where a value of STATE_BYTES stands, in bytes; names of the mouse's values work too."""
    offset = 0
    for field in FIELDS:
        if field.name == name:
            return offset
        if field.name == "ents" and name in ENTITY_NAMES:
            return offset + 4 * ENTITY_NAMES.index(name)
        if field.kind in ("text", "random"):
            offset += 4 + len(EnvState(STATE_BYTES).state_vals[field.name])
        else:
            offset += {"ents": 4 * 31, "data": 4 * 625}.get(field.name, 4)
    raise KeyError(name)


def with_bytes(offset: int, raw: bytes) -> bytes:
    return STATE_BYTES[:offset] + raw + STATE_BYTES[offset + len(raw) :]


def with_int(name: str, number: int) -> bytes:
    return with_bytes(offset_of(name), struct.pack("<i", number))


NUMBER_OFFSETS = [
    offset_of(name)
    for name in [field.name for field in (*FIELDS, *ENTITY_FIELDS)]
    if name not in ("ents", "data")
]


@settings(deadline=None)
@given(
    st.sampled_from([f.name for f in (*FIELDS, *ENTITY_FIELDS) if f.kind == "float"]),
    st.integers(0, 2**32 - 1)
    | st.integers(0x7F800000, 0x7FFFFFFF)
    | st.integers(0xFF800000, 0xFFFFFFFF),
)
def test_floats_keep_every_bit(name: str, bits: int) -> None:
    state_bytes = with_bytes(offset_of(name), bits.to_bytes(4, "little"))
    state = EnvState(state_bytes)
    values = state.state_vals if name in state.state_vals else state.state_vals["ents"][0]
    expected = float(np.uint32(bits).view(np.float32))
    assert values[name] == expected or (np.isnan(values[name]) and np.isnan(expected))
    assert state.state_bytes == state_bytes


@settings(deadline=None)
@given(st.integers(0, len(STATE_BYTES) - 1))
def test_cut_bytes_are_refused(length: int) -> None:
    with pytest.raises(
        ValueError, match=r"not a state of a maze: .* Give all the bytes that get_state returned"
    ):
        EnvState(STATE_BYTES[:length])


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=100))
def test_padded_bytes_are_refused(padding: bytes) -> None:
    with pytest.raises(ValueError, match=rf"ends at byte {len(STATE_BYTES)}, but {len(padding)}"):
        EnvState(STATE_BYTES + padding)
    with pytest.raises(ValueError, match="not a state of a maze"):
        EnvState(padding + STATE_BYTES)


@settings(deadline=None)
@given(st.binary(max_size=4000))
def test_random_bytes_are_refused(noise: bytes) -> None:
    with pytest.raises(ValueError, match="not a state of a maze"):
        EnvState(noise)
    with pytest.raises(ValueError, match="not a state of a maze"):
        EnvState(STATE_BYTES[:12] + noise)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(NUMBER_OFFSETS) | st.integers(0, len(STATE_BYTES) - 4),
    st.sampled_from([-1, 0, 1, 2, 2**31 - 1, -(2**31)]) | st.integers(-(2**31), 2**31 - 1),
)
@pytest.mark.filterwarnings("ignore:maze_dim is")
def test_a_wrong_number_is_refused_or_kept(offset: int, number: int) -> None:
    state_bytes = with_bytes(offset, struct.pack("<i", number))
    try:
        state = EnvState(state_bytes)
    except ValueError:
        return
    # A maze_dim that is too small alone is corrected.
    written = state.state_bytes
    at = offset_of("maze_dim")
    assert written[:at] + written[at + 4 :] == state_bytes[:at] + state_bytes[at + 4 :]


@pytest.mark.parametrize(
    ("state_bytes", "message"),
    [
        (with_int("SERIALIZE_VERSION", 1), r"SERIALIZE_VERSION \(byte 0\) is 1, where only 0"),
        (with_bytes(8, b"mine"), r"game_name \(byte 4\) is 'mine', where only 'maze' is allowed"),
        (with_bytes(8, b"\xff\xfe\xff\xfe"), r"game_name \(byte 4\) is not text: b'\\xff"),
        (with_int("game_name", -3), r"game_name \(byte 4\) says that it is -3 bytes long, but"),
        (with_int("rand_gen.str", 2**31 - 1), r"rand_gen.str .* says that it is 2147483647 bytes"),
        (with_int("options.use_generated_assets", 1), r"use_generated_assets .* is 1, where only"),
        (with_int("step_data.done", 2), r"step_data.done .* is 2, where only 0 or 1 is allowed"),
        (with_int("is_waiting_for_step", 1), "is_waiting_for_step .* only 0 is allowed"),
        (with_int("is_reflected", 7), r"ents\[0\].is_reflected .* is 7, where only 0 or 1"),
        (with_int("type", 3), r"no entity is the mouse \(type 0\)"),
        (with_int("ents.size", 10**9), r"ents.size .* is 1000000000, but .* each takes 124"),
        (with_int("ents.size", -1), r"ents.size .* is -1, but"),
        (with_int("data.size", 2**30), r"data.size .* is 1073741824, but .* each takes 4"),
        (with_int("data.size", -625), r"data.size .* is -625, but"),
        (with_int("w", 24), r"the world of mode 1 is 25 squares wide and high, not {'w': 24"),
        (with_int("world_dim", 10**6), "25 squares wide and high, not .*'world_dim': 1000000"),
        (with_int("grid_size", 624), r"25 x 25 has 625 cells, not {'grid_size': 624"),
        (with_int("options.distribution_mode", 2), "distribution_mode is 2, none of .*'hard': 1"),
        (with_int("maze_dim", 27), r"maze_dim is 27, not in 1\.\.25 \(the world\)"),
        (with_int("maze_dim", -1), r"maze_dim is -1, not in 1\.\.25"),
        (with_int("background_index", 9), r"background_index is 9, not in 0\.\.8"),
        (with_int("level_seed_low", 10), "level_seed_low is 10, not below level_seed_high, 10"),
        (with_int("data", 25), r"data has cells \[25\], where only 51 \(wall\), 100"),
        (with_int("END_OF_BUFFER", 0), r"END_OF_BUFFER \(byte \d+\) is 0, where only -889271554"),
        (STATE_BYTES[:30], r"the bytes end at 30, before options.use_backgrounds \(byte 28\)"),
        (b"", r"the bytes end at 0, before SERIALIZE_VERSION \(byte 0\)"),
        (
            with_bytes(offset_of("rand_gen.str") + 4, b"x"),
            r"rand_gen.str .* is not a random generator: the text of a mt19937 has only digits",
        ),
    ],
)
def test_refusals_say_what_is_wrong_where(state_bytes: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EnvState(state_bytes)


def test_absurd_sizes_allocate_nothing() -> None:
    absurd = [with_int(name, 2**29) for name in ("ents.size", "data.size", "rand_gen.str")]
    tracemalloc.start()
    for state_bytes in absurd:
        with pytest.raises(ValueError, match="536870912"):
            EnvState(state_bytes)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.usefixtures("unchecked")
def test_what_is_no_state_at_all_is_refused() -> None:
    with pytest.raises(TypeError, match=r"a state is bytes, not list: give one element"):
        EnvState([STATE_BYTES])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"the values are a list: give a mapping"):
        write_values([1, 2])  # type: ignore[arg-type]


def test_writing_takes_time_in_proportion_to_the_entities() -> None:
    values = state_of().state_vals
    mouse = values["ents"][0]

    def seconds(count: int) -> float:
        values.update({"ents": [mouse] * count, "ents.size": count})
        started = time.process_time()
        assert len(EnvState.from_values(values).state_vals["ents"]) == count
        return time.process_time() - started

    # In proportion it takes 16 times as long, and 256 times if it grew with the square.
    assert min(seconds(16_000) for _ in range(2)) < 100 * min(seconds(1_000) for _ in range(3))


def test_a_missing_value_is_named() -> None:
    state = state_of()
    del state.state_vals["timeout"]
    with pytest.raises(ValueError, match=r"the state lacks \['timeout'\]"):
        _ = state.state_bytes
