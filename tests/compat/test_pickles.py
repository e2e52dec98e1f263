"""Pickles as data: plain values are read, and nothing else is read or executed."""

from __future__ import annotations

import pickle
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from procgen_tools.compat.episodes import Episode, load_episode
from procgen_tools.compat.pickles import Record, read_pickle
from procgen_tools.compat.venvs import get_cheese_venv_pair, load_venv, save_venv
from procgen_tools.maze import make_level, remove_cheese

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=12,
)


@given(value=PLAIN, protocol=st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_plain_values_come_back(tmp_path_factory: Any, value: Any, protocol: int) -> None:
    path = tmp_path_factory.mktemp("pickles") / "value.pkl"
    path.write_bytes(pickle.dumps(value, protocol=protocol))
    assert read_pickle(path) == value


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        np.arange(4, dtype=">i2"),
        np.array([True, False]),
        np.zeros((0, 3)),
    ],
    ids=("float", "fortran", "big-endian", "bool", "empty"),
)
def test_arrays_come_back(tmp_path: Path, array: np.ndarray, protocol: int) -> None:
    path = tmp_path / "array.pkl"
    shared = {"a": [array, array], "b": np.float64(0.5)}
    path.write_bytes(pickle.dumps(shared, protocol=protocol))
    found = read_pickle(path)
    assert found["b"] == 0.5
    for each in found["a"]:
        assert each.dtype == array.dtype
        assert np.array_equal(each, array)


def test_sets_come_back(tmp_path: Path) -> None:
    path = tmp_path / "sets.pkl"
    path.write_bytes(pickle.dumps([{1, 2}, frozenset({3})]))
    assert read_pickle(path) == [{1, 2}, frozenset({3})]


class Evil:
    """An object whose pickle creates a folder if a reader calls the function that it names."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.mkdir, (self.path,)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_nothing_is_run(tmp_path: Path, protocol: int) -> None:
    path, made = tmp_path / "evil.pkl", tmp_path / "made"
    path.write_bytes(pickle.dumps([Evil(made)], protocol=protocol))
    with pytest.raises(ValueError, match="cannot be read as data"):
        read_pickle(path)
    assert not made.exists()
    pickle.loads(path.read_bytes())  # the file itself does what it says
    assert made.exists()


@pytest.mark.parametrize(
    "value",
    [Fraction(1, 2), np.array([None, "text"], dtype=object), 1j, print],
    ids=("class", "objects", "complex", "function"),
)
def test_other_values_are_refused(tmp_path: Path, value: Any) -> None:
    path = tmp_path / "other.pkl"
    path.write_bytes(pickle.dumps(value))
    with pytest.raises(ValueError, match=r"other\.pkl"):
        read_pickle(path)


@pytest.mark.parametrize("data", [b"", b"not a pickle", b"\x80\x04]", pickle.dumps([1, 2])[:-3]])
def test_damage_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "damaged.pkl"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"damaged\.pkl"):
        read_pickle(path)


def test_venvs_are_kept(tmp_path: Path) -> None:
    venv = get_cheese_venv_pair(3)
    save_venv(venv, tmp_path / "pair.pkl")
    loaded = load_venv(tmp_path / "pair.pkl")
    assert [loaded.maze(0), loaded.maze(1)] == [make_level(3), remove_cheese(make_level(3))]
    (tmp_path / "other.pkl").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(ValueError, match="no list of states"):
        load_venv(tmp_path / "other.pkl")


def test_episodes_of_old_scripts_are_read(tmp_path: Path) -> None:
    state = get_cheese_venv_pair(3).state(0).state_bytes
    values = {
        "initial_state_bytes": state,
        "mouse_positions_outer": [(4, 4), (5, 4)],
        "rewards": [0.0],
        "actions": [5],
        "sampler": "argmax",
        "level_seed": 3,
        "extra": {},
    }
    # As procgen-tools' class of __slots__ is pickled: its name, no arguments, a dictionary.
    stored = pickle.dumps(values, protocol=4)[2:-1]
    name = b"\x80\x04cprocgen_tools.data_utils\nEpisode\n)\x81"
    path = tmp_path / "episode.pkl"
    path.write_bytes(name + stored[stored.index(b"}") :] + b"b.")
    episode = load_episode(path, load_venv=True)
    assert (episode.steps, episode.sampler, episode.level_seed) == (2, "argmax", 3)
    assert episode["start_info"]["level_seed"] == 3
    assert not episode.got_cheese
    assert isinstance(read_pickle(path, ("procgen_tools.data_utils.Episode",)), Record)
    with pytest.raises(ValueError, match=r"data_utils\.Episode"):
        read_pickle(path)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_episodes_that_scripts_pickle_here_are_read(tmp_path: Path, protocol: int) -> None:
    state = get_cheese_venv_pair(3).state(0).state_bytes
    episode = Episode(state, [(4, 4), (5, 4)], [0.0], [5], "sample", 3, {"note": "a"})
    path = tmp_path / "episode.pkl"
    path.write_bytes(pickle.dumps(episode, protocol=protocol))
    assert load_episode(path) == episode
