"""Uploads: mazes and checkpoints are read, and nothing in a file is ever run."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from pathlib import Path

import pytest
import torch

from procgen_tools import crops_and_humans, maze
from procgen_tools.app.uploads import level_from, policy_from
from procgen_tools.models import ImpalaPolicy, QNetwork, save_policy
from procgen_tools.web.scenes import scene_of
from procgen_tools.worlds.maze.storage import mazes_to_text

LEVEL = maze.parse("..C\n.##\nM..")


class Hostile:
    """Unpickling it creates a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> object:
        return Path.touch, (self.path,)


def archive(pickled: bytes, compression: int = zipfile.ZIP_STORED) -> bytes:
    """A file as of `torch.save`, with any pickle."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as file:
        file.writestr("archive/data.pkl", pickled)
        file.writestr("archive/version", "3\n")
    return content.getvalue()


def test_levels_of_all_worlds() -> None:
    assert level_from(mazes_to_text([LEVEL, maze.make_level(0)]).encode()) == LEVEL
    crops = crops_and_humans.Level(crops_and_humans.training_mazes()[0])
    stored = {"format": "procgen-tools scene", "version": 1, **scene_of(crops)}
    assert (level_from(json.dumps(stored).encode()).cells == crops.cells).all()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", 'must be an object with "format"'),
        (b'{"format": "procgen-tools mazes", "version": 1, "mazes": []}', "the file has no mazes"),
        (mazes_to_text(LEVEL).replace("M", "X").encode(), "maze 0: "),
        (b'{"format": "procgen-tools scene", "world": "../../etc"}', "there is no world"),
    ],
)
def test_what_is_no_level_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message) as refused:
        level_from(content)
    assert "procgen-tools-" not in str(refused.value).replace("procgen-tools scene", "")


def test_checkpoints(tmp_path: Path) -> None:
    policy = ImpalaPolicy(seed=1)
    save_policy(policy, tmp_path / "agent.pth")
    content = (tmp_path / "agent.pth").read_bytes()
    read = policy_from(content, "maze")
    assert torch.equal(read.fc_value.weight, policy.fc_value.weight)
    with pytest.raises(ValueError, match="the file is a checkpoint of another architecture"):
        policy_from(content, "crops_and_humans")
    save_policy(QNetwork(width=8), tmp_path / "q.pth")
    assert policy_from((tmp_path / "q.pth").read_bytes(), "crops_and_humans").width == 8


def test_a_pickle_that_would_run_code_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    for protocol in (0, 2, 5):
        pickled = pickle.dumps({"model_state_dict": Hostile(mark)}, protocol)
        for content in (pickled, archive(pickled)):
            with pytest.raises(ValueError, match=r"cannot be read|can be read safely"):
                policy_from(content, "maze")
            with pytest.raises(ValueError, match="not JSON"):
                level_from(content)
    assert not mark.exists()
    pickle.loads(pickled)  # it would have
    assert mark.exists()


def test_an_archive_that_would_unfold_is_refused() -> None:
    """A hundred megabytes of zeros in a file of a hundred kilobytes."""
    bomb = archive(bytes(10**8), zipfile.ZIP_DEFLATED)
    assert len(bomb) < 200_000
    with pytest.raises(ValueError, match=r"compressed, which torch\.save never does"):
        policy_from(bomb, "maze")


def test_messages_do_not_tell_paths() -> None:
    for read in (level_from, lambda content: policy_from(content, "maze")):
        with pytest.raises(ValueError, match="the file") as refused:
            read(b"{}")
        assert "/tmp" not in str(refused.value)
