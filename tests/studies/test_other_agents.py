"""Results for other agents: by statement, and none where nothing was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from procgen_tools.studies import other_agents
from procgen_tools.studies.other_agents import EASY, PUBLIC, SMALL, UNTRAINED, claims_of, results_of
from procgen_tools.studies.results import RESULTS, read_claims


def test_claims_are_those_of_the_file() -> None:
    for group in (PUBLIC, EASY, UNTRAINED):
        claims = read_claims(results_of(group, "cheese_vector"))[1]
        found = claims_of(group, "cheese_vector")
        assert list(found) == [claim.statement for claim in claims]
        assert [claim.sentence for claim in found.values()] == [each.sentence for each in claims]


def test_what_was_not_measured_has_no_claims(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(other_agents, "OTHERS", tmp_path)
    assert results_of(SMALL, "probing") == tmp_path / SMALL / "probing" / RESULTS
    assert claims_of(SMALL, "probing") == {}
    path = results_of(SMALL, "probing")
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    with pytest.raises(ValueError, match="holds no results"):
        claims_of(SMALL, "probing")
