"""Claims about cheese channels: means over agents, and verdicts that follow from kept p-values."""

from __future__ import annotations

import pytest

from procgen_tools.episodes.records import read_kept
from procgen_tools.statistics.discoveries import discoveries
from procgen_tools.studies.cheese_channels.claims import over_agents
from procgen_tools.studies.results import FOLDER, RESULTS, read_claims
from procgen_tools.studies.rules import ALL_AGENTS

KEPT = FOLDER / "cheese_channels"


def test_over_agents() -> None:
    means = over_agents({"a": 0.2, "b": 0.4})
    assert means["a"].interval == (0.2, 0.2)
    assert means[ALL_AGENTS].value == pytest.approx(0.3)
    assert means[ALL_AGENTS].low < 0  # two agents say little, as Student's interval shows


def test_kept_p_values_give_the_kept_channels() -> None:
    """Tables of both searches are under version control, so that verdicts can be computed again."""
    content, (share, again, *_) = read_claims(KEPT / RESULTS)
    tables = [
        read_kept(KEPT / f"{name}.parquet") for name in ("channels", "channels_of_second_search")
    ]
    for agent in content["agents"]:
        both = []
        for table in tables:
            rows = table[table["agent"] == agent]
            tested = rows[rows["candidate"]].set_index("channel")[["follows_p", "evidence_p"]]
            p_values = {str(channel): float(p) for channel, p in tested.max(axis=1).items()}
            found = {int(name) for name in discoveries(p_values)}
            assert found == set(rows.loc[rows["found"], "channel"])
            both.append(found)
        one, other = both
        assert share.measured[agent]["channels"].value == len(one)
        assert again.measured[agent]["overlap"].value == len(one & other) / len(one | other)
