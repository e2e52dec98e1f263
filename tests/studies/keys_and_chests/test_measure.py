"""Members, sizes and scores of the study."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from procgen_tools.models import CnnLstmPolicy
from procgen_tools.models.checkpoints import save_policy
from procgen_tools.statistics.intervals import Estimate
from procgen_tools.studies.base import Settings
from procgen_tools.studies.keys_and_chests import measure
from procgen_tools.studies.rules import ALL_AGENTS


def test_agents_are_found_and_the_originals_must_be_the_originals(tmp_path: Path) -> None:
    names = [member.name for member in measure.members(Settings())]
    assert "seed_0" in names
    assert all(member.own for member in measure.members(Settings()))
    assert len(measure.members(Settings(fast=True))) == 1
    save_policy(CnnLstmPolicy("small"), tmp_path / "mine.pth")
    (mine,) = measure.members(Settings(agents=(tmp_path / "mine.pth",)))
    assert (mine.name, mine.own) == ("mine", True)
    (tmp_path / "other.zip").write_bytes(b"no archive")
    with pytest.raises(ValueError, match="is not an agent that can be read"):
        measure.members(Settings(original=tmp_path / "other.zip"))


def test_another_archive_than_the_originals_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.zip"
    other.write_bytes(b"0")
    monkeypatch.setattr(measure, "load_stable_baselines", lambda path: CnnLstmPolicy())
    with pytest.raises(ValueError, match=r"other\.zip has the SHA-256 5feceb66.*, not 48730044"):
        measure.members(Settings(original=other))
    monkeypatch.setattr(measure, "PUBLISHED_SHA256", measure.sha256_of(other))
    *_, last = measure.members(Settings(original=other))
    assert (last.name, last.own) == ("published policy", False)


def test_no_agents_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "agents", tuple)
    with pytest.raises(FileNotFoundError, match="train them with procgen-tools sweep"):
        measure.members(Settings())


def test_sizes_shrink_with_the_number_of_mazes() -> None:
    usual = measure.Sizes.of(Settings())
    assert usual == measure.Sizes()
    half = measure.Sizes.of(Settings(mazes=500))
    assert (half.episodes, half.choices, half.random) == (500, 240, 20)
    assert measure.Sizes.of(Settings(mazes=5000)).choices == usual.choices
    assert min(vars(measure.Sizes.of(Settings(fast=True))).values()) >= 1


def test_scores_have_the_originals_figures_beside_them() -> None:
    member = measure.Member("mine", CnnLstmPolicy("small").eval(), own=True)
    table = measure.scores_table([member], 3, seed=0)
    assert set(table["agent"]) == {"random", "key-only", "chest-if-key", "mine"}
    random = table[(table["agent"] == "random") & (table["figure"] == "return")]
    assert random["published"].tolist() == [3.41, 2.26]
    assert table[table["agent"] == "mine"]["published"].isna().all()
    assert not table["far"].any() or len(table[table["far"]]) < len(table)
    wide = table[table["choice"] != "argmax"].pivot(
        index=["agent", "variant"], columns="figure", values="value"
    )
    aim = wide["return"] - wide["hidden_return"]
    assert wide[measure.AIM].to_numpy() == pytest.approx(aim.to_numpy())


def test_means_are_over_our_agents_only() -> None:
    of = {
        name: {"x": Estimate(number, number - 9, number + 9)}
        for name, number in (("a", 1.0), ("b", 3.0), ("published policy", 100.0))
    }
    found = measure.together(of, ["a", "b"])
    assert found[ALL_AGENTS]["x"].value == 2
    assert found["published policy"]["x"].value == 100
    half = 12.706 * np.sqrt(2) / np.sqrt(2)
    assert found[ALL_AGENTS]["x"].high == pytest.approx(2 + half, rel=1e-3)
    assert measure.together(of, ["a"])[ALL_AGENTS]["x"] == of["a"]["x"]


def test_an_untrained_network_has_the_same_shape_and_other_weights() -> None:
    policy = CnnLstmPolicy("small", seed=0)
    other = measure.untrained(policy)
    assert other.design == policy.design
    assert not np.allclose(other.pi.weight.detach(), policy.pi.weight.detach())
